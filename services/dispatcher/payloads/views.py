"""The public state of an incident, as screens and streams get it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from incident.alert import IncidentId, Source
from incident.decisions.decide import allowed_verbs
from incident.events import Body, Event, IncidentOpened, IncidentTransferred
from incident.lifecycle import Assignment, Incident, State
from services.runtime import codec, sharing
from services.runtime.eventlog import TYPES

_ALLOWED = {state: b',"allowed":%b}' % codec.encode(allowed_verbs(state)) for state in State}

LENT_FIELDS = (
    "id", "version", "state", "severity", "place", "center", "circumstances", "opened_at",
    "updated_at", "ended_at",
)  # fmt: skip
STATION_FIELDS = (
    "id", "version", "state", "severity", "place", "center", "opened_at", "updated_at", "ended_at",
    "disposition", "handover", "handed_over_to", "conflicts", "cancellation_refused",
    "supervisions", "questions", "outcome_confirmed_at", "allowed",
)  # fmt: skip
"""What a station's stream shows of an incident; the whole stands where it reads it."""

LENT_TOLD = ("version", "type", "occurred_at", "recorded_at")
"""What is told of an event that is not about a lender's own team: that it was, and when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One thing a channel is told.

    Attributes:
        channel: `center:<code>`, `team:<code>` or `station:<code>`.
        type: The event's type.
        data: JSON text, one line.
    """

    channel: str
    type: str
    data: str


def center_channel(code: str) -> str:
    """The channel of a center's consoles."""
    return f"center:{code}"


def team_channel(code: str) -> str:
    """The channel of a team's phones."""
    return f"team:{code}"


def station_channel(code: str) -> str:
    """The channel of a station that follows its alerts."""
    return f"station:{code}"


def incident_channel(incident: IncidentId) -> str:
    """The channel of one incident: it is its events, so that nothing is written for it."""
    return f"incident:{incident}"


def view(incident: Incident) -> dict[str, object]:
    """The public state as screens get it: with the legs of its profile and the verbs it takes."""
    return codec.decode(_shown(incident), dict)


def lent_view(incident: Incident, organisation: str) -> dict[str, object]:
    """What an organisation sees that lent a team: enough to follow its own team, no more."""
    whole = view(incident)
    shown = {name: whole[name] for name in LENT_FIELDS}
    shown["assignments"] = [
        codec.to_builtins(entry)
        for entry in incident.assignments
        if entry.organisation == organisation
    ]
    return shown


def frames_of(
    event: Event,
    incident: Incident,
    *,
    is_center: Callable[[str], bool],
    written: bytes | None = None,
) -> Iterator[Frame]:
    """Say who is told of an event: its center, the one it left, its teams, who lent them, stations.

    An incident that is entered late is told of once, when it is whole: nobody is to be rung.

    Args:
        event: What happened.
        incident: As the event left it.
        is_center: Whether a code is a center's, so that it has consoles to tell.
        written: The incident as `codec` wrote it, if it was written already.
    """
    if incident.late_entry and incident.ended_at is None:
        return
    type_ = TYPES[type(event.body)]
    told = {
        "version": event.version,
        "type": type_,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "actor": event.actor,
        "via": event.via,
        "body": _body(event.body),
    }
    centers = _centers(event, incident)
    concerned = [entry for entry in incident.assignments if _concerns(entry, event)]
    whole = _text(told, _shown(incident, written))
    for center in sorted(centers):
        yield Frame(channel=center_channel(center), type=type_, data=whole)
    for team in sorted({entry.team for entry in concerned}):
        yield Frame(channel=team_channel(team), type=type_, data=whole)
    yield from _station_frames(told, type_, incident)
    for lender in sorted({entry.organisation for entry in concerned} - centers):
        if is_center(lender):
            own = {entry.number for entry in concerned if entry.organisation == lender}
            lent = told if _assignment_of(event) in own else {key: told[key] for key in LENT_TOLD}
            seen = _text(lent, codec.encode(lent_view(incident, lender)))
            yield Frame(channel=center_channel(lender), type=type_, data=seen)


def _centers(event: Event, incident: Incident) -> set[str]:
    """The center that has it, and one that it left: its board loses the incident."""
    if isinstance(event.body, IncidentTransferred):
        return {incident.center, incident.rounds[-2].organisation}
    return {incident.center}


def _station_frames(told: dict[str, object], type_: str, incident: Incident) -> Iterator[Frame]:
    stations = _stations(incident)
    if stations:
        data = _text(told, codec.encode(_followed(incident)))
        for station in sorted(stations):
            yield Frame(channel=station_channel(station), type=type_, data=data)


def channels_of(incident: Incident) -> set[str]:
    """Name all channels that may have been told of an incident so far, and some that were not."""
    organisations = {
        incident.center,
        *(entry.organisation for entry in incident.rounds),
        *(entry.organisation for entry in incident.assignments),
    }
    return {
        *map(center_channel, organisations),
        *(team_channel(entry.team) for entry in incident.assignments),
        *map(station_channel, _stations(incident)),
        incident_channel(incident.id),
    }


def logged_frame(text: str, incident: Incident) -> str:
    """What an incident's own channel tells of an event as chained, with the state it led to."""
    event: dict[str, object] = codec.decode(text, dict)
    body = event.get("body")
    if isinstance(body, dict):
        body.pop("profile", None)  # of an opening: it says nothing to a screen
    return _text(event, _shown(incident))


def _stations(incident: Incident) -> set[str]:
    """The stations that follow: the one that sent it, and whom it is or was offered to."""
    sent = incident.alert.station if incident.alert.source is Source.STATION else None
    told = {sent, incident.handover, incident.handed_over_to}
    return {str(code) for code in told if code is not None}


def _followed(incident: Incident) -> dict[str, object]:
    shown: dict[str, object] = {
        name: getattr(incident, name) for name in STATION_FIELDS if name != "allowed"
    }
    return shown | {
        "reference": incident.alert.reference,
        "allowed": allowed_verbs(incident.state),
    }


def _text(event: dict[str, object], incident: bytes) -> str:
    told = msgspec.json.encode(event)  # its moments were checked as it was chained
    return (b'{"event":%b,"incident":%b}' % (told, incident)).decode()


def _shown(incident: Incident, written: bytes | None = None) -> bytes:
    """The public state as JSON, with the legs in the profile's place and the verbs it takes."""
    whole = codec.encode(incident) if written is None else written
    legs = b',"legs":%b' % sharing.shared(incident.profile).legs
    return sharing.cut(whole, incident.profile)[:-1] + legs + _ALLOWED[incident.state]


def _body(body: Body) -> object:
    """What happened; of an opening, too, without the profile."""
    if isinstance(body, IncidentOpened):
        return msgspec.Raw(sharing.cut(codec.encode(body), body.profile))
    return body


def _concerns(entry: Assignment, event: Event) -> bool:
    """Whether an assignment's team is told: it is on it, or the event ended or is about its own."""
    return entry.is_live or _assignment_of(event) == entry.number


def _assignment_of(event: Event) -> int | None:
    number: int | None = getattr(event.body, "assignment", None)
    return number
