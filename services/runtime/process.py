"""Runs one service, or several under one origin, as a process: start, serve, notice, stop.

Start: take the ports, answer health as "starting", wire each service, start it, serve. A task that
ends by itself ends the process, with code 1: somebody restarts it, and a service without one of its
tasks only looks alive. SIGTERM and SIGINT stop it within five seconds, with code 0: streams told to
end, no new connections, open requests answered, tasks cancelled, then the stop hooks.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from socket import socket
from typing import Any, TypeVar

import structlog
from starlette.types import ASGIApp

from services.runtime import logs, metrics
from services.runtime.clock import Clock, SystemClock
from services.runtime.clockwatch import ClockWatch
from services.runtime.guards import BODY_BYTES, guard
from services.runtime.health import Check, Health
from services.runtime.logs import describe
from services.runtime.web import GRACE_SECONDS, OneOrigin, PortTakenError, WebServer, bind, port_of

STOPPED, FAILED, PORT_TAKEN = 0, 1, 3
STOP_SECONDS = 5.0
PART_SECONDS = 1.0  # for a hook, and for all tasks together

Hook = Callable[[], Awaitable[None]]
Task = Callable[[], Coroutine[None, None, None]]
T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceParts:
    """A service as a value: all that a process needs to run it.

    Attributes:
        name: `intake`, `dispatcher`, `notifier`.
        app: Its HTTP side, unguarded.
        paths: What it answers under one origin with others, such as `/v1/alerts`.
        tasks: What runs as long as it does, by name; none may end by itself.
        start: Run one after another before anything is served.
        drain: Run as soon as the process is told to stop: ends streams, refuses new work.
        stop: Run last, in reverse order, also after a failed start.
        ready: What must hold for it to be sent work, by name.
        alive: What must hold for it not to be restarted, by name.
        notes: What readiness shows beside, without failing for it.
        body_bytes: The largest body it takes; None where it bounds them itself.
    """

    name: str
    app: ASGIApp
    paths: Sequence[str] = ("/",)
    tasks: Mapping[str, Task] = field(default_factory=dict)
    start: Sequence[Hook] = ()
    drain: Sequence[Hook] = ()
    stop: Sequence[Hook] = ()
    ready: Mapping[str, Check] = field(default_factory=dict)
    alive: Mapping[str, Check] = field(default_factory=dict)
    notes: Mapping[str, Check] = field(default_factory=dict)
    body_bytes: int | None = BODY_BYTES


Wiring = Callable[[], Awaitable[ServiceParts]]
"""Builds a service inside the running loop; a service's `wiring.py` has one."""

Announce = Callable[[int, int], None]
"""Takes the API's port and the ops port."""


def run(  # what a process is told, by name
    *wirings: Wiring,
    port: int,
    ops_port: int,
    host: str = "127.0.0.1",
    log_level: str = "INFO",
    clock: Clock | None = None,
    announce: Announce | None = None,
) -> int:
    """Run services until told to stop.

    Args:
        wirings: One for each service.
        port: Of the API of all of them; 0 lets the system choose.
        ops_port: Of metrics and health.
        host: The address to listen on.
        log_level: The least level written.
        clock: What to wait and measure with.
        announce: Called with both ports once requests are answered; logs them if not given.

    Returns:
        The process's exit code: 0 told to stop, 1 a service failed, 3 a port was taken.
    """
    writer = logs.configure(level=log_level)
    try:
        with bind(host, port) as listener, bind(host, ops_port) as ops_listener:
            process = Process(wirings, clock or SystemClock(), writer)
            try:
                return asyncio.run(process.run(listener, ops_listener, announce or _log_ports))
            finally:
                process.disarm()
    except PortTakenError as error:
        sys.stderr.write(f"{error}\n")
        return PORT_TAKEN
    finally:
        writer.close()


