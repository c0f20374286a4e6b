"""A history keeps what was asked and what came of it, in order, in memory and on disk."""

from pathlib import Path

from loadtests.chaos.checker.operations import operations_of
from loadtests.chaos.history import History, Kind, Line
from loadtests.chaos.meanwhile import PROMISE_SECONDS, look
from services.runtime import codec
from tests.fakes.clock import FakeClock


def test_an_operation_is_put_together_from_its_beginning_and_its_end() -> None:
    clock = FakeClock()
    history = History(clock=clock)
    asked = history.invoke("station:s", "alert", {"id": "1"})
    other = history.invoke("operator:c", "act", {"id": "1", "verb": "close", "patient": False})
    clock.advance(2)
    history.add(Kind.OK, "station:s", "alert", {"id": "1"}, operation=asked)

    first, second = operations_of(history.lines)

    assert (first.number, first.end, first.began_at, first.ended_at) == (asked, Kind.OK, 0.0, 2.0)
    assert (second.number, second.end, second.ended_at) == (other, Kind.UNKNOWN, None)
    assert (first.is_patient, second.is_patient) == (True, False)


def test_every_line_is_also_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"

    with History(path) as history:
        history.invoke("station:s", "alert", {"id": "1"})
        history.add(Kind.FRAME, "center:c", "incident.opened.v1", {"sequence": 1})

    read = [codec.decode(line, Line) for line in path.read_text().splitlines()]
    assert read == history.lines


def a_line(at: float, kind: Kind, who: str, what: str, **said: object) -> Line:
    return Line(at=at, kind=kind, who=who, what=what, said=said)


def test_what_was_seen_meanwhile_is_counted_by_who_saw_it() -> None:
    lines = [
        a_line(1, Kind.ANSWER, "station", "503"),
        a_line(11, Kind.ANSWER, "station", "503"),
        a_line(12, Kind.ANSWER, "station", "refused connection"),
        a_line(13, Kind.ANSWER, "actor", "503"),
        a_line(14, Kind.ANSWER, "console", "200"),
        a_line(15, Kind.ANSWER, "console", "refused connection"),
    ]

    seen = look(lines, since=10, until=20)

    assert seen.answers["station"] == {"503": 1, "refused connection": 1}
    assert seen.answers["actor"] == {"503": 1}
    assert seen.answers["console"] == {"refused connection": 1}
    assert seen.reopened == 1


def test_the_silence_of_a_console_is_the_longest_between_its_frames() -> None:
    lines = [
        a_line(10, Kind.FRAME, "center:a", "heartbeat"),
        a_line(11, Kind.FRAME, "center:b", "heartbeat"),
        a_line(17, Kind.FRAME, "center:b", "heartbeat"),
        a_line(18, Kind.FRAME, "center:a", "heartbeat"),
        a_line(19, Kind.FRAME, "team:t", "heartbeat"),
    ]

    assert look(lines, since=10, until=20).silence == 8


def test_a_promise_counts_from_the_answer_to_the_first_frame_even_if_that_comes_later() -> None:
    lines = [
        a_line(11, Kind.OK, "station:s", "alert", id="one"),
        a_line(12, Kind.OK, "station:s", "alert", id="two"),
        a_line(13, Kind.FRAME, "center:a", "incident.opened.v1", incident="one", sequence=1),
        a_line(80, Kind.FRAME, "center:a", "incident.opened.v1", incident="two", sequence=2),
    ]

    seen = look(lines, since=10, until=20)

    assert (seen.alerts, seen.slowest, seen.late) == (2, 68, 1)
    assert PROMISE_SECONDS < 68


def test_a_promise_that_no_console_ever_saw_is_late() -> None:
    seen = look([a_line(11, Kind.OK, "station:s", "alert", id="one")], since=10, until=20)

    assert (seen.late, seen.slowest) == (1, float("inf"))
