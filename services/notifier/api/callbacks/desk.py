"""What the routes of callbacks share: whose they are about, and who may ask."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from incident.directory import OrganisationType
from services.notifier.api.access import PARK_ROLES
from services.notifier.api.figures import Caller
from services.notifier.handlers.callbacks.desk import Feed, Ledger, Registry
from services.notifier.handlers.callbacks.registering import Subscription, open_secrets
from services.notifier.ports import Atlas
from services.runtime.auth import Principal, Role, require
from services.runtime.clock import Clock
from services.runtime.outgoing.guard import Guard
from services.runtime.problems import Problem, invalid
from services.runtime.vault import Vault, VaultError

Station = Annotated[
    str | None,
    Query(min_length=1, max_length=64, description="Whose; a station's own if not given."),
]
NO_STORE = {"Cache-Control": "no-store"}


def unregistered() -> Problem:
    """Answer for a station without registration."""
    return Problem(404, "not-registered", "The station has not registered for callbacks.")


def unsealable() -> Problem:
    """Answer where nothing can be sealed."""
    detail = "This notifier was given no NOTIFIER_CONTACT_KEYS: it can keep no secret."
    return Problem(503, "no-contact-keys", detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the routes need.

    Attributes:
        vault: Seals secrets; None where no key was given.
        wake: Says that something was put in line.
    """

    registry: Registry
    ledger: Ledger
    feed: Feed
    guard: Guard
    atlas: Atlas
    clock: Clock
    caller: Caller
    vault: Vault | None
    wake: Callable[[], None]


def own_station(caller: Principal, asked: str | None, desk: Desk) -> str:
    """Say whose callbacks are changed: a station's own, an admin's as named.

    Raises:
        Problem: 403 for others and for another's; 422 where an admin names none that exists.
    """
    require(caller, Role.STATION, Role.ADMIN)
    if caller.role is Role.STATION:
        _refuse_foreign(caller, asked)
        return caller.organisation
    if asked is None:
        raise invalid([("station", "is missing: an admin says whose")])
    lookup = desk.atlas.lookup
    if lookup is None or lookup.organisations.get(asked) is not OrganisationType.STATION:
        raise invalid([("station", "is no station of the directory")])
    return asked


def seen_station(caller: Principal, asked: str | None) -> str | None:
    """Say whose callbacks are looked at: a station's own, the park's people all.

    Raises:
        Problem: 403 for others and for another's.
    """
    require(caller, Role.STATION, *PARK_ROLES)
    if caller.role is not Role.STATION:
        return asked
    _refuse_foreign(caller, asked)
    return caller.organisation


def _refuse_foreign(caller: Principal, asked: str | None) -> None:
    if asked not in {None, caller.organisation}:
        raise Problem(403, "forbidden", "A station sees and changes its own callbacks only.")


def vault_of(desk: Desk) -> Vault:
    """Give what seals secrets.

    Raises:
        Problem: 503, saying which setting is missing.
    """
    if desk.vault is None:
        raise unsealable()
    return desk.vault


def signing_secrets(desk: Desk, found: Subscription) -> list[str]:
    """Open what signs for a station now.

    Raises:
        Problem: 503; the key its secrets were sealed with is not there.
    """
    try:
        return open_secrets(
            found.station, found.secrets, vault=vault_of(desk), now=desk.clock.real()
        )
    except VaultError as error:
        detail = "The key that the station's secrets were sealed with is not there any more."
        raise Problem(503, "secret-closed", detail) from error
