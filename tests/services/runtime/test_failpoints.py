"""A failpoint kills only where a test has armed it."""

import subprocess
import sys

import pytest

from services.runtime.failpoints import FailpointError, read

ALLOWED = {"D115_FAILPOINTS_ALLOWED": "1"}


def test_nothing_is_armed_by_default() -> None:
    assert read({}) is None
    assert read({"D115_FAILPOINT": "", **ALLOWED}) is None
    assert read(ALLOWED) is None


def test_a_name_kills_at_its_first_time_a_count_at_that_one() -> None:
    assert read({"D115_FAILPOINT": "before-commit", **ALLOWED}) == ("before-commit", 1)
    assert read({"D115_FAILPOINT": "after-commit:12", **ALLOWED}) == ("after-commit", 12)


@pytest.mark.parametrize("allowed", [None, "", "0", "true"])
def test_it_is_refused_where_failpoints_are_not_allowed(allowed: str | None) -> None:
    environment = {"D115_FAILPOINT": "before-commit"}
    if allowed is not None:
        environment["D115_FAILPOINTS_ALLOWED"] = allowed
    with pytest.raises(FailpointError, match="D115_FAILPOINTS_ALLOWED"):
        read(environment)


@pytest.mark.parametrize("setting", ["nowhere", "before-commit:0", "before-commit:x", "a:b:c"])
def test_a_name_or_count_that_is_none_is_refused(setting: str) -> None:
    with pytest.raises(FailpointError):
        read({"D115_FAILPOINT": setting, **ALLOWED})


def test_it_kills_at_the_time_named_and_not_before() -> None:
    program = (
        "from services.runtime.failpoints import reach\n"
        "for n in range(1, 9):\n"
        "    print(n, flush=True)\n"
        "    reach('before-commit')\n"
        "    reach('after-commit')\n"
    )
    died = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program],
        env={"D115_FAILPOINT": "after-commit:3", **ALLOWED},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (died.returncode, died.stdout.split()) == (-9, ["1", "2", "3"])
