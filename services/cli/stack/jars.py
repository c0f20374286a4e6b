"""Kafka's jars: pinned coordinates fetched from a Maven repository and checked by SHA-256.

``deploy/local/kafka-4.3.1.jars.lock`` has a line per jar, ``group:artifact:version sha256:<hex>``.
The jars are kept in ``$XDG_CACHE_HOME/d115`` (or ``~/.cache/d115``), checked again before each use,
and only the missing or damaged ones are fetched. ``D115_MAVEN`` names another repository than Maven
Central.
"""

import hashlib
import os
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.cli.stack.server import Progress, StackError, StoppedError

KAFKA_VERSION = "4.3.1"
LOCAL = Path(__file__).parents[3] / "deploy" / "local"
_CENTRAL = "https://repo1.maven.org/maven2"
_THREADS = 8
_ATTEMPTS = 4
_TIMEOUT_SECONDS = 20
_ALL_SECONDS = 900
_LARGEST_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One pinned jar: its path below a Maven repository and its SHA-256 in hex."""

    path: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's name, which carries artifact and version."""
        return self.path.rpartition("/")[2]


def read_lock(lock: Path) -> list[Jar]:
    """Return the jars a lock file pins.

    Raises:
        StackError: The file is absent or a line is not ``group:artifact:version sha256:<hex>``.
    """
    try:
        lines = lock.read_text().splitlines()
        return [_parse(line) for line in lines if line and not line.startswith("#")]
    except (OSError, ValueError) as error:
        raise StackError(f"cannot read the list of Kafka's jars {lock}: {error}") from error


def _parse(line: str) -> Jar:
    coordinates, digest = line.split(" sha256:")
    group, artifact, version = coordinates.split(":")
    path = f"{group.replace('.', '/')}/{artifact}/{version}/{artifact}-{version}.jar"
    return Jar(path=path, sha256=digest)


def cache() -> Path:
    """Return the folder where downloads are kept."""
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (root if root.is_absolute() else Path.home() / ".cache") / "d115"


def fetch_kafka(*, progress: Progress, cancel: threading.Event) -> list[Path]:
    """Return the paths of all of Kafka's jars, fetching what is missing.

    Raises:
        StackError: A jar could not be had, or what came is not what is pinned.
    """
    jars = read_lock(LOCAL / f"kafka-{KAFKA_VERSION}.jars.lock")
    return fetch(jars, cache() / f"kafka-{KAFKA_VERSION}", progress=progress, cancel=cancel)


def fetch(
    jars: Sequence[Jar], folder: Path, *, progress: Progress, cancel: threading.Event
) -> list[Path]:
    """Return the jars' paths in ``folder``, each whole and checked, fetching what is missing.

    Several processes may do this at once: a jar appears under its name only when it is whole.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StackError(f"cannot keep Kafka's jars in {folder}: {error.strerror}") from error
    paths = [folder / jar.name for jar in jars]
    with ThreadPoolExecutor(_THREADS) as pool:
        sound = pool.map(_is_sound, jars, paths)
        missing = [jar for jar, is_sound in zip(jars, sound, strict=True) if not is_sound]
        if missing:
            progress(f"Kafka {KAFKA_VERSION}: {len(missing)} of {len(jars)} jars to fetch")
            futures = [pool.submit(_fetch_one, jar, folder, cancel) for jar in missing]
            try:
                _report(futures, progress)
            except TimeoutError as error:
                raise StackError(f"Kafka's jars did not come within {_ALL_SECONDS} s") from error
            finally:
                if not all(
                    future.done() for future in futures
                ):  # one failed: the others need not go on
                    cancel.set()
    return paths


def _report(futures: list[Future[int]], progress: Progress) -> None:
    size = 0
    for done, future in enumerate(as_completed(futures, timeout=_ALL_SECONDS), start=1):
        size += future.result()
        progress(f"Kafka {KAFKA_VERSION}: {done} of {len(futures)} jars, {size / 1e6:.1f} MB")


def _is_sound(jar: Jar, path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def _fetch_one(jar: Jar, folder: Path, cancel: threading.Event) -> int:
    """Fetch one jar and return its size in bytes; a few attempts, with growing pauses."""
    if _is_sound(jar, folder / jar.name):  # another process was faster
        return 0
    base = os.environ.get("D115_MAVEN", _CENTRAL).rstrip("/")
    url = f"{base}/{jar.path}"
    fault = ""
    for attempt in range(_ATTEMPTS):
        if cancel.wait(0.5 * (2**attempt - 1)):
            raise StoppedError("fetching Kafka's jars was called off")
        try:
            return _download(url, jar, folder, cancel)
        except (OSError, ValueError) as error:  # URLError and time-outs are OSErrors
            fault = str(error)
            if isinstance(error, urllib.error.HTTPError) and error.code in {401, 403, 404, 410}:
                break
    raise StackError(f"cannot fetch {url}: {fault}")


def _download(url: str, jar: Jar, folder: Path, cancel: threading.Event) -> int:
    """Download to a file of its own and give it the jar's name once it is known to be right.

    Raises:
        OSError: The network failed.
        ValueError: The content is not the pinned one.
    """
    digest, size = hashlib.sha256(), 0
    with (
        urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer,  # noqa: S310 - the operator's own setting
        _part(folder, jar) as part,
    ):
        while chunk := answer.read1(_CHUNK_BYTES):
            size += len(chunk)
            if cancel.is_set():
                raise StoppedError("fetching Kafka's jars was called off")
            if size > _LARGEST_BYTES:
                raise ValueError(f"it is larger than {_LARGEST_BYTES} bytes")
            digest.update(chunk)
            part.write(chunk)
        if digest.hexdigest() != jar.sha256:
            raise ValueError(f"its SHA-256 is {digest.hexdigest()}, not the pinned {jar.sha256}")
        part.flush()
        Path(part.name).replace(folder / jar.name)
    return size


@contextmanager
def _part(folder: Path, jar: Jar) -> Iterator["tempfile._TemporaryFileWrapper[bytes]"]:
    """Open a file of our own beside the jar; it is gone at the end unless it was renamed."""
    with tempfile.NamedTemporaryFile(
        dir=folder, prefix=jar.name, suffix=".part", delete=False
    ) as part:
        try:
            yield part
        finally:
            Path(part.name).unlink(missing_ok=True)
