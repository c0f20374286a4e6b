"""Whatever is doubled, divided into batches or reordered on the way: the incident is the same."""

from collections.abc import Sequence
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from incident.alert import Circumstances, IncidentId, Severity
from incident.lifecycle import Incident
from incident.replay import replay
from services.dispatcher.handlers.messages import order_of
from services.runtime import eventlog
from tests.services.dispatcher.park import Dispatcher, Message
from tests.services.dispatcher.test_alerts import cancelled, received, updated

DISPATCHER = Dispatcher()

severities = st.sampled_from(Severity)
circumstances = st.builds(
    Circumstances, people=st.integers(0, 9), weapons=st.booleans(), hazards=st.just(("gas",))
)


@st.composite
def whole_contents(draw: st.DrawFn) -> list[Message]:
    """An alert and its further revisions, as told, in the order they were told."""
    return [
        received(
            revision,
            at_=revision,
            severity=draw(severities),
            circumstances=draw(circumstances),
        )
        for revision in range(1, draw(st.integers(2, 5)))
    ]


@st.composite
def anything(draw: st.DrawFn) -> list[Message]:
    """Whatever a station may send about one alert, in the order it was told."""
    messages: list[Message] = list(draw(whole_contents()))
    for revision in draw(st.lists(st.integers(1, 5), max_size=3)):
        severity = draw(st.none() | severities)
        told_at = len(messages) + 1
        content = f"{revision}-{severity}"  # the same content has the same fingerprint
        messages.append(
            updated(revision, at_=told_at, fingerprint=content, severity=severity, sealed=content)
        )
    if draw(st.booleans()):
        told_at = draw(st.integers(1, len(messages)))
        messages.insert(told_at, cancelled(at_=told_at))
    return messages


@given(data=st.data(), messages=anything())
async def test_repeats_and_batches_change_nothing(
    data: st.DataObject, messages: list[Message]
) -> None:
    """Each repeat comes at or after what it repeats."""
    doubled = list(messages)
    for index in data.draw(st.lists(st.integers(0, len(messages) - 1), max_size=4)):
        first = doubled.index(messages[index])
        doubled.insert(data.draw(st.integers(first, len(doubled))), messages[index])
    plain = await _hear([[message] for message in messages])
    divided = await _hear(_divided(data, doubled))
    assert divided == plain


@given(data=st.data(), messages=whole_contents())
async def test_revisions_in_any_order_come_to_the_same(
    data: st.DataObject, messages: list[Message]
) -> None:
    in_order = await _hear([messages])
    shuffled = await _hear(_divided(data, data.draw(st.permutations(messages))))
    (one,), (other,) = in_order.values(), shuffled.values()
    assert _sum(one) == _sum(other)


@given(data=st.data(), messages=anything())
async def test_all_that_overtook_its_alert_is_applied_as_it_was_told(
    data: st.DataObject, messages: list[Message]
) -> None:
    alert, *rest = messages
    others = sorted((entry for entry in rest if not hasattr(entry, "alert")), key=order_of)
    in_order = await _hear([[alert, *others]])
    overtaken = await _hear([*_divided(data, data.draw(st.permutations(others))), [alert]])
    assert overtaken == in_order


@given(data=st.data(), messages=anything())
async def test_in_any_order_nothing_is_dropped_and_history_stays_whole(
    data: st.DataObject, messages: list[Message]
) -> None:
    shuffled = data.draw(st.permutations(messages))
    found = await _hear(_divided(data, shuffled))
    kept = {print_ for incident in found.values() for print_ in incident.fingerprints}
    said = {_fingerprint(entry) for entry in messages} - {None}
    assert said <= kept
    tables = DISPATCHER.store.tables
    assert not tables.early
    for id_, incident in found.items():
        assert len(set(incident.fingerprints)) == len(incident.fingerprints)
        assert replay(eventlog.from_text(entry.text) for entry in tables.events[id_]) == incident


async def _hear(batches: Sequence[Sequence[Message]]) -> dict[IncidentId, Incident]:
    """Every incident that follows from batches."""
    DISPATCHER.renew()
    for batch in batches:
        await DISPATCHER.hear(*batch)
    return DISPATCHER.store.tables.incidents


def _divided(data: st.DataObject, messages: Sequence[Message]) -> list[list[Message]]:
    left, batches = iter(messages), []
    while batch := list(islice(left, data.draw(st.integers(1, 4)))):
        batches.append(batch)
    return batches


def _sum(incident: Incident) -> tuple[object, ...]:
    return (
        incident.id,
        incident.state,
        incident.severity,
        incident.circumstances,
        incident.revision,
        frozenset(incident.fingerprints),
    )


def _fingerprint(message: Message) -> str | None:
    content = getattr(message, "alert", message)
    return getattr(content, "fingerprint", None)
