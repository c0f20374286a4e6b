"""What a report must fulfil beyond its form: times, and what the directory and the kinds know."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from incident.alert import Place, Source
from incident.directory import Lookup
from incident.moments import CLOCK_TOLERANCE
from incident.profile import DetailField, FieldType, Kind
from services.intake.handlers.refusals import Fault, ForeignError, InvalidError
from services.intake.handlers.reports import Details, Private, Report, Sender, Update

LATE_AFTER = timedelta(minutes=15)
"""An alert older than this on arrival is late: people decide about it, unless it is red."""

OLDEST = timedelta(days=30)
"""Reports of a longer outage are entered by hand."""

LONGEST_TEXT, LARGEST_NUMBER = 200, 1_000_000
"""Of a detail whose kind says nothing else."""


def check_report(
    report: Report,
    *,
    sender: Sender,
    lookup: Lookup,
    kinds: Mapping[str, Kind],
    now: datetime,
) -> None:
    """Let a report pass that the service can act on.

    Raises:
        InvalidError: Fields are wrong; all of them are named.
        ForeignError: A center reports into another center's area.
    """
    faults = [
        *time_faults("reported_at", report.reported_at, now=now),
        *_kind_faults(report, lookup, kinds),
        *_place_faults(report.place, lookup),
        *_private_faults(report.private, lookup),
    ]
    if faults:
        raise InvalidError(faults)
    _check_own(report.place, sender, lookup)


def check_update(update: Update, *, lookup: Lookup) -> None:
    """Let an update pass that names only what is known; the incident's center stays anyhow.

    Raises:
        InvalidError: Fields are wrong.
    """
    faults = [
        *_place_faults(Place(place=update.place), lookup),
        *_private_faults(update.private, lookup),
    ]
    if faults:
        raise InvalidError(faults)


def time_faults(field: str, moment: datetime | None, *, now: datetime) -> Iterator[Fault]:
    """What is wrong with a reported time; a clock may be five seconds fast."""
    if moment is None:
        return
    if moment > now + CLOCK_TOLERANCE:
        yield Fault(field=field, message=f"lies in the future; it is {now:%Y-%m-%dT%H:%M:%SZ} now")
    elif moment < now - OLDEST:
        yield Fault(field=field, message=f"lies more than {OLDEST.days} days back")


def is_late(reported_at: datetime | None, *, now: datetime) -> bool:
    """Whether an alert is too old to be acted on without people; one without a time is not."""
    return reported_at is not None and now - reported_at > LATE_AFTER


def _kind_faults(report: Report, lookup: Lookup, kinds: Mapping[str, Kind]) -> Iterator[Fault]:
    if report.kind not in lookup.kinds:
        known = ", ".join(sorted(lookup.kinds))
        yield Fault(field="kind", message=f"is not a kind used here; these are: {known}")
        return
    kind = kinds.get(report.kind)
    defined = () if kind is None else kind.details
    fields = {entry.name: entry for entry in defined if entry.at == "opening"}
    yield from _detail_faults(report.details, fields)


def _detail_faults(details: Details, fields: Mapping[str, DetailField]) -> Iterator[Fault]:
    given = dict(details)
    for name, value in given.items():
        if name not in fields:
            yield Fault(field=f"details.{name}", message="is not a detail of this kind")
        elif (wanted := _wanted(fields[name], value)) is not None:
            yield Fault(field=f"details.{name}", message=f"should be {wanted}")
    for name, field in fields.items():
        if field.required and name not in given:
            yield Fault(field=f"details.{name}", message="is missing")


def _wanted(field: DetailField, value: str | int) -> str | None:
    """What a detail should be; None for a value that fits."""
    match field.type:
        case FieldType.TEXT:
            longest = field.maximum or LONGEST_TEXT
            fits = isinstance(value, str) and len(value) <= longest
            return None if fits else f"text of at most {longest} characters"
        case FieldType.INTEGER:
            largest = field.maximum or LARGEST_NUMBER
            fits = type(value) is int and 0 <= value <= largest  # a bool is no number here
            return None if fits else f"a whole number from 0 to {largest}"
        case FieldType.BOOLEAN:
            return None if isinstance(value, bool) else "true or false"
        case FieldType.CHOICE:
            return None if value in field.choices else f"one of: {', '.join(field.choices)}"


def _place_faults(place: Place, lookup: Lookup) -> Iterator[Fault]:
    if place.center is not None and place.center not in lookup.centers:
        yield Fault(field="place.center", message="is not a center of this park")
    if place.place is not None:
        if place.place not in lookup.places:
            yield Fault(field="place.place", message="is not a place of this park")
        elif place.center is None and lookup.center_of(place.place) is None:
            yield Fault(field="place.place", message="lies in no center's area: name a center too")


def _private_faults(private: Private | None, lookup: Lookup) -> Iterator[Fault]:
    visible_to = () if private is None else private.visible_to or ()
    for position, code in enumerate(visible_to):
        if not lookup.organisation_exists(code):
            yield Fault(field=f"visible_to[{position}]", message="is not an organisation here")


def _check_own(place: Place, sender: Sender, lookup: Lookup) -> None:
    if sender.source is not Source.CENTER:
        return
    center = lookup.center_of(place.center or place.place or "")
    if center is None or center.code != sender.organisation:
        raise ForeignError("place.center" if place.center is not None else "place.place")
