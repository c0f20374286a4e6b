"""What the notifier counts, and what it says of each fact in its log."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from prometheus_client import Counter, Gauge, Histogram

from incident.alert import Status
from incident.messages import TARGET_AMENDED, TARGET_BREACHED, TARGET_MET, TargetChanged
from incident.timing import Verdict
from services.notifier.ports import Fact, Judged
from services.runtime import spans, trace

_log = structlog.get_logger(__name__)

LEG_BOUNDS = (
    5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1800, 3600, 7200, 86400,
)  # fmt: skip
"""In seconds; every target of the built-in profiles is one of them."""

LEG_SECONDS = Histogram(
    "d115_leg_duration_seconds",
    "From the start of a leg to its end, when both became known; an end before its start counts 0.",
    ["leg", "by", "status"],
    buckets=LEG_BOUNDS,
)
FACTS = Counter(
    "d115_timing_facts_total",
    "What clocks said, by the status of the alert: drills and tests are told apart.",
    ["type", "leg", "status"],
)
RECORDS = Counter(
    "d115_notifier_records_total", "Records read, by type; unknown types are skipped.", ["type"]
)
TIMER_LAG = Histogram(
    "d115_timer_lag_seconds",
    "Real seconds from a deadline to what was said about it.",
    buckets=(0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
SWEEP_SECONDS = Histogram(
    "d115_timer_sweep_seconds",
    "One look at what is due.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
SWEEP_FAULTS = Counter("d115_timer_faults_total", "Looks at what is due that failed.", ["fault"])
SET_ASIDE = Counter("d115_timer_set_aside_total", "Deadlines set aside after their last try.")
SET_ASIDE_NOW = Gauge("d115_timer_set_aside_rows", "Deadlines that are set aside.")
CLOSED = Gauge(
    "d115_timer_closed_partitions",
    "Partitions whose deadlines wait until what their topic held is applied.",
)
OVERDUE = Gauge("d115_timer_overdue_seconds", "Real seconds the oldest open deadline is overdue.")
CONSERVATION = Gauge(
    "d115_conservation_difference",
    "What must be nothing: alerts without incident, incidents without alert, doubled incidents.",
    ["part"],
)
OLDEST_UNOPENED = Gauge(
    "d115_oldest_unopened_alert_seconds",
    "Real seconds since the oldest alert without incident or dead letter was received.",
)
INCIDENTS = Gauge("d115_incidents", "Incidents by state.", ["state"])
ALERTS = Gauge(
    "d115_alerts", "Alerts accepted, and those of them put with the dead letters.", ["what"]
)
HEARTBEAT_AGE = Gauge(
    "d115_heartbeat_age_seconds", "Since the last sign of life of another service.", ["service"]
)
HEARTBEATS = Counter(
    "d115_heartbeats_total", "Signs of life given, or held back or failed.", ["outcome"]
)
UNCOVERED = Gauge(
    "d115_roster_uncovered_seconds",
    "Of the next 24 h, in which a post that needs somebody has nobody on duty; of all together.",
    ["organisation_type", "post"],
)
DIGESTS = Counter("d115_digests_total", "Digests of all heads taken by this process.")
FAULTS = Counter("d115_notifier_faults_total", "Rounds of a task that failed.", ["task", "fault"])


def count_facts(judged: Iterable[Judged], *, real: datetime) -> None:
    """Count what clocks said, with a line in the log and a span for each, by its incident.

    Args:
        judged: What was said.
        real: Real time now.
    """
    for entry in judged:
        for fact in entry.facts:
            leg = fact.body.leg if isinstance(fact.body, TargetChanged) else ""
            FACTS.labels(fact.type, leg, entry.subject.alert.status).inc()
            id_ = str(entry.known.id)
            trace_id = entry.trace_of(fact).trace_id
            _log.info(
                "clock_said", incident_id=id_, trace_id=trace_id, type=fact.type, fact=fact.key
            )
            if spans.collected():
                _tell(entry, fact, real)


def _tell(entry: Judged, fact: Fact, real: datetime) -> None:
    """Tell of a fact as a span without length: what is done about it stands below it."""
    at = real.timestamp()
    spans.tell(
        spans.Span(
            name=fact.type,
            service="notifier",
            sort=spans.Sort.INTERNAL,
            span=entry.trace_of(fact),
            above=entry.known.traceparent,
            began=at,
            ended=at,
            about={"d115.incident": str(entry.known.id), "d115.fact": fact.key},
        )
    )


def show_legs(legs: Iterable[str]) -> None:
    """Show each leg's counts from 0 on: no rate sees a first one that comes with its series."""
    for leg in legs:
        for type_ in (TARGET_MET, TARGET_BREACHED, TARGET_AMENDED):
            FACTS.labels(type_, leg, Status.ACTUAL)
        for by in ("person", "machine"):
            LEG_SECONDS.labels(leg, by, Status.ACTUAL)


def observe_leg(judged: Judged, verdict: Verdict) -> None:
    """Count how long a leg took, tied to its incident's trace."""
    seconds = max(0.0, verdict.seconds or 0.0)  # an end may be reported before its start
    known, labels = judged.known, (verdict.leg, verdict.by, judged.subject.alert.status)
    trace_id = trace.id_of(known.traceparent)
    exemplar = None if trace_id is None else {"trace_id": trace_id}
    LEG_SECONDS.labels(*labels).observe(seconds, exemplar)
