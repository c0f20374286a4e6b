"""`d115 replay`: reads a file, plays it, tells what came of it."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from services.cli.errors import INTERRUPTED, CommandError
from services.cli.output import Teller, data_console
from services.cli.reach import reach, read_key
from services.cli.replay.calls import ZONE, Call, Selection, Span, select
from services.cli.replay.meter import metered
from services.cli.replay.outcome import Observer, Outcome
from services.cli.replay.plan import Plan, build
from services.cli.replay.playing import Player
from services.cli.replay.records import UnreadableFileError, parse_stamp, read_file
from services.cli.replay.report import Replayed
from services.cli.replay.sending import Sender
from services.cli.replay.stage import Stage, own_stage, running_stage
from services.cli.stack.home import InUseError
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack, open_stack
from services.cli.stopping import stopping
from services.runtime.clock import Clock, SystemClock

FINE, UNACCOUNTED, UNUSABLE = 0, 1, 2
SLOWEST, FASTEST = 0.1, 100_000.0
MOST_SKIPPED_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for.

    Attributes:
        file: The records.
        data: The data directory.
        since: The first local time of receipt that counts, as text; None for no bound.
        until: The first one that counts no more.
        speed: Seconds of the records in one real second.
        report: Where the outcome is written as JSON; None for nowhere.
        url: A running instance to use instead of one's own.
        key_file: A file with the key of its admin; else that of `d115 up` is used.
        keep: The instance's data stay.
    """

    file: Path
    data: Path
    since: str | None = None
    until: str | None = None
    speed: float = 400.0
    report: Path | None = None
    url: str | None = None
    key_file: Path | None = None
    keep: bool = False


def replay(wanted: Wanted) -> int:
    """Replay a file.

    Returns:
        The exit code: 0 if every call is accounted for, else 1.

    Raises:
        CommandError: Its code is 2 if the request or the file is not usable.
    """
    _check(wanted)
    span = _span(wanted)
    try:
        selection = select(read_file(wanted.file), span)
    except UnreadableFileError as error:
        raise CommandError(str(error), code=UNUSABLE) from error
    _tell_skipped(selection)
    replayed = _replay(wanted, selection)
    if wanted.report is not None:
        told = json.dumps(replayed.document(), indent=2, ensure_ascii=False)
        wanted.report.write_text(f"{told}\n", encoding="utf-8")
    console = data_console()
    for line in replayed.lines():
        console.print(line, markup=False)
    return FINE if replayed.is_accounted_for else UNACCOUNTED


def _check(wanted: Wanted) -> None:
    if not SLOWEST <= wanted.speed <= FASTEST:
        said = f"--speed must lie between {SLOWEST:g} and {FASTEST:g}"
        raise CommandError(said, code=UNUSABLE)
    if wanted.url is None and wanted.key_file is not None:
        raise CommandError("--key-file goes with --url", code=UNUSABLE)
    folder = Path() if wanted.report is None else wanted.report.resolve().parent
    if not folder.is_dir():
        raise CommandError(f"--json: there is no directory {folder}", code=UNUSABLE)


def _span(wanted: Wanted) -> Span:
    span = Span(since=_bound("--from", wanted.since), until=_bound("--to", wanted.until))
    if span.since is not None and span.until is not None and span.until <= span.since:
        raise CommandError("--from must lie before --to", code=UNUSABLE)
    return span


def _bound(name: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_stamp(text)
    except ValueError:
        said = f"{name} {text!r} is no local time such as 2016-12-31T00:00"
        raise CommandError(said, code=UNUSABLE) from None


def _tell_skipped(selection: Selection) -> None:
    for each in selection.skipped[:MOST_SKIPPED_SHOWN]:
        sys.stderr.write(f"line {each.line} skipped: {each.reason}\n")
    more = len(selection.skipped) - MOST_SKIPPED_SHOWN
    if more > 0:
        sys.stderr.write(f"{more} more lines skipped\n")


def _replay(wanted: Wanted, selection: Selection) -> Replayed:
    plan = build(selection.calls)
    if not selection.calls:
        sys.stderr.write("no call was received in that span\n")
        return Replayed(selection=selection, plan=plan, outcome=Outcome(), accepted=0)
    teller = Teller()
    with ExitStack() as held:
        stack = None if wanted.url else held.enter_context(_stack(wanted.data, teller))
        stage = _stage(wanted, selection.calls, stack, teller)
        replayed = asyncio.run(_play_unless_stopped(stage, selection, plan, teller))
    if replayed is None:
        raise CommandError("interrupted; what it started is stopped", code=INTERRUPTED)
    return replayed


@contextmanager
def _stack(data: Path, progress: Progress) -> Iterator[Stack]:
    """The stack of a data directory, or one beside it while somebody else runs that."""
    with ExitStack() as held:
        try:
            stack = held.enter_context(open_stack(data, progress=progress))
        except InUseError:
            progress(f"{data} is in use; starting servers beside it")
            beside = data / "replay"
            stack = held.enter_context(open_stack(beside, any_port=True, progress=progress))
        yield stack


def _stage(
    wanted: Wanted, calls: Sequence[Call], stack: Stack | None, progress: Progress
) -> AbstractAsyncContextManager[Stage]:
    if stack is not None:
        return own_stage(
            calls,
            stack=stack,
            data=wanted.data,
            speed=wanted.speed,
            keep=wanted.keep,
            progress=progress,
        )
    key = None if wanted.key_file is None else read_key(wanted.key_file)
    return running_stage(
        calls,
        reached=reach(wanted.data, url=wanted.url, key=key),
        speed=wanted.speed,
        keep=wanted.keep,
        progress=progress,
    )


async def _play_unless_stopped(
    stage: AbstractAsyncContextManager[Stage], selection: Selection, plan: Plan, teller: Teller
) -> Replayed | None:
    with stopping() as stop:
        return await stop.unless_told(_play(stage, selection, plan, teller))


async def _play(
    opening: AbstractAsyncContextManager[Stage], selection: Selection, plan: Plan, teller: Teller
) -> Replayed:
    clock = SystemClock()
    async with opening as stage:
        teller.close()
        sender = Sender(
            calls=selection.calls,
            park=stage.park,
            station=stage.station,
            operators=stage.operators,
            clock=clock,
            run=stage.run,
            shift=stage.shift,
        )
        player = Player(acts=plan.acts, send=sender.send, clock=stage.clock)
        sys.stderr.write(f"{_told_length(plan, stage.clock)}\n")
        started = clock.monotonic()
        async with metered(player):
            await player.play()
        observer = Observer(station=stage.station, auditor=stage.auditor, clock=clock)
        outcome = await observer.observe(sender.ids.values(), since=stage.since)
        return Replayed(
            selection=selection,
            plan=plan,
            outcome=outcome,
            accepted=len(sender.ids),
            refused=tuple(player.refused),
            wall_seconds=clock.monotonic() - started,
            most_behind=player.most_behind,
        )


def _told_length(plan: Plan, clock: Clock) -> str:
    """Say what is played and how long it takes, should a stray stamp make it long."""
    first, last = (plan.acts[place].at.astimezone(ZONE) for place in (0, -1))
    seconds = max(0.0, clock.seconds_until(last))
    return (
        f"playing {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} local time"
        f" in {timedelta(seconds=round(seconds))}"
    )
