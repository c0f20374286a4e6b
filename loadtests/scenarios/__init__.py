"""The scenarios: each a module with `async def run(bench: Bench) -> list[Result]`.

The first line of a module's docstring says what it measures.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from importlib.util import find_spec

from loadtests.bench import Bench
from loadtests.results import Result

NAMES = (
    "accept", "push", "burst", "backlog", "life",
    "clocks", "consoles", "compliance", "rest", "growth",
)  # fmt: skip
"""All scenarios, in the order they are run."""

Run = Callable[[Bench], Awaitable[list[Result]]]


def names() -> list[str]:
    """Return the scenarios there are, in order."""
    return [name for name in NAMES if find_spec(f"{__name__}.{name}") is not None]


def load(name: str) -> Run:
    """Return what runs a scenario."""
    run: Run = import_module(f"{__name__}.{name}").run
    return run


def title(name: str) -> str:
    """Say what a scenario measures, in a line."""
    doc = import_module(f"{__name__}.{name}").__doc__ or ""
    return doc.partition("\n")[0]
