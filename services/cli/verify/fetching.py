"""Exports everything over the public interfaces, with an auditor's key.

Heads are read first and last: what moved meanwhile is read again, a few times. Where something
still moves then, the export says so.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from services.cli.answers import Json
from services.cli.client import Client
from services.cli.verify.archive import (
    INCIDENTS,
    TIMING,
    Content,
    Figures,
    KeptDigest,
    KeptHead,
    Record,
)
from services.runtime import codec
from services.runtime.clock import Clock

ROUNDS = 5
"""How often what moved is read again."""

AT_ONCE = 8
"""Requests under way at once."""

PAUSE_SECONDS = 1.0
MOST_DAYS = 366
STATUSES = ("actual", "exercise", "test")
GROUPS = (None, "center", "kind", "severity", "station")
PATHS = {INCIDENTS: "/v1/incidents", TIMING: "/v1/timing"}

Heads = dict[UUID, KeptHead]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was fetched.

    Attributes:
        settled: Nothing moved between the first look and the last; figures are of that state.
    """

    content: Content
    settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Fetches an export.

    Attributes:
        auditor: Who may read the whole.
        clock: What to wait with.
        progress: Told how far it is.
    """

    auditor: Client
    clock: Clock
    progress: Callable[[str], None]
    _logs: dict[str, dict[UUID, list[Record]]] = field(
        default_factory=lambda: {INCIDENTS: {}, TIMING: {}}
    )
    _states: dict[UUID, Json] = field(default_factory=dict)

    async def fetch(self) -> Export:
        """Fetch everything.

        Raises:
            ClientError: A service does not answer, or the key is not one that may read the whole.
        """
        read: dict[str, Heads] = {log: {} for log in PATHS}
        settled = False
        figures: list[Figures] = []
        conservation: Json = {}
        for _ in range(ROUNDS):
            heads = await self._all_heads()
            await self._follow({log: _moved(read[log], heads[log]) for log in PATHS})
            read = heads
            figures = await self._figures()
            conservation = await self.auditor.get("/v1/conservation")
            await self.clock.sleep(PAUSE_SECONDS)  # a leg due by now is told of by then
            settled = await self._all_heads() == heads
            if settled:
                break
        content = Content(
            incidents=[self._states[id_] for id_ in sorted(self._states)],
            events=list(_in_order(self._logs[INCIDENTS])),
            timing=list(_in_order(self._logs[TIMING])),
            heads=[head for log in PATHS for head in read[log].values()],
            digests=[digest for log in PATHS for digest in await self._digests(log)],
            figures=figures,
            conservation=[conservation],
        )
        return Export(content=content, settled=settled)

    async def _all_heads(self) -> dict[str, Heads]:
        return {log: await self._heads(log) for log in PATHS}

    async def _follow(self, moved: dict[str, set[UUID]]) -> None:
        """Read what moved of both logs."""
        self.progress(f"reading {len(moved[INCIDENTS])} incidents")
        await _all(self._read_incident, sorted(moved[INCIDENTS]))
        self.progress(f"reading the clocks of {len(moved[TIMING])} incidents")
        await _all(self._read_timing, sorted(moved[TIMING]))

    async def _read_incident(self, id_: UUID) -> None:
        """Read an incident's events and the state after the last of them."""
        for _ in range(ROUNDS):
            self._states[id_] = await self.auditor.get(f"/v1/incidents/{id_}")
            records = await self._records(id_, INCIDENTS)
            version = self._states[id_]["version"]
            self._logs[INCIDENTS][id_] = [each for each in records if each.version <= version]
            if len(records) <= version:
                return

    async def _read_timing(self, id_: UUID) -> None:
        self._logs[TIMING][id_] = await self._records(id_, TIMING)

    async def _records(self, id_: UUID, log: str) -> list[Record]:
        """All records of one chain."""
        records: list[Record] = []
        while True:
            after = records[-1].version if records else 0
            path = f"{PATHS[log]}/{id_}/events"
            told = await self.auditor.get(path, after=str(after), limit="1000")
            page = [_record(id_, entry) for entry in told["events"]]
            records += page
            if len(page) < 1000:
                return records

    async def _heads(self, log: str) -> Heads:
        return {
            head.incident: head
            async for entry in self._pages(f"{PATHS[log]}/heads", "heads")
            for head in (_head(log, entry),)
        }

    async def _digests(self, log: str) -> list[KeptDigest]:
        return [
            codec.decode(codec.encode(entry | {"log": log}), KeptDigest)
            async for entry in self._pages(f"{PATHS[log]}/digests", "digests")
        ]

    async def _pages(self, path: str, name: str) -> AsyncIterator[Json]:
        after: dict[str, str] = {}
        while True:
            told = await self.auditor.get(path, **after, limit="1000")
            for entry in told[name]:
                yield entry
            if told["next"] is None:
                return
            after = {"after": str(told["next"])}

    async def _figures(self) -> list[Figures]:
        """Ask for all figures there are of the days on which an alert was received."""
        moments = [
            datetime.fromisoformat(state["alert"]["received_at"]) for state in self._states.values()
        ]
        if not moments:
            return []
        asked = [
            {"from": since.isoformat(), "to": until.isoformat(), "status": status}
            | ({} if group is None else {"group_by": group})
            for since, until in _windows(min(moments), max(moments))
            for status in STATUSES
            for group in GROUPS
        ]
        return [
            Figures(asked=query, told=await self.auditor.get("/v1/compliance", **query))
            for query in asked
        ]


def _windows(first: datetime, last: datetime) -> Iterable[tuple[date, date]]:
    """Stretches of days that are no longer than one may ask for, wherever the park is."""
    since = first.astimezone(UTC).date() - timedelta(days=1)
    end = last.astimezone(UTC).date() + timedelta(days=1)
    while since <= end:
        until = min(end, since + timedelta(days=MOST_DAYS - 1))
        yield since, until
        since = until + timedelta(days=1)


def _moved(before: Heads, after: Heads) -> set[UUID]:
    return {id_ for id_, head in after.items() if before.get(id_) != head}


def _in_order(chains: dict[UUID, list[Record]]) -> Iterable[Record]:
    return (record for id_ in sorted(chains) for record in chains[id_])


def _record(id_: UUID, entry: Json) -> Record:
    place = entry["version"] if "version" in entry else entry["sequence"]
    return Record(
        incident=id_,
        version=place,
        id=UUID(entry["id"]),
        text=entry["text"],
        previous=entry["previous"],
        hash=entry["hash"],
    )


def _head(log: str, entry: Json) -> KeptHead:
    place = entry["version"] if "version" in entry else entry["sequence"]
    return KeptHead(log=log, incident=UUID(entry["incident"]), version=place, hash=entry["hash"])


async def _all(work: Callable[[UUID], Awaitable[None]], ids: Collection[UUID]) -> None:
    """Do work about ids, a few at once."""
    waiting = iter(ids)

    async def worker() -> None:
        for id_ in waiting:
            await work(id_)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker())
