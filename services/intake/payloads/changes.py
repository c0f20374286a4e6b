"""The bodies that change what an alert said: an update, a cancellation."""

from collections.abc import Iterator

from pydantic import Field
from typing_extensions import override

from incident.alert import Circumstances, Severity, Status
from services.intake.handlers.refusals import Fault
from services.intake.handlers.reports import Private, Update, Withdrawal
from services.intake.payloads.fields import (
    LARGEST_REVISION,
    Body,
    Codes,
    Flag,
    Line,
    Prose,
    Slug,
    Slugs,
    Whole,
)
from services.intake.payloads.parts import CallerBody, ReferenceBody, private

CIRCUMSTANCES = ("people", "weapons", "injured", "hazards")


class NewPlaceBody(Body):
    """Where it turned out to be; the center in charge stays."""

    place: Line = Field(description="The code of a place of the directory.")


class UpdateBody(Body):
    """New facts about an alert. What is left out stays as it is.

    People, weapons, injured and hazards are told together: a part of them would leave open
    whether the rest still holds. People and injured may be null, for not known.
    """

    reference: ReferenceBody
    revision: int = Field(
        strict=True,
        ge=2,
        le=LARGEST_REVISION,
        description="Higher than any revision sent before.",
    )
    severity: Severity | None = None
    status: Status | None = None
    text: Prose | None = Field(default=None, description="What is new. Personal: encrypted.")
    place: NewPlaceBody | None = None
    caller: CallerBody | None = None
    visible_to: Codes | None = None
    people: Whole | None = None
    weapons: Flag | None = None
    injured: Whole | None = None
    hazards: Slugs | None = None

    @override
    def faults(self) -> Iterator[Fault]:
        """An update says something, and its circumstances are whole."""
        if self.caller is not None:
            yield from self.caller.faults()
        if not self.model_dump(exclude={"reference", "revision"}, exclude_none=True):
            yield Fault(field="body", message="should say what is new")
        told = [name for name in CIRCUMSTANCES if name in self.model_fields_set]
        for name in CIRCUMSTANCES if told else ():
            if name not in told:
                yield Fault(field=name, message=f"is missing beside {told[0]}")
            elif name in {"weapons", "hazards"} and getattr(self, name) is None:
                yield Fault(field=name, message="should be told, not null")

    def update(self) -> Update:
        """The update as the handlers take it."""
        return Update(
            reference=self.reference.value(),
            revision=self.revision,
            content=self.content(),
            severity=self.severity,
            status=self.status,
            circumstances=self._circumstances(),
            place=None if self.place is None else self.place.place,
            private=self._private(),
        )

    def _circumstances(self) -> Circumstances | None:
        if self.weapons is None or self.hazards is None:
            return None
        return Circumstances(
            people=self.people, weapons=self.weapons, injured=self.injured, hazards=self.hazards
        )

    def _private(self) -> Private | None:
        if self.caller is None and self.text is None and self.visible_to is None:
            return None
        return private(self.caller, self.text, self.visible_to)


class CancellationBody(Body):
    """An alert taken back by its sender."""

    reference: ReferenceBody
    reason: Slug = Field(description="A code, such as false_alarm; nothing personal.")
    text: Prose | None = Field(default=None, description="More about it. Personal: encrypted.")

    def withdrawal(self) -> Withdrawal:
        """The cancellation as the handlers take it."""
        return Withdrawal(
            reference=self.reference.value(),
            reason=self.reason,
            content=self.content(),
            private=None if self.text is None else private(None, self.text, None),
        )
