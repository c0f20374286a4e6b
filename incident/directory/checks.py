"""What must hold between the entries of a directory: references, the tree, the keys.

Empty codes are skipped: their absence was noted where they were read.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from incident.directory.faults import Fault
from incident.directory.key_checks import key_faults
from incident.directory.parts import Directory, Team
from incident.directory.place_checks import place_faults


def cross_faults(directory: Directory, now: datetime) -> Iterator[Fault]:
    """Everything wrong between entries that were each read without a fault."""
    yield from _duplicate_codes(directory)
    yield from _center_faults(directory)
    yield from place_faults(directory)
    yield from _team_faults(directory)
    yield from key_faults(directory, now)


def unknown_kind_faults(
    directory: Directory, *, kinds: Collection[str] | None, profiles: Collection[str] | None
) -> Iterator[Fault]:
    """Kinds and profiles that do not exist; None leaves them unchecked."""
    for position, use in enumerate(directory.kinds):
        path = f"kinds[{position}]"
        if kinds is not None and use.code and use.code not in kinds:
            yield _unknown(f"{path}.code", use.code, ", ".join(sorted(kinds)))
        if profiles is not None and use.profile is not None and use.profile not in profiles:
            yield _unknown(f"{path}.profile", use.profile, ", ".join(sorted(profiles)))


def _unknown(path: str, code: str, allowed: str) -> Fault:
    return Fault(path=path, wrong=f"'{code}' is unknown", allowed=allowed)


def _duplicate_codes(directory: Directory) -> Iterator[Fault]:
    def paths(name: str, codes: Iterable[str], field: str = "code") -> list[tuple[str, str]]:
        return [(f"{name}[{position}].{field}", code) for position, code in enumerate(codes)]

    organisations = [
        ("park.code", directory.park.code),
        *paths("stations", (entry.code for entry in directory.stations)),
        *paths("enterprises", (entry.code for entry in directory.enterprises)),
        *paths("centers", (entry.code for entry in directory.centers)),
    ]
    yield from _repeated(organisations, "a code no other organisation has")
    places = paths("places", (entry.code for entry in directory.places))
    yield from _repeated(places, "a code no other place has")
    teams = paths("teams", (entry.code for entry in directory.teams))
    yield from _repeated(teams, "a code no other team has")
    keys = paths("keys", (entry.id for entry in directory.keys), "id")
    yield from _repeated(keys, "an id no other key has")
    kinds = paths("kinds", (entry.code for entry in directory.kinds))
    yield from _repeated(kinds, "each kind once")


def _repeated(paths: Iterable[tuple[str, str]], allowed: str) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for path, code in paths:
        if code and first.setdefault(code, path) != path:
            yield Fault(path=path, wrong=f"'{code}' stands at {first[code]} too", allowed=allowed)


def _center_faults(directory: Directory) -> Iterator[Fault]:
    centers = {entry.code for entry in directory.centers}
    enterprises = {entry.code for entry in directory.enterprises}
    places = {entry.code for entry in directory.places}
    fallback = directory.park.fallback_center
    if fallback and fallback not in centers:
        yield _unknown("park.fallback_center", fallback, "the code of a center")
    for position, center in enumerate(directory.centers):
        path = f"centers[{position}]"
        if center.place and center.place not in places:
            yield _unknown(f"{path}.place", center.place, "the code of a place")
        if center.enterprise is not None and center.enterprise not in enterprises:
            yield _unknown(f"{path}.enterprise", center.enterprise, "the code of an enterprise")
        for number, neighbour in enumerate(center.neighbours):
            if neighbour == center.code or neighbour not in centers:
                wrong = f"'{neighbour}' is {'itself' if neighbour == center.code else 'unknown'}"
                allowed = "the code of another center"
                yield Fault(path=f"{path}.neighbours[{number}]", wrong=wrong, allowed=allowed)


def _team_faults(directory: Directory) -> Iterator[Fault]:
    owners = {directory.park.code, *(entry.code for entry in directory.centers)}
    places = {entry.code for entry in directory.places}
    for position, team in enumerate(directory.teams):
        path = f"teams[{position}]"
        if team.organisation and team.organisation not in owners:
            allowed = "the code of a center, or of the park for a team that all share"
            yield _unknown(f"{path}.organisation", team.organisation, allowed)
        if team.place is not None and team.place not in places:
            yield _unknown(f"{path}.place", team.place, "the code of a place")
    yield from _member_faults(directory.teams)


def _member_faults(teams: Iterable[Team]) -> Iterator[Fault]:
    """A person stands once in a team, and has one name in all of them."""
    names: dict[str, str] = {}
    for position, team in enumerate(teams):
        counted: Counter[str] = Counter()
        for number, member in enumerate(team.members):
            path = f"teams[{position}].members[{number}]"
            if not member.code or not member.name:
                continue
            counted[member.code] += 1
            if counted[member.code] == 2:
                wrong = f"'{member.code}' stands in this team twice"
                yield Fault(path=f"{path}.code", wrong=wrong, allowed="each person once in a team")
            if names.setdefault(member.code, member.name) != member.name:
                wrong = f"'{member.code}' has another name in an earlier entry"
                yield Fault(path=f"{path}.name", wrong=wrong, allowed="one name for one person")
