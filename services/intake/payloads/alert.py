"""The bodies that raise alerts: one, or many after a cut."""

from collections.abc import Iterator

from pydantic import Field
from typing_extensions import override

from incident.alert import Circumstances, Severity, Status
from services.intake.handlers.refusals import Fault
from services.intake.handlers.reports import Report
from services.intake.payloads.fields import (
    LARGEST_REVISION,
    Body,
    Codes,
    Detail,
    Flag,
    Line,
    Prose,
    Slug,
    Slugs,
    Whole,
)
from services.intake.payloads.parts import CallerBody, PlaceBody, ReferenceBody, private
from services.runtime.fields import Moment

LONGEST_BATCH = 500
MOST_DETAILS = 20


class AlertBody(Body):
    """An alert."""

    reference: ReferenceBody
    revision: int = Field(
        default=1,
        strict=True,
        ge=1,
        le=LARGEST_REVISION,
        description="The sender's revision of the content; a higher one is an update.",
    )
    kind: Slug = Field(description="The code of a kind that the directory lists.")
    category: Line | None = Field(
        default=None, description="The sender's own classification; nothing personal."
    )
    severity: Severity
    status: Status = Status.ACTUAL
    text: Prose = Field(description="What happened. Personal: encrypted.")
    place: PlaceBody
    reported_at: Moment | None = Field(
        default=None, description="When the station took the call, with its zone."
    )
    caller: CallerBody | None = None
    visible_to: Codes = Field(
        default=(), description="Organisations beside those on the case that may see the caller."
    )
    people: Whole | None = Field(default=None, description="How many people are involved.")
    weapons: Flag = False
    injured: Whole | None = Field(default=None, description="How many are injured.")
    hazards: Slugs = Field(default=(), description="Codes of hazards on the way or on the spot.")
    details: dict[Line, Detail] | None = Field(
        default=None, max_length=MOST_DETAILS, description="Fields that the kind defines."
    )

    @override
    def faults(self) -> Iterator[Fault]:
        """What is wrong between the fields of the objects within."""
        yield from self.place.faults()
        if self.caller is not None:
            yield from self.caller.faults()

    def report(self) -> Report:
        """The alert as the handlers take it."""
        return Report(
            reference=self.reference.value(),
            revision=self.revision,
            kind=self.kind,
            severity=self.severity,
            status=self.status,
            place=self.place.value(),
            circumstances=Circumstances(
                people=self.people,
                weapons=self.weapons,
                injured=self.injured,
                hazards=self.hazards,
            ),
            private=private(self.caller, self.text, self.visible_to),
            content=self.content(),
            reported_at=self.reported_at,
            category=self.category,
            details=tuple(sorted((self.details or {}).items())),
        )


class BatchBody(Body):
    """Alerts that a cut held back. Each is checked and answered on its own."""

    sent_at: Moment = Field(description="When the batch was sent, by the sender's clock.")
    alerts: tuple[object, ...] = Field(
        min_length=1, max_length=LONGEST_BATCH, description="Alerts, oldest first."
    )
