"""`python -m loadtests [NAME ...]`: run scenarios, print what they found, write it as JSON."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from aiokafka.errors import KafkaError
from rich.console import Console

from loadtests import costs, results, scenarios
from loadtests.arrivals import LaggedError
from loadtests.bench import Bench, scratch_directory
from loadtests.loopback import NotLoopbackError
from loadtests.results import Result
from services.cli.answers import ClientError
from services.cli.output import Teller, data_console, quiet_logs
from services.cli.stack.server import StackError
from services.cli.stack.stack import open_stack
from services.cli.stopping import stopping
from services.runtime.logs import describe

RESULTS = Path(__file__).parent / "results"
LATEST, QUICK = RESULTS / "latest.json", RESULTS / "quick.json"
ALL_RAN, NOT_ALL_MEASURED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130
LONGEST_SCENARIO_SECONDS = 600.0

_FAULTS = (
    LaggedError,
    NotLoopbackError,
    ClientError,
    StackError,
    asyncpg.PostgresError,
    KafkaError,
    OSError,
    ValueError,
)
"""What may keep a scenario from being measured; the next one runs all the same."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run scenarios; returns the exit code: 1 where one could not be measured."""
    asked = _parser().parse_args(arguments)
    known = (*scenarios.NAMES, *scenarios.BY_NAME)
    if asked.list:
        for name in known:
            print(f"{name:<11} {scenarios.title(name)}")
        return ALL_RAN
    if unknown := [name for name in asked.names if name not in known]:
        print(f"no such scenario: {', '.join(unknown)}; there are {', '.join(known)}")
        return WRONG_USE
    names = [name for name in known if name in (asked.names or scenarios.NAMES)]
    quiet_logs()
    for number in (signal.SIGINT, signal.SIGTERM):  # also where whoever started us ignores them
        signal.signal(number, signal.default_int_handler)
    teller = Teller()
    try:
        with (
            scratch_directory() as scratch,
            open_stack(scratch, any_port=True, progress=teller) as stack,
        ):
            bench = Bench(stack=stack, scratch=scratch, quick=asked.quick, progress=teller)
            return asyncio.run(run(bench, names, asked.json or (QUICK if asked.quick else LATEST)))
    except StackError as error:
        print(error, file=sys.stderr)
        return NOT_ALL_MEASURED
    except KeyboardInterrupt:
        return INTERRUPTED


async def run(bench: Bench, names: Sequence[str], path: Path) -> int:
    """Run scenarios one after another until told to stop; returns the exit code."""
    found: list[Result] = []
    with stopping() as stop:
        for name in names:
            began = bench.clock.monotonic()
            bench.progress(f"{name}: {scenarios.title(name)}")
            told = await stop.unless_told(_measure(name, bench))
            if told is None:
                break
            found += told
            bench.progress(f"{name}: took {bench.clock.monotonic() - began:.0f} s")
            results.write(found, path)
            for result in told:
                _tell(result)
    _print(found, quick=bench.quick)
    if stop.told:
        return INTERRUPTED
    return ALL_RAN if all(result.measured is not None for result in found) else NOT_ALL_MEASURED


async def _measure(name: str, bench: Bench) -> list[Result]:
    """Run a scenario; what keeps it from being measured is its result."""
    try:
        async with asyncio.timeout(LONGEST_SCENARIO_SECONDS):
            return await scenarios.load(name)(bench)
    except _FAULTS as error:
        return [results.missing(name, describe(error))]


def _tell(result: Result) -> None:
    """Say a figure as soon as it is known; the table comes at the end."""
    figure = "not measured" if result.measured is None else f"{result.measured:.4g}"
    print(f"  {result.name}: {figure} {result.unit}", file=sys.stderr)


def _print(found: Sequence[Result], *, quick: bool) -> None:
    if not found:
        return
    console: Console = data_console()
    console.print(results.table(found))
    if (laid := costs.table(found)) is not None:
        console.print(laid)
    if quick:
        console.print("a quick run: none of these figures counts")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loadtests", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="scenarios; without one, all but growth"
    )
    parser.add_argument("--json", type=Path, help=f"where the JSON goes, if not to {LATEST.name}")
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    parser.add_argument("--quick", action="store_true", help="only see whether it runs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
