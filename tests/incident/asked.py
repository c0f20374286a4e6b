"""What may be asked of an incident, for histories of any kind: strategies for commands."""

from uuid import UUID

from hypothesis import strategies as st

from incident import commands as c
from incident.alert import Circumstances, Severity, TeamId
from incident.following import Owner
from tests.builders import CENTER, STATION, at
from tests.incident.world import GATE, HALL, OTHER_CENTER, OTHER_STATION, A, B, C

TEAMS = (A, B, C, TeamId("Z"))  # nobody knows Z
INCIDENTS = st.integers(0, 2)
CODES = st.sampled_from(["handled_on_site", "false_alarm", "handed_to_department", "magic"])
RESULTS = st.sampled_from([(), (("department", "fire"),), (("injured", -1),)])
TOLD = st.sampled_from([None, None, 0.0, 5.0, -3.0])
DIGESTS = st.sampled_from([None, "1" * 64, "2" * 64, "3" * 64])
team = st.sampled_from(TEAMS)
reason = st.just("reason")

ACTS = st.one_of(
    *(st.builds(act, team=team) for act in (c.Accept, c.Depart, c.Arrive, c.Release)),
    st.builds(c.Decline, team=team),
    st.builds(c.CheckIn, team=team),
    st.builds(c.Noted, number=st.integers(0, 3), team=team),
    st.builds(c.RequestHelp, team=st.none() | team),
)
OF_THE_CENTER = st.one_of(
    st.builds(c.Receipt),
    st.builds(c.Acknowledge),
    st.builds(
        c.Assign,
        teams=st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3).map(tuple),
        divert=st.booleans(),
    ),
    st.builds(c.Transfer, center=st.sampled_from([CENTER, OTHER_CENTER]), reason=reason),
)
OUTCOMES = st.one_of(
    st.builds(c.Resolve),
    st.builds(c.Resolve, team=st.none() | team, disposition=st.none() | CODES, result=RESULTS),
    st.builds(c.Return, reason=reason),
)
ENDS = st.one_of(
    st.builds(c.Close, disposition=CODES, result=RESULTS),
    st.builds(c.Refuse, reason=reason),
    st.builds(c.Cancel, reason=reason),
)
FURTHER_LIVES = st.one_of(st.builds(c.Reopen, reason=reason), st.builds(c.Split, reason=reason))
OF_OTHERS = st.one_of(
    st.builds(c.RequestPolice, reason=reason),
    st.builds(c.PoliceArrive),
    st.builds(c.HandOver, to=st.sampled_from([STATION, OTHER_STATION]), reason=reason),
    st.builds(c.AcceptHandover, officer=st.just("110")),
    st.builds(
        c.Update,
        severity=st.none() | st.sampled_from(Severity),
        circumstances=st.none() | st.builds(Circumstances, people=st.integers(0, 3)),
        place=st.sampled_from([None, GATE, HALL, "moon"]),
        revision=st.none() | st.integers(1, 4),
        fingerprint=DIGESTS,
    ),
    st.builds(c.Note, text=st.just("digest")),
    st.builds(c.Urge),
    st.builds(
        c.RecordConflict,
        fingerprint=st.sampled_from(["1" * 64, "4" * 64]),
        revision=st.integers(1, 4),
        received_at=st.just(at(0)),
    ),
)


OWNER = Owner(organisation=CENTER, post="chief")
number = st.integers(0, 2)
BESIDE = st.one_of(
    st.builds(
        c.Supervise,
        owner=st.just(OWNER),
        deadline=st.sampled_from([at(0), at(90), at(900), at(90_000)]),
        text=st.just("digest"),
    ),
    st.builds(c.EndSupervision, number=number, text=st.just("digest")),
    st.builds(c.Ask, text=st.just("digest")),
    st.builds(c.Answer, number=number, text=st.just("digest")),
    st.builds(c.ConfirmOutcome),
    st.builds(
        c.Shelve,
        reason=st.sampled_from(["duplicate", "test-source", "tired"]),
        minutes=st.integers(0, 31),
    ),
    st.builds(c.TakeOver, handover=st.just(UUID(int=115)), operator=st.sampled_from(["li", "wu"])),
    st.builds(
        c.FollowUp,
        reached=st.booleans(),
        satisfied=st.none() | st.booleans(),
        satisfaction=st.none() | st.integers(1, 5),
    ),
)


def life_of(team: TeamId) -> tuple[c.Command, ...]:
    """A usual life, to begin with any part of it."""
    return (
        c.Receipt(), c.Acknowledge(), c.Assign(teams=(team,)), c.Accept(team=team),
        c.Depart(team=team), c.Arrive(team=team), c.HandOver(to=STATION, reason="crime"),
        c.Resolve(team=team), c.AcceptHandover(officer="110"),
    )  # fmt: skip
