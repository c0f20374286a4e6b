"""An export holds everything there is, and says if something moved while it was made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from services.cli.client import Client
from services.cli.verify.archive import INCIDENTS, TIMING, Content
from services.cli.verify.fetching import ROUNDS, Export, Fetcher
from services.runtime import codec
from tests.fakes.clock import FakeClock
from tests.services.cli.verify.exports import an_export, checked

WHOLE = an_export()
PAGE = 2


class Auditor:
    """Answers as the services do, in small pages; something may happen before each answer."""

    def __init__(self, happen: Callable[["Auditor", str], None] = lambda *_: None) -> None:
        self.content = WHOLE
        self.hidden: set[tuple[str, UUID]] = set()
        self.asked: list[str] = []
        self._happen = happen

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        self.asked.append(path)
        self._happen(self, path)
        log = TIMING if path.startswith("/v1/timing") else INCIDENTS
        last = path.rpartition("/")[2]
        if last == "heads":
            return self._page(self._heads(log), "heads", query, key="incident")
        if last == "digests":
            found = [each for each in self.content.digests if each.log == log]
            return self._page(codec.to_builtins(found), "digests", query, key="sequence")
        if last == "events":
            return self._events(log, UUID(path.split("/")[-2]), int(query["after"]))
        if path == "/v1/compliance":
            return {"as_of": "2017-01-01T08:00:00Z", "time_zone": "UTC", "groups": []}
        if path == "/v1/conservation":
            return dict(self.content.conservation[0])
        return next(dict(each) for each in self.content.incidents if each["id"] == last)

    def _heads(self, log: str) -> list[dict[str, Any]]:
        heads = sorted(self.content.heads, key=lambda head: head.incident)
        return [
            {"incident": str(head.incident), PLACES[log]: head.version, "hash": head.hash}
            for head in heads
            if head.log == log and (log, head.incident) not in self.hidden
        ]

    def _events(self, log: str, id_: UUID, after: int) -> dict[str, Any]:
        records = self.content.events if log == INCIDENTS else self.content.timing
        return {
            "events": [
                {
                    "id": str(record.id), PLACES[log]: record.version, "text": record.text,
                    "previous": record.previous, "hash": record.hash,
                }
                for record in records
                if record.incident == id_ and record.version > after
            ]
        }  # fmt: skip

    @staticmethod
    def _page(
        entries: list[dict[str, Any]], name: str, query: dict[str, str], *, key: str
    ) -> dict[str, Any]:
        after = query.get("after", "")
        behind = [each for each in entries if not after or str(each[key]) > after]
        page = behind[:PAGE]
        return {name: page, "next": page[-1][key] if len(behind) > PAGE else None}


PLACES = {INCIDENTS: "version", TIMING: "sequence"}


async def fetch(auditor: Auditor) -> tuple[Export, FakeClock]:
    clock = FakeClock()
    fetcher = Fetcher(auditor=cast("Client", auditor), clock=clock, progress=lambda _: None)
    return await fetcher.fetch(), clock


def same(one: Content, other: Content) -> bool:
    """Whether two contents hold the same records, in whatever order."""
    return all(
        sorted(map(repr, getattr(one, name))) == sorted(map(repr, getattr(other, name)))
        for name in ("incidents", "events", "timing", "heads", "digests", "conservation")
    )


async def test_everything_is_fetched_page_by_page() -> None:
    export, clock = await fetch(Auditor())
    assert export.settled
    assert same(export.content, WHOLE)
    assert len(export.content.figures) == 15
    assert len(clock.sleeps) == 1


async def test_what_moved_meanwhile_is_read_again(tmp_path: Path) -> None:
    late = UUID(int=3)

    def open_late(auditor: Auditor, path: str) -> None:
        if path == "/v1/conservation":
            auditor.hidden.clear()

    auditor = Auditor(open_late)
    auditor.hidden = {(INCIDENTS, late), (TIMING, late)}
    export, clock = await fetch(auditor)
    assert export.settled
    assert same(export.content, WHOLE)
    assert len(clock.sleeps) == 2
    assert auditor.asked.count(f"/v1/incidents/{late}") == 1
    assert auditor.asked.count(f"/v1/incidents/{UUID(int=1)}") == 1
    figures = {each.kind for each in checked(export.content, tmp_path).findings}
    assert figures <= {"figure"}  # this auditor's figures are empty


async def test_what_never_rests_makes_an_export_that_says_so() -> None:
    late = UUID(int=3)

    def flicker(auditor: Auditor, path: str) -> None:
        if path == "/v1/conservation":
            auditor.hidden ^= {(INCIDENTS, late)}

    export, clock = await fetch(Auditor(flicker))
    assert not export.settled
    assert len(clock.sleeps) == ROUNDS
