"""The checker is seen to fail: a fault is planted in the product, and a short campaign names it."""

from pathlib import Path

import pytest

from loadtests.chaos import campaign
from loadtests.chaos.checker.findings import Wrong
from loadtests.chaos.faults import named
from loadtests.chaos.plan import steps
from loadtests.chaos.world import Setting, open_world
from services.cli.stack.stack import Stack

FOLDER = Path(__file__).parent / "planted"
SECONDS, QUIET_SECONDS = 6.0, 10.0

KILL, REPEAT = "intake killed", "duplicates out of order"
PLANTED: dict[str, tuple[str, str, Wrong]] = {
    "relay": ("dispatcher", KILL, Wrong.NOT_QUIET),  # the notifier never hears of what was done
    "consumer": ("dispatcher", KILL, Wrong.ALERT_LOST),
    "retry": ("dispatcher", REPEAT, Wrong.ALERT_DOUBLED),
    "stream": ("dispatcher", KILL, Wrong.STREAM_GAP),
    "verdict": ("notifier", KILL, Wrong.LEG_WRONG),
    "act": ("dispatcher", KILL, Wrong.ACT_LOST),
}
"""Each with the service it is planted in, what is done to that, and what must be found."""

pytestmark = [pytest.mark.timeout(240), pytest.mark.campaign]


@pytest.mark.parametrize("fault", PLANTED)
async def test_a_fault_planted_in_the_product_is_named(
    fault: str, stack: Stack, scratch: Path
) -> None:
    service, harm, wrong = PLANTED[fault]
    setting = Setting(data=scratch, environment={"PYTHONPATH": str(FOLDER), "D115_PLANTED": fault})
    drawn = steps(named([harm]), seed=1, replicas=1)

    async with open_world(setting, stack, progress=print) as world:
        result = await campaign.run(
            world, drawn, seconds=SECONDS, quiet_seconds=QUIET_SECONDS, progress=print
        )
        (planted,) = world.replicas_of(service)
        assert f"planted: {fault}" in planted.log.read_text()

    found = {finding.wrong for finding in result.findings}
    assert wrong in found, [str(each) for each in result.findings]
