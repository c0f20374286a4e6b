"""What is measured of callbacks."""

from prometheus_client import Counter, Gauge, Histogram

ATTEMPTS = Counter(
    "d115_callback_attempts_total", "Attempts to deliver a callback, by outcome.", ["outcome"]
)
SECONDS = Histogram(
    "d115_callback_seconds",
    "From the beginning of an attempt to its outcome.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5),
)
SETTLED = Counter("d115_callbacks_settled_total", "Callbacks that left the line.", ["state"])
FAULTS = Counter("d115_callback_faults_total", "Rounds that failed, by part.", ["part"])
WAITING = Gauge("d115_callbacks_waiting", "Callbacks that wait, by how they do.", ["state"])
OLDEST = Gauge(
    "d115_callbacks_oldest_seconds", "Age of the oldest callback that waits so.", ["state"]
)
FAILING = Gauge("d115_callback_failing_stations", "Stations slowed down because they fail.")
DISABLED = Counter(
    "d115_callback_stations_disabled_total", "Stations nothing is sent to any more.", ["why"]
)
PURGED = Counter("d115_callbacks_purged_total", "Callbacks removed after retention.")
EXPIRED = Counter("d115_callbacks_expired_total", "Callbacks that waited longer than is kept.")
