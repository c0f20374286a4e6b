"""The routes, with what each of them needs."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

from fastapi import APIRouter

from incident import messages
from incident.moments import Actor
from services.dispatcher.adapters.accounts import PostgresAccounts, PostgresSessions
from services.dispatcher.adapters.handing import PostgresHandovers
from services.dispatcher.adapters.hashing import Argon2Hasher
from services.dispatcher.adapters.heads import PostgresLedger
from services.dispatcher.adapters.presence import PostgresDesks
from services.dispatcher.adapters.reads import PostgresReads
from services.dispatcher.adapters.tasks import PostgresTasks
from services.dispatcher.api import (
    accounts,
    acts,
    choices,
    directory,
    handing,
    heads,
    late_entries,
    pages,
    presence,
    reads,
    sessions,
    shifts,
    streams,
    tasks,
)
from services.dispatcher.api.acts import Caller
from services.dispatcher.handlers.commands import Answer, Request, execute
from services.dispatcher.handlers.keys import find_key
from services.dispatcher.handlers.late_entries import Entered, Entry, enter
from services.dispatcher.ports import StoreAwayError
from services.dispatcher.wiring.foundation import Base
from services.runtime.auth import Authenticator, bearer
from services.runtime.postgres import is_transient

T = TypeVar("T")


def routers(base: Base) -> list[APIRouter]:
    """Give the routes, the more particular ones before those they would be taken for."""
    settings = base.settings
    caller = bearer(Authenticator(find_key(base.copy, settings.admin_key), base.clock), base.passes)
    reading, desks = PostgresReads(base.database, base.shelf), _desks(base)
    doing = acts.Acts(
        execute=partial(_execute, base), caller=caller, vault=settings.data_keys, clock=base.clock
    )
    looking = reads.Looks(
        reads=reading,
        caller=caller,
        atlas=base.atlas,
        vault=settings.data_keys,
        clock=base.clock,
        watch=base.notifier,
        desks=desks,
    )
    desk = directory.Desk(registry=base.registry, caller=caller, atlas=base.atlas, clock=base.clock)
    seats = presence.Seats(desks=desks, caller=caller, atlas=base.atlas, clock=base.clock)
    rooms = shifts.Rooms(
        shifts=base.shifts, desks=desks, caller=caller, atlas=base.atlas, clock=base.clock
    )
    turns = handing.Turns(
        handovers=PostgresHandovers(base.database, base.store, wake=base.waking.wake_for),
        caller=caller,
        atlas=base.atlas,
        vault=settings.data_keys,
        clock=base.clock,
    )
    listing = tasks.Listing(tasks=PostgresTasks(base.database), caller=caller, clock=base.clock)
    ledger = late_entries.Ledger(
        enter=partial(_enter, base), caller=caller, vault=settings.data_keys
    )
    picking = choices.Choosing(reads=reading, caller=caller, atlas=base.atlas, clock=base.clock)
    return [
        choices.router(picking),
        late_entries.router(ledger),
        acts.router(doing),
        heads.router(PostgresLedger(base.database), caller=caller),  # before an incident's own
        reads.router(looking),
        directory.router(desk),
        streams.router(
            base.hub,
            caller=caller,
            atlas=base.atlas,
            find=reading.find,
            attendance=base.attendance,
        ),
        presence.router(seats),
        *_signing_in(base, caller),
        shifts.router(rooms),
        handing.router(turns),
        tasks.router(listing),
    ]


def _signing_in(base: Base, caller: Caller) -> list[APIRouter]:
    hasher = Argon2Hasher()
    door = sessions.Door(
        sessions=PostgresSessions(base.database),
        hasher=hasher,
        passes=base.passes,
        atlas=base.atlas,
        clock=base.clock,
        demo=base.settings.demo,
    )
    office = accounts.Office(
        accounts=PostgresAccounts(base.database),
        hasher=hasher,
        caller=caller,
        atlas=base.atlas,
        clock=base.clock,
    )
    built = pages.router(base.pages, base.passes)
    return [sessions.router(door), accounts.router(office), built]


def _desks(base: Base) -> PostgresDesks:
    topic = base.topic(messages.INCIDENTS)
    return PostgresDesks(base.database, base.clock, topic=topic, wake=base.waking.wake)


async def _execute(base: Base, request: Request) -> Answer:
    return await _write(base, partial(execute, request, store=base.store, atlas=base.atlas))


async def _enter(base: Base, entry: Entry, actor: Actor, key: str) -> Entered:
    now = base.clock.now()
    entering = partial(
        enter, entry, actor=actor, key=key, now=now, store=base.store, atlas=base.atlas
    )
    return await _write(base, entering)


async def _write(base: Base, write: Callable[[], Awaitable[T]]) -> T:
    """Carry out a command; what passes by itself is tried again, since a retry is harmless."""
    if base.set_back.holds:
        raise StoreAwayError  # what it would decide on is older than what was answered before
    try:
        return await base.database.retry_transient(write)
    except Exception as error:
        if is_transient(error):
            raise StoreAwayError from error
        raise
