"""What is counted of messages; the bounds of the histograms lie on the targets."""

from prometheus_client import Counter, Gauge, Histogram

MADE = Counter(
    "d115_messages_made_total", "Messages made, by purpose and state.", ["purpose", "state"]
)
ATTEMPTS = Counter(
    "d115_message_attempts_total", "Attempts to send, by way and outcome.", ["way", "outcome"]
)
ENDED = Counter(
    "d115_messages_ended_total", "Messages that ended, by state and reason.", ["state", "reason"]
)
HANDED = Histogram(
    "d115_message_handed_seconds",
    "Real seconds from a message's making to its first attempt.",
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
SECONDS = Histogram(
    "d115_message_attempt_seconds",
    "From the beginning of an attempt to its outcome.",
    ["way"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
WAITING = Gauge("d115_messages_waiting", "Messages that wait to be sent.")
OLDEST = Gauge("d115_messages_oldest_seconds", "Real seconds the longest due message is overdue.")
FAILING = Gauge("d115_message_failing_endpoints", "Gateways slowed down because they fail.")
FAULTS = Counter("d115_message_faults_total", "Rounds and settlements that failed.", ["part"])
REPLIES = Counter("d115_message_replies_total", "Uses of links, by what came of them.", ["outcome"])
