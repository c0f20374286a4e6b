"""What `d115 send` makes of five fields: a place found by names, a reference made."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from typing_extensions import override

from services.cli.client import Client
from services.cli.errors import CommandError
from services.cli.incidents.sending import Wanted, find_place, prepare, reference_of
from tests.fakes.clock import FakeClock

DIRECTORY: Mapping[str, Any] = {
    "centers": [{"code": "heling-center"}],
    "places": [
        {"code": "park", "name": {"zh": "青禾园", "en": "Park"}, "parent": None},
        {"code": "heling", "name": "禾岭家居", "parent": "park"},
        {"code": "heling-b3", "name": "3号楼 喷涂车间", "parent": "heling"},
        {"code": "heling-b3-f2", "name": "2层", "parent": "heling-b3"},
        {"code": "lanxi", "name": "蓝汐工具", "parent": "park"},
        {"code": "lanxi-b3", "name": "3号楼 研发楼", "parent": "lanxi"},
        {"code": "lanxi-b3-f2", "name": "2层", "parent": "lanxi-b3"},
    ],
}


class Shows(Client):
    """A client that only knows the directory."""

    def __init__(self) -> None:
        """Take nothing to call with."""

    @override
    async def get(self, path: str, **query: str) -> dict[str, Any]:
        assert (path, query) == ("/v1/directory", {})
        return {"directory": DIRECTORY}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("heling-center", {"center": "heling-center"}),
        ("heling-b3", {"place": "heling-b3"}),
        ("禾岭家居/3号楼", {"place": "heling-b3"}),
        ("青禾园/禾岭家居/3号楼/2层", {"place": "heling-b3-f2"}),
        ("蓝汐/2层", {"place": "lanxi-b3-f2"}),
        (" 禾岭家居 / 3号楼 ", {"place": "heling-b3"}),
    ],
)
def test_a_place_is_found_by_code_or_by_names(text: str, found: dict[str, str]) -> None:
    assert find_place(text, DIRECTORY) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2层", "heling-b3-f2, lanxi-b3-f2"),
        ("食堂", "no center or place"),
        ("2层/禾岭家居", "no center or place"),
        ("/", "no center or place"),
        ("", "no center or place"),
    ],
)
def test_a_place_that_is_none_or_several_is_refused(text: str, said: str) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        find_place(text, DIRECTORY)

    assert refused.value.code == 2


def test_a_reference_is_made_once_and_read_as_given() -> None:
    clock = FakeClock()
    made = reference_of(None, clock)
    clock.advance(timedelta(seconds=1).total_seconds())

    assert made["order"] == "1"
    assert made != reference_of(None, clock)
    assert reference_of("D1/2", clock) == {"number": "D1", "order": "2"}
    assert reference_of("D1", clock) == {"number": "D1", "order": "1"}


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ("王某 138-0000-0000", {"name": "王某", "phone": "138-0000-0000"}),
        ("王某", {"name": "王某"}),
        ("13800000000", {"phone": "13800000000"}),
        (None, None),
    ],
)
async def test_the_body_is_that_of_a_station(
    caller: str | None, expected: dict[str, str] | None
) -> None:
    wanted = Wanted(
        place="heling-b3", severity="红", text="打架", category="打架", caller=caller,
        reference="D1", status="exercise", more={"injured": 1},
    )  # fmt: skip
    body = await prepare(Shows(), wanted, clock=FakeClock())

    assert body["severity"] == "red"
    assert body["status"] == "exercise"
    assert body["place"] == {"place": "heling-b3"}
    assert body["reference"] == {"number": "D1", "order": "1"}
    assert body["injured"] == 1
    assert body.get("caller") == expected
