"""Rosters changed: a document as a whole, swaps, overrides; each makes a version, or none."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import structlog

from incident.alert import OrganisationId
from incident.roster import (
    By,
    Known,
    Override,
    PersonCode,
    Roster,
    Swap,
    WantedOverride,
    WantedSwap,
    add_override,
    carried_over,
    consent,
    drop_override,
    propose_swap,
    pruned,
    read_roster,
    refuse_swap,
)
from incident.roster.channels import Judge
from services.notifier.ports.rosters import (
    Change,
    NoContactKeysError,
    Rosters,
    RosterWork,
    What,
)

_log = structlog.get_logger(__name__)


class NoRosterError(LookupError):
    """The organisation has no roster."""


class OtherVersionError(Exception):
    """The roster is not in the version the change was made for.

    Attributes:
        version: The one in force; 0 for none.
    """

    def __init__(self, version: int) -> None:
        super().__init__(f"version {version} is in force")
        self.version = version


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Who changes a roster, as the key says."""

    key: str
    role: str
    person: str | None

    def makes(self, what: What, at: datetime) -> Change:
        """The change this editor makes now."""
        return Change(what=what, key=self.key, role=self.role, person=self.person, at=at)

    def by(self, at: datetime) -> By:
        """The editor, as a swap or an override names one."""
        person = None if self.person is None else PersonCode(self.person)
        return By(key=self.key, person=person, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What changing rosters needs.

    Attributes:
        countries: Whose public holidays are known.
        judge: Judges the hosts of web addresses.
        now: Gives domain time.
    """

    rosters: Rosters
    countries: Collection[str]
    judge: Judge
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose roster is changed, and by whom."""

    organisation: OrganisationId
    editor: Editor


async def put_document(
    place: Place, document: object, *, expected: int, desk: Desk
) -> tuple[Roster, bool]:
    """Put a whole document in force; one that says nothing new makes no version.

    Returns:
        The roster in force, and whether it is new.

    Raises:
        NoContactKeysError: There is nothing to seal addresses with.
        OtherVersionError: Another version is in force, and the document says something new.
        InvalidRosterError: The document is faulty.
        ChangeRefusedError: It does not fit swaps and overrides that are to come.
    """
    if not desk.rosters.seals:
        raise NoContactKeysError
    now = desk.now()
    async with desk.rosters.work(place.organisation) as work:
        old = work.roster
        version = 0 if old is None else old.version
        known = Known(
            countries=desk.countries,
            judge=desk.judge,
            kept=() if old is None else old.contacts,
        )
        new = read_roster(
            document, organisation=place.organisation, version=version + 1, known=known
        )
        if old is not None and _same(old, new):
            return old, False
        if version != expected:
            raise OtherVersionError(version)
        if old is not None:
            new = carried_over(replace(new, calendar=old.calendar), old, now)
        new = pruned(new, now)
        await work.save(new, place.editor.makes(What.DOCUMENT, now))
    _tell(place, new, What.DOCUMENT)
    return new, True


async def propose(place: Place, wanted: WantedSwap, *, desk: Desk) -> tuple[Roster, Swap]:
    """Propose a swap.

    Raises:
        NoRosterError: There is no roster.
        ChangeRefusedError: It does not fit.
    """
    now = desk.now()
    async with desk.rosters.work(place.organisation) as work:
        new, swap = propose_swap(_there(work), wanted, place.editor.by(now))
        new = await _save(work, new, place.editor.makes(What.SWAP_PROPOSED, now))
    _tell(place, new, What.SWAP_PROPOSED)
    return new, swap


async def agree(place: Place, id_: UUID, person: PersonCode, *, desk: Desk) -> tuple[Roster, Swap]:
    """Say yes to a swap for oneself.

    Raises:
        NoRosterError: There is no roster.
        UnknownChangeError: There is no such swap of this person's.
        SettledError: It was refused.
        ChangeRefusedError: It fits the roster no more.
    """
    now = desk.now()
    async with desk.rosters.work(place.organisation) as work:
        new, swap = consent(_there(work), id_, person, now)
        new = await _save(work, new, place.editor.makes(What.SWAP_CONSENTED, now))
    _tell(place, new, What.SWAP_CONSENTED)
    return new, swap


async def refuse(
    place: Place, id_: UUID, person: PersonCode | None, *, desk: Desk
) -> tuple[Roster, Swap]:
    """Say no to a swap: one of its two persons, or, for None, whoever keeps the roster.

    Raises:
        NoRosterError: There is no roster.
        UnknownChangeError: There is no such swap of this person's.
        SettledError: It can be taken back no more, or not by this person.
    """
    now = desk.now()
    async with desk.rosters.work(place.organisation) as work:
        new, swap = refuse_swap(_there(work), id_, person, now)
        new = await _save(work, new, place.editor.makes(What.SWAP_REFUSED, now))
    _tell(place, new, What.SWAP_REFUSED)
    return new, swap


async def override(place: Place, wanted: WantedOverride, *, desk: Desk) -> tuple[Roster, Override]:
    """Put somebody on a post for a while.

    Raises:
        NoRosterError: There is no roster.
        ChangeRefusedError: It does not fit.
    """
    now = desk.now()
    async with desk.rosters.work(place.organisation) as work:
        new, made = add_override(_there(work), wanted, place.editor.by(now))
        new = await _save(work, new, place.editor.makes(What.OVERRIDE_MADE, now))
    _tell(place, new, What.OVERRIDE_MADE)
    return new, made


async def drop(place: Place, id_: UUID, *, desk: Desk) -> Roster:
    """Take an override back.

    Raises:
        NoRosterError: There is no roster.
        UnknownChangeError: There is no such override.
    """
    now = desk.now()
    async with desk.rosters.work(place.organisation) as work:
        new = drop_override(_there(work), id_)
        new = await _save(work, new, place.editor.makes(What.OVERRIDE_DROPPED, now))
    _tell(place, new, What.OVERRIDE_DROPPED)
    return new


def _there(work: RosterWork) -> Roster:
    if work.roster is None:
        raise NoRosterError
    return work.roster


def _same(old: Roster, new: Roster) -> bool:
    """Whether a document says what is in force already; addresses are compared whole."""
    bare = replace(old, version=new.version, overrides=(), swaps=(), calendar=new.calendar)
    return bare == new


async def _save(work: RosterWork, new: Roster, change: Change) -> Roster:
    """Keep what a change made; what changed nothing makes no version."""
    old = _there(work)
    if new == old:
        return old
    new = replace(pruned(new, change.at), version=old.version + 1)
    await work.save(new, change)
    return new


def _tell(place: Place, roster: Roster, what: What) -> None:
    _log.info(
        "roster_changed",
        organisation=place.organisation,
        version=roster.version,
        what=what.value,
        key=place.editor.key,
    )
