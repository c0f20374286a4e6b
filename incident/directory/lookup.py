"""Questions asked of a directory all day, answered from maps that are built once."""

from collections.abc import Mapping

from incident.alert import OrganisationId, TeamId
from incident.directory.key_checks import organisation_types
from incident.directory.parts import (
    Center,
    Directory,
    Key,
    KindUse,
    KnownPlace,
    OrganisationType,
    PlaceType,
    Team,
)


class Lookup:
    """A directory with its maps; build one for each version and share it.

    Attributes:
        directory: The directory the answers come from.
        organisations: What each organisation is, by its code.
        centers: The centers by code; `places`, `teams`, `kinds` likewise, `keys` by id.
    """

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.organisations: Mapping[str, OrganisationType] = organisation_types(directory)
        self.centers: Mapping[str, Center] = {entry.code: entry for entry in directory.centers}
        self.places: Mapping[str, KnownPlace] = {entry.code: entry for entry in directory.places}
        self.teams: Mapping[str, Team] = {entry.code: entry for entry in directory.teams}
        self.keys: Mapping[str, Key] = {entry.id: entry for entry in directory.keys}
        self.kinds: Mapping[str, KindUse] = {entry.code: entry for entry in directory.kinds}
        self._in_charge: dict[str, OrganisationId] = {
            **{entry.place: entry.code for entry in directory.centers},
            **{entry.code: entry.center for entry in directory.places if entry.center is not None},
        }
        self._teams_of: dict[str, tuple[Team, ...]] = {}
        for team in directory.teams:
            self._teams_of[team.organisation] = (*self._teams_of.get(team.organisation, ()), team)

    @property
    def fallback_center(self) -> Center:
        """The center that gets what cannot be routed."""
        return self.centers[self.directory.park.fallback_center]

    def organisation_exists(self, code: str) -> bool:
        """Whether a park, station, enterprise or center bears this code."""
        return code in self.organisations

    def team(self, code: TeamId) -> Team | None:
        """The team of this code."""
        return self.teams.get(code)

    def key(self, key_id: str) -> Key | None:
        """The key of this id, live or not."""
        return self.keys.get(key_id)

    def ancestors(self, place: str) -> tuple[str, ...]:
        """The places a place lies in, nearest first; empty for a root and for an unknown place."""
        above: list[str] = []
        entry = self.places.get(place)
        while entry is not None and entry.parent is not None:
            above.append(entry.parent)
            entry = self.places[entry.parent]
        return tuple(above)

    def center_of(self, code: str) -> Center | None:
        """The center a code leads to: its own, or that of the nearest place around it.

        Args:
            code: A center's or a place's; no place bears the code of a center.

        Returns:
            None for an unknown code and for a place in no center's area.
        """
        if code in self.centers:
            return self.centers[code]
        if code not in self.places:
            return None
        for place in (code, *self.ancestors(code)):
            if place in self._in_charge:
                return self.centers[self._in_charge[place]]
        return None

    def building_of(self, place: str) -> str | None:
        """The building a place is or lies in."""
        return self._nearest(place, PlaceType.BUILDING)

    def enterprise_of(self, place: str) -> str | None:
        """The place of type enterprise that a place is or lies in."""
        return self._nearest(place, PlaceType.ENTERPRISE)

    def teams_for(self, center: str) -> tuple[Team, ...]:
        """The teams a center may send: its own, then those that all centers share."""
        own = self._teams_of.get(center, ())
        return own + self._teams_of.get(self.directory.park.code, ())

    def neighbours_of(self, center: str) -> tuple[OrganisationId, ...]:
        """The centers that agreed to send a team where this one has none; empty if it is none."""
        known = self.centers.get(center)
        return () if known is None else known.neighbours

    def teams_by_agreement(self, center: str) -> tuple[Team, ...]:
        """The teams of its neighbours that a center may send where it has none."""
        return tuple(
            team
            for neighbour in self.neighbours_of(center)
            for team in self._teams_of.get(neighbour, ())
        )

    def _nearest(self, place: str, wanted: PlaceType) -> str | None:
        if place not in self.places:
            return None
        for code in (place, *self.ancestors(place)):
            if self.places[code].type is wanted:
                return code
        return None
