"""The directory as its readers get it, and the body that asks for a key."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from incident.directory import Directory, KnownPlace, Lookup, Team, to_document
from services.dispatcher.payloads.bodies import Code
from services.runtime.auth import KEY_ID, Principal, Role
from services.runtime.fields import Moment

Shown = dict[str, object]

KEY_EXAMPLES: dict[str, Any] = {
    "operator": {
        "summary": "An operator of a center",
        "value": {"role": "operator", "organisation": "heling-center", "person": "heling-op-1"},
    },
    "team": {
        "summary": "A team's phone, for a year",
        "value": {
            "role": "team",
            "organisation": "heling-center",
            "team": "heling-duty-1",
            "expires_at": "2027-03-01T00:00:00+08:00",
        },
    },
}

DIRECTORY_EXAMPLES: dict[str, Any] = {
    "smallest": {
        "summary": "A park with one center and one team",
        "value": {
            "park": {
                "code": "park",
                "name": {"zh": "示例园区", "en": "Example Park"},
                "fallback_center": "park-center",
            },
            "stations": [{"code": "station", "name": "示例派出所"}],
            "centers": [{"code": "park-center", "name": "园区中心", "place": "park-site"}],
            "places": [{"code": "park-site", "type": "park", "name": "示例园区"}],
            "teams": [
                {
                    "code": "duty-1",
                    "name": "勤务联动一组",
                    "organisation": "park-center",
                    "function_group": "duty-linkage",
                    "place": "park-site",
                }
            ],
        },
    }
}


class KeyBody(BaseModel):
    """A key to be made: whose it is and until when.

    Attributes:
        id: Its id; one is made up if none is given.
        role: What its holder may do.
        organisation: Whose it is; of a team's key, the team's organisation.
        team: For role team.
        person: The code of the person it belongs to, where it belongs to one.
        expires_at: From then on it is good no more; without it, it does not expire.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=f"^{KEY_ID.pattern}$")] | None = None
    role: Role
    organisation: Code
    team: Code | None = None
    person: Code | None = None
    expires_at: Moment | None = None


def shown_to(caller: Principal, lookup: Lookup) -> Shown:
    """What a caller may see of the directory.

    The park's people see all of it but the digests of keys. A station sees the centers and places
    it may name; a center its own teams, places and whom it may call on; a team itself and places.
    """
    match caller.role:
        case Role.SUPERVISOR | Role.AUDITOR | Role.ADMIN:
            return whole(lookup.directory)
        case Role.STATION:
            return _named(lookup) | {"places": _places(lookup.directory.places)}
        case Role.OPERATOR | Role.CHIEF:
            return _of_center(caller.organisation, lookup)
        case Role.TEAM:
            return _of_team(caller, lookup)


def whole(directory: Directory) -> Shown:
    """All of it, without the digests of keys; it may be changed and sent back as it is."""
    document: Shown = dict(to_document(directory))
    document["keys"] = [
        {name: value for name, value in entry.items() if name != "sha256"}
        for entry in _entries(document["keys"])
    ]
    return document


def _of_center(center: str, lookup: Lookup) -> Shown:
    own = [
        place
        for place in lookup.directory.places
        if (found := lookup.center_of(place.code)) is not None and found.code == center
    ]
    stations = [{"code": entry.code, "name": entry.name} for entry in lookup.directory.stations]
    return _named(lookup) | {
        "stations": stations,
        "places": _places(own),
        "teams": _teams(lookup.teams_for(center), lookup),
    }


def _of_team(caller: Principal, lookup: Lookup) -> Shown:
    team = lookup.teams.get(caller.team or "")
    return _named(lookup) | {
        "places": _places(lookup.directory.places),
        "teams": [] if team is None else _teams([team], lookup),
    }


def _named(lookup: Lookup) -> Shown:
    """What everybody may name: the park, its centers by name, the kinds in use."""
    document = to_document(lookup.directory)
    return {
        "park": document["park"],
        "centers": [{"code": entry.code, "name": entry.name} for entry in lookup.directory.centers],
        "kinds": document["kinds"],
    }


def _places(places: Iterable[KnownPlace]) -> list[Shown]:
    return [
        {"code": entry.code, "type": entry.type, "name": entry.name, "parent": entry.parent}
        for entry in places
    ]


def _teams(teams: Iterable[Team], lookup: Lookup) -> list[Mapping[str, object]]:
    wanted = {team.code for team in teams}
    entries = _entries(to_document(lookup.directory)["teams"])
    return [entry for entry in entries if entry["code"] in wanted]


def _entries(listed: object) -> list[Mapping[str, object]]:
    assert isinstance(listed, list)  # noqa: S101  # `to_document` makes lists of them
    return listed
