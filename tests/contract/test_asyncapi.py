"""The AsyncAPI document names every topic and message of the code, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from incident import messages as m
from incident.events import BODIES
from schemas.asyncapi import TOPICS, document, text_of
from schemas.generate import ASYNCAPI, EVENTS, product_version
from services.runtime import envelope
from services.runtime.envelope import Envelope
from services.runtime.records import dead_letter_topic

DOCUMENT: dict[str, Any] = yaml.safe_load(ASYNCAPI.read_text())
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
TOPIC_NAMES = {m.ALERTS, m.INCIDENTS, m.TIMING, m.DIRECTORY, m.DIGESTS}
SERVICES = {"intake", "dispatcher", "notifier"}


def references(part: Any) -> Iterator[str]:  # noqa: ANN401 - any part of the document
    """Every reference in a part of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for below in part.values():
            yield from references(below)
    elif isinstance(part, list):
        for below in part:
            yield from references(below)


def lookup(reference: str) -> object:
    """What a reference within the document leads to."""
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_the_document_follows_from_the_code() -> None:
    assert ASYNCAPI.read_text() == text_of(product_version()), "run `make schemas`"


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        if reference.startswith("#/"):
            assert lookup(reference)
        else:
            assert (ASYNCAPI.parent / reference).is_file()


def test_every_topic_of_the_code_is_a_channel_and_no_other() -> None:
    dead = {dead_letter_topic(name) for name in TOPIC_NAMES - {m.DIGESTS}}  # nobody applies digests
    assert set(DOCUMENT["channels"]) == TOPIC_NAMES | dead
    assert all(channel["address"] == name for name, channel in DOCUMENT["channels"].items())


def test_every_message_of_the_code_travels_on_one_topic_and_no_other_does() -> None:
    told = [name for topic in TOPIC_NAMES for name in DOCUMENT["channels"][topic]["messages"]]
    assert sorted(told) == sorted([*BODIES, *m.TYPES])
    assert set(MESSAGES) == {*told, "dead-letter"}
    assert set(BODIES) <= set(DOCUMENT["channels"][m.INCIDENTS]["messages"])


@pytest.mark.parametrize("name", [*BODIES, *m.TYPES])
def test_a_message_names_its_type_its_key_and_the_schema_of_its_body(name: str) -> None:
    message = MESSAGES[name]
    assert message["name"] == name
    assert message["headers"]["allOf"][1]["properties"]["ce_type"] == {"const": name}
    file = "incident.changed.json" if name in BODIES else f"{name}.json"
    assert message["payload"]["schema"] == {"$ref": f"./events/{file}"}
    assert (EVENTS / file).is_file()
    assert message["bindings"]["kafka"]["key"]["type"] == "string"


def test_each_operation_is_of_a_service_on_a_channel() -> None:
    for name, operation in DOCUMENT["operations"].items():
        assert operation["action"] in {"send", "receive"}
        assert name.partition("-")[0] in SERVICES
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in DOCUMENT["channels"]
    sent = {
        operation["channel"]["$ref"]
        for operation in DOCUMENT["operations"].values()
        if operation["action"] == "send"
    }
    assert sent == {f"#/channels/{name}" for name in DOCUMENT["channels"]}


@pytest.mark.parametrize("subject", [None, "00000000-0000-0000-0000-000000000001"])
def test_the_envelope_is_the_one_the_services_write(subject: str | None) -> None:
    written = envelope.build(
        Envelope(
            id="1",
            source="/notifier",
            type=m.STEP_DUE,
            time=datetime(2026, 3, 2, tzinfo=UTC),
            subject=subject,
            traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
        )
    )
    schema = DOCUMENT["components"]["schemas"]["Envelope"]
    check = Draft202012Validator(schema, validate_formats=True)
    assert check.is_valid(written)
    assert set(written) <= set(schema["properties"])
    for name in schema["required"]:
        assert not check.is_valid({key: value for key, value in written.items() if key != name})


def test_a_topic_more_in_the_code_would_be_seen() -> None:
    names = {
        value
        for name, value in vars(m).items()
        if name.isupper() and isinstance(value, str) and value not in m.TYPES
    }
    assert names == TOPIC_NAMES == set(TOPICS)
    assert document("9.9.9")["info"]["version"] == "9.9.9"
