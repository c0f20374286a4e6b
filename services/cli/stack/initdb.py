"""The files of a PostgreSQL: made once with initdb, by the version that will run them."""

import os
import secrets
import shutil
import threading
from pathlib import Path

from services.cli.stack.account import NEW_PREFIX, Account, own_folder
from services.cli.stack.binaries import Binaries
from services.cli.stack.home import Home
from services.cli.stack.process import Program, run_to_end
from services.cli.stack.server import Progress, StackError

SUPERUSER = "d115"
_INITDB_SECONDS = 120


def initialize(
    home: Home,
    binaries: Binaries,
    account: Account | None,
    *,
    progress: Progress,
    cancel: threading.Event,
) -> None:
    """Make the database cluster, whole or not at all, and remember its password.

    Raises:
        StackError: initdb failed; the end of its log is in the message.
    """
    home.remember({"password": secrets.token_urlsafe(24)})
    home.data.unlink(missing_ok=True)  # a link to data that is gone
    for unfinished in home.path.glob(f"{NEW_PREFIX}*"):
        shutil.rmtree(unfinished)
    folder = own_folder(account, home.path)
    try:
        command = _initdb(folder, home.remembered()["password"], binaries, account)
        program = postgres_program(home, "PostgreSQL's initdb", command, account)
        run_to_end(program, seconds=_INITDB_SECONDS, cancel=cancel)
        _install(home, folder, progress)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _initdb(folder: Path, password: str, binaries: Binaries, account: Account | None) -> list[str]:
    """Put the password where initdb can read it and return the command."""
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if account is not None:
        os.chown(secret, account.uid, account.gid)
    command = [str(binaries.folder / "initdb"), "-D", str(folder / "data"), "-U", SUPERUSER]
    command += ["--encoding=UTF8", "--no-locale", "--data-checksums", "--auth=scram-sha-256"]
    return [*command, f"--pwfile={secret}"]


def _install(home: Home, folder: Path, progress: Progress) -> None:
    """Move the new data into its place, or link to it where Postgres' account cannot enter that."""
    (folder / "password").unlink()
    if folder.parent == home.path:
        (folder / "data").rename(home.data)
        folder.rmdir()
    else:
        progress(f"PostgreSQL: {home.path} is closed to its account, its data is in {folder}")
        home.data.symlink_to(folder / "data")


def check_version(home: Home, binaries: Binaries) -> None:
    """Refuse data of another major version.

    Raises:
        StackError: It says which version made the data and which one is at hand.
    """
    made_by = (home.data / "PG_VERSION").read_text().strip()
    if made_by != str(binaries.version):
        raise StackError(
            f"the data in {home.data} was made by PostgreSQL {made_by}, but {binaries.folder} has "
            f"version {binaries.version}: set D115_POSTGRES_BINARIES, or remove the data"
        )


def postgres_program(home: Home, name: str, command: list[str], account: Account | None) -> Program:
    """Describe a run of one of Postgres' programs as its account."""
    return Program(
        name=name,
        command=command,
        folder=Path("/"),  # ours may be closed to the account
        log=home.log,
        lock=home.lock,
        account=account,
    )
