"""A campaign: the load on, one fault after another, then heal, quiet and check."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import asyncpg
from aiokafka.errors import KafkaError

from loadtests.chaos.callers import Caller, UnknownError
from loadtests.chaos.checker.check import check
from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.checker.reading import read_live, read_state
from loadtests.chaos.checker.state import State
from loadtests.chaos.checker.streams import last_seen
from loadtests.chaos.checker.waiting import wait_quiet
from loadtests.chaos.faults.failpoints import NotReachedError
from loadtests.chaos.faults.fault import Fault, Since
from loadtests.chaos.faults.kills import kill_another
from loadtests.chaos.history import Kind
from loadtests.chaos.plan import Step
from loadtests.chaos.world import World
from services.cli.answers import ClientError
from services.cli.stack.server import StackError
from services.runtime.auth import Role
from services.runtime.clock import SystemClock
from services.runtime.logs import describe

PER_SECOND = 5.0
LEAD_SECONDS, GAP_SECONDS = 2.0, 0.5
INJECT_SECONDS, HEAL_SECONDS, QUIET_SECONDS = 60.0, 120.0, 90.0
TAKEOVER_LIVES = 6
_CLOCK = SystemClock()

FAILURES = (
    ClientError,
    UnknownError,
    StackError,
    NotReachedError,
    asyncpg.PostgresError,
    KafkaError,
    OSError,
)
"""What may go wrong with a fault or a probe: it is a finding, and the campaign goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordeal:
    """One fault as it was made.

    Attributes:
        began: Seconds since the history began.
        ended: The same: a whole life was lived again, or was given up.
        ready: Seconds from the moment that counts until all services said they were ready; from the
            restart where the fault is one that others take over.
        alive: Seconds from the moment that counts until a whole life was lived.
        kills: Processes killed.
    """

    fault: Fault
    began: float
    ended: float
    ready: float | None
    alive: float | None
    kills: int

    @property
    def held(self) -> bool:
        """Whether it was over within its goal."""
        return self.alive is not None and self.alive <= self.fault.goal


