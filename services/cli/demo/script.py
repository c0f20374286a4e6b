"""What will be reported during a demo and how people will behave: the same for the same seed."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources import files
from random import Random
from typing import TypeVar
from zoneinfo import ZoneInfo

from incident.alert import Severity, Status
from incident.directory import Lookup, PlaceType
from services.runtime import codec
from services.runtime.auth import Role

T = TypeVar("T")

QUIET_TAIL = timedelta(minutes=12)
"""At the end nothing new is reported, so that what was reported can end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the people behave who have to do with an alert.

    Seconds are domain time, each from what it waits for.

    Attributes:
        receipts: Somebody is at the console and confirms receipt.
        assigns: The operator assigns a team; else it is left to the ladder.
        accepts: The team taps before it goes; else it only reports its arrival.
        declines: The first team declines.
        diverts: The operator also takes a team that is on its way elsewhere.
        asks_help: The first team asks for a second one.
        by_phone: The operator settles it by telephone, in `work` seconds.
        returns: The first report of the outcome is returned for completion.
        transfer_to: The center it turns out to belong to.
        merge_into: The name of the scene that it is a second report of.
        hand_over_to: The station it is offered to.
    """

    receipt: float = 8
    acknowledge: float = 10
    assign: float = 10
    accept: float = 9
    depart: float = 22
    travel: float = 120
    work: float = 400
    close: float = 50
    disposition: str = "handled_on_site"
    receipts: bool = True
    assigns: bool = True
    accepts: bool = True
    declines: bool = False
    diverts: bool = False
    asks_help: bool = False
    asks_police: bool = False
    by_phone: bool = False
    returns: bool = False
    transfer_to: str | None = None
    merge_into: str | None = None
    hand_over_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """What the reporter sends later about an alert.

    Attributes:
        after: Seconds from the alert.
        what: `conflict`: other content under the same revision; `update` or `cancel`.
        reason: For a withdrawal.
    """

    after: float
    what: str
    text: str | None = None
    severity: Severity | None = None
    injured: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An alert to come.

    Attributes:
        at: Seconds from the start.
        station: Who reports it; `center` instead for one that raises its own.
        reported_before: Seconds between the station's call and its report.
        batch: Alerts of the same batch are sent together, with the last of them.
    """

    name: str
    at: float
    place: str
    category: str
    severity: Severity
    text: str
    station: str | None = None
    center: str | None = None
    status: Status = Status.ACTUAL
    people: int | None = None
    weapons: bool = False
    injured: int | None = None
    hazards: tuple[str, ...] = ()
    reported_before: float = 6
    batch: str | None = None
    manner: Manner = Manner()
    then: tuple[FollowUp, ...] = ()

    @property
    def reporter(self) -> tuple[Role, str]:
        """Whose key reports it."""
        if self.station is not None:
            return Role.STATION, self.station
        return Role.OPERATOR, self.center or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """What is reported on an ordinary day; see `alerts.toml`."""

    code: str
    weight: int
    severities: dict[Severity, int]
    places: tuple[PlaceType, ...]
    texts: tuple[str, ...]
    people: tuple[int, int]
    work: tuple[int, int]
    dispositions: dict[str, int]
    hazards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordinary:
    """An ordinary day.

    Attributes:
        per_hour: Alerts in each hour of the day.
    """

    per_hour: tuple[float, ...]
    categories: tuple[Category, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    scenes: tuple[Scene, ...]


def write_script(
    park: Lookup, *, start: datetime, length: timedelta, seed: int = 115
) -> list[Scene]:
    """Write what will be reported, in order of time.

    Args:
        park: The park it happens in.
        start: The domain moment of its start.
        length: How long it lasts, the quiet tail included where there is room for one.
        seed: Another one gives other alerts; the story's scenes are always the same.
    """
    last = max(length - QUIET_TAIL, length * 0.75).total_seconds()
    told = [scene for scene in _read("story.toml", _Story).scenes if scene.at <= last]
    zone = ZoneInfo(park.directory.park.time_zone)
    local = start.astimezone(zone)
    random = Random(seed)  # noqa: S311  # invented alerts, to be invented again
    ordinary = _read("alerts.toml", Ordinary)
    moments = _moments(ordinary.per_hour, start=local, seconds=last, random=random)
    invented = [
        _invent(number, at, ordinary=ordinary, park=park, random=random)
        for number, at in enumerate(moments, start=1)
    ]
    return sorted((*told, *invented), key=lambda scene: (scene.at, scene.name))


def manner_of(scene: Scene, team: str, number: int) -> Manner:
    """Return how a team behaves: the first as written, later ones a little otherwise."""
    if number == 1:
        return scene.manner
    random = Random(f"{scene.name}/{team}")  # noqa: S311  # the same each time
    factor = random.uniform(0.8, 1.5)
    wrote = scene.manner
    return replace(
        wrote, accept=wrote.accept * factor, travel=wrote.travel * factor, declines=False
    )


def _read(name: str, kind: type[T]) -> T:
    text = files("services.cli.demo").joinpath(name).read_text(encoding="utf-8")
    return codec.convert(tomllib.loads(text), kind)


def _moments(
    per_hour: Sequence[float], *, start: datetime, seconds: float, random: Random
) -> Iterator[float]:
    """Give seconds from the start at which something happens: a Poisson process, thinned."""
    most = max(per_hour)
    at = 90.0  # the story's first scenes have the screen to themselves
    while (at := at + random.expovariate(most / 3600)) < seconds:
        hour = (start + timedelta(seconds=at)).hour
        if random.random() * most < per_hour[hour]:
            yield round(at, 1)


def _invent(number: int, at: float, *, ordinary: Ordinary, park: Lookup, random: Random) -> Scene:
    category = _pick([(entry, entry.weight) for entry in ordinary.categories], random)
    places = sorted(
        place.code
        for place in park.places.values()
        if place.type in category.places and park.center_of(place.code) is not None
    )
    stations = sorted(station.code for station in park.directory.stations)
    people = random.randint(*category.people)
    return Scene(
        name=f"{number:04}",
        at=at,
        place=random.choice(places),
        category=category.code,
        severity=_pick(category.severities.items(), random),
        text=random.choice(category.texts),
        station=random.choice(stations),
        people=people or None,
        hazards=category.hazards,
        reported_before=round(random.uniform(2, 12), 1),
        manner=_manner(category, random),
    )


def _manner(category: Category, random: Random) -> Manner:
    """Behave as people do: mostly in time, sometimes late, now and then not at all."""

    def seconds(low: float, high: float, usual: float) -> float:
        return round(random.triangular(low, high, usual), 1)

    ignored = random.random() < 0.05
    return Manner(
        receipt=seconds(3, 30, 6),
        acknowledge=seconds(90, 200, 120) if ignored else seconds(3, 28, 7),
        assign=seconds(3, 22, 7),
        accept=seconds(4, 34, 8),
        depart=seconds(8, 60, 18),
        travel=seconds(25, 290, 90),
        work=seconds(category.work[0], category.work[1], category.work[0]),
        close=seconds(15, 240, 45),
        disposition=_pick(category.dispositions.items(), random),
        assigns=not ignored,
        declines=random.random() < 0.04,
        accepts=random.random() > 0.04,
    )


def _pick(weighted: Iterable[tuple[T, int]], random: Random) -> T:
    choices, weights = zip(*weighted, strict=True)
    found: T = random.choices(choices, weights=weights)[0]
    return found
