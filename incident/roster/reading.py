"""A parsed document (from YAML or JSON) becomes a roster, or all its faults are named."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from incident.alert import OrganisationId
from incident.directory.faults import Fault
from incident.directory.fields import CODE
from incident.directory.parts import FunctionGroup
from incident.roster.channels import MASK, URL_TYPES, Judge, masked, plain, rule_of, url_fault
from incident.roster.checks import cross_faults
from incident.roster.fields import COUNTRY, RosterFields
from incident.roster.parts import (
    Calendar,
    Channel,
    ChannelType,
    DayKind,
    Language,
    Person,
    PersonCode,
    Post,
    Roster,
    Shift,
    Window,
)

MOST_ENTRIES = {"contacts": 500, "posts": 50, "shifts": 200}
MOST_CHANNELS, MOST_TURNS, MOST_PEOPLE, MOST_DAYS, MOST_TURN_DAYS = 8, 100, 50, 400, 366
DEFAULT_COUNTRY = "CN"


class InvalidRosterError(ValueError):
    """A document is no roster.

    Attributes:
        faults: Everything that is wrong with it, at least one thing.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(fault.sentence for fault in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a document is checked against.

    Attributes:
        countries: Whose public holidays are known; None leaves that unchecked.
        judge: Judges the hosts of web addresses; None lets all pass.
        kept: Persons with their addresses, which a masked one stands for; None takes every mask.
    """

    countries: Collection[str] | None = None
    judge: Judge | None = None
    kept: Sequence[Person] | None = None


def read_roster(
    document: object, *, organisation: OrganisationId, version: int, known: Known | None = None
) -> Roster:
    """Read a roster, without overrides and swaps.

    Args:
        document: What a YAML or JSON parser made of the file.
        organisation: Whose it is.
        version: The version it gets.
        known: What it is checked against beside itself.

    Raises:
        InvalidRosterError: Something is wrong; it lists everything that is.
    """
    faults: list[Fault] = []
    fields = RosterFields(document, path="", faults=faults)
    roster = _roster(fields, organisation, version, known or Known())
    noted = {fault.path for fault in faults}
    if noted.isdisjoint({"", *MOST_ENTRIES}):  # else most references would seem unknown
        faults += [fault for fault in cross_faults(roster) if fault.path not in noted]
    if faults:
        raise InvalidRosterError(faults)
    return roster


def _roster(
    fields: RosterFields, organisation: OrganisationId, version: int, known: Known
) -> Roster:
    def entries(name: str) -> list[RosterFields]:
        return list(fields.entries(name, most=MOST_ENTRIES[name]))

    country, days = _holidays(fields, known)
    roster = Roster(
        organisation=organisation,
        version=version,
        time_zone=fields.zone("time_zone"),
        country=country,
        days=days,
        contacts=tuple(_person(entry, known) for entry in entries("contacts")),
        posts=tuple(map(_post, entries("posts"))),
        shifts=tuple(map(_shift, entries("shifts"))),
    )
    fields.finish()
    return roster


def _holidays(document: RosterFields, known: Known) -> tuple[str | None, Calendar]:
    fields = document.optional_part("holidays")
    if fields is None:
        return DEFAULT_COUNTRY, Calendar()
    country = fields.optional_text("country", COUNTRY) or DEFAULT_COUNTRY
    if country == "none":
        found = None
    else:
        found = country
        if known.countries is not None and country not in known.countries:
            allowed = "a country whose public holidays are known, or none"
            fields.note("country", wrong=f"'{country}' is unknown", allowed=allowed)
    days = Calendar(
        free=fields.days("free", most=MOST_DAYS), worked=fields.days("worked", most=MOST_DAYS)
    )
    for day in sorted(days.free & days.worked)[:1]:
        fields.note("worked", wrong=f"{day} is both free and worked", allowed="one of both")
    fields.finish()
    return found, days


def _person(fields: RosterFields, known: Known) -> Person:
    code = PersonCode(fields.text("code", CODE))
    language = fields.optional_text("language")
    if language is not None and language not in set(Language):
        fields.note("language", wrong=f"'{language}' is unknown", allowed=", ".join(Language))
        language = None
    person = Person(
        code=code,
        name=fields.text("name"),
        language=Language(language or Language.ZH),
        channels=_channels(fields, code, known),
    )
    fields.finish()
    return person


def _channels(person: RosterFields, code: str, known: Known) -> tuple[Channel, ...]:
    left = None
    if known.kept is not None:
        left = [each for other in known.kept if other.code == code for each in other.channels]
    found = (
        _channel(entry, known, left) for entry in person.entries("channels", most=MOST_CHANNELS)
    )
    return tuple(channel for channel in found if channel is not None)


def _channel(fields: RosterFields, known: Known, left: list[Channel] | None) -> Channel | None:
    type_ = fields.choice("type", ChannelType)
    address = None if type_ is None else fields.optional_text("address", rule_of(type_))
    mask = fields.optional_text("masked", MASK)
    given = fields.has("address"), fields.has("masked")
    fields.finish()
    if type_ is None:
        return None
    if given == (True, True):
        fields.note("masked", wrong="stands beside an address", allowed="one of both")
    elif given == (False, False):
        fields.note("address", wrong="is missing", allowed=f"text: {rule_of(type_).allowed}")
    elif address is not None:
        return _new(fields, type_, address, known)
    elif mask is not None:
        return _as_kept(fields, Channel(type=type_, masked=mask), left)
    return None


def _new(fields: RosterFields, type_: ChannelType, given: str, known: Known) -> Channel | None:
    if type_ in URL_TYPES:
        judge = known.judge or (lambda _host, _scheme: None)
        wrong = url_fault(given, judge)
        if wrong is not None:
            allowed = "https://, a public host or one the settings allow, no user or password"
            fields.note("address", wrong=wrong, allowed=allowed)
            return None
    address = plain(given, type_)
    return Channel(type=type_, masked=masked(address, type_), address=address)


def _as_kept(fields: RosterFields, shown: Channel, left: list[Channel] | None) -> Channel | None:
    """The channel a mask stands for; of several that look alike the next one."""
    if left is None:
        return shown
    for position, channel in enumerate(left):
        if replace(channel, address=None) == shown and channel.address is not None:
            return left.pop(position)
    allowed = "the mask of an address this person has, or a whole address"
    fields.note("masked", wrong="stands for no address that is kept", allowed=allowed)
    return None


def _post(fields: RosterFields) -> Post:
    name = fields.part("name")
    zh, en = name.text("zh"), name.text("en")
    name.finish()
    group = fields.choice("group", FunctionGroup) if fields.has("group") else None
    needed = fields.optional_part("needed")
    post = Post(
        code=fields.text("code", CODE),
        name_zh=zh,
        name_en=en,
        group=group,
        needed=Window() if needed is None else _window(needed),
        last_resort=tuple(map(PersonCode, fields.codes("last_resort", most=MOST_PEOPLE))),
    )
    if needed is not None:
        needed.finish()
    fields.finish()
    return post


def _shift(fields: RosterFields) -> Shift:
    turns = fields.turns("turns", most=MOST_TURNS, people=MOST_PEOPLE)
    shift = Shift(
        code=fields.text("code", CODE),
        post=fields.text("post", CODE),
        window=_window(fields),
        first=fields.day("first"),
        last=fields.optional_day("last"),
        turns=tuple(tuple(map(PersonCode, turn)) for turn in turns),
        turn_days=fields.number("turn_days", default=1, most=MOST_TURN_DAYS),
    )
    fields.finish()
    return shift


def _window(fields: RosterFields) -> Window:
    return Window(
        start=fields.hour("start"),
        end=fields.hour("end"),
        weekdays=fields.weekdays("weekdays"),
        days=(fields.choice("days", DayKind) if fields.has("days") else None) or DayKind.ANY,
    )
