"""`d115 verify`: exports from an instance, or takes an export, and says whether it is whole."""

import asyncio
import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.cli.client import Client, open_session
from services.cli.errors import INTERRUPTED, CommandError
from services.cli.output import Teller, data_console
from services.cli.reach import Reached, kept_key, reach, read_key
from services.cli.stopping import stopping
from services.cli.verify import archive
from services.cli.verify.archive import NoArchiveError
from services.cli.verify.checking import Checked, check
from services.cli.verify.fetching import Export, Fetcher
from services.runtime.auth import Role
from services.runtime.clock import SystemClock

WHOLE, UNUSABLE, BROKEN = 0, 2, 4
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for.

    Attributes:
        source: A directory with an export, or the address of a running instance.
        data: Where the keys of `d115 up` are, for an instance without `key_file`.
        key_file: A file with an auditor's key.
        out: Where the export is kept; None for nowhere.
        report: Where what was found is written as JSON; None for nowhere.
    """

    source: str
    data: Path
    key_file: Path | None = None
    out: Path | None = None
    report: Path | None = None


def verify(wanted: Wanted) -> int:
    """Check an export, or an instance by way of one.

    Returns:
        The exit code: 0 if everything is whole, 4 if something is not.

    Raises:
        CommandError: Its code is 2 if there is nothing that can be checked.
    """
    folder = Path() if wanted.report is None else wanted.report.resolve().parent
    if not folder.is_dir():
        raise CommandError(f"--json: there is no directory {folder}", code=UNUSABLE)
    with ExitStack() as held:
        if wanted.source.startswith(("http://", "https://")):
            temporary = tempfile.TemporaryDirectory(prefix="d115-verify-")
            folder = wanted.out or Path(held.enter_context(temporary))
            _export(wanted, folder)
        else:
            folder = Path(wanted.source)
        try:
            checked = check(archive.read(folder))
            digest = archive.manifest_digest(folder)
        except NoArchiveError as error:
            raise CommandError(str(error), code=UNUSABLE) from error
    if wanted.report is not None:
        told = json.dumps(document(checked, digest), indent=2, ensure_ascii=False)
        wanted.report.write_text(f"{told}\n", encoding="utf-8")
    _tell(checked, digest)
    return WHOLE if checked.is_whole else BROKEN


def document(checked: Checked, digest: str) -> dict[str, Any]:
    """What was found, as `--json` writes it."""
    return {
        "whole": checked.is_whole,
        "counts": dict(checked.counts),
        "notes": list(checked.notes),
        "findings": [
            asdict(each) | {"incident": None if each.incident is None else str(each.incident)}
            for each in checked.findings
        ],
        "manifest_sha256": digest,
    }


def _export(wanted: Wanted, folder: Path) -> None:
    given = None if wanted.key_file is None else read_key(wanted.key_file)
    key = given or kept_key(wanted.data, Role.AUDITOR)
    reached = reach(wanted.data, url=wanted.source, key=key)
    teller = Teller()
    export = asyncio.run(_fetch(reached, teller))
    teller.close()
    if export is None:
        raise CommandError("interrupted", code=INTERRUPTED)
    try:
        archive.write(
            folder,
            export.content,
            origin=wanted.source,
            made_at=SystemClock().real(),
            settled=export.settled,
        )
    except OSError as error:
        raise CommandError(f"cannot write {folder}: {error}", code=UNUSABLE) from error


async def _fetch(reached: Reached, teller: Teller) -> Export | None:
    with stopping() as stop:
        async with open_session() as session:
            auditor = Client(session, reached.origins, key=reached.key)
            fetcher = Fetcher(auditor=auditor, clock=SystemClock(), progress=teller)
            return await stop.unless_told(fetcher.fetch())


def _tell(checked: Checked, digest: str) -> None:
    console = data_console()
    counts = ", ".join(
        f"{count} {name.replace('_', ' ')}" for name, count in checked.counts.items()
    )
    console.print(f"checked: {counts}", markup=False)
    for finding in checked.findings[:MOST_SHOWN]:
        console.print(str(finding), markup=False)
    more = len(checked.findings) - MOST_SHOWN
    if more > 0:
        console.print(f"{more} more findings")
    for note in checked.notes:
        console.print(f"note: {note}", markup=False)
    verdict = "whole" if checked.is_whole else f"broken: {len(checked.findings)} findings"
    console.print(f"{verdict} (manifest {digest})", markup=False)
