"""A whole export of three calls, made with the rules alone, to be tampered with."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from incident.chain import GENESIS, Head, canonical, digest_of_heads, link
from incident.events import Event
from incident.lifecycle import Incident
from incident.timing import Outcome, judge
from services.cli.replay.plan import build
from services.cli.verify.archive import (
    INCIDENTS,
    TIMING,
    Content,
    Figures,
    KeptDigest,
    KeptHead,
    Record,
    read,
    write,
)
from services.cli.verify.checking import Checked, check
from services.cli.verify.figures import count, judge_all
from services.runtime import codec, eventlog
from tests.services.cli.replay.files import at, calls, row
from tests.services.cli.replay.model import Played, play

AS_OF = datetime(2017, 1, 1, 8, tzinfo=UTC)
WORDS = {Outcome.MET: "met", Outcome.BREACHED: "breached"}
ASKED: tuple[dict[str, str], ...] = (
    {"from": "2016-12-31", "to": "2016-12-31", "status": "actual"},
    {"from": "2016-12-31", "to": "2016-12-31", "status": "actual", "group_by": "center"},
    {"from": "2016-12-31", "to": "2016-12-31", "status": "test"},
)


def an_export() -> Content:
    """Everything about three calls: one reached in time, one late, one never."""
    played = _played()
    incidents = list(played.incidents.values())
    events = list(_events(played.events))
    timing = [record for incident in incidents for record in _facts(incident)]
    heads = [*heads_of(INCIDENTS, events), *heads_of(TIMING, timing)]
    return Content(
        incidents=[_state(incident) for incident in incidents],
        events=events,
        timing=timing,
        heads=heads,
        digests=[*digests_of(INCIDENTS, events), *digests_of(TIMING, timing)],
        figures=[_figures(incidents, asked) for asked in ASKED],
        conservation=[{"difference": 0, "incidents": {"closed": 3}, "dead_lettered": 0}],
    )


def checked(content: Content, folder: Path, *, settled: bool = True) -> Checked:
    """What the check says of a content that was exported just so."""
    write(folder, content, origin="http://localhost", made_at=AS_OF, settled=settled)
    return check(read(folder))


def heads_of(log: str, records: Iterable[Record]) -> list[KeptHead]:
    """The ends of the chains of some records."""
    last = {record.incident: record for record in records}
    return [
        KeptHead(log=log, incident=id_, version=record.version, hash=record.hash)
        for id_, record in last.items()
    ]


def digests_of(log: str, records: Sequence[Record]) -> list[KeptDigest]:
    """Two digests: one before anything, one of all that there is."""
    heads = [
        Head(incident=head.incident, version=head.version, hash=head.hash)
        for head in heads_of(log, records)
    ]
    first = KeptDigest(
        log=log,
        sequence=1,
        taken_at=datetime(2016, 12, 31, 17, tzinfo=UTC),
        count=0,
        digest=digest_of_heads([]),
        previous=GENESIS,
    )
    second = KeptDigest(
        log=log,
        sequence=2,
        taken_at=AS_OF,
        count=len(heads),
        digest=digest_of_heads(heads),
        previous=first.digest,
    )
    return [first, second]


def chained(records: Iterable[Record]) -> list[Record]:
    """Records with hashes made anew, as somebody would who changed one of them."""
    last: dict[UUID, str] = {}
    found = []
    for record in records:
        previous = last.get(record.incident, GENESIS)
        made = replace(record, previous=previous, hash=link(previous, record.text))
        last[record.incident] = made.hash
        found.append(made)
    return found


def _played() -> Played:
    found = calls(
        row("1", "E01", entry=at("10:00:20 AM"), dispatch=at("10:00:40 AM"),
            response=at("10:01:00 AM"), on_scene=at("10:03:00 AM"), available=at("10:20:00 AM")),
        row("2", "T01", entry=at("10:00:30 AM"), dispatch=at("10:05:00 AM"),
            on_scene=at("10:15:00 AM"), available=at("10:30:00 AM"), disposition="Fire"),
        row("3", "E02", entry=at("10:00:30 AM"), dispatch=at("10:01:00 AM"),
            available=at("10:02:00 AM"), disposition="Cancelled"),
    )  # fmt: skip
    return play(build(found), found, behind=timedelta(seconds=1))


def _events(events: Iterable[Event]) -> Iterator[Record]:
    records = [
        Record(
            incident=event.incident,
            version=event.version,
            id=uuid5(event.incident, str(event.version)),
            text=eventlog.to_text(event),
            previous="",
            hash="",
        )
        for event in sorted(events, key=lambda each: (each.incident, each.version))
    ]
    return iter(chained(records))


def _facts(incident: Incident) -> Iterator[Record]:
    names = [
        f"{WORDS[verdict.outcome]}/{verdict.round}/{verdict.leg}"
        for verdict in judge(incident, now=AS_OF)
        if verdict.outcome in WORDS
    ]
    records = [
        Record(
            incident=incident.id,
            version=place,
            id=uuid5(incident.id, name),
            text=canonical(
                {
                    "incident": str(incident.id),
                    "sequence": place,
                    "fact": name,
                    "data": {"at": "2016-12-31T18:45:00Z"},
                }
            ),
            previous="",
            hash="",
        )
        for place, name in enumerate(names, start=1)
    ]
    return iter(chained(records))


def _state(incident: Incident) -> dict[str, object]:
    state: dict[str, object] = codec.to_builtins(incident)
    del state["profile"]
    return state | {"allowed": ["reopen"]}


def _figures(incidents: Sequence[Incident], asked: dict[str, str]) -> Figures:
    told: dict[str, object] = {
        "as_of": AS_OF.isoformat(),
        "time_zone": "America/Los_Angeles",
        "groups": [],
    }
    counted = count(Figures(asked=asked, told=told), judge_all(incidents, now=AS_OF))
    groups: dict[str, list[dict[str, object]]] = {}
    for (group, leg), figures in counted.items():
        groups.setdefault(group, []).append({"leg": leg, **figures})
    told["groups"] = [{"group": group, "legs": legs} for group, legs in groups.items()]
    return Figures(asked=asked, told=told)
