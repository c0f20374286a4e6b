"""Apache Kafka in KRaft mode, one process that is broker and controller."""

import os
import secrets
import shutil
import signal
import threading
from pathlib import Path

from services.cli.stack.home import Home, leaving_on_failure, occupy
from services.cli.stack.jars import LOCAL, fetch_kafka
from services.cli.stack.java import find_java
from services.cli.stack.ports import LOOPBACK, choose
from services.cli.stack.process import Process, Program, Readiness, run_to_end
from services.cli.stack.server import AddressTakenError, Progress

DEFAULT_PORT = 19092
_ATTEMPTS = 3
_FORMAT_SECONDS = 60
_JAVA_OPTIONS = [
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.io.tmpdir=tmp",
]
_READINESS = Readiness(
    text="Kafka Server started",
    within_seconds=90,
    stop_signal=signal.SIGTERM,
    stop_seconds=15,
)


def start_kafka(
    directory: Path,
    *,
    port: int | None = None,
    progress: Progress,
    cancel: threading.Event | None = None,
) -> Process:
    """Start a broker whose files are in ``<directory>/kafka`` and return when it answers.

    Args:
        directory: Made if absent; what it holds is used again.
        port: The port to prefer on the loopback interface. None: the last one used, or the usual
            one. 0: the last one used, or any.
        progress: Told of downloads, and of a taken port.
        cancel: Set by another thread to call the start off.

    Raises:
        StackError: It could not be started; the message says why.
    """
    cancel = cancel or threading.Event()
    java = find_java()
    jars = fetch_kafka(progress=progress, cancel=cancel)
    classpath = os.pathsep.join(map(str, [LOCAL, *jars]))  # LOCAL for log4j2.properties
    command = [str(java), *_JAVA_OPTIONS, "-cp", classpath]
    with leaving_on_failure(occupy(directory, "kafka", progress=progress, cancel=cancel)) as home:
        if not home.data.exists():
            _format(home, command, cancel)
        wanted = port or int(home.remembered().get("port", DEFAULT_PORT if port is None else 0))
        for _ in range(_ATTEMPTS - 1):
            try:
                return _start(home, command, wanted, progress=progress, cancel=cancel)
            except AddressTakenError as error:
                progress(str(error))
        return _start(home, command, 0, progress=progress, cancel=cancel)


def _start(
    home: Home, command: list[str], wanted: int, *, progress: Progress, cancel: threading.Event
) -> Process:
    port = choose(wanted, name="Kafka", progress=progress)
    controller = choose(0, name="Kafka's controller", progress=progress)
    _write_settings(home, "data", port=port, controller=controller)
    program = _program(home, "Kafka", [*command, "kafka.Kafka", "server.properties"])
    process = Process(program, _READINESS, address=f"{LOOPBACK}:{port}", cancel=cancel)
    process.start()
    home.remember({"port": port})
    return process


def _format(home: Home, command: list[str], cancel: threading.Event) -> None:
    """Make the broker's storage, whole or not at all."""
    new = home.path / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    cluster = "d" + secrets.token_urlsafe(16)[1:]  # 16 bytes in base64, no dash in front
    _write_settings(home, new.name, port=DEFAULT_PORT, controller=DEFAULT_PORT + 1)
    storage = ["kafka.tools.StorageTool", "format", "-t", cluster, "-c", "server.properties"]
    program = _program(home, "Kafka's formatting of its storage", [*command, *storage])
    run_to_end(program, seconds=_FORMAT_SECONDS, cancel=cancel)
    new.chmod(0o700)
    new.rename(home.data)


def _program(home: Home, name: str, command: list[str]) -> Program:
    """Describe a run in the server's folder, whose path may hold any character."""
    scratch = home.path / "tmp"  # native libraries are unpacked there; a killed broker leaves them
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    return Program(
        name=name,
        command=command,
        folder=home.path,
        log=home.log,
        lock=home.lock,
        environment={"LC_ALL": "C.UTF-8"},  # else Java cannot open paths beyond ASCII
    )


def _write_settings(home: Home, data: str, *, port: int, controller: int) -> None:
    """Write the broker's settings; the quorum is stated, not stored: any port will do later."""
    listeners = f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller}"
    (home.path / "server.properties").write_text(
        (LOCAL / "server.properties").read_text()
        + f"\nlisteners={listeners}\nadvertised.listeners={listeners}\n"
        + f"controller.quorum.voters=1@{LOOPBACK}:{controller}\nlog.dirs={data}\n"
    )
