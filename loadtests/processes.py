"""What processes cost, from /proc: processor seconds and memory, of each part with all below it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.guard import descendants

GENERATOR = "generator"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

Parts = Mapping[str, int | None]
"""The process id of each part; None for one that is not ours, whose cost is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process used, with all below it.

    Attributes:
        cpu_seconds: Processor time, that of ended children included.
        memory_bytes: Resident memory; pages that several share count for each.
    """

    cpu_seconds: float
    memory_bytes: int


def usage_of(pid: int) -> Usage:
    """Return what a process and all below it used.

    Raises:
        ProcessLookupError: There is no such process.
    """
    if (own := _usage(pid)) is None:
        raise ProcessLookupError(f"no process {pid}")
    found = [own, *filter(None, map(_usage, descendants(pid)))]
    return Usage(
        cpu_seconds=sum(each.cpu_seconds for each in found),
        memory_bytes=sum(each.memory_bytes for each in found),
    )


def usages(parts: Parts) -> dict[str, Usage]:
    """Return what each part used so far; those that are not ours are left out.

    What is below this very process are the other parts, which it started: it counts alone.
    """
    return {
        name: own_usage() if pid == os.getpid() else usage_of(pid)
        for name, pid in parts.items()
        if pid is not None
    }


def own_usage() -> Usage:
    """Return what this process used, without what is below it."""
    spent = os.times()
    whole = _usage(os.getpid())
    memory = whole.memory_bytes if whole else 0
    return Usage(cpu_seconds=spent.user + spent.system, memory_bytes=memory)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What parts used between two moments.

    Attributes:
        core_seconds: Processor time by part.
        seconds: Real time between the moments.
    """

    core_seconds: Mapping[str, float]
    seconds: float

    def per_act(self, acts: int) -> dict[str, float]:
        """Core-milliseconds an act, by part, and `all` of them."""
        by_part = {name: round(spent * 1000 / acts, 3) for name, spent in self.core_seconds.items()}
        return by_part | {"all": round(sum(by_part.values()), 3)}

    def cores(self) -> dict[str, float]:
        """How many cores each part had on the average."""
        return {name: round(spent / self.seconds, 3) for name, spent in self.core_seconds.items()}


class Meter:
    """Measures what parts use from its making on. A part restarted meanwhile counts anew."""

    def __init__(self, parts: Parts, *, at: float) -> None:
        """Begin.

        Args:
            parts: Whom to measure.
            at: The monotonic time.
        """
        self._before = usages(parts)
        self._pids = dict(parts)
        self._at = at

    def read(self, parts: Parts, *, at: float) -> Cost:
        """Return what was used since, by the parts as they run now."""
        spent = {}
        for name, usage in usages(parts).items():
            known = self._before.get(name) if parts[name] == self._pids.get(name) else None
            spent[name] = usage.cpu_seconds - (known.cpu_seconds if known else 0.0)
        return Cost(core_seconds=spent, seconds=at - self._at)


def _usage(pid: int) -> Usage | None:
    try:
        fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # From the state on (proc_pid_stat(5)): utime, stime, cutime, cstime are the 14th to the 17th
    # field of the whole line, resident pages the 24th.
    ticks = sum(map(int, fields[11:15]))
    return Usage(cpu_seconds=ticks / _TICKS, memory_bytes=int(fields[21]) * _PAGE)
