"""Kafka's jars: only what is pinned is used, only what is missing is fetched."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from services.cli.stack.jars import LOCAL, Jar, fetch, read_lock
from services.cli.stack.server import StackError


class Hurried(threading.Event):
    """Called off like any event, but its waits are over at once."""

    @override
    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


class Mirror(ThreadingHTTPServer):
    """A Maven repository of few jars, which counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content: dict[str, bytes] = {}
        self.refusals: dict[str, int] = {}
        self.asked: list[str] = []

    def put(self, name: str, content: bytes) -> Jar:
        """Offer a jar and return how it would be pinned."""
        self.content[f"/org/example/{name}"] = content
        return Jar(path=f"org/example/{name}", sha256=hashlib.sha256(content).hexdigest())


class _Handler(BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        refusals = self.server.refusals.get(self.path, 0)
        self.server.refusals[self.path] = refusals - 1
        content = self.server.content.get(self.path)
        self.send_response(503 if refusals > 0 else 404 if content is None else 200)
        self.end_headers()
        if refusals <= 0:
            self.wfile.write(content or b"")

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("D115_MAVEN", f"http://127.0.0.1:{server.server_port}/")
        yield server
        server.shutdown()
        thread.join()


def test_the_lock_pins_every_jar_of_kafka() -> None:
    jars = read_lock(LOCAL / "kafka-4.3.1.jars.lock")
    assert len({jar.name for jar in jars}) == len(jars) == 46
    assert all(len(jar.sha256) == 64 for jar in jars)
    assert "org/apache/kafka/kafka_2.13/4.3.1/kafka_2.13-4.3.1.jar" in {jar.path for jar in jars}


def test_a_jar_that_is_not_the_pinned_one_is_refused_and_not_kept(
    mirror: Mirror, tmp_path: Path
) -> None:
    jar = mirror.put("a.jar", b"pinned")
    mirror.put("a.jar", b"something else")
    with pytest.raises(StackError, match=r"a\.jar: its SHA-256 is .* not the pinned"):
        fetch([jar], tmp_path, progress=print, cancel=Hurried())
    assert list(tmp_path.iterdir()) == []


def test_only_missing_and_damaged_jars_are_fetched(mirror: Mirror, tmp_path: Path) -> None:
    jars = [mirror.put(f"{n}.jar", b"content" * n) for n in range(1, 6)]
    said: list[str] = []
    assert fetch(jars, tmp_path, progress=said.append, cancel=Hurried()) == [
        tmp_path / jar.name for jar in jars
    ]
    assert said[-1] == "Kafka 4.3.1: 5 of 5 jars, 0.0 MB"
    (tmp_path / "2.jar").unlink()
    (tmp_path / "3.jar").write_bytes(b"damaged")
    mirror.asked.clear()
    fetch(jars, tmp_path, progress=said.append, cancel=Hurried())
    assert sorted(mirror.asked) == ["/org/example/2.jar", "/org/example/3.jar"]
    assert (tmp_path / "3.jar").read_bytes() == b"content" * 3


def test_a_repository_that_falters_is_asked_again_but_not_for_ever(
    mirror: Mirror, tmp_path: Path
) -> None:
    jar = mirror.put("a.jar", b"content")
    mirror.refusals["/org/example/a.jar"] = 2
    fetch([jar], tmp_path, progress=print, cancel=Hurried())
    assert len(mirror.asked) == 3
    mirror.refusals["/org/example/b.jar"] = 99
    other = mirror.put("b.jar", b"other")
    with pytest.raises(StackError, match=r"cannot fetch .*/b\.jar: HTTP Error 503"):
        fetch([other], tmp_path, progress=print, cancel=Hurried())
    assert mirror.asked.count("/org/example/b.jar") == 4


def test_an_absent_jar_is_asked_for_once(mirror: Mirror, tmp_path: Path) -> None:
    jar = Jar(path="org/example/none.jar", sha256="0" * 64)
    with pytest.raises(StackError, match="HTTP Error 404"):
        fetch([jar], tmp_path, progress=print, cancel=Hurried())
    assert mirror.asked == ["/org/example/none.jar"]


def test_several_may_fetch_into_one_folder_at_once(mirror: Mirror, tmp_path: Path) -> None:
    jars = [mirror.put(f"{n}.jar", bytes([n]) * 300_000) for n in range(20)]
    with ThreadPoolExecutor(3) as pool:
        runs = [
            pool.submit(fetch, jars, tmp_path, progress=print, cancel=Hurried()) for _ in range(3)
        ]
        for run in runs:
            for path, jar in zip(run.result(), jars, strict=True):
                assert hashlib.sha256(path.read_bytes()).hexdigest() == jar.sha256
    assert {path.name for path in tmp_path.iterdir()} == {jar.name for jar in jars}
