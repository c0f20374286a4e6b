"""Alerts in the form intake publishes them, made from one that it did publish."""

import json
from collections.abc import Iterator
from dataclasses import replace

from aiokafka import AIOKafkaConsumer

from incident.messages import ALERTS
from loadtests.alerts import PATH, Report, Reports
from loadtests.site import Site

_SECONDS = 10_000


class Messages:
    """Makes messages for `alerts.v1`: each is another alert, all have the one's sealed text."""

    def __init__(self, reports: Reports, template: bytes) -> None:
        self._reports = reports
        self._template = json.loads(template)

    def make(self, number: int) -> list[Report]:
        """Make so many; a body is a message's value."""
        return list(self._made(number))

    def _made(self, number: int) -> Iterator[Report]:
        alert = self._template["alert"]
        for report in self._reports.make(number):
            asked = json.loads(report.body)
            told = alert | {
                "id": str(report.id),
                "reference": asked["reference"],
                "severity": asked["severity"],
                "place": alert["place"] | {"center": report.center},
            }
            body = json.dumps(self._template | {"alert": told}, ensure_ascii=False)
            yield replace(report, body=body.encode())


async def learn(site: Site, reports: Reports) -> Messages:
    """Send one alert to intake and take what it publishes as the form of all.

    Raises:
        ValueError: It was not accepted.
    """
    (first,) = reports.make(1)
    consumer = AIOKafkaConsumer(
        site.topic(ALERTS),
        bootstrap_servers=site.stack.kafka.address,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        answer = await site.intake.post(PATH, first.body, first.headers)
        if answer.status != 202:
            raise ValueError(f"the first alert was answered {answer.status}: {answer.body[:200]!r}")
        told = await consumer.getmany(timeout_ms=_SECONDS, max_records=1)
    finally:
        await consumer.stop()
    (record,) = (record for part in told.values() for record in part)
    return Messages(reports, record.value)
