"""Apache Kafka in KRaft mode, each process broker and controller: one, or one of several."""

import os
import secrets
import shutil
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One broker's place among all.

    Attributes:
        number: From 1.
        port: Where clients connect.
        controllers: The controllers' ports of all brokers, by their numbers.
        settings: Further settings, by Kafka's own names; the last of a name counts.
    """

    number: int = 1
    port: int
    controllers: Mapping[int, int]
    settings: Mapping[str, str] = field(default_factory=dict)


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
    command = java_command(progress=progress, cancel=cancel)
    with leaving_on_failure(occupy(directory, "kafka", progress=progress, cancel=cancel)) as home:
        if not home.data.exists():
            node = Node(port=DEFAULT_PORT, controllers={1: DEFAULT_PORT + 1})
            format_storage(home, command, node, cluster=new_cluster(), cancel=cancel)
        wanted = port or int(home.remembered().get("port", DEFAULT_PORT if port is None else 0))
        for _ in range(_ATTEMPTS - 1):
            try:
                return _start(home, command, wanted, progress=progress, cancel=cancel)
            except AddressTakenError as error:
                progress(str(error))
        return _start(home, command, 0, progress=progress, cancel=cancel)


def java_command(*, progress: Progress, cancel: threading.Event) -> list[str]:
    """Return the command that runs a class of Kafka's, which is fetched if it is not here yet.

    Raises:
        StackError: There is no Java, or Kafka cannot be fetched.
    """
    java = find_java()
    jars = fetch_kafka(progress=progress, cancel=cancel)
    classpath = os.pathsep.join(map(str, [LOCAL, *jars]))  # LOCAL for log4j2.properties
    return [str(java), *_JAVA_OPTIONS, "-cp", classpath]


def _start(
    home: Home, command: list[str], wanted: int, *, progress: Progress, cancel: threading.Event
) -> Process:
    port = choose(wanted, name="Kafka", progress=progress)
    controller = choose(0, name="Kafka's controller", progress=progress)
    node = Node(port=port, controllers={1: controller})
    process = broker(home, command, node, name="Kafka", cancel=cancel)
    process.start()
    home.remember({"port": port})
    return process


def broker(
    home: Home, command: list[str], node: Node, *, name: str, cancel: threading.Event
) -> Process:
    """Describe a broker whose storage is there; `start` runs it."""
    _write_settings(home, "data", node)
    program = _program(home, name, [*command, "kafka.Kafka", "server.properties"])
    return Process(program, _READINESS, address=f"{LOOPBACK}:{node.port}", cancel=cancel)


def new_cluster() -> str:
    """Make a cluster's id."""
    return "d" + secrets.token_urlsafe(16)[1:]  # 16 bytes in base64, no dash in front


def format_storage(
    home: Home, command: list[str], node: Node, *, cluster: str, cancel: threading.Event
) -> None:
    """Make a broker's storage, whole or not at all."""
    new = home.path / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    _write_settings(home, new.name, node)
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


def _write_settings(home: Home, data: str, node: Node) -> None:
    """Write a broker's settings; the quorum is stated, not stored: any port will do later."""
    own = node.controllers[node.number]
    listeners = f"PLAINTEXT://{LOOPBACK}:{node.port},CONTROLLER://{LOOPBACK}:{own}"
    voters = (f"{number}@{LOOPBACK}:{port}" for number, port in node.controllers.items())
    settings = {
        "node.id": str(node.number),
        "listeners": listeners,
        "advertised.listeners": listeners,
        "controller.quorum.voters": ",".join(voters),
        "log.dirs": data,
        **node.settings,
    }
    lines = (f"{name}={value}\n" for name, value in settings.items())
    text = (LOCAL / "server.properties").read_text() + "\n" + "".join(lines)
    (home.path / "server.properties").write_text(text)
