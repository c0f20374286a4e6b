"""Swaps and overrides as bodies and documents."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from incident.roster import (
    Override,
    PersonCode,
    Stand,
    Swap,
    SwapState,
    WantedOverride,
    WantedSwap,
)
from services.notifier.payloads import roster_examples as examples
from services.runtime.fields import Moment, Text

MOST_NAMED = 50
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class StandBody(BaseModel):
    """A shift on the day it begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shift: Code
    day: date


class SwapBody(BaseModel):
    """A swap to be proposed: `taker` stands in for `giver`, perhaps the other way round too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    given: StandBody
    giver: Code
    taker: Code
    returned: StandBody | None = Field(
        default=None, description="What the giver takes over from the taker for it."
    )

    def wanted(self) -> WantedSwap:
        """The swap it asks for."""
        returned = self.returned
        return WantedSwap(
            given=Stand(shift=self.given.shift, day=self.given.day),
            giver=PersonCode(self.giver),
            taker=PersonCode(self.taker),
            returned=None if returned is None else Stand(shift=returned.shift, day=returned.day),
        )


class OverrideBody(BaseModel):
    """Who is on a post for a while, whatever its shifts say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    post: Code
    since: Moment
    until: Moment = Field(description="The first moment it holds no more.")
    people: list[Code] = Field(
        default_factory=list,
        max_length=MOST_NAMED,
        description="Who is there; nobody only together with `instead_of`.",
    )
    instead_of: Code | None = Field(
        default=None, description="The one person replaced; all who have the post without it."
    )
    reason: Annotated[str, Text(200)] | None = None

    def wanted(self) -> WantedOverride:
        """The override it asks for."""
        replaced = self.instead_of
        return WantedOverride(
            post=self.post,
            since=self.since,
            until=self.until,
            people=tuple(map(PersonCode, self.people)),
            instead_of=None if replaced is None else PersonCode(replaced),
            reason=self.reason,
        )


class StandShown(BaseModel):
    """A shift on the day it begins."""

    shift: str
    day: date


class SwapShown(BaseModel):
    """A swap; it holds once it is agreed."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SWAP]})

    id: UUID
    version: int = Field(description="Of the roster it stands in.")
    state: SwapState
    given: StandShown
    giver: str
    taker: str
    returned: StandShown | None
    consented: list[str]
    proposed_at: datetime


class OverrideShown(BaseModel):
    """An override."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.OVERRIDE]})

    id: UUID
    version: int = Field(description="Of the roster it stands in.")
    post: str
    since: datetime
    until: datetime
    people: list[str]
    instead_of: str | None
    reason: str | None
    made_at: datetime


def swap_of(swap: Swap, version: int) -> SwapShown:
    """Turn a swap into its document."""
    return SwapShown(
        id=swap.id,
        version=version,
        state=swap.state,
        given=_stand(swap.given),
        giver=swap.giver,
        taker=swap.taker,
        returned=None if swap.returned is None else _stand(swap.returned),
        consented=list(swap.consented),
        proposed_at=swap.proposed_at,
    )


def override_of(override: Override, version: int) -> OverrideShown:
    """Turn an override into its document."""
    return OverrideShown(
        id=override.id,
        version=version,
        post=override.post,
        since=override.since,
        until=override.until,
        people=list(override.people),
        instead_of=override.instead_of,
        reason=override.reason,
        made_at=override.made_at,
    )


def _stand(stand: Stand) -> StandShown:
    return StandShown(shift=stand.shift, day=stand.day)
