"""Who is on duty, and when nobody is, as documents."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from incident.directory import FunctionGroup
from incident.roster import (
    ChannelType,
    Duty,
    Gap,
    Roster,
    Why,
)
from services.notifier.payloads import roster_examples as examples


class OnDuty(BaseModel):
    """A person to be called."""

    code: str
    name: str
    channels: list[ChannelType] = Field(description="Ways to reach the person, first ones first.")


class PostDuty(BaseModel):
    """Who is to be called for a post."""

    post: str
    group: FunctionGroup | None
    why: Why = Field(description="`last_resort`: nobody is on duty; these are called off duty.")
    people: list[OnDuty]


class MomentDuty(BaseModel):
    """Who is to be called at a moment, by post; by group, who of it is on duty."""

    at: datetime
    posts: list[PostDuty]
    groups: dict[FunctionGroup, list[str]] = Field(
        description="On duty only: nobody stands here as a last resort."
    )


class Duties(BaseModel):
    """Who is on duty."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.DUTIES]})

    organisation: str
    version: int
    time_zone: str
    moments: list[MomentDuty]


class GapShown(BaseModel):
    """A time in which a post that needs somebody has nobody on duty."""

    post: str
    since: datetime
    until: datetime
    seconds: float
    last_resort: list[str]


class Gaps(BaseModel):
    """Times nobody is on duty."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GAPS]})

    organisation: str
    version: int
    since: datetime
    until: datetime
    uncovered_seconds: float
    gaps: list[GapShown]


def moment_of(roster: Roster, duties: Iterable[tuple[str, Duty]], *, at: datetime) -> MomentDuty:
    """Turn who is on duty at a moment, post by post, into its document."""
    people = {person.code: person for person in roster.contacts}
    groups = {post.code: post.group for post in roster.posts}
    posts: list[PostDuty] = []
    by_group: dict[FunctionGroup, list[str]] = {}
    for code, duty in duties:
        group = groups[code]
        named = [
            OnDuty(
                code=person,
                name=people[person].name,
                channels=[channel.type for channel in people[person].channels],
            )
            for person in duty.people
            if person in people
        ]
        posts.append(PostDuty(post=code, group=group, why=duty.why, people=named))
        if group is not None:
            listed = by_group.setdefault(group, [])
            on_duty = () if duty.why is Why.LAST_RESORT else duty.people
            listed += [person for person in on_duty if person not in listed]
    return MomentDuty(at=at, posts=posts, groups=by_group)


def gaps_of(roster: Roster, found: Iterable[Gap], *, since: datetime, until: datetime) -> Gaps:
    """Turn gaps into their document."""
    shown = [
        GapShown(
            post=gap.post,
            since=gap.since,
            until=gap.until,
            seconds=(gap.until - gap.since).total_seconds(),
            last_resort=list(gap.last_resort),
        )
        for gap in found
    ]
    return Gaps(
        organisation=roster.organisation,
        version=roster.version,
        since=since,
        until=until,
        uncovered_seconds=sum(gap.seconds for gap in shown),
        gaps=shown,
    )
