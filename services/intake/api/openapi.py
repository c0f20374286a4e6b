"""Intake's OpenAPI document, with an example of every body and of every problem."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.intake.api.problems import problem_of
from services.intake.handlers.refusals import (
    Fault,
    ForeignError,
    InvalidError,
    NoDirectoryError,
    UnknownAlertError,
)
from services.intake.payloads import examples
from services.intake.payloads.alert import AlertBody, BatchBody
from services.intake.payloads.answers import AcceptedAnswer, BatchAnswer, ProblemAnswer
from services.intake.payloads.changes import CancellationBody, UpdateBody
from services.intake.payloads.text import MalformedError
from services.intake.ports import NotSafeError
from services.runtime.problems import MEDIA_TYPE, Problem

BODIES: tuple[type[BaseModel], ...] = (
    AlertBody,
    UpdateBody,
    CancellationBody,
    BatchBody,
    AcceptedAnswer,
    BatchAnswer,
    ProblemAnswer,
)
VERSION = "1.0.0"
JSON = "application/json"
DESCRIPTION = (
    "Takes alerts in. 202 means that the alert survives any single failure: in Kafka, or in a spool"
    " while Kafka is away. Only when neither answers (/problems/not-safe), or the spool is full"
    " (/problems/spool-full), the answer is 503: then it is to be sent again, unchanged."
)

_ALERT_ID = {
    "name": "alert_id",
    "in": "path",
    "required": True,
    "description": "The id that the alert was accepted under.",
    "schema": {"type": "string", "format": "uuid"},
}


def document() -> dict[str, Any]:
    """Return the document."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in BODIES],
        ref_template="#/components/schemas/{model}",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "115 intake",
            "version": VERSION,
            "description": DESCRIPTION,
        },
        "security": [{"ApiKey": []}],
        "paths": _paths(),
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "ApiKey": {"type": "http", "scheme": "bearer", "bearerFormat": "d115_<id>_<secret>"}
            },
        },
    }


@cache
def text() -> str:
    """Return the document as JSON."""
    return json.dumps(document(), ensure_ascii=False)


def _paths() -> dict[str, Any]:
    return {
        "/v1/alerts": _operation(
            "Raise an alert",
            "A retry under the same reference stays one alert and gets the same id.",
            body=("AlertBody", examples.ALERT),
        ),
        "/v1/alerts/batch": _operation(
            "Raise alerts that a cut held back",
            "Up to 500. Each is answered on its own, in the order they were sent.",
            body=("BatchBody", examples.BATCH),
            answer=("207", "BatchAnswer", examples.BATCH_ANSWER),
        ),
        "/v1/alerts/{alert_id}/updates": _operation(
            "Tell new facts about an alert",
            "What is left out stays as it is.",
            body=("UpdateBody", examples.UPDATE),
            parameters=[_ALERT_ID],
        ),
        "/v1/alerts/{alert_id}/cancellation": _operation(
            "Take an alert back",
            "The dispatcher decides whether that is still possible.",
            body=("CancellationBody", examples.CANCELLATION),
            parameters=[_ALERT_ID],
        ),
    }


def _operation(
    summary: str,
    description: str,
    *,
    body: tuple[str, Mapping[str, Any]],
    answer: tuple[str, str, Mapping[str, Any]] = ("202", "AcceptedAnswer", examples.ACCEPTED),
    parameters: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    status, answered, example = answer
    return {
        "post": {
            "summary": summary,
            "description": description,
            "parameters": list(parameters),
            "requestBody": {"required": True, "content": _content(JSON, *body)},
            "responses": {
                status: {"description": "Taken.", "content": _content(JSON, answered, example)},
                **_problems(found=bool(parameters)),
            },
        }
    }


def _content(media_type: str, schema: str, example: Mapping[str, Any]) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {media_type: {"schema": reference, "example": dict(example)}}


def _problems(*, found: bool) -> dict[str, Any]:
    """One response for each status, with an example of the problem it carries."""
    fault = Fault(field="place.lon", message="should be less than or equal to 180")
    shown = [
        problem_of(MalformedError("malformed-json", "The body is not JSON, from character 17 on.")),
        Problem(401, "unknown-key", "The API key is not known."),
        problem_of(ForeignError("place.center")),
        *([problem_of(UnknownAlertError())] if found else []),
        Problem(408, "request-timeout", "The body took over 10 s."),
        Problem(413, "too-large", "The body is longer than the 65536 bytes allowed."),
        Problem(415, "unsupported-media-type", "The body must be application/json in UTF-8."),
        problem_of(InvalidError([fault])),
        Problem(
            429,
            "rate-limited",
            "This organisation reports faster than allowed; red alerts are exempt.",
            retry_after=1,
        ),
        problem_of(NotSafeError()),
        problem_of(NoDirectoryError()),
    ]
    return {str(problem.status): _response(problem) for problem in reversed(shown)}


def _response(problem: Problem) -> dict[str, Any]:
    members = {name: value for name, value in problem.members.items() if value is not None}
    response: dict[str, Any] = {
        "description": problem.members["title"],
        "content": _content(MEDIA_TYPE, "ProblemAnswer", members),
    }
    if "Retry-After" in problem.headers:
        seconds = {"type": "integer", "minimum": 1}
        response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": seconds}}
    return response
