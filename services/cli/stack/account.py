"""The account that runs Postgres, which refuses to run as root, and what that account can reach."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.server import StackError

_SHARED = Path("/var/tmp")  # noqa: S108 - folders there are made by mkdtemp, or checked to be ours
_SECONDS = 120
NEW_PREFIX = "new-"
"""Begins the name of a data folder that is being made."""
OUTSIDE_PREFIX = "d115-data-"
"""Begins the name of a data folder that lies in /var/tmp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account other than our own; only root can use one."""

    uid: int
    gid: int


def postgres_account() -> Account | None:
    """Return ``nobody`` when we are root, else None: our own will do.

    Raises:
        StackError: We are root and there is no such account.
    """
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        raise StackError(
            "PostgreSQL does not run as root, and there is no account 'nobody'"
        ) from error
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


def run_as(account: Account | None, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end as the account; its output is captured.

    Raises:
        OSError: The account cannot reach or run it.
        subprocess.TimeoutExpired: It took more than two minutes.
    """
    return subprocess.run(  # noqa: S603 - our own commands, no shell
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def can_enter(account: Account | None, folder: Path) -> bool:
    """Say whether the account may use what is in the folder, all folders above included."""
    return run_as(account, ["test", "-x", str(folder)]).returncode == 0


def own_folder(account: Account | None, beside: Path) -> Path:
    """Make an empty folder of the account's, in ``beside`` or, out of its reach, in /var/tmp."""
    folder = Path(tempfile.mkdtemp(prefix=NEW_PREFIX, dir=beside))
    if account is None:
        return folder
    if not can_enter(account, beside):
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix=OUTSIDE_PREFIX, dir=_SHARED))
    os.chown(folder, account.uid, account.gid)
    return folder


def reachable_copy(root: Path, trees: Sequence[Path], *, name: str) -> Path:
    """Copy folders to /var/tmp where every account can use them, once.

    Args:
        root: A folder above all of them; the copies lie relative to the new one as to this.
        trees: The folders to copy.
        name: Tells different contents apart, such as name and version.

    Returns:
        What stands for ``root``.
    """
    copy = _SHARED / f"d115-{os.getuid()}-{name}"
    if _is_ours(copy) and all(
        _files(copy / tree.relative_to(root)) == _files(tree) for tree in trees
    ):
        return copy
    new = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=_SHARED))
    for tree in trees:
        shutil.copytree(tree, new / tree.relative_to(root))
    for folder in [new, *new.rglob("*/")]:
        folder.chmod(0o755)
    if _is_ours(copy):  # an old or damaged one
        shutil.rmtree(copy, ignore_errors=True)
    with contextlib.suppress(
        OSError
    ):  # another process was faster, or somebody else holds the name
        return new.rename(copy)
    return new


def _files(tree: Path) -> set[tuple[Path, int]]:
    """Return the files with their sizes: tells a copy that a cleaner of /var/tmp damaged."""
    files = (path for path in tree.rglob("*") if path.is_file())
    return {(path.relative_to(tree), path.stat().st_size) for path in files}


def _is_ours(folder: Path) -> bool:
    """Say whether nobody but us could have put something there."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return found.st_uid == os.getuid() and not folder.is_symlink() and not found.st_mode & 0o022
