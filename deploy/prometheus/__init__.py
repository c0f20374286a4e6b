"""Prometheus beside a running instance: `make monitoring`."""
