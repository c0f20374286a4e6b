"""Dead letters: what is shown of one, and what is sent to put it back."""

from datetime import UTC, datetime

import pytest

from services.cli.errors import CommandError
from services.cli.letters import Letter, body_of, letter_of, replay_of
from services.runtime.records import Received

HEADERS = {
    "ce_id": "1",
    "dead-letter-reason": "PermanentError: no",
    "dead-letter-group": "x.dispatcher",
    "dead-letter-topic": "x.alerts.v1",
    "dead-letter-partition": "1",
    "dead-letter-offset": "7",
}


def a_letter(value: bytes = b"{}", **headers: str) -> Letter:
    return letter_of(
        Received(
            topic="x.alerts.v1.dead-letter",
            partition=0,
            offset=3,
            key="k",
            value=value,
            headers={**HEADERS, **headers},
            timestamp=datetime(2026, 3, 2, tzinfo=UTC),
        )
    )


def test_it_says_where_it_is_where_it_came_from_and_why() -> None:
    letter = a_letter()

    assert letter.place == "x.alerts.v1.dead-letter/0/3"
    assert (letter.topic, letter.group) == ("x.alerts.v1", "x.dispatcher")
    assert (letter.reason, letter.replays) == ("PermanentError: no", 0)
    assert "value" not in letter.shown()


def test_put_back_it_is_the_same_message_with_a_count() -> None:
    record = replay_of(a_letter(b"body", **{"dead-letter-replays": "1"}))

    assert (record.topic, record.key, record.value) == ("x.alerts.v1", "k", b"body")
    assert record.headers == {
        "ce_id": "1",
        "dead-letter-replays": "2",
        "dead-letter-replayed-from": "x.alerts.v1.dead-letter/0/3",
    }


def test_it_is_put_back_three_times_at_most() -> None:
    with pytest.raises(CommandError, match="replayed 3 times"):
        replay_of(a_letter(b"", **{"dead-letter-replays": "3"}))


def test_what_people_wrote_is_shown_only_where_all_is_asked_for() -> None:
    letter = a_letter('{"text": "秘密", "alert": {"sealed": "s", "severity": "red"}}'.encode())

    assert body_of(letter, whole=False) == {
        "text": "…",
        "alert": {"sealed": "…", "severity": "red"},
    }
    assert "秘密" in str(body_of(letter, whole=True))
    assert body_of(a_letter(b"\xff secret"), whole=False) == "8 bytes that are no JSON object"
    assert "secret" in str(body_of(a_letter(b"\xff secret"), whole=True))
