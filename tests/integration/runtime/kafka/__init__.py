"""Kafka in and out, against a real broker and a real Postgres."""
