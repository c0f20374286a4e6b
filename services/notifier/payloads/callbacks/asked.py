"""What stations send about their callbacks."""

import re
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from yarl import URL

from services.notifier.handlers.callbacks.kinds import ASKED_FOR, CallbackType
from services.runtime.fields import Moment

URL_MAX = 2000
RECEIPTS_MAX = 10_000

_CONTROLS = re.compile(r"[\x00-\x20\x7f]")


def _url(given: str) -> str:
    """Check an address before it is looked up; what it leads to is judged where that is."""
    if _CONTROLS.search(given):
        raise ValueError("must not hold blanks or control characters")
    try:
        url = URL(given)
        port = url.port
    except ValueError as error:
        raise ValueError("must be an address such as https://station.example/callbacks") from error
    if url.scheme not in {"https", "http"} or not url.raw_host or port is None:
        raise ValueError("must be an address such as https://station.example/callbacks")
    if url.raw_user is not None or url.raw_password is not None:
        raise ValueError("must not hold a user or a password")
    if url.raw_fragment:
        raise ValueError("must not hold a fragment")
    return given


def _asked_for(given: tuple[CallbackType, ...]) -> tuple[CallbackType, ...]:
    if CallbackType.TEST in given:
        raise ValueError("must not name test: a test comes when it is asked for")
    if len(set(given)) < len(given):
        raise ValueError("must not name a type twice")
    return given


Address = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=URL_MAX), AfterValidator(_url)
]


class SubscriptionBody(BaseModel):
    """Where a station is told, and of what."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "url": "https://station.example/callbacks",
                    "types": ["delivered", "assigned", "on_scene", "closed", "breached"],
                }
            ]
        },
    )

    url: Address | None = Field(
        default=None, description="Where callbacks are sent; null for a station that pulls."
    )
    types: Annotated[
        tuple[CallbackType, ...],
        Field(min_length=1, max_length=len(ASKED_FOR)),
        AfterValidator(_asked_for),
    ] = Field(default=ASKED_FOR, description="What it is told; all if not given.")
    rotate: Annotated[bool, Field(strict=True)] = Field(
        default=False,
        description="Make a new secret; the one before signs beside it for 24 hours.",
    )


class ReceiptBody(BaseModel):
    """One callback that the other side of a boundary took."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    imported_at: Moment


class ReceiptsBody(BaseModel):
    """A batch of receipts, carried back over the boundary."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "batch": "2026-03-02-1",
                    "receipts": [
                        {
                            "id": "9d2f7e0a-5b1c-5c8e-9d2a-0c1d2e3f4a5b",
                            "imported_at": "2026-03-02T12:10:00+08:00",
                        }
                    ],
                }
            ]
        },
    )

    batch: Annotated[
        str, StringConstraints(strict=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$")
    ]
    receipts: Annotated[list[ReceiptBody], Field(min_length=1, max_length=RECEIPTS_MAX)]
