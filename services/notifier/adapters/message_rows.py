"""Messages as they stand in the tables, and back."""

from collections.abc import Mapping
from typing import Any

import asyncpg

from services.notifier.ports.messages import (
    About,
    Earlier,
    Message,
    MessageState,
    Person,
    Purpose,
    Queued,
    Settled,
)

_ABOUT = ("incident", "step", "rung", "number", "severity", "status", "kind", "place")
_WHERE = ("center", "station")


def message_row(message: Message) -> dict[str, object]:
    """A message as a row."""
    about = message.about
    of_about = dict.fromkeys((*_ABOUT, *_WHERE)) if about is None else _about_row(about)
    return {
        **of_about,
        "id": message.id,
        "purpose": message.purpose,
        "organisation": message.person.organisation,
        "person": message.person.code,
        "post": message.post,
        "why": message.why,
        "month": message.month,
        "voice": message.voice,
        "first": message.first,
        "bundle": message.bundle,
        "state": message.state,
        "reason": message.reason,
        "due_at": message.due_at,
        "made_at": message.made_at,
        "next_at": message.next_at,
        "endpoint": message.endpoint,
    }


def _about_row(about: About) -> dict[str, object]:
    return {name: getattr(about, name) for name in (*_ABOUT, *_WHERE)}


def about_of(row: asyncpg.Record, *, over: bool = False) -> About:
    """What a message is about."""
    return About(**{name: row[name] for name in (*_ABOUT, *_WHERE)}, over=over)


def person_of(row: asyncpg.Record) -> Person:
    """Whom a message is for."""
    return Person(organisation=row["organisation"], code=row["person"])


def earlier_of(row: asyncpg.Record) -> Earlier:
    """A message that was made before."""
    return Earlier(
        id=row["id"],
        incident=row["incident"],
        step=row["step"],
        purpose=Purpose(row["purpose"]),
        person=person_of(row),
        state=MessageState(row["state"]),
        acknowledged=row["acknowledged_at"] is not None,
    )


def queued_of(row: asyncpg.Record, members: Mapping[Any, list[About]]) -> Queued:
    """A message whose turn has come."""
    return Queued(
        id=row["id"],
        purpose=Purpose(row["purpose"]),
        person=person_of(row),
        about=None if row["incident"] is None else about_of(row),
        voice=row["voice"],
        first=row["first"],
        why=row["why"],
        post=row["post"],
        endpoint=row["endpoint"],
        way=row["way"],
        tries=row["tries"],
        attempts=row["attempts"],
        queued_at=row["queued_at"],
        over=row["over_at"] is not None,
        members=tuple(members.get(row["id"], ())),
    )


def settled_row(settled: Settled) -> dict[str, object]:
    """What came of a message, as a row."""
    outcome = settled.outcome
    return {
        "id": settled.id,
        "attempt": settled.attempt,
        "outcome": None if outcome is None else outcome.result,
        "detail": None if outcome is None else outcome.detail[:100],
        "state": settled.state,
        "reason": settled.reason,
        "next_at": settled.next_at,
        "way": settled.way,
        "tries": settled.tries,
        "endpoint": settled.endpoint,
    }
