"""What faults put on topics is what they say it is, and the proxy reads what Postgres speaks."""

import pytest
from aiokafka.structs import ConsumerRecord

from incident import messages
from loadtests.chaos import wire
from loadtests.chaos.faults import FAULTS
from loadtests.chaos.faults.records import grown, unknown
from loadtests.chaos.faults.versions import newer
from loadtests.chaos.scenarios import SCENARIOS, find
from loadtests.chaos.topics import KNOWN, TOPICS, poison
from services.runtime import codec, envelope


def a_record(kind: str, body: object) -> ConsumerRecord:
    return ConsumerRecord(
        topic=messages.ALERTS,
        partition=2,
        offset=7,
        timestamp=0,
        timestamp_type=0,
        key=b"key",
        value=codec.encode(body),
        checksum=None,
        serialized_key_size=3,
        serialized_value_size=1,
        headers=(("ce_type", kind.encode()), ("ce_id", b"1")),
    )


def test_a_grown_message_says_what_it_said_and_more() -> None:
    (letter,) = grown(
        messages.ALERTS,
        [
            a_record(messages.ALERT_RECEIVED, {"a": 1}),
            a_record("heartbeat.v1", {"b": 2}),
            a_record(messages.ALERT_RECEIVED, ["no object"]),
        ],
    )
    assert codec.decode(letter.value, dict) == {"a": 1, "mood": {"calm": [1, None]}}
    assert dict(letter.headers)["ce_type"].decode() == messages.ALERT_RECEIVED
    assert letter.key == b"key"


@pytest.mark.parametrize("topic", TOPICS)
def test_poison_cannot_be_read(topic: str) -> None:
    for letter in poison(topic):
        with pytest.raises(codec.DecodeError):
            codec.decode(letter.value, dict)


def test_an_unknown_type_has_a_whole_envelope() -> None:
    letter = unknown(messages.ALERTS, [])[0]
    headers = {name: value.decode() for name, value in letter.headers}
    assert envelope.parse(headers).type not in {*KNOWN.values(), *messages.TYPES}


def test_a_newer_version_is_one_more() -> None:
    assert newer("alert.received.v1") == "alert.received.v2"


def test_every_fault_and_scenario_has_a_name_of_its_own() -> None:
    names = [fault.name for fault in FAULTS] + [scenario.name for scenario in SCENARIOS]
    assert len(set(names)) == len(names)
    assert find(SCENARIOS[0].name) is SCENARIOS[0]
    with pytest.raises(ValueError, match="no scenario"):
        find("nothing")


@pytest.mark.parametrize("cut", [1, 3, 5, 64])
def test_messages_are_cut_wherever_the_network_cut_them(cut: int) -> None:
    whole = [b"C\x00\x00\x00\x0bCOMMIT\x00", b"Z\x00\x00\x00\x05I"]
    stream, found, reader = b"".join(whole), list[bytes](), wire.Messages()
    for begin in range(0, len(stream), cut):
        found += reader.feed(stream[begin : begin + cut])
    assert found == whole
    assert [wire.tells_commit(each) for each in found] == [True, False]


def test_a_rollback_is_no_commit() -> None:
    assert not wire.tells_commit(b"C\x00\x00\x00\x0dROLLBACK\x00")
    assert not wire.asks_commit(b"Q\x00\x00\x00\x0eROLLBACK;\x00")
    assert wire.asks_commit(b"Q\x00\x00\x00\x0cCOMMIT;\x00")


def test_a_length_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(wire.WireError):
        list(wire.Messages().feed(b"C\xff\xff\xff\xff"))
    with pytest.raises(wire.WireError):
        wire.startup_size(b"\x00\x00\x00\x01")
