"""Files that people write: each is taken, or every fault in it is named with its place."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from incident.directory import InvalidDirectoryError, Lookup, read_directory, to_document
from incident.kinds.catalogue import read_catalogue
from incident.kinds.reading import InvalidKindError, read_kind, read_profile
from services.cli.__main__ import app
from services.cli.errors import CommandError
from services.cli.park import DEMO_PARK, read_document
from tests.fuzz.campaign import LONGEST_SECONDS, chance, times
from tests.fuzz.mutations import paths_of, spoil_bytes, spoil_value

KINDS = Path(__file__).parents[2] / "incident" / "kinds"
NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
PARK: dict[str, Any] = yaml.safe_load(DEMO_PARK.read_text("utf-8"))
SMALL = {
    **PARK,
    "teams": PARK["teams"][:4],
    "keys": [
        {"id": "k1", "role": "admin", "organisation": "qinghe", "sha256": "0" * 64},
        {"id": "k2", "role": "team", "organisation": "heling-center", "team": "heling-duty-1",
         "sha256": "1" * 64, "expires_at": "2027-03-01T00:00:00+08:00", "person": "heling-01"},
    ],
    "kinds": [{"code": "police-alert", "profile": "observe"}],
}  # fmt: skip
Measured = Callable[[str], None]

pytestmark = pytest.mark.timeout(LONGEST_SECONDS)


def test_a_spoiled_directory_is_taken_or_every_fault_has_its_place(measured: Measured) -> None:
    some, found = chance("directory"), Counter[str]()
    for _ in range(times(1500)):
        document = spoil_value(SMALL, some)
        try:
            directory = read_directory(
                document, version=1, now=NOW, kinds={"police-alert"}, profiles={"115", "observe"}
            )
        except InvalidDirectoryError as error:
            found["refused"] += 1
            _check_faults(error, document)
        else:
            found["taken"] += 1
            Lookup(directory)
            again = read_directory(to_document(directory), version=1, now=NOW)
            assert again == directory
    assert min(found["taken"], found["refused"]) > 10
    measured(f"directories: {dict(found)}")


def test_spoiled_yaml_is_a_document_or_a_refusal_in_one_line(
    tmp_path: Path, measured: Measured
) -> None:
    some, found = chance("yaml"), Counter[str]()
    data, file = yaml.safe_dump(SMALL, allow_unicode=True).encode(), tmp_path / "park.yaml"
    for _ in range(times(80)):
        file.write_bytes(_spoil_text(data, YAML_TOKENS, some))
        try:
            document = read_document(file)
        except CommandError as error:
            found["refused"] += 1
            lines = str(error).splitlines()
            assert len(lines) == 1  # refusing is one of two good ends
        else:
            found["read"] += 1
            _read(document)
    measured(f"YAML files: {dict(found)}")


HARD_YAML = {
    "a day that is none": "park: 2026-13-45",
    "an hour that is none": "park: 2026-03-02T25:61:61Z",
    "levels without end": "[" * 5_000,
    "flow maps without end": "{a: " * 5_000,
    "a number without end": "park: " + "9" * 5_000,
    "no UTF-8": "park: \udcff",
    "a tab": "park:\n\tcode: x",
    "two documents": "park: {}\n---\npark: {}",
    "an object of Python": "park: !!python/object/apply:os.system ['true']",
    "an alias of itself": "park: &a [*a]",
    "a key that is a list": "? [a]\n: b",
    "a NUL": "park: \0",
    "nothing": "",
    "a list": "- park",
    "bytes": "park: !!binary aGVsbG8=",
    "a set": "park: !!set {a, b}",
    "pairs": "park: !!pairs [a: b]",
    "no number": "park: .nan",
    "names that are no text": "{1: a, null: b}",
    "half a character": 'park: "\\ud800"',
    "aliases of aliases": "\n".join(
        ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    ),
}


@pytest.mark.parametrize("name", HARD_YAML)
def test_hard_yaml_ends_in_one_line_and_a_code(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.cli.output.quiet_logs", lambda: None)  # the process's, not ours
    file, key = tmp_path / "park.yaml", tmp_path / "key"
    file.write_bytes(HARD_YAML[name].encode(errors="surrogateescape"))
    key.write_text("d115_k_x")
    nowhere = ["--url", "http://127.0.0.1:1", "--key-file", str(key), "--dry-run"]
    ended = CliRunner().invoke(app, ["directory", "apply", str(file), *nowhere])
    assert ended.exit_code == 1, ended.output
    assert isinstance(ended.exception, SystemExit)
    (said,) = ended.stderr.strip().splitlines()
    assert str(file) in said


def test_moments_that_yaml_reads_are_text_again(tmp_path: Path) -> None:
    file = tmp_path / "park.yaml"
    file.write_text("{zone: 2026-11-23T14:03:21+08:00, none: 2026-11-23 14:03:21, day: 2026-11-23}")
    assert read_document(file) == {
        "zone": "2026-11-23T14:03:21+08:00",
        "none": "2026-11-23T14:03:21",
        "day": "2026-11-23",
    }


@pytest.mark.parametrize("file", sorted(KINDS.glob("*.toml")), ids=lambda path: path.name)
def test_a_spoiled_kind_is_taken_or_every_fault_names_file_and_place(
    file: Path, measured: Measured
) -> None:
    some, found, text = chance("kind", file.name), Counter[str](), file.read_text("utf-8")
    read = _read_profile if text.startswith("profile") or "\nprofile =" in text else read_kind
    read(text, file.name)
    for _ in range(times(300)):
        spoiled = _spoil_text(text.encode(), TOML_TOKENS, some).decode(errors="replace")
        try:
            read(spoiled, file.name)
        except InvalidKindError as error:
            found["refused"] += 1
            _check_kind_faults(error, file.name)
        else:
            found["taken"] += 1
        try:
            read_catalogue({file.name: spoiled})
        except InvalidKindError as error:
            _check_kind_faults(error, file.name)
    measured(f"{file.name}: {dict(found)}")


HARD_TOML = {
    "levels without end": "kind = " + "[" * 5_000,
    "tables without end": "kind = " + "{a = " * 5_000,
    "a number without end": "maximum = " + "9" * 5_000,
    "a day that is none": "kind = 2026-02-30",
    "a name twice": 'kind = "a"\nkind = "b"',
    "half a character": 'kind = "\\ud800"',
    "nothing": "",
}


@pytest.mark.parametrize("name", HARD_TOML)
@pytest.mark.parametrize("read", [read_kind, read_profile])
def test_hard_toml_is_refused_by_name(name: str, read: Callable[[str, str], object]) -> None:
    with pytest.raises(InvalidKindError) as refused:
        read(HARD_TOML[name], "x.toml")
    _check_kind_faults(refused.value, "x.toml")


YAML_TOKENS = (
    b"- ", b": ", b"{", b"}", b"[", b"]", b"&a ", b"*a", b"!!set ", b"!!binary ", b"!!timestamp ",
    b"2026-13-45", b"0x1F", b"1e999", b".nan", b"|\n", b">\n", b"---\n", b"\t", b"#", b"'", b'"',
    b"?", b"~", b"<<: ", b"\x85", b"\x00", b"\xff", b"\xe2\x80\xa8",
)  # fmt: skip
TOML_TOKENS = (
    b"[", b"]", b"[[legs]]\n", b"=", b'"', b"'", b"'''", b"\n", b"#", b"{", b"}", b",", b".",
    b"-1", b"1e999", b"nan", b"true", b"2026-02-30", b"07:61:00", b"0x", b"\\u", b"\x00", b"\xff",
    b'code = "x"\n', b"legs = 1\n", b"99999999999999999999",
)  # fmt: skip


def _spoil_text(data: bytes, tokens: tuple[bytes, ...], some: Random) -> bytes:
    if some.random() < 0.1:
        return spoil_bytes(data, some)
    for _ in range(some.choice((1, 1, 2, 5))):
        place = some.randrange(len(data))
        end = place + some.choice((0, 0, 1, 4, 30))
        data = data[:place] + some.choice((*tokens, b"")) + data[end:]
    return data


def _read_profile(text: str, source: str) -> object:
    whole = read_profile((KINDS / "115.toml").read_text("utf-8"), "115.toml")
    return read_profile(text, source, others={whole.code: whole})


def _read(document: Mapping[str, Any]) -> None:
    try:
        read_directory(document, version=1, now=NOW)
    except InvalidDirectoryError as error:
        _check_faults(error, document)


def _check_faults(error: InvalidDirectoryError, document: object) -> None:
    """Every fault says where, in words that fit a line, and never a digest."""
    tops = {str(path[0]) for path in paths_of(document) if path} | {"park", ""}
    for fault in error.faults:
        assert re.split(r"[.\[]", fault.path)[0] in tops
        assert fault.wrong
        assert fault.allowed
        assert fault.sentence.isprintable()
        assert len(fault.wrong) < 400
        assert "1" * 64 not in fault.sentence


def _check_kind_faults(error: InvalidKindError, source: str) -> None:
    assert error.faults
    assert error.source == source
    for line in str(error).splitlines():
        assert line.startswith(f"{source}: ")
