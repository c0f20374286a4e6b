"""Runs Prometheus beside `make up`, until Ctrl-C; or beside each `job=host:port` that is given."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.prometheus.running import MissingError, open_prometheus
from services.cli.instance import kept
from services.cli.instance.instance import HOST
from services.cli.instance.opening import FOLDER
from services.cli.reach import UP
from services.cli.stack.home import Home
from services.cli.stack.ports import LOOPBACK
from services.cli.stopping import stopping
from services.runtime.clock import SystemClock

DATA = Path(".d115")
FAILED, MISUSED = 1, 2
_LOOK_SECONDS = 1.0


def main(arguments: Sequence[str]) -> int:
    """Run until told to stop; returns the exit code.

    Args:
        arguments: Each `job=host:port` to scrape; of none, the instance of `make up`.
    """
    targets = dict(each.partition("=")[::2] for each in arguments) or _instance(DATA)
    if not targets or not all(targets.values()):
        sys.stderr.write("nothing to scrape: start `make up` first, or name job=host:port\n")
        return MISUSED
    return asyncio.run(_run(targets))


def _instance(data: Path) -> Mapping[str, str]:
    """Where the instance of `make up` tells its figures; empty if there is none."""
    found = kept.load(Home(path=data / FOLDER / UP, lock=-1))
    port = None if found is None else found.ports.get(f"{HOST} ops")
    return {} if port is None else {"d115": f"{LOOPBACK}:{port}"}


async def _run(targets: Mapping[str, str]) -> int:
    try:
        with stopping() as stop:
            async with open_prometheus(targets) as url:
                sys.stdout.write(f"prometheus  {url}\n")
                sys.stdout.write(f"alarms      {url}/alerts\n")
                sys.stdout.flush()
                while not stop.told:
                    await stop.unless_told(SystemClock().sleep(_LOOK_SECONDS))
    except MissingError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