class Process:
    """Holds services from their wiring to their stop."""

    def __init__(self, wirings: Sequence[Wiring], clock: Clock, writer: logs.Writer) -> None:
        self._wirings = wirings
        self._clock = clock
        self._writer = writer
        self._health = Health()
        self._health.ready["process"] = self._unready
        self._clock_watch = ClockWatch(clock)
        self._health.notes["clock"] = self._clock_watch.check
        self._state: str | None = "is starting"
        self._told = asyncio.Event()
        self._last_resort = threading.Timer(STOP_SECONDS, self._give_up)
        self._last_resort.daemon = True

    async def run(self, listener: socket, ops_listener: socket, announce: Announce) -> int:
        """Serve on two bound sockets until told to stop; returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        ops = WebServer(self._health.app(), ops_listener)
        ops_task = asyncio.create_task(ops.run_until_ended(), name="ops")
        try:
            async with AsyncExitStack() as hooks:
                services = await self._unless_told(self._start(hooks))
                if services is None:
                    return STOPPED
                server = WebServer(_origin(services, self._clock), listener)
                http = asyncio.create_task(server.run_until_ended(), name="http")
                tasks = _spawn(services, self._clock, self._clock_watch)
                if await self._unless_told(server.listening.wait()):
                    self._state = None
                    announce(port_of(listener), port_of(ops_listener))
                code = await self._watch({http, ops_task, *tasks})
                await _drain(services)
                server.end()
                await asyncio.wait([http], timeout=GRACE_SECONDS + PART_SECONDS)
                await _cancel(tasks)
                return code
        except Exception as error:  # noqa: BLE001  # the process's edge: say it once, and end
            _log.error("service_failed", fault=describe(error), exc_info=error)
            return FAILED
        finally:
            ops.end()
            await asyncio.wait([ops_task], timeout=PART_SECONDS)

    def stop(self) -> None:
        """Begin to stop, as a signal does; told twice, it changes nothing."""
        if not self._told.is_set():
            self._state = "is stopping"
            self._told.set()
            self._last_resort.start()

    def disarm(self) -> None:
        """Take the last resort back, once the loop is gone."""
        self._last_resort.cancel()

    async def _unready(self) -> str | None:
        return self._state

    def _give_up(self) -> None:
        """End the process at once: something in it would not stop in time."""
        _log.error("stop_overran", seconds=STOP_SECONDS)
        self._writer.close(0.2)
        os._exit(FAILED)

    async def _unless_told(self, work: Coroutine[None, None, T]) -> T | None:
        """Do some work, or drop it and return None when told to stop meanwhile."""
        task = asyncio.create_task(work)
        told = asyncio.create_task(self._told.wait())
        await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        if task.done():
            return task.result()
        await _cancel([task])
        return None

    async def _start(self, hooks: AsyncExitStack) -> list[ServiceParts]:
        services = list[ServiceParts]()
        for wiring in self._wirings:
            service = await wiring()
            services.append(service)
            for hook in service.stop:
                hooks.push_async_callback(_bounded, hook, f"{service.name} stop")
            for hook in service.start:
                await hook()
            self._health.ready |= _named(service, service.ready)
            self._health.alive |= _named(service, service.alive)
            self._health.notes |= _named(service, service.notes)
        return services

    async def _watch(self, tasks: set[asyncio.Task[None]]) -> int:
        """Wait until told to stop, or until a task ends by itself; returns the exit code."""
        told = asyncio.create_task(self._told.wait())
        done, _ = await asyncio.wait({told, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        ended = done - {told}
        for task in ended:
            _tell_end(task)
        self.stop()
        return FAILED if ended else STOPPED


async def _drain(services: Sequence[ServiceParts]) -> None:
    hooks = [(service.name, hook) for service in services for hook in service.drain]
    await asyncio.gather(*(_bounded(hook, f"{name} drain") for name, hook in hooks))


def _origin(services: Sequence[ServiceParts], clock: Clock) -> ASGIApp:
    guarded = {
        service.name: guard(
            service.app, service=service.name, clock=clock, body_bytes=service.body_bytes
        )
        for service in services
    }
    if len(services) == 1:
        return guarded[services[0].name]
    return OneOrigin(
        {path: guarded[service.name] for service in services for path in service.paths}
    )


def _log_ports(port: int, ops_port: int) -> None:
    _log.info("serving", port=port, ops_port=ops_port)


def _named(service: ServiceParts, checks: Mapping[str, Check]) -> dict[str, Check]:
    return {f"{service.name} {name}": check for name, check in checks.items()}


def _spawn(
    services: Sequence[ServiceParts], clock: Clock, clock_watch: ClockWatch
) -> list[asyncio.Task[None]]:
    tasks = [
        asyncio.create_task(metrics.watch_loop(clock), name="loop watch"),
        asyncio.create_task(clock_watch.run(), name="clock watch"),
    ]
    for service in services:
        for name, make in service.tasks.items():
            work = _in_service(service.name, make)
            tasks.append(asyncio.create_task(work, name=f"{service.name} {name}"))
    return tasks


async def _in_service(service: str, make: Task) -> None:
    structlog.contextvars.bind_contextvars(service=service)
    await make()


def _tell_end(task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    fault = describe(error) if error else "it ended by itself"
    _log.error("task_ended", task=task.get_name(), fault=fault, exc_info=error)


async def _cancel(tasks: Iterable[asyncio.Task[T]]) -> None:
    """Cancel tasks and wait for them, naming those that do not end in time or end badly."""
    running = [task for task in tasks if not task.done()]
    for task in running:
        task.cancel()
    if not running:
        return
    done, pending = await asyncio.wait(running, timeout=PART_SECONDS)
    for task in pending:
        _log.error("task_would_not_end", task=task.get_name(), seconds=PART_SECONDS)
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task_ended_badly", task=task.get_name(), fault=describe(error))


async def _bounded(hook: Hook, name: str) -> None:
    """Run a hook of the stop; one that fails or hangs does not keep the others from running."""
    try:
        async with asyncio.timeout(PART_SECONDS):
            await hook()
    except Exception as error:  # noqa: BLE001  # the stop goes on
        _log.error("hook_failed", hook=name, fault=describe(error))
