"""A trace goes on from whoever called, and begins anew where the caller's makes no sense."""

from contextvars import copy_context

import pytest

from services.runtime import trace

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_callers_trace_goes_on_in_a_span_of_its_own() -> None:
    span = copy_context().run(trace.start, GIVEN)

    assert span.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert span.span_id != "b7ad6b7169203331"
    assert trace.parse(str(span)) == span


def test_whether_the_caller_samples_is_kept() -> None:
    span = copy_context().run(trace.start, GIVEN[:-2] + "00")

    assert not span.sampled
    assert str(span).endswith("-00")


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        GIVEN.upper(),
        "ff" + GIVEN[2:],
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
    ],
)
def test_a_header_that_makes_no_sense_begins_a_new_trace(header: str | None) -> None:
    first = copy_context().run(trace.start, header)
    second = copy_context().run(trace.start, header)

    assert trace.parse(header) is None
    assert first.trace_id != second.trace_id


def test_a_child_is_a_span_of_the_same_trace() -> None:
    def work() -> None:
        above = trace.start(GIVEN)
        below = trace.child()

        assert below.trace_id == above.trace_id
        assert below.span_id != above.span_id
        assert trace.current() == below
        assert trace.header() == str(below)

    copy_context().run(work)


def test_work_without_a_trace_gets_one_with_its_first_header() -> None:
    def work() -> None:
        assert trace.current() is None
        assert trace.parse(trace.header()) == trace.current()

    copy_context().run(work)
