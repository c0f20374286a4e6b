"""What must hold for keys: each role at its kind of organisation, two live keys a holder."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from incident.directory.faults import Fault
from incident.directory.parts import Directory, Key, OrganisationType, Role, Team

MOST_LIVE_KEYS = 2
"""The old key and the new one, while a holder changes over."""

ROLE_ORGANISATIONS: dict[Role, tuple[OrganisationType, ...]] = {
    Role.STATION: (OrganisationType.STATION,),
    Role.OPERATOR: (OrganisationType.CENTER,),
    Role.CHIEF: (OrganisationType.CENTER,),
    Role.TEAM: (OrganisationType.CENTER, OrganisationType.PARK),
    Role.SUPERVISOR: (OrganisationType.PARK,),
    Role.AUDITOR: (OrganisationType.PARK,),
    Role.ADMIN: (OrganisationType.PARK,),
}
"""Where each role may be had."""


def organisation_types(directory: Directory) -> dict[str, OrganisationType]:
    """What each organisation is, by its code; where a code stands twice, the first counts."""
    return {
        **{entry.code: OrganisationType.CENTER for entry in directory.centers},
        **{entry.code: OrganisationType.ENTERPRISE for entry in directory.enterprises},
        **{entry.code: OrganisationType.STATION for entry in directory.stations},
        directory.park.code: OrganisationType.PARK,
    }


def key_faults(directory: Directory, now: datetime) -> Iterator[Fault]:
    """Keys of the wrong organisation or team, shared secrets, too many live keys."""
    organisations = organisation_types(directory)
    teams: dict[str, Team] = {entry.code: entry for entry in reversed(directory.teams)}
    digests: dict[str, int] = {}
    live: Counter[tuple[str, ...]] = Counter()
    for position, key in enumerate(directory.keys):
        path = f"keys[{position}]"
        yield from _organisation_faults(key, path=path, organisations=organisations)
        yield from _team_faults(key, path=path, teams=teams)
        if key.sha256 and digests.setdefault(key.sha256, position) != position:
            wrong = f"is the same as that of keys[{digests[key.sha256]}]"
            yield Fault(path=f"{path}.sha256", wrong=wrong, allowed="a secret for each key")
        live[key.holder] += key.is_live(now)
        if key.is_live(now) and live[key.holder] > MOST_LIVE_KEYS:
            wrong = f"is live key number {live[key.holder]} of the same holder"
            yield Fault(path=path, wrong=wrong, allowed=f"at most {MOST_LIVE_KEYS} live keys")


def _organisation_faults(
    key: Key, *, path: str, organisations: Mapping[str, OrganisationType]
) -> Iterator[Fault]:
    if not key.organisation:
        return
    found = organisations.get(key.organisation)
    if found is None:
        yield Fault(
            path=f"{path}.organisation",
            wrong=f"'{key.organisation}' is unknown",
            allowed="the code of an organisation",
        )
    elif found not in ROLE_ORGANISATIONS[key.role]:
        yield Fault(
            path=f"{path}.role",
            wrong=f"'{key.role}' is no role at '{key.organisation}', whose type is {found}",
            allowed=", ".join(role for role in Role if found in ROLE_ORGANISATIONS[role]) or "none",
        )


def _team_faults(key: Key, *, path: str, teams: Mapping[str, Team]) -> Iterator[Fault]:
    if key.role is not Role.TEAM:
        if key.team is not None:
            wrong = f"'{key.role}' is no role of a team"
            yield Fault(path=f"{path}.role", wrong=wrong, allowed="team, or no team in this key")
        return
    if key.team is None:
        yield Fault(path=f"{path}.team", wrong="is missing", allowed="the code of a team")
        return
    team = teams.get(key.team)
    if team is None:
        wrong = f"'{key.team}' is unknown"
        yield Fault(path=f"{path}.team", wrong=wrong, allowed="the code of a team")
        return
    if key.organisation and team.organisation != key.organisation:
        wrong = f"'{key.team}' is a team of '{team.organisation}'"
        yield Fault(path=f"{path}.team", wrong=wrong, allowed=f"a team of '{key.organisation}'")
    if key.person is not None and all(entry.code != key.person for entry in team.members):
        wrong = f"'{key.person}' is no member of '{key.team}'"
        yield Fault(path=f"{path}.person", wrong=wrong, allowed="the code of a member")
