"""The notifier, put together: the one place that knows handlers, adapters and edges alike."""

from services.notifier.wiring.building import build

__all__ = ["build"]
