"""Intake's settings, from the environment."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.intake.overload import Limits, SpoolLimits
from services.runtime.settings import DataKeys, ServiceSettings

LONGEST_KAFKA_SECONDS = LONGEST_SPOOL_SECONDS = 2.0
"""One store is asked after the other, and a sender is to hear soon that there is none."""

DEFAULTS = Limits()
SPOOL = SpoolLimits()

Count = Annotated[int, Field(ge=1, le=100_000)]


class IntakeSettings(ServiceSettings):
    """What intake is told, beside what every service is told.

    Attributes:
        data_keys: Seals what is personal.
        kafka_seconds: How long Kafka may take to confirm; from then on the spool is used.
        spool_seconds: How long the spool may take; then the answer is 503.
        spool_rows: Messages the spool may hold.
        spool_bytes: Bytes their bodies may have together.
        slots: Alerts worked on at once.
        red_reserve_percent: The share of the slots that only red alerts may take.
        inside: Requests inside at once, bodies still coming included.
        share: How many of them one organisation may have.
        rate: Alerts a second of one organisation in the long run, red ones not counted.
        burst: Alerts of one organisation at once after a pause.
        batches: Batches worked on at once.
    """

    model_config = ServiceSettings.model_config | SettingsConfigDict(env_prefix="INTAKE_")

    data_keys: DataKeys
    kafka_seconds: float = Field(default=1.5, ge=0.2, le=LONGEST_KAFKA_SECONDS)
    spool_seconds: float = Field(default=SPOOL.seconds, ge=0.1, le=LONGEST_SPOOL_SECONDS)
    spool_rows: Annotated[int, Field(ge=1, le=100_000_000)] = SPOOL.rows
    spool_bytes: Annotated[int, Field(ge=1, le=2**40)] = SPOOL.bytes
    slots: Annotated[int, Field(ge=2, le=100_000)] = DEFAULTS.slots
    red_reserve_percent: Annotated[int, Field(ge=0, le=90)] = 25
    inside: Count = DEFAULTS.inside
    share: Count = DEFAULTS.share
    rate: float = Field(default=DEFAULTS.rate, gt=0, le=100_000)
    burst: Count = DEFAULTS.burst
    batches: Count = DEFAULTS.batches

    def spool(self) -> SpoolLimits:
        """The limits of the spool."""
        return SpoolLimits(rows=self.spool_rows, bytes=self.spool_bytes, seconds=self.spool_seconds)

    def limits(self) -> Limits:
        """The limits as overload takes them."""
        return Limits(
            slots=self.slots,
            reserve=self.slots * self.red_reserve_percent // 100,
            inside=self.inside,
            share=self.share,
            rate=self.rate,
            burst=self.burst,
            batches=self.batches,
        )
