"""House rules that no other tool holds; each says why in its name or beside it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from incident import messages
from incident.events import BODIES

ROOT = Path(__file__).parents[1]
CODE = [
    path
    for folder in ("incident", "services", "schemas", "loadtests")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
SQL = [*sorted((ROOT / "schemas").rglob("*.sql")), *sorted((ROOT / "services").rglob("*.sql"))]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]

LONGEST_FILE, LONGEST_TEST_FILE, LONGEST_FUNCTION = 300, 500, 70
LONGER: dict[str, str] = {}
"""Files that are better left whole, each with the reason."""

CLOCK_READERS = {"services/runtime/clock.py", "tests/fakes/clock.py"}
ID_MAKERS = {"services/runtime/ids.py"}
TIME = re.compile(
    r"datetime\.(now|utcnow|today)\(|\btime\.(time|monotonic|sleep)\(|asyncio\.sleep\("
)
RANDOM_IDS = re.compile(r"\buuid[14]\(")
SQL_CLOCK = re.compile(
    r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\("
    r"|\b(current_timestamp|current_time|current_date|localtimestamp|localtime)\b",
    re.IGNORECASE,
)
VAGUE = {"utils", "util", "common", "helpers", "helper", "manager", "managers", "base", "misc"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
EXCEPTION = re.compile(r"#\s*(noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w,\s-]+\])(.*)")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
TARGET = re.compile(r"^([a-z][\w-]*):(?!=)(.*)$", re.MULTILINE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def places_of(pattern: re.Pattern[str], paths: list[Path], *, but: set[str]) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in paths
        if name_of(path) not in but
        for number, line in enumerate(lines_of(path), start=1)
        if pattern.search(line) and "TID251" not in line  # an exception, with its reason beside it
    ]


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_files_stay_short() -> None:
    limits = [(path, LONGEST_FILE) for path in CODE] + [(path, LONGEST_TEST_FILE) for path in TESTS]
    long = {
        name_of(path): len(lines_of(path)) for path, most in limits if len(lines_of(path)) > most
    }

    assert {name: count for name, count in long.items() if name not in LONGER} == {}


def test_a_longer_file_is_listed_only_while_it_is_longer() -> None:
    grown_short = [name for name in LONGER if len(lines_of(ROOT / name)) <= LONGEST_FILE]

    assert grown_short == []


def test_functions_stay_short() -> None:
    long = [
        f"{name_of(path)}:{node.lineno}: {node.name}"
        for path in [*CODE, *TESTS]
        for node in functions_of(path)
        if (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


def test_only_the_clock_reads_time_and_sleeps() -> None:
    assert places_of(TIME, [*CODE, *TESTS], but={*CLOCK_READERS, name_of(Path(__file__))}) == []


def test_only_one_module_makes_random_ids() -> None:
    assert places_of(RANDOM_IDS, [*CODE, *TESTS], but={*ID_MAKERS, name_of(Path(__file__))}) == []


def test_sql_takes_the_time_as_a_parameter() -> None:
    assert places_of(SQL_CLOCK, SQL, but=set()) == []


def test_every_module_is_named_for_what_it_does() -> None:
    vague = [
        name_of(path)
        for path in [*CODE, *TESTS]
        if VAGUE & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]

    assert vague == []


def test_nothing_is_left_to_be_done() -> None:
    paths = [*CODE, *TESTS, *SQL, *PAGES, ROOT / "Makefile", ROOT / "pyproject.toml"]

    assert places_of(UNFINISHED, paths, but={name_of(Path(__file__))}) == []


def test_every_exception_from_a_rule_says_why() -> None:
    bare = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in [*CODE, *TESTS]
        if path != Path(__file__)
        for number, line in enumerate(lines_of(path), start=1)
        if (found := EXCEPTION.search(line)) and len(found[2].strip(" #-")) < 5
    ]

    assert bare == []


def test_no_path_of_one_machine_is_written_down() -> None:
    paths = [*CODE, *TESTS, *SQL, *PAGES, ROOT / "Makefile", ROOT / "pyproject.toml"]
    machine = re.compile(r"(?<![\w.])/(work|root|home)/\w")

    assert places_of(machine, paths, but={name_of(Path(__file__))}) == []


def test_every_type_on_the_wire_has_its_schema_and_no_schema_is_left_over() -> None:
    files = {
        path.name.removesuffix(".json") for path in (ROOT / "schemas/events").glob("*.v*.json")
    }

    assert {*BODIES, *messages.TYPES} == files


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    silent = [name for name, rest in TARGET.findall(makefile) if "##" not in rest]

    assert silent == []


def test_every_target_of_the_makefile_is_one_command() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rules = re.findall(r"^([a-z]+):.*\n((?:\t.*\n?)*)", makefile, re.MULTILINE)

    assert [name for name, recipe in rules if len(recipe.splitlines()) > 1] == []
