"""Rosters as documents: what is shown of one, who has one, and its history."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from incident.roster import (
    Roster,
    to_document,
)
from services.notifier.payloads import roster_examples as examples
from services.notifier.payloads.roster_changes import OverrideShown, SwapShown, override_of, swap_of
from services.notifier.payloads.roster_duty import Duties, Gaps
from services.notifier.ports.rosters import Changed, What


class ChangeShown(BaseModel):
    """Who changed a roster, and what of it."""

    version: int
    what: What
    by_key: str = Field(description="The id of the key.")
    by_role: str
    by_person: str | None
    changed_at: datetime


class RosterShown(BaseModel):
    """A roster: the document to be changed and put back, and what holds beside it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ROSTER]})

    organisation: str
    version: int
    last_change: ChangeShown
    document: dict[str, Any] = Field(
        description="Addresses stand as `masked`: sent back so, each stays what it is."
    )
    overrides: list[OverrideShown]
    swaps: list[SwapShown]


class Applied(BaseModel):
    """What became of a document."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.APPLIED]})

    organisation: str
    version: int = Field(description="The one in force now.")
    changed: bool = Field(description="False where the document said nothing new.")


class RosterLine(BaseModel):
    """An organisation that has a roster."""

    organisation: str
    last_change: ChangeShown


class RosterList(BaseModel):
    """Who has a roster."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.LIST]})

    rosters: list[RosterLine]


class History(BaseModel):
    """The changes of a roster, the last one first; `next` goes on as `before`."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.HISTORY]})

    organisation: str
    changes: list[ChangeShown]
    next: int | None


MODELS = (Applied, Duties, Gaps, History, OverrideShown, RosterList, RosterShown, SwapShown)
"""What is answered with, each with an example."""


def roster_of(roster: Roster, changed: Changed, *, with_channels: bool) -> RosterShown:
    """Turn a roster into its document, with masked addresses or none."""
    document: dict[str, Any] = to_document(roster)
    if not with_channels:
        document["contacts"] = [
            {name: value for name, value in entry.items() if name != "channels"}
            for entry in document["contacts"]
        ]
    return RosterShown(
        organisation=roster.organisation,
        version=roster.version,
        last_change=change_of(changed),
        document=document,
        overrides=[override_of(each, roster.version) for each in roster.overrides],
        swaps=[swap_of(each, roster.version) for each in roster.swaps],
    )


def change_of(changed: Changed) -> ChangeShown:
    """Turn a change into its document."""
    change = changed.change
    return ChangeShown(
        version=changed.version,
        what=change.what,
        by_key=change.key,
        by_role=change.role,
        by_person=change.person,
        changed_at=change.at,
    )
