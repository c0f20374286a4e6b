"""What must hold in the place tree, so that every place leads up to the park and to one center."""

from collections.abc import Iterator, Mapping, Sequence

from incident.directory.faults import Fault
from incident.directory.parts import Directory, KnownPlace, PlaceType

MOST_LEVELS = 20


def place_faults(directory: Directory) -> Iterator[Fault]:
    """Unknown parents and centers, cycles, second roots, floors outside buildings."""
    places = {entry.code: entry for entry in reversed(directory.places) if entry.code}
    centers = {entry.code for entry in directory.centers}
    parents = _ParentCheck(directory.places, places)
    for position, place in enumerate(directory.places):
        path = f"places[{position}]"
        if place.code and place.code in centers:
            yield Fault(
                path=f"{path}.code",
                wrong=f"'{place.code}' is the code of a center too",
                allowed="a code no center has, as an alert may name either",
            )
        if place.center is not None and place.center not in centers:
            wrong = f"'{place.center}' is unknown"
            yield Fault(path=f"{path}.center", wrong=wrong, allowed="the code of a center")
        wrong_parent = parents.wrong(place)
        if wrong_parent is not None:
            wrong, allowed = wrong_parent
            yield Fault(path=f"{path}.parent", wrong=wrong, allowed=allowed)
    yield from _shared_roots(directory, places)


class _ParentCheck:
    """Says what is wrong with a place's parent; the whole tree is walked once, before."""

    def __init__(self, entries: Sequence[KnownPlace], places: Mapping[str, KnownPlace]) -> None:
        self._places = places
        self._looped = _looped(places)
        self._buildings, self._deep = _walk_down(places)
        roots = (entry for entry in entries if entry.type is PlaceType.PARK)
        self._root = next(roots, None)

    def wrong(self, place: KnownPlace) -> tuple[str, str] | None:
        """What is wrong and what is allowed, or None."""
        if place.type is PlaceType.PARK or place.parent is None:
            return self._wrong_root(place)
        if place.parent and place.parent not in self._places:
            return f"'{place.parent}' is unknown", "the code of a place"
        if place.code in self._looped:
            return f"'{place.code}' lies in itself by way of '{place.parent}'", "a tree"
        if place.code in self._deep:
            return f"'{place.code}' lies too deep", f"at most {MOST_LEVELS} levels"
        if place.type is PlaceType.FLOOR and self._buildings.get(place.code) is False:
            return f"floor '{place.code}' lies in no building", "a place in a building"
        return None

    def _wrong_root(self, place: KnownPlace) -> tuple[str, str] | None:
        if place.type is not PlaceType.PARK:
            return f"a place of type {place.type} lies in nothing", "the code of a place"
        if place.parent is not None:
            return f"a park lies in '{place.parent}'", "no parent for type park"
        if self._root is not place:
            return "a second place of type park", "one place of type park, all others below it"
        return None


def _walk_down(places: Mapping[str, KnownPlace]) -> tuple[dict[str, bool], set[str]]:
    """Walk from the roots: whether each place reached lies in a building, and which lie too deep.

    What hangs on an unknown place or on a cycle is not reached and not judged.
    """
    below: dict[str | None, list[KnownPlace]] = {}
    for place in places.values():
        below.setdefault(place.parent, []).append(place)
    buildings: dict[str, bool] = {}
    deep: set[str] = set()
    waiting = [(place, False, 1) for place in below.get(None, ())]
    while waiting:
        place, around, level = waiting.pop()
        inside = around or place.type is PlaceType.BUILDING
        buildings[place.code] = inside
        if level > MOST_LEVELS:
            deep.add(place.code)
        waiting += [(entry, inside, level + 1) for entry in below.get(place.code, ())]
    return buildings, deep


def _looped(places: Mapping[str, KnownPlace]) -> set[str]:
    """The places that lie in themselves."""
    looped: set[str] = set()
    seen: set[str] = set()
    for start in places:
        way: dict[str, int] = {}
        code: str | None = start
        while code is not None and code in places and code not in seen:
            seen.add(code)
            way[code] = len(way)
            code = places[code].parent
        if code in way:
            looped.update(list(way)[way[code] :])
    return looped


def _shared_roots(directory: Directory, places: Mapping[str, KnownPlace]) -> Iterator[Fault]:
    """A place is the root of one center's area at most, and no other center is in charge there."""
    root_of: dict[str, str] = {}
    for position, center in enumerate(directory.centers):
        place = places.get(center.place)
        if place is None:
            continue
        other = root_of.setdefault(center.place, center.code)
        if other == center.code:
            other = place.center or center.code
        if other != center.code:
            yield Fault(
                path=f"centers[{position}].place",
                wrong=f"'{center.place}' is in the charge of '{other}' already",
                allowed="a place of its own",
            )
