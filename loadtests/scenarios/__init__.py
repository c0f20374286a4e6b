"""The scenarios: each a module with `async def run(bench: Bench) -> list[Result]`.

The first line of a module's docstring says what it measures.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module

from loadtests.bench import Bench
from loadtests.results import Result

NAMES = (
    "accept", "push", "burst", "backlog", "life",
    "clocks", "consoles", "compliance", "rest",
)  # fmt: skip
"""What a whole bench runs, in this order."""

BY_NAME = ("growth",)
"""Run only when named: it takes as long as half of the others."""

Run = Callable[[Bench], Awaitable[list[Result]]]


def load(name: str) -> Run:
    """Return what runs a scenario."""
    run: Run = import_module(f"{__name__}.{name}").run
    return run


def title(name: str) -> str:
    """Say what a scenario measures, in a line."""
    doc = import_module(f"{__name__}.{name}").__doc__ or ""
    return doc.partition("\n")[0]
