"""What an OpenAPI document says of answers: each refusal with an example, and our types' shapes.

Routes answer with our own types, written by `codec`, so FastAPI knows of no shape; and it would say
of refusals that they are its own, while each is a problem document.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from fastapi import FastAPI
from pydantic import BaseModel

from services.runtime.problems import MEDIA_TYPE, Problem, invalid

Schema: TypeAlias = dict[str, Any]
Responses: TypeAlias = dict[int | str, dict[str, Any]]

JSON = "application/json"
REFERENCE = "#/components/schemas/"

PROBLEM: Schema = {
    "type": "object",
    "description": "What is wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "pattern": "^/problems/[a-z0-9-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "field": {"type": "string", "description": "The field at fault, as `place.lon`."},
        "instance": {"type": "string", "description": "The path that was asked."},
        "trace_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Every field at fault.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}

_OF_BODIES = (
    Problem(400, "malformed-json", "The body is not JSON, from character 17 on."),
    Problem(408, "request-timeout", "The body took over 10 s."),
    Problem(413, "too-large", "The body is longer than the 262144 bytes allowed."),
    Problem(415, "unsupported-media-type", "The body must be application/json."),
)
_USUAL = {
    problem.status: problem
    for problem in (
        *_OF_BODIES,
        Problem(401, "unknown-key", "The API key is not known."),
        Problem(403, "forbidden", "A key of role team may not do this; admin may."),
        invalid([("limit", "should be less than or equal to 1000")]),
        Problem(
            503,
            "unavailable",
            "A store does not answer at the moment; nothing is known to have been done.",
            retry_after=1,
        ),
    )
}
OF_BODIES = tuple(problem.status for problem in _OF_BODIES)
"""What any request with a body may be answered with."""


def refusals(*statuses: int | Problem, texts: Mapping[int, str] | None = None) -> Responses:
    """Describe refusals, for a route's `responses`.

    Args:
        statuses: A usual one by its status, or the problem itself.
        texts: What one means on this route, by its status; else its title says it.
    """
    problems = [_USUAL[each] if isinstance(each, int) else each for each in statuses]
    return {each.status: _refusal(each, (texts or {}).get(each.status)) for each in problems}


def success(description: str, name: str, *, status: int = 200, example: object = None) -> Responses:
    """Describe the answer hoped for.

    Args:
        description: What it tells.
        name: The name of its shape among the components.
        status: Its status.
        example: An answer, for whoever does not look for one in the shape; FastAPI cuts out nulls.
    """
    content: dict[str, object] = {"schema": refer(name)}
    if example is not None:
        content["example"] = example
    return {status: {"description": description, "content": {JSON: content}}}


def refer(name: str) -> Schema:
    """Refer to a shape among the components."""
    return {"$ref": REFERENCE + name}


def shapes_of(types: Sequence[type]) -> dict[str, Schema]:
    """Give the shapes of our own types, and of what they are made of, by name."""
    _, shapes = msgspec.json.schema_components(types, ref_template=REFERENCE + "{name}")
    return shapes


def shape(**properties: Schema) -> Schema:
    """Give the shape of an object all of whose fields are always there."""
    return {"type": "object", "required": sorted(properties), "properties": properties}


def listed(items: Schema | str) -> Schema:
    """Give the shape of a list."""
    return {"type": "array", "items": refer(items) if isinstance(items, str) else items}


def or_null(type_: str, **more: object) -> Schema:
    """Give the shape of a plain value that may be null."""
    return {"type": [type_, "null"], **more}


def complete(
    app: FastAPI,
    shapes: Mapping[str, Schema] | None = None,
    models: Sequence[type[BaseModel]] = (),
) -> None:
    """Put shapes into an app's document: that of problems, and those its routes refer to.

    Args:
        app: With all its routes.
        shapes: By name.
        models: Those whose examples hold nulls; FastAPI leaves these out of what it writes itself.
    """
    plain = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            known = plain().setdefault("components", {}).setdefault("schemas", {})
            known |= {"Problem": PROBLEM, **(shapes or {})}
            for model in models:
                known[model.__name__]["examples"] = model.model_json_schema()["examples"]
        return plain()

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI has it extended


def _refusal(problem: Problem, text: str | None) -> dict[str, Any]:
    example = {name: value for name, value in problem.members.items() if value is not None}
    response: dict[str, Any] = {
        "description": text or f"{problem.members['title']}.",
        "content": {MEDIA_TYPE: {"schema": refer("Problem"), "example": example}},
    }
    if "Retry-After" in problem.headers:
        seconds = {"type": "integer", "minimum": 1}
        response["headers"] = {"Retry-After": {"description": "Seconds.", "schema": seconds}}
    return response
