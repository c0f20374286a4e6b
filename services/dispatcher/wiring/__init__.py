"""The dispatcher, put together: the one place that knows handlers, adapters and edges alike."""

from services.dispatcher.wiring.building import PATHS, build
from services.dispatcher.wiring.foundation import NAME

__all__ = ["NAME", "PATHS", "build"]
