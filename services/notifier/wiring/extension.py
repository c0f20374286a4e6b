"""What a part of the notifier brings along: its routes, its loops, what it writes beside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter
from pydantic import BaseModel

from services.notifier.adapters.listening import Listener
from services.runtime.health import Check
from services.runtime.process import Hook, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One part, as a value.

    Attributes:
        routers: Its routes.
        models: What they answer with, each with an example.
        paths: What they answer under one origin with other services.
        tasks: Its loops, by name; none may end by itself.
        listeners: What it writes in the transaction in which something is said.
        told: Called after such a transaction was committed; returns at once.
        notes: What readiness shows, without failing for it.
        start: Run before anything is served.
        stop: Run last.
    """

    routers: Sequence[APIRouter] = ()
    models: Sequence[type[BaseModel]] = ()
    paths: Sequence[str] = ()
    tasks: Mapping[str, Task] = field(default_factory=dict)
    listeners: Sequence[Listener] = ()
    told: Sequence[Callable[[], None]] = ()
    notes: Mapping[str, Check] = field(default_factory=dict)
    start: Sequence[Hook] = ()
    stop: Sequence[Hook] = ()
