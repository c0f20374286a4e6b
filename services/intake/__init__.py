"""Intake: takes alerts in over HTTP and makes them safe in Kafka; `202` is its promise."""
