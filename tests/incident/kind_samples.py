"""A profile and a kind without fault, and what is said of them once something is changed."""

from collections.abc import Callable
from typing import ParamSpec

import pytest

from incident.kinds.reading import InvalidKindError

Given = ParamSpec("Given")

LEG = """
[[legs]]
code = "push"
start = "received"
end = "pushed"
scope = "round"
target = { amount = 60, unit = "seconds" }
warn_at_percent = [50, 75]
"""
RUNG = """
[[ladder]]
code = "auto"
action = "assign"
start = "pushed"
wait = { amount = 45, unit = "seconds" }
wait_by_severity = { red = { amount = 30, unit = "seconds" } }
unless = ["assigned"]
"""
PROFILE = 'profile = "p"\n' + LEG + RUNG
KIND = """
kind = "k"
zh = "类"
en = "Kind"
moments = ["reported"]
[profiles]
red = "p"
orange = "p"
yellow = "p"
blue = "p"
[follow_up_call]
within = { amount = 3600, unit = "seconds" }
attempts = 2
dispositions = ["done"]
[[details]]
name = "department"
type = "text"
at = "result"
maximum = 60
[[details]]
name = "colour"
type = "choice"
at = "opening"
choices = ["red", "green"]
required = true
[[dispositions]]
code = "done"
zh = "完"
en = "Done"
on_site = "yes"
required = ["department"]
"""


def changed(text: str, old: str, new: str) -> str:
    """The text with one thing changed."""
    assert old in text
    return text.replace(old, new, 1)


def said_by(read: Callable[Given, object], *given: Given.args, **named: Given.kwargs) -> list[str]:
    """What reading complains of, one line a fault."""
    with pytest.raises(InvalidKindError) as caught:
        read(*given, **named)
    lines = str(caught.value).splitlines()
    assert len(lines) == len(caught.value.faults)
    return lines
