"""Rows become calls, whatever order they stand in and whatever clocks were put back meanwhile."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.cli.replay.calls import ZONE, Span, in_utc
from tests.services.cli.replay.files import at, calls, local, row, selection

TEN = datetime(2016, 12, 31, 18, tzinfo=UTC)  # ten in the morning in California


def test_times_are_california_s() -> None:
    (call,) = calls(row(entry=at("10:01:30 AM")))
    assert call.received == TEN
    assert call.entry == TEN + timedelta(seconds=90)


def test_rows_of_a_call_are_found_far_apart() -> None:
    first, second = calls(row("1", "E01"), row("2", "E02"), row("1", "T01"))
    assert [turnout.unit for turnout in first.turnouts] == ["E01", "T01"]
    assert (first.rows, second.rows) == (2, 1)


def test_the_first_row_s_head_counts_where_rows_differ() -> None:
    (call,) = calls(
        row(entry="", station_area="", disposition="Fire"),
        row(unit="T01", received=at("10:05:00 AM"), entry=at("10:06:00 AM"), station_area="03",
            disposition="Other"),
    )  # fmt: skip
    assert call.received == TEN
    assert call.entry == TEN + timedelta(minutes=6)
    assert (call.station_area, call.disposition) == ("03", "Fire")


def test_calls_come_in_the_order_they_were_received() -> None:
    found = calls(row("9"), row("2", received=at("9:00:00 AM")), row("1"))
    assert [call.number for call in found] == ["2", "1", "9"]


def test_a_span_begins_with_its_first_moment_and_ends_before_its_last() -> None:
    span = Span(since=local("2016-12-31T10:00"), until=local("2016-12-31T11:00"))
    found = selection(
        row("before", received=at("9:59:59 AM")),
        row("first", received=at("10:00:00 AM")),
        row("last", received=at("10:59:59 AM")),
        row("after", received=at("11:00:00 AM")),
        span=span,
    )
    assert [call.number for call in found.calls] == ["first", "last"]
    assert found.rows == 2


def test_skipped_rows_are_counted_unless_known_to_lie_outside() -> None:
    span = Span(since=local("2016-12-31T10:00"))
    found = selection(
        row("1", received=at("9:00:00 AM"), entry="soon"),
        row("2", entry="soon"),
        row("3", received="whenever"),
        span=span,
    )
    assert [each.line for each in found.skipped] == [3, 4]


def test_a_call_that_no_row_says_the_receipt_of_is_skipped_row_by_row() -> None:
    found = selection(row("1"), row("2", received=""), row("2", "T01", received=""))
    assert [call.number for call in found.calls] == ["1"]
    assert [each.line for each in found.skipped] == [3, 4]
    assert "received" in found.skipped[0].reason


def test_a_row_that_is_there_twice_is_one_turnout() -> None:
    same = row(dispatch=at("10:01:00 AM"), available=at("10:01:00 AM"))
    (call,) = calls(same, same)
    assert len(call.turnouts) == 1
    assert call.rows == 2


def test_a_unit_sent_again_after_it_was_free_is_a_second_turnout() -> None:
    (call,) = calls(
        row(dispatch=at("10:30:00 AM"), on_scene=at("10:40:00 AM")),
        row(dispatch=at("10:01:00 AM"), available=at("10:10:00 AM")),
    )
    first, second = call.turnouts
    assert first.available == TEN + timedelta(minutes=10)
    assert second.arrived == TEN + timedelta(minutes=40)


def test_rows_of_one_unit_that_overlap_are_one_turnout_with_the_earliest_stamps() -> None:
    (call,) = calls(
        row(dispatch=at("10:02:00 AM"), on_scene=at("10:05:00 AM"), available=at("10:20:00 AM")),
        row(dispatch=at("10:01:00 AM"), on_scene=at("10:07:00 AM"), available=at("10:30:00 AM")),
    )
    (turnout,) = call.turnouts
    assert turnout.dispatched == TEN + timedelta(minutes=1)
    assert turnout.arrived == TEN + timedelta(minutes=5)
    assert turnout.available == TEN + timedelta(minutes=30)


def test_the_last_stamp_of_a_call_may_be_any() -> None:
    (call,) = calls(row(dispatch=at("10:01:00 AM"), response=at("10:09:00 AM")))
    assert call.last == TEN + timedelta(minutes=9)


# In California clocks were put back from 2 to 1 on 2016-11-06, at 9:00 UTC.


def test_stamps_around_the_hour_that_came_twice_follow_one_another() -> None:
    received = local("2016-11-06T01:58")
    assert in_utc(received, [local("2016-11-06T01:02"), local("2016-11-06T01:30")]) == [
        datetime(2016, 11, 6, 8, 58, tzinfo=UTC),
        datetime(2016, 11, 6, 9, 2, tzinfo=UTC),
        datetime(2016, 11, 6, 9, 30, tzinfo=UTC),
    ]


def test_a_call_near_the_end_of_that_hour_was_received_in_its_second_time() -> None:
    found = in_utc(local("2016-11-06T01:58"), [local("2016-11-06T02:01"), None])
    assert found == [
        datetime(2016, 11, 6, 9, 58, tzinfo=UTC),
        datetime(2016, 11, 6, 10, 1, tzinfo=UTC),
        None,
    ]


def test_a_call_within_that_hour_is_read_as_of_its_first_time() -> None:
    found = in_utc(local("2016-11-06T01:10"), [local("2016-11-06T01:09:59")])
    assert found == [
        datetime(2016, 11, 6, 8, 10, tzinfo=UTC),
        datetime(2016, 11, 6, 8, 9, 59, tzinfo=UTC),
    ]


@given(
    start=st.integers(0, 4 * 3600),
    gaps=st.lists(st.integers(0, 54 * 60), min_size=1, max_size=4),
)
def test_what_happened_within_the_hour_is_as_long_as_it_was_while_clocks_are_put_back(
    start: int, gaps: list[int]
) -> None:
    received = datetime(2016, 11, 6, 7, tzinfo=UTC) + timedelta(seconds=start)
    moments = [received, *(received + timedelta(seconds=gap) for gap in gaps)]
    first, *others = (moment.astimezone(ZONE).replace(tzinfo=None, fold=0) for moment in moments)
    begun, *found = in_utc(first, others)
    assert begun is not None
    assert [(moment - begun).total_seconds() for moment in found if moment is not None] == gaps
