"""Links nobody can forge, limits that never hold back the first, tries that end."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.roster import ChannelType
from services.notifier.adapters.message_rules import load_rules
from services.notifier.handlers.messages.limits import Limits
from services.notifier.handlers.messages.links import PATH, LinkError, LinkFault, Links
from services.notifier.handlers.messages.outcomes import MOST_ATTEMPTS, settle
from services.notifier.handlers.messages.rules import Limit, Rules
from services.notifier.handlers.messages.testing import month_due
from services.notifier.ports.messages import Begun, MessageState, Outcome, Purpose, Reason, Result
from services.notifier.ports.people import Way
from tests.builders import RECEIVED, at
from tests.services.notifier.messages.test_writing import queued

LINKS = Links(url="https://115.example/", key=b"k" * 32)
RULES = Rules()
MESSAGE = UUID(int=5)
BUSY, REFUSED = (
    Outcome(result=result, detail="x") for result in (Result.TEMPORARY, Result.PERMANENT)
)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def token() -> str:
    return LINKS.link(MESSAGE, until=at(60)).rpartition(PATH)[2]


def test_a_link_leads_to_its_message_until_it_expires() -> None:
    assert LINKS.read(token(), real=at(59)) == MESSAGE
    with pytest.raises(LinkError) as caught:
        LINKS.read(token(), real=at(60))
    assert caught.value.fault is LinkFault.EXPIRED


@given(st.integers(0, 49), st.sampled_from("AZaz09-_"))
def test_a_link_with_any_character_changed_leads_nowhere(place: int, other: str) -> None:
    good = token()
    bad = good[:place] + other + good[place + 1 :]
    if bad == good:
        return
    if place == len(good) - 1:  # its spare bits are refused, or say nothing
        return
    with pytest.raises(LinkError) as caught:
        LINKS.read(bad, real=at(0))
    assert caught.value.fault in {LinkFault.FORGED, LinkFault.MALFORMED}


def test_a_link_of_another_key_is_forged() -> None:
    with pytest.raises(LinkError) as caught:
        replace(LINKS, key=b"o" * 32).read(token(), real=at(0))
    assert caught.value.fault is LinkFault.FORGED


@given(st.text(max_size=80))
def test_any_other_text_is_no_link(text: str) -> None:
    with pytest.raises(LinkError):
        LINKS.read(text, real=at(0))


def test_a_limit_holds_the_rest_back_and_never_the_first() -> None:
    limits = Limits({"sms": Limit(count=2, seconds=60)})
    waits = [limits.wait("sms", "1", first=False, now=now) for now in (0.0, 1.0, 2.0)]

    assert waits == [0, 0, 58]
    assert limits.wait("sms", "1", first=True, now=3) == 0
    assert limits.wait("sms", "2", first=False, now=3) == 0
    assert limits.wait("webhook", "1", first=False, now=3) == 0
    assert limits.wait("sms", "1", first=False, now=60.5) == 0.5


def begun(*, way: int = 0, tries: int = 0, attempts: int = 0) -> Begun:
    message = replace(queued(Purpose.TEST), way=way, tries=tries, attempts=attempts)
    to = Way(type=ChannelType.SMS, address="1")
    return Begun(message=message, way=to, address="*", endpoint=f"e{way}")


@pytest.mark.parametrize(
    ("attempt", "outcome", "state", "way"),
    [
        (begun(), BUSY, MessageState.WAITING, 0),
        (begun(tries=2), BUSY, MessageState.WAITING, 1),
        (begun(), REFUSED, MessageState.WAITING, 1),
        (begun(), replace(BUSY, retry_after=31.0), MessageState.WAITING, 1),
        (begun(way=1), REFUSED, MessageState.FAILED, 1),
        (begun(way=1, tries=5), BUSY, MessageState.FAILED, 1),
        (begun(attempts=MOST_ATTEMPTS - 1), BUSY, MessageState.FAILED, 0),
    ],
)
def test_a_failed_attempt_is_followed_by_another_or_the_next_way_or_the_end(
    attempt: Begun, outcome: Outcome, state: MessageState, way: int
) -> None:
    found = settle(attempt, outcome, ways=["e0", "e1"], rules=RULES, real=RECEIVED)

    assert (found.state, found.way) == (state, way)


def test_a_pause_that_is_asked_for_is_kept() -> None:
    asked = replace(BUSY, retry_after=20.0)

    found = settle(begun(), asked, ways=["e0", "e1"], rules=RULES, real=RECEIVED)

    assert found.next_at == RECEIVED + timedelta(seconds=20)


def test_however_it_fails_a_message_comes_to_its_end() -> None:
    attempts, current = 0, begun()
    found = settle(current, BUSY, ways=["e0", "e1", "e2"], rules=RULES, real=RECEIVED)
    while found.state is MessageState.WAITING:
        attempts += 1
        current = begun(way=found.way, tries=found.tries, attempts=attempts)
        found = settle(current, BUSY, ways=["e0", "e1", "e2"], rules=RULES, real=RECEIVED)

    assert attempts < MOST_ATTEMPTS
    assert found.reason is Reason.EXHAUSTED


@pytest.mark.parametrize(
    ("seconds", "month"),
    [
        (0, "2026-03"),
        (-86400 * 2, "2026-02"),
        (-86400 - 2.1 * 3600, None),
        (-86400 - 2 * 3600, "2026-03"),
        (86400 * 40, "2026-04"),
    ],
)
def test_the_months_test_is_due_from_its_day_and_hour_on(seconds: float, month: str | None) -> None:
    assert month_due(at(seconds), zone=SHANGHAI, rules=RULES) == month


def test_the_rules_of_the_file_are_those_of_the_code() -> None:
    rules = load_rules()

    assert replace(rules, limits={}) == RULES
    assert set(rules.limits) <= set(ChannelType)
