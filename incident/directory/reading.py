"""A parsed document (from YAML or JSON) becomes a directory, or all its faults are named."""

import re
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlsplit

from incident.alert import OrganisationId, TeamId
from incident.directory.checks import cross_faults, unknown_kind_faults
from incident.directory.faults import Fault, InvalidDirectoryError
from incident.directory.fields import CODE, Fields, TextRule
from incident.directory.parts import (
    DEFAULT_KINDS,
    Center,
    Directory,
    Enterprise,
    FunctionGroup,
    Key,
    KindUse,
    KnownPlace,
    Member,
    Park,
    PlaceType,
    Role,
    Station,
    Team,
    Webhook,
)

MOST_ENTRIES = {
    "stations": 200,
    "enterprises": 2_000,
    "centers": 2_000,
    "places": 20_000,
    "teams": 2_000,
    "members": 200,
    "keys": 10_000,
    "kinds": 100,
}
"""The longest list of each name; `members` is counted in each team."""

MOST_NEIGHBOURS = 20
"""The most centers that one may have agreements with."""

TELEPHONE = TextRule(
    pattern=re.compile(r"\+?[0-9](?:[0-9 ()*#-]{0,30}[0-9#*])?"),
    allowed="a telephone number: digits, blanks, '+', '-', '(', ')', '*', '#', at most 32",
)
SHA256 = TextRule(
    pattern=re.compile(r"[0-9a-f]{64}"),
    allowed="64 lower-case hexadecimal digits",
    shown=False,
)
SECRET_NAME = TextRule(
    pattern=re.compile(r"(?!whsec_)[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
    allowed="the name of a secret in the dispatcher's settings, never the secret itself",
    shown=False,
)
URL = TextRule(
    pattern=re.compile(r"https?://[!-~]{1,2000}"),
    allowed="an address of at most 2000 characters that begins with https:// or http://",
    shown=False,  # it may hold a password
)
TIME_ZONE = TextRule(
    pattern=re.compile(r"[A-Za-z_]{1,20}(?:/[A-Za-z0-9_+-]{1,30}){0,2}"),
    allowed="the IANA name of a time zone, such as Asia/Shanghai",
)


def read_directory(
    document: object,
    *,
    version: int,
    now: datetime,
    kinds: Collection[str] | None = None,
    profiles: Collection[str] | None = None,
) -> Directory:
    """Read a directory.

    Args:
        document: What a YAML or JSON parser made of the file.
        version: The version the directory gets; the document says nothing about it.
        now: Tells which keys are live.
        kinds: Codes of the kinds that exist; None leaves them unchecked.
        profiles: Codes of the profiles that exist; None leaves them unchecked.

    Raises:
        InvalidDirectoryError: Something is wrong; it lists everything that is.
    """
    faults: list[Fault] = []
    directory = _directory(Fields(document, path="", faults=faults), version=version)
    noted = {fault.path for fault in faults}
    if noted.isdisjoint({"", "park", *MOST_ENTRIES}):  # else most references would seem unknown
        faults += [fault for fault in cross_faults(directory, now) if fault.path not in noted]
    faults += unknown_kind_faults(directory, kinds=kinds, profiles=profiles)
    if faults:
        raise InvalidDirectoryError(faults)
    return directory


def _directory(fields: Fields, *, version: int) -> Directory:
    def entries(name: str) -> list[Fields]:
        return list(fields.entries(name, most=MOST_ENTRIES[name]))

    directory = Directory(
        version=version,
        park=_park(fields),
        stations=tuple(map(_station, entries("stations"))),
        enterprises=tuple(map(_enterprise, entries("enterprises"))),
        centers=tuple(map(_center, entries("centers"))),
        places=tuple(map(_place, entries("places"))),
        teams=tuple(map(_team, entries("teams"))),
        keys=tuple(map(_key, entries("keys"))),
        kinds=tuple(map(_kind, entries("kinds"))) or DEFAULT_KINDS,
    )
    fields.finish()
    return directory


def _park(document: Fields) -> Park:
    fields = document.part("park")
    name = fields.part("name")
    park = Park(
        code=OrganisationId(fields.text("code", CODE)),
        name_zh=name.text("zh"),
        name_en=name.text("en"),
        fallback_center=OrganisationId(fields.text("fallback_center", CODE)),
        time_zone=fields.optional_text("time_zone", TIME_ZONE) or "Asia/Shanghai",
    )
    name.finish()
    fields.finish()
    return park


def _station(fields: Fields) -> Station:
    station = Station(code=OrganisationId(fields.text("code", CODE)), name=fields.text("name"))
    fields.finish()
    return station


def _enterprise(fields: Fields) -> Enterprise:
    code = OrganisationId(fields.text("code", CODE))
    enterprise = Enterprise(code=code, name=fields.text("name"))
    fields.finish()
    return enterprise


def _center(fields: Fields) -> Center:
    center = Center(
        code=OrganisationId(fields.text("code", CODE)),
        name=fields.text("name"),
        place=fields.text("place", CODE),
        enterprise=_optional_organisation(fields, "enterprise"),
        consoles=fields.flag("consoles", default=True),
        webhook=_webhook(fields),
        telephone=fields.optional_text("telephone", TELEPHONE),
        neighbours=tuple(
            OrganisationId(code) for code in fields.texts("neighbours", CODE, most=MOST_NEIGHBOURS)
        ),
    )
    fields.finish()
    return center


def _webhook(center: Fields) -> Webhook | None:
    fields = center.optional_part("webhook")
    if fields is None:
        return None
    webhook = Webhook(url=fields.text("url", URL), secret=fields.text("secret", SECRET_NAME))
    if webhook.url and not _is_plain_address(webhook.url):
        fields.note("url", wrong="is not a usable address", allowed="a host, no user or password")
    fields.finish()
    return webhook


def _is_plain_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # a port or an IPv6 address that is none
        return False
    return bool(parts.hostname) and parts.username is None and port != 0


def _place(fields: Fields) -> KnownPlace:
    found = fields.choice("type", PlaceType)
    parent = fields.optional_text("parent", CODE)
    place = KnownPlace(
        code=fields.text("code", CODE),
        type=found or PlaceType.BUILDING,
        name=fields.text("name"),
        # Without a type nobody can say whether a parent is wanted: empty ones are not checked.
        parent=parent if found else parent or "",
        center=_optional_organisation(fields, "center"),
    )
    fields.finish()
    return place


def _team(fields: Fields) -> Team:
    team = Team(
        code=TeamId(fields.text("code", CODE)),
        name=fields.text("name"),
        organisation=OrganisationId(fields.text("organisation", CODE)),
        function_group=fields.choice("function_group", FunctionGroup) or FunctionGroup.LOGISTICS,
        place=fields.optional_text("place", CODE),
        on_duty=fields.flag("on_duty", default=True),
        resting_until=fields.moment("resting_until"),
        members=tuple(map(_member, fields.entries("members", most=MOST_ENTRIES["members"]))),
    )
    fields.finish()
    return team


def _member(fields: Fields) -> Member:
    member = Member(code=fields.text("code", CODE), name=fields.text("name"))
    fields.finish()
    return member


def _key(fields: Fields) -> Key:
    team = fields.optional_text("team", CODE)
    key = Key(
        id=fields.text("id", CODE),
        role=fields.choice("role", Role) or Role.ADMIN,
        organisation=OrganisationId(fields.text("organisation", CODE)),
        sha256=fields.text("sha256", SHA256),
        team=None if team is None else TeamId(team),
        person=fields.optional_text("person", CODE),
        expires_at=fields.moment("expires_at"),
    )
    fields.finish()
    return key


def _kind(fields: Fields) -> KindUse:
    use = KindUse(code=fields.text("code", CODE), profile=fields.optional_text("profile", CODE))
    fields.finish()
    return use


def _optional_organisation(fields: Fields, name: str) -> OrganisationId | None:
    code = fields.optional_text(name, CODE)
    return None if code is None else OrganisationId(code)
