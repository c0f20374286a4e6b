"""Kafka and Postgres together: ours, started at once and stopped at the end, or somebody else's."""

import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.stack.account import OUTSIDE_PREFIX
from services.cli.stack.kafka import start_kafka
from services.cli.stack.postgres import ExternalPostgres, Postgres, start_postgres
from services.cli.stack.server import External, Progress, Server

DEFAULT_DIRECTORY = Path(".d115")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running Kafka and a running Postgres."""

    kafka: Server
    postgres: Postgres


@contextmanager
def open_stack(
    directory: Path = DEFAULT_DIRECTORY, *, any_port: bool = False, progress: Progress
) -> Iterator[Stack]:
    """Start both servers on the directory and stop them at the end.

    ``D115_KAFKA`` (host:port) and ``D115_POSTGRES`` (DSN) name servers to use instead; those are
    neither started nor stopped.

    Args:
        directory: Where their data is kept; made if absent, used again if not.
        any_port: Take any free port when the directory remembers none, not the usual ones.
        progress: Takes one line of text about each thing done, from several threads.

    Raises:
        StackError: One could not be started; the other is stopped again.
    """
    cancel = threading.Event()
    port = 0 if any_port else None
    with ThreadPoolExecutor(2) as pool:
        kafka = pool.submit(_kafka, directory, port, progress, cancel)
        postgres = pool.submit(_postgres, directory, port, progress, cancel)
        try:
            _await_both(kafka, postgres, cancel)
            yield Stack(kafka=kafka.result(), postgres=postgres.result())
        finally:
            cancel.set()
            wait([pool.submit(_close, kafka), pool.submit(_close, postgres)])


def remove(directory: Path) -> None:
    """Delete a stack's data, also what lies elsewhere because Postgres cannot reach it here."""
    linked = directory / "postgres" / "data"
    if linked.is_symlink() and linked.resolve().parent.name.startswith(OUTSIDE_PREFIX):
        shutil.rmtree(linked.resolve().parent, ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)


def _kafka(
    directory: Path, port: int | None, progress: Progress, cancel: threading.Event
) -> Server:
    address = os.environ.get("D115_KAFKA")
    if address:
        return External(address=address)
    return start_kafka(directory, port=port, progress=progress, cancel=cancel)


def _postgres(
    directory: Path, port: int | None, progress: Progress, cancel: threading.Event
) -> Postgres:
    dsn = os.environ.get("D115_POSTGRES")
    if dsn:
        return ExternalPostgres.at(dsn)
    return start_postgres(directory, port=port, progress=progress, cancel=cancel)


def _await_both(kafka: Future[Server], postgres: Future[Postgres], cancel: threading.Event) -> None:
    """Return when both run; when one fails call the other off and raise why."""
    both: list[Future[Any]] = [kafka, postgres]
    failed = [done.exception() for done in wait(both, return_when=FIRST_EXCEPTION).done]
    for fault in failed:
        if fault is not None:
            cancel.set()
            raise fault


def _close(started: Future[Any]) -> None:
    if started.exception() is None:
        started.result().close()
