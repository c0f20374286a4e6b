"""Acts are sent in their order, in their time, and what becomes of them is kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.answers import AwayError, RefusedError
from services.cli.replay.plan import Act, Verb
from services.cli.replay.playing import Player
from services.cli.replay.schedule import Schedule
from tests.fakes.clock import FakeClock

START = datetime(2017, 1, 1, 8, tzinfo=UTC)
EVENING = START + timedelta(hours=12)


def an_act(
    number: int, *needs: int, seconds: int = 0, call: int = 0, verb: Verb = Verb.ASSIGN
) -> Act:
    moment = START + timedelta(seconds=seconds)
    return Act(
        number=number,
        call=call,
        verb=verb,
        turnout=None,
        unit=None,
        occurred_at=moment,
        at=moment,
        needs=needs,
    )


def test_an_act_waits_for_its_moment() -> None:
    schedule = Schedule([an_act(0, seconds=10)])
    assert schedule.take(START + timedelta(seconds=9.999)) is None
    assert schedule.next_at == START + timedelta(seconds=10)
    assert schedule.take(START + timedelta(seconds=10)) is not None


def test_an_act_waits_for_what_it_needs() -> None:
    acts = [an_act(0), an_act(1), an_act(2, 0, 1)]
    schedule = Schedule(acts)
    assert [schedule.take(EVENING), schedule.take(EVENING)] == acts[:2]
    schedule.answered(acts[0])
    assert schedule.next_at is None
    assert schedule.take(EVENING) is None
    schedule.answered(acts[1])
    assert schedule.take(EVENING) == acts[2]


@given(st.data())
def test_every_act_is_given_once_after_what_it_needs_in_whatever_order_answers_come(
    data: st.DataObject,
) -> None:
    count = data.draw(st.integers(0, 12))
    acts = [
        an_act(number, *sorted(data.draw(st.sets(st.integers(0, number - 1), max_size=3))))
        if number
        else an_act(0)
        for number in range(count)
    ]
    schedule, under_way = Schedule(acts), list[Act]()
    given_out, answered = list[int](), set[int]()
    while len(answered) < count:
        while (act := schedule.take(EVENING)) is not None:
            assert answered.issuperset(act.needs)
            given_out.append(act.number)
            under_way.append(act)
        done = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
        answered.add(done.number)
        schedule.answered(done)
    assert sorted(given_out) == list(range(count))


class Sends:
    """Answers each act after giving way, and notes how many were under way at once."""

    def __init__(self, **refusals: RefusedError | AwayError) -> None:
        self.sent: list[int] = []
        self.answered: list[int] = []
        self.most = 0
        self._refusals = {int(name.removeprefix("act_")): why for name, why in refusals.items()}

    async def __call__(self, act: Act) -> None:
        self.sent.append(act.number)
        self.most = max(self.most, len(self.sent) - len(self.answered))
        await asyncio.sleep(0)  # noqa: TID251  # gives way once, so that others are sent meanwhile
        self.answered.append(act.number)
        if act.number in self._refusals:
            raise self._refusals[act.number]


def refused(status: int, kind: str) -> RefusedError:
    return RefusedError(status, {"type": f"/problems/{kind}", "detail": "No."}, asked="POST /x")


async def test_a_chain_is_sent_one_after_the_other() -> None:
    sends = Sends()
    acts = [an_act(0), an_act(1, 0), an_act(2, 1)]
    player = Player(acts=acts, send=sends, clock=FakeClock(EVENING))
    await player.play()
    assert sends.sent == [0, 1, 2]
    assert sends.most == 1
    assert player.answered == 3
    assert player.most_behind == timedelta(hours=12).total_seconds()


async def test_no_more_requests_than_allowed_are_under_way_at_once() -> None:
    sends = Sends()
    acts = [an_act(number, call=number) for number in range(20)]
    await Player(acts=acts, send=sends, clock=FakeClock(EVENING), in_flight=3).play()
    assert sends.most == 3
    assert sorted(sends.sent) == list(range(20))


async def test_a_refused_act_is_kept_and_its_call_goes_on() -> None:
    sends = Sends(act_1=refused(409, "not-allowed"))
    player = Player(
        acts=[an_act(0), an_act(1, 0), an_act(2, 1)], send=sends, clock=FakeClock(EVENING)
    )
    await player.play()
    assert sends.sent == [0, 1, 2]
    assert [(each.act.number, each.reason) for each in player.refused] == [
        (1, "POST /x: 409 not-allowed: No.")
    ]


async def test_nothing_is_sent_about_a_call_whose_alert_was_refused() -> None:
    sends = Sends(act_0=refused(422, "invalid"))
    acts = [an_act(0, verb=Verb.ALERT), an_act(1, 0), an_act(2, call=1)]
    player = Player(acts=acts, send=sends, clock=FakeClock(EVENING))
    await player.play()
    assert sends.sent == [0, 2]
    assert [each.act.number for each in player.refused] == [0, 1]


@pytest.mark.parametrize(
    "fault", [AwayError("gone"), refused(503, "store-away"), refused(429, "x")]
)
async def test_a_service_that_stays_away_ends_the_replay(fault: AwayError | RefusedError) -> None:
    sends = Sends(act_1=fault)
    acts = [an_act(0), an_act(1, 0), an_act(2, 1), an_act(3, 2)]
    with pytest.raises(AwayError):
        await Player(acts=acts, send=sends, clock=FakeClock(EVENING)).play()
    assert 3 not in sends.sent
