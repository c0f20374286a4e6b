"""Where rosters are kept: read, and changed one version after another."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from incident.alert import OrganisationId
from incident.roster import Roster


class What(StrEnum):
    """What a version changed."""

    DOCUMENT = "document"
    SWAP_PROPOSED = "swap_proposed"
    SWAP_CONSENTED = "swap_consented"
    SWAP_REFUSED = "swap_refused"
    OVERRIDE_MADE = "override_made"
    OVERRIDE_DROPPED = "override_dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Who changed a roster, and what of it.

    Attributes:
        key: The id of the caller's key.
        person: The person the key belongs to, where it belongs to one.
        at: Domain time.
    """

    what: What
    key: str
    role: str
    person: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A change that was made, and the version it made."""

    version: int
    change: Change


class NoContactKeysError(Exception):
    """There is no key to seal addresses with."""


class RosterWork(Protocol):
    """One transaction on one organisation's roster, which nobody else changes meanwhile."""

    @property
    def roster(self) -> Roster | None:
        """The roster with its addresses as it stands; None before the first."""
        ...

    async def save(self, roster: Roster, change: Change) -> None:
        """Keep the next version; with a document its addresses, sealed.

        Raises:
            NoContactKeysError: There is nothing to seal them with.
        """
        ...


class Rosters(Protocol):
    """The rosters of all organisations."""

    @property
    def seals(self) -> bool:
        """Whether addresses can be sealed."""
        ...

    def work(self, organisation: OrganisationId) -> AbstractAsyncContextManager[RosterWork]:
        """Begin a transaction: committed at the end, rolled back on any error."""
        ...

    async def find(
        self, organisation: OrganisationId, *, version: int | None = None
    ) -> tuple[Roster, Changed] | None:
        """Give a roster without addresses, in the version in force or an earlier one."""
        ...

    async def versions(self) -> dict[OrganisationId, Changed]:
        """Name who has a roster, with the last change of each."""
        ...

    async def history(
        self, organisation: OrganisationId, *, before: int | None, limit: int
    ) -> list[Changed]:
        """Give the changes of a roster before a version, the last one first."""
        ...
