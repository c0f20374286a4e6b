"""Commands and streams need Postgres alone: the dispatcher starts and serves without Kafka."""

from pathlib import Path

from incident.messages import AlertReceived
from tests.conftest import Databases
from tests.integration.dispatcher.life.running import CLOCK, Running, run_dispatcher, until
from tests.integration.dispatcher.life.site import open_site, prepare
from tests.services.dispatcher.park import WEST, alert

NOBODY = "127.0.0.1:1"


async def test_it_starts_and_serves_while_kafka_is_away(
    databases: Databases, tmp_path: Path
) -> None:
    dsn = await databases.create(await databases.template("dispatcher life", prepare))
    async with open_site(dsn) as site:
        await site.open(AlertReceived(alert=alert(1)))
    began = CLOCK.monotonic()
    async with run_dispatcher(NOBODY, dsn, tmp_path / "log") as running:
        async with running.watching(f"/v1/centers/{WEST}/stream", after=0) as frames:
            assert (await anext(frames)).type is not None
        await until(lambda: _acknowledges(running))
        assert CLOCK.monotonic() - began < 12  # it waits five seconds to learn whether it is level
        async with running.http.get(f"{running.ops}/readyz") as answer:
            told = await answer.json()
            assert answer.status == 200, told
        assert "nothing is consumed or published" in told["notes"]["dispatcher kafka"]
    await databases.drop(dsn)


async def _acknowledges(running: Running) -> bool:
    status = await running.act(1, "acknowledge")
    assert status in {200, 503}
    return status == 200
