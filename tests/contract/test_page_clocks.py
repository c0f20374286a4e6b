"""The pages' clocks are tested against what the rules say today."""

from tests.contract.page_clocks import CASES, text


def test_the_cases_that_the_pages_are_tested_with_are_what_the_rules_say_today() -> None:
    assert CASES.read_text() == text(), "run: python -m tests.contract.page_clocks"
