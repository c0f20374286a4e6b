"""`python -m loadtests.chaos`: break everything under load, and check that nothing is lost."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from loadtests.bench import scratch_directory
from loadtests.chaos import campaign, report
from loadtests.chaos.campaign import Result
from loadtests.chaos.faults import FAULTS, named
from loadtests.chaos.plan import each_once, steps
from loadtests.chaos.scenarios import SCENARIOS, find
from loadtests.chaos.scenarios.scenario import LONGEST_SECONDS, CannotError, own_servers
from loadtests.chaos.world import Setting, World, open_world
from services.cli.output import Teller, data_console, quiet_logs
from services.cli.stack.server import StackError
from services.cli.stack.stack import Stack
from services.cli.stopping import stopping

LATEST = Path(__file__).parents[1] / "results" / "chaos.json"
HELD, WRONG, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a campaign; returns the exit code: 0 only when nothing is wrong."""
    asked = _parser().parse_args(arguments)
    if asked.list:
        print("\n".join(fault.name for fault in FAULTS))
        print("\n".join(f"--scenario {scenario.name}" for scenario in SCENARIOS))
        return HELD
    try:
        named(asked.fault)
    except KeyError as error:
        print(f"no such fault: {error}; --list names them")
        return WRONG_USE
    quiet_logs()
    teller = Teller()
    servers = own_servers if asked.scenario is None else asked.scenario.servers
    try:
        with scratch_directory() as scratch, servers(scratch, teller) as stack:
            return asyncio.run(_run(asked, stack, scratch, teller))
    except CannotError as error:
        print(f"skipped: {error}")
        return HELD
    except StackError as error:
        print(error, file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED


async def _run(asked: argparse.Namespace, stack: Stack, scratch: Path, teller: Teller) -> int:
    with stopping() as stop:
        told = await stop.unless_told(_campaign(asked, stack, scratch, teller))
    return INTERRUPTED if told is None else told


async def _campaign(asked: argparse.Namespace, stack: Stack, scratch: Path, teller: Teller) -> int:
    setting = Setting(data=scratch, seed=asked.seed, replicas=asked.replicas)
    deal = each_once if asked.each else steps
    drawn = deal(named(asked.fault), seed=asked.seed, replicas=asked.replicas)
    if asked.scenario is not None:
        drawn, asked.seconds = asked.scenario.steps(), LONGEST_SECONDS
    async with open_world(setting, stack, progress=teller) as world:
        result = await campaign.run(world, drawn, seconds=asked.seconds, progress=teller)
        if asked.scenario is not None:
            asked.scenario.excuse(result)
        teller.close()
        _tell(asked, world, result)
    return WRONG if result.findings else HELD


def _tell(asked: argparse.Namespace, world: World, result: Result) -> None:
    lines, rows = world.history.lines, report.rows_of(result, world.history.lines)
    said = {"seed": asked.seed, "seconds": asked.seconds, "replicas": asked.replicas}
    report.write(asked.json, rows, result, lines=lines, said=said)
    if result.findings:
        world.history.close()
        kept = asked.json.with_name("chaos-history.jsonl")
        kept.write_bytes((world.data / "history.jsonl").read_bytes())
    console = data_console()
    console.print(report.table(rows))
    for line in report.summary(result, lines):
        console.print(line, markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long faults are made")
    parser.add_argument("--seed", type=int, default=1, help="the same faults for the same seed")
    parser.add_argument("--replicas", type=int, default=1, help="processes of each service")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="only this one, or these"
    )
    parser.add_argument(
        "--scenario", type=find, metavar="NAME", help="one fault with servers of its own, once"
    )
    parser.add_argument(
        "--each", action="store_true", help="each fault once, one after another, within --seconds"
    )
    parser.add_argument("--list", action="store_true", help="list the faults")
    parser.add_argument("--json", type=Path, default=LATEST, help="where the JSON goes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
