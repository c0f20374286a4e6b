"""One process of an instance: started below a guard, killed, stopped and started again."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from services.cli.stack.ports import LOOPBACK, choose
from services.cli.stack.process import Process, Program, Readiness
from services.cli.stack.server import AddressTakenError, Progress, StackError
from services.runtime.clock import SystemClock

READY_SECONDS = 30.0
_CACHED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Compiled code is kept whatever whoever starts it does: else each start takes 0.3 s longer."""
_POLL_SECONDS = 0.05
_TAIL_LINES = 12
_READINESS = Readiness(
    text='"event":"serving"',
    within_seconds=90,  # it waits for Kafka and Postgres itself
    stop_signal=signal.SIGTERM,
    stop_seconds=8,  # it gives up by itself after 5
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is run.

    Attributes:
        name: What it is called in messages and log files.
        module: The module that is run: `services.intake`.
        prefixes: Those of the settings that carry its ports: `INTAKE_`.
        folder: Where its log is, and it runs.
        lock: A file descriptor that stays open as long as anything of it lives.
        environment: Its settings.
    """

    name: str
    module: str
    prefixes: tuple[str, ...]
    folder: Path
    lock: int
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """Where what it says goes."""
        return self.folder / f"{self.name}.log"


class Service:
    """A process of the instance; its address stays the same over kills and restarts.

    Attributes:
        port: Of its API.
        ops_port: Of its metrics and health.
        environment: The further settings of its last run.
    """

    def __init__(self, command: Command, *, port: int, ops_port: int, progress: Progress) -> None:
        """Describe it; `start` runs it.

        Args:
            command: What to run.
            port: The port to prefer for its API; 0 for any.
            ops_port: The port to prefer for metrics and health; 0 for any.
            progress: Told when a port is taken.
        """
        self._command = command
        self._progress = progress
        self._cancel = threading.Event()
        self._wanted = (port, ops_port)
        self._process: Process | None = None
        self.port, self.ops_port = 0, 0
        self.environment: Mapping[str, str] = {}

    @property
    def name(self) -> str:
        """What it is called."""
        return self._command.name

    @property
    def url(self) -> str:
        """Where its API is."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def ops_url(self) -> str:
        """Where its metrics and health are."""
        return f"http://{LOOPBACK}:{self.ops_port}"

    @property
    def log(self) -> Path:
        """Where what it says goes."""
        return self._command.log

    @property
    def pid(self) -> int | None:
        """Its process id; None when it does not run."""
        return None if self._process is None else self._process.pid

    async def start(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it and return when it serves; on the first start ports are chosen.

        Args:
            environment: Further settings, for this run only.

        Raises:
            StackError: It ended or did not serve in time; the end of its log is in the message.
        """
        self._cancel.clear()
        await _in_thread(lambda: self._start(environment or {}), self._cancel)

    async def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal; after SIGKILL it is gone with all its processes on return."""
        if self._process is None:
            return
        if number is signal.SIGKILL:
            await _in_thread(self._process.kill, self._cancel)
        elif self._process.pid is not None:
            os.kill(self._process.pid, number)

    async def stop(self) -> None:
        """End it in order, within a bounded time."""
        if self._process is not None:
            await _in_thread(self._process.stop, self._cancel)

    async def restart(self, environment: Mapping[str, str] | None = None) -> None:
        """Start it again at the same address, stopping it before if it runs."""
        await self.stop()
        await self.start(environment)

    async def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Return when `/readyz` says that it may be sent work.

        Raises:
            StackError: It does not in time, or it ended; the message says what is missing.
        """
        clock = SystemClock()
        deadline = clock.monotonic() + seconds
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
            while (missing := await self._missing(session)) is not None:
                if self.pid is None or clock.monotonic() > deadline:
                    what = "ended" if self.pid is None else f"was not ready within {seconds:g} s"
                    raise StackError(f"{self.name} {what}: {missing}\n{self.tail()}")
                await clock.sleep(_POLL_SECONDS)

    def tail(self) -> str:
        """Return the end of its log, with a line saying what it is."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        return "\n".join([f"(end of {self.log})", *lines[-_TAIL_LINES:]])

    async def _missing(self, session: aiohttp.ClientSession) -> str | None:
        """Say what is missing for it to be ready; None if nothing is."""
        try:
            async with session.get(f"{self.ops_url}/readyz") as answer:
                return None if answer.status == 200 else (await answer.text())[:500]
        except (aiohttp.ClientError, TimeoutError) as error:
            return str(error) or type(error).__name__

    def _start(self, environment: Mapping[str, str]) -> None:
        if self.port:
            self._run(environment)
            return
        for wanted in (self._wanted, (0, 0)):
            self._choose_ports(*wanted)
            try:
                self._run(environment)
            except AddressTakenError as error:  # between the choice and the start
                self._progress(str(error))
            else:
                return
        self._choose_ports(0, 0)
        self._run(environment)

    def _choose_ports(self, port: int, ops_port: int) -> None:
        self.port = choose(port, name=self.name, progress=self._progress)
        ops_name = f"{self.name}, metrics and health"
        self.ops_port = choose(ops_port, name=ops_name, progress=self._progress)

    def _run(self, environment: Mapping[str, str]) -> None:
        ports = dict[str, str]()
        for prefix in self._command.prefixes:
            ports |= {f"{prefix}PORT": str(self.port), f"{prefix}OPS_PORT": str(self.ops_port)}
        if "NOTIFIER_" in self._command.prefixes:  # links in messages lead to where it serves
            told = self._command.environment.get("NOTIFIER_PUBLIC_URL")
            ports["NOTIFIER_PUBLIC_URL"] = told or self.url
        self.environment = environment
        program = Program(
            name=self.name,
            command=[sys.executable, "-P", "-m", self._command.module],
            folder=self._command.folder,
            log=self.log,
            lock=self._command.lock,
            environment={**_CACHED, **self._command.environment, **ports, **environment},
        )
        address = f"{LOOPBACK}:{self.port}"
        self._process = Process(program, _READINESS, address=address, cancel=self._cancel)
        self._process.start()


async def _in_thread(work: Callable[[], None], cancel: threading.Event) -> None:
    """Do blocking work beside the loop; when called off, call it off too and wait for its end."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        cancel.set()
        while not task.done():  # whoever calls it off again changes nothing: it is about to end
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # of no account any more, and retrieved, so that nobody tells of it
        raise
