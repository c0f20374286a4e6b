"""The demo: an invented park, invented alerts, and simulated people who act over the public API."""