@dataclass(slots=True, kw_only=True)
class Result:
    """What a campaign came to."""

    ordeals: list[Ordeal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    state: State | None = None
    seconds: float = 0.0


Progress = Callable[[str], None]


async def run(
    world: World,
    steps: Iterator[Step],
    *,
    seconds: float,
    quiet_seconds: float = QUIET_SECONDS,
    progress: Progress,
) -> Result:
    """Make faults for so long under load, then heal, wait and check.

    Args:
        world: What to break.
        steps: Which faults; what is left of them when the time is up is not made.
        seconds: How long faults are made.
        quiet_seconds: How long it may take afterwards until all is quiet.
        progress: Takes a line about each thing done.
    """
    began, enough, result = _CLOCK.monotonic(), asyncio.Event(), Result()
    watching = asyncio.create_task(world.fleet.watch())
    working = asyncio.create_task(world.fleet.work(until=enough, per_second=PER_SECOND))
    try:
        await _CLOCK.sleep(LEAD_SECONDS)
        while _CLOCK.monotonic() - began < seconds and not working.done():
            step = next(steps, None)
            if step is None:
                break
            progress(_about_to(step, _CLOCK.monotonic() - began))
            result.ordeals.append(await _suffer(world, step, result.findings))
            await _CLOCK.sleep(GAP_SECONDS)
        result.seconds = _CLOCK.monotonic() - began
        progress("all faults are over: letting what was begun come to its end")
        enough.set()
        await working
        await _conclude(world, result, quiet_seconds=quiet_seconds, progress=progress)
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.wait([working, watching])
    return result


async def _suffer(world: World, step: Step, findings: list[Finding]) -> Ordeal:
    """Make one fault, end it, and note when everything worked again."""
    fault, began = step.fault, world.history.now
    world.history.add(Kind.FAULT, "campaign", fault.name, {"phase": "begins"})
    await _noted(fault, "begin", fault.inject(world), findings, seconds=INJECT_SECONDS)
    marks = {Since.INJECTED: world.history.now}
    taken_over = (
        asyncio.create_task(_recover(world, fault, findings, lives=TAKEOVER_LIVES))
        if fault.since is Since.INJECTED
        else None
    )
    beside = await _last(world, step)
    marks[Since.HEALING] = world.history.now
    world.history.add(Kind.FAULT, "campaign", fault.name, {"phase": "is healed"})
    alive = None if taken_over is None else await taken_over
    await _noted(fault, "end", _heal(world, fault, beside), findings, seconds=HEAL_SECONDS)
    marks[Since.HEALED] = world.history.now
    mark = marks[fault.since]
    is_ready = await _noted(fault, "be over", world.instance.wait_ready(), findings, seconds=60)
    restarted = marks[Since.HEALING] if fault.since is Since.INJECTED else mark
    ready = world.history.now - restarted if is_ready else None
    if taken_over is None:
        alive = await _recover(world, fault, findings)
    ended = world.history.now
    world.history.add(Kind.FAULT, "campaign", fault.name, {"phase": "is over"})
    _take_complaints(world, findings)
    return Ordeal(
        fault=fault,
        began=began,
        ended=ended,
        ready=ready,
        alive=None if alive is None else alive - mark,
        kills=step.kills,
    )


async def _last(world: World, step: Step) -> "asyncio.Task[None] | None":
    """Let a fault last; where the step says so kill a service beside it, and give its restart.

    A service may be unable to start while its servers are away: it ends after the fault.
    """
    if step.kill_at is None:
        await _CLOCK.sleep(step.fault.seconds)
        return None
    await _CLOCK.sleep(step.fault.seconds * step.kill_at)
    world.history.add(Kind.FAULT, "campaign", "a service killed beside it")
    killing = asyncio.create_task(kill_another(world))
    await _CLOCK.sleep(step.fault.seconds * (1 - step.kill_at))
    return killing


async def _heal(world: World, fault: Fault, beside: "asyncio.Task[None] | None") -> None:
    """End a fault and what was done beside it; whatever is dead afterwards is started."""
    await fault.heal(world)
    if beside is not None:
        with suppress(StackError):  # it is started once more, below
            await beside
    await world.revive()


async def _recover(
    world: World, fault: Fault, findings: list[Finding], *, lives: int = 1
) -> float | None:
    """Live whole lives; gives when they were over, None where they were not lived."""
    lived = await _noted(fault, "live", world.fleet.recover(lives=lives), findings, seconds=120)
    return world.history.now if lived else None


async def _noted(
    fault: Fault, what: str, work: Awaitable[object], findings: list[Finding], *, seconds: float
) -> bool:
    """Do a part of a fault; says whether it was done, and notes why it was not."""
    try:
        async with asyncio.timeout(seconds):
            await work
    except FAILURES as error:  # time-outs are OSErrors
        detail = f"could not {what}: {describe(error)}"
        findings.append(Finding(wrong=Wrong.COMPLAINT, about=fault.name, detail=detail))
        return False
    return True


def _take_complaints(world: World, findings: list[Finding]) -> None:
    while world.complaints:
        detail = world.complaints.pop(0)
        findings.append(Finding(wrong=Wrong.COMPLAINT, about="a fault", detail=detail))


async def _conclude(
    world: World, result: Result, *, quiet_seconds: float, progress: Progress
) -> None:
    """Heal everything, close what nobody closed, wait until all is quiet, and check."""
    await _heal_all(world, [ordeal.fault for ordeal in result.ordeals], result.findings)
    await _sweep(world)
    progress("waiting until all is quiet")
    left = await wait_quiet(
        world.dsn,
        world.auditor,
        seen=lambda: last_seen(world.history.lines),
        seconds=quiet_seconds,
    )
    for name, count in left.items():
        detail = f"{count} left after {quiet_seconds:g} s"
        result.findings.append(Finding(wrong=Wrong.NOT_QUIET, about=name, detail=detail))
    progress("checking")
    result.state = await read_state(world.dsn, world.auditor)
    result.findings += await asyncio.to_thread(check, world.history.lines, result.state)
    _take_complaints(world, result.findings)


async def _heal_all(world: World, faults: Sequence[Fault], findings: list[Finding]) -> None:
    """End every kind of fault that was made once more: healing bears being done twice."""
    for fault in {fault.name: fault for fault in faults}.values():
        await _noted(fault, "end", fault.heal(world), findings, seconds=HEAL_SECONDS)
    await world.revive()
    await world.instance.wait_ready(60)


async def _sweep(world: World) -> None:
    """Have a patient operator close every incident that is still open, so that all are judged."""
    operators = {center.code: center.operator for center in world.fleet.centers}
    for id_, code in await read_live(world.dsn):
        client = operators.get(code) or world.client_of(Role.OPERATOR, code)
        operator = Caller(client=client, who=f"operator:{code}", history=world.history)
        with suppress(ClientError, UnknownError):  # it stands in the history
            await operator.act(id_, "close", {"disposition": "handled_on_site"})


def _about_to(step: Step, seconds: float) -> str:
    beside = ", and a service killed beside it" if step.kill_at is not None else ""
    return f"{seconds:5.0f} s: {step.fault.name}{beside}"
