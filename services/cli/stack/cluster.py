"""Three Kafka brokers on one machine, as production has them on three: every record kept thrice."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.home import Home, occupy
from services.cli.stack.kafka import Node, broker, format_storage, java_command, new_cluster
from services.cli.stack.ports import choose
from services.cli.stack.process import Process
from services.cli.stack.server import Progress

BROKERS = 3
_REPLICATED = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    "unclean.leader.election.enable": "false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Brokers that belong together; one can be killed alone, by `brokers`.

    It serves as a `Server`: what is done to it is done to every broker, side by side.
    """

    brokers: Sequence[Process]

    @property
    def address(self) -> str:
        """All brokers, ``host:port`` joined by commas."""
        return ",".join(each.address for each in self.brokers)

    @property
    def pid(self) -> int | None:
        """The process id of the first broker that runs, None when none does."""
        return next((each.pid for each in self.brokers if each.pid is not None), None)

    def start(self) -> None:
        """Start those that do not run, and return when all take connections.

        Raises:
            StackError: One ended or was not ready in time.
        """
        self._each(Process.start)

    def stop(self) -> None:
        """End all in order."""
        self._each(Process.stop)

    def kill(self) -> None:
        """SIGKILL all."""
        self._each(Process.kill)

    def pause(self) -> None:
        """SIGSTOP all."""
        self._each(Process.pause)

    def resume(self) -> None:
        """Let all go on."""
        self._each(Process.resume)

    def restart(self) -> None:
        """Stop all, then start all: one alone would wait for a quorum."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop all and give their directories up."""
        self._each(Process.close)

    def _each(self, act: Callable[[Process], None]) -> None:
        with ThreadPoolExecutor(len(self.brokers)) as pool:
            for done in [pool.submit(act, each) for each in self.brokers]:
                done.result()


@contextlib.contextmanager
def open_cluster(
    directory: Path, *, progress: Progress, cancel: threading.Event | None = None
) -> Iterator[Cluster]:
    """Make three new brokers below ``<directory>/kafka-1`` to ``3``, and stop them at the end.

    Args:
        directory: Holds no such brokers yet.
        progress: Told of downloads.
        cancel: Set by another thread to call the start off.

    Raises:
        StackError: They could not be started; the message says why.
    """
    cancel = cancel or threading.Event()
    command = java_command(progress=progress, cancel=cancel)
    nodes = _nodes(progress)
    name = new_cluster()
    with contextlib.ExitStack() as opened, ThreadPoolExecutor(BROKERS) as pool:
        homes = [
            occupy(directory, f"kafka-{node.number}", progress=progress, cancel=cancel)
            for node in nodes
        ]

        def make(home: Home, node: Node) -> Process:
            format_storage(home, command, node, cluster=name, cancel=cancel)
            return broker(home, command, node, name=f"Kafka {node.number}", cancel=cancel)

        cluster = Cluster(brokers=list(pool.map(make, homes, nodes)))
        opened.callback(cluster.close)
        cluster.start()
        yield cluster


def _nodes(progress: Progress) -> list[Node]:
    numbers = range(1, BROKERS + 1)
    controllers = {
        number: choose(0, name=f"Kafka {number}'s controller", progress=progress)
        for number in numbers
    }
    return [
        Node(
            number=number,
            port=choose(0, name=f"Kafka {number}", progress=progress),
            controllers=controllers,
            settings=_REPLICATED,
        )
        for number in numbers
    ]
