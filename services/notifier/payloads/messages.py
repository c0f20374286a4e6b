"""Messages, their attempts, and the monthly test, as documents."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.notifier.ports.message_reads import Listed, Month
from services.notifier.ports.messages import MessageState, Purpose, Result

_ID = "0c5f3a52-8f0e-5d3c-9a61-5f0f2a1f7b11"
_MESSAGE: JsonDict = {
    "id": _ID,
    "purpose": "step",
    "organisation": "heling",
    "person": "zhao",
    "post": "chief",
    "why": "shift",
    "incident": "9d2f7e0a-5b1c-5c8e-9d2a-0c1d2e3f4a5b",
    "step": "1/undelivered-chief/1",
    "rung": "undelivered-chief",
    "number": "9D2F7E0A",
    "severity": "red",
    "status": "actual",
    "voice": True,
    "bundle": None,
    "state": "delivered",
    "reason": None,
    "due_at": "2026-03-02T04:00:15Z",
    "made_at": "2026-03-02T04:00:15.080000Z",
    "next_at": None,
    "over_at": None,
    "settled_at": "2026-03-02T04:00:15.400000Z",
    "acknowledged_at": "2026-03-02T04:00:41Z",
    "attempts": [
        {
            "number": 1,
            "way": "voice",
            "address": "138****0001",
            "began_at": "2026-03-02T04:00:15.130000Z",
            "ended_at": "2026-03-02T04:00:15.390000Z",
            "outcome": "delivered",
            "detail": "202",
        }
    ],
}
MESSAGES: JsonDict = {"messages": [_MESSAGE], "next": None}
MADE: JsonDict = {"messages": [_ID]}
MONTH: JsonDict = {
    "month": "2026-03",
    "made_at": "2026-03-01T02:00:00Z",
    "people": 2,
    "confirmed": 1,
    "unconfirmed": [
        {
            "id": _ID,
            "organisation": "heling",
            "person": "qian",
            "state": "failed",
            "reason": "refused",
            "confirmed_at": None,
        }
    ],
}

Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class ShownAttempt(BaseModel):
    """One attempt; its times are real."""

    number: int
    way: str = Field(description="By what: `sms`, `wecom`, ...")
    address: str = Field(description="Masked.")
    began_at: datetime
    ended_at: datetime | None
    outcome: Result | None = Field(description="None while it is under way.")
    detail: str | None = Field(description="A code, such as an HTTP status.")


class ShownMessage(BaseModel):
    """A message to one person with every attempt to send it."""

    id: UUID
    purpose: Purpose
    organisation: str
    person: str = Field(description="The person's code; empty where nobody holds the post.")
    post: str
    why: str = Field(description="Why the roster names the person.")
    incident: UUID | None
    step: str | None
    rung: str | None
    number: str | None = Field(description="The incident's short number.")
    severity: str | None
    status: str | None
    voice: bool
    bundle: UUID | None = Field(description="The message it goes with.")
    state: MessageState
    reason: str | None = Field(description="Why it failed or was skipped.")
    due_at: datetime
    made_at: datetime
    next_at: datetime | None = Field(description="Real time of the next attempt.")
    over_at: datetime | None = Field(description="When its cause was gone.")
    settled_at: datetime | None
    acknowledged_at: datetime | None = Field(description="From the message itself.")
    attempts: list[ShownAttempt]


class Messages(BaseModel):
    """A page of messages, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [MESSAGES]})

    messages: list[ShownMessage]
    next: int | None = Field(description="Give it as `before` for the next page.")


class TestWanted(BaseModel):
    """Who is to get a test: one person, or all of the organisation."""

    __test__ = False  # no test of ours, whatever pytest takes its name for
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"organisation": "heling", "person": "zhao"}]},
    )

    organisation: Code
    person: Code | None = None


class MadeTests(BaseModel):
    """The messages that were made."""

    model_config = ConfigDict(json_schema_extra={"examples": [MADE]})

    messages: list[UUID]


class Unconfirmed(BaseModel):
    """A person who did not confirm the month's test."""

    id: UUID
    organisation: str
    person: str
    state: MessageState
    reason: str | None
    confirmed_at: datetime | None


class MonthReport(BaseModel):
    """The monthly test: how many confirmed, and who did not."""

    model_config = ConfigDict(json_schema_extra={"examples": [MONTH]})

    month: str
    made_at: datetime
    people: int
    confirmed: int
    unconfirmed: list[Unconfirmed]


def messages_of(page: Sequence[Listed], *, limit: int) -> Messages:
    """Give a page as a document."""
    return Messages(
        messages=[_shown(one) for one in page],
        next=page[-1].position if len(page) == limit else None,
    )


def month_of(month: Month) -> MonthReport:
    """Give the report of a month."""
    silent = [one for one in month.tested if one.confirmed_at is None]
    return MonthReport(
        month=month.month,
        made_at=month.made_at,
        people=len(month.tested),
        confirmed=len(month.tested) - len(silent),
        unconfirmed=[
            Unconfirmed(
                id=one.id,
                organisation=one.person.organisation,
                person=one.person.code,
                state=one.state,
                reason=one.reason,
                confirmed_at=None,
            )
            for one in silent
        ],
    )


def _shown(one: Listed) -> ShownMessage:
    names = (name for name in ShownMessage.model_fields if name not in _MADE_HERE)
    return ShownMessage(
        **{name: getattr(one, name) for name in names},
        organisation=one.person.organisation,
        person=one.person.code,
        attempts=[
            ShownAttempt(**{name: getattr(each, name) for name in ShownAttempt.model_fields})
            for each in one.attempts
        ],
    )


_MADE_HERE = {"organisation", "person", "attempts"}
