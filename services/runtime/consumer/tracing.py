"""A span for each record that was applied, in the trace the record came with."""

from collections.abc import Sequence

from services.runtime import spans, trace
from services.runtime.records import Received


def tell_applied(records: Sequence[Received], service: str, *, began: float, ended: float) -> None:
    """Tell of a batch; records of one transaction begin and end together.

    Args:
        records: What was applied; those without a trace, such as heartbeats, are left out.
        service: Who applied them.
        began: Real seconds since 1970.
        ended: The same.
    """
    for record in records:
        above = record.headers.get(trace.HEADER)
        if trace.parse(above) is None:
            continue
        topic = record.topic.rpartition(".v")[0].rpartition(".")[2]
        spans.tell(
            spans.Span(
                name=f"{topic} process",
                service=service,
                sort=spans.Sort.CONSUMER,
                span=trace.beside(above),
                above=above,
                began=began,
                ended=ended,
                about={
                    "messaging.system": "kafka",
                    "messaging.destination.name": record.topic,
                    "messaging.kafka.offset": record.offset,
                    "cloudevents.event_type": record.headers.get("ce_type", ""),
                },
            )
        )
