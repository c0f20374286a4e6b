"""Intake as a process of its own, on real Kafka and real Postgres."""
