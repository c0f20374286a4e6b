"""Reading profiles: every fault is named, with where it stands and what would be allowed."""

import pytest

from incident.kinds.reading import InvalidKindError, read_profile
from incident.moments import MomentName
from incident.profile import Action, Amount, Profile, Unit
from tests.builders import PROFILE_115
from tests.incident.kind_samples import LEG, PROFILE, RUNG, changed, said_by

QUIET = 'profile = "quiet"\nlegs_of = "115"\nladder = []'
KNOWN = {"115": PROFILE_115}


def faults(text: str, *, others: dict[str, Profile] | None = None) -> list[str]:
    return said_by(read_profile, text, "p.toml", others=others)


def test_a_profile_without_fault_is_read() -> None:
    profile = read_profile(PROFILE, "p.toml")
    assert profile.code == "p"
    assert profile.legs[0].target == Amount(amount=60, unit=Unit.SECONDS)
    assert profile.legs[0].warn_at_percent == (50, 75)
    assert profile.ladder[0].unless == (MomentName.ASSIGNED,)
    assert (profile.ladder[0].times, profile.ladder[0].late_severities) == (1, None)


def test_every_fault_is_listed_with_what_is_allowed() -> None:
    text = changed(changed(PROFILE, "amount = 60", "amount = 0"), '"seconds" }', '"days" }')
    text = changed(text, 'action = "assign"', 'action = "sing"')
    number = "is the number 0; allowed: a whole number from 1 to 31622400"
    assert faults(text) == [
        f"p.toml: legs[0].target.amount: {number}",
        "p.toml: legs[0].target.unit: is 'days'; allowed: seconds",
        f"p.toml: ladder[0].action: is 'sing'; allowed: {', '.join(Action)}",
    ]


def test_the_error_names_the_file_apart_from_its_faults() -> None:
    with pytest.raises(InvalidKindError) as caught:
        read_profile(changed(PROFILE, "amount = 60", "amount = 0"), "p.toml")
    assert caught.value.source == "p.toml"
    assert [fault.path for fault in caught.value.faults] == ["legs[0].target.amount"]


def test_what_is_no_toml_is_said_with_its_line() -> None:
    (line,) = faults("profile = 1\nlegs = [")
    assert line.startswith("p.toml: document: is no TOML: ")
    assert line.endswith("; allowed: TOML 1.0")
    (line,) = faults("profile 1")
    assert "line 1" in line


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            '"p"',
            '"p"\nlegz = 1',
            "legz: is not a known field; allowed: ladder, legs, legs_of, profile",
        ),
        ('profile = "p"', "", "profile: is missing;"),
        ('profile = "p"', 'profile = "a b"', "profile: is 'a b';"),
        ('start = "received"', 'start = "born"', "legs[0].start: is 'born';"),
        ('end = "pushed"', "end = 3", "legs[0].end: is the number 3;"),
        ('end = "pushed"\n', "", "legs[0].end: is missing;"),
        (
            'end = "pushed"',
            'end = "received"',
            "legs[0].end: is the start; allowed: another moment than received",
        ),
        ('scope = "round"', 'scope = "day"', "legs[0].scope: is 'day'; allowed: incident, round"),
        ("amount = 60", "amount = true", "legs[0].target.amount: is true;"),
        ("amount = 60", "amount = -5", "legs[0].target.amount: is the number -5;"),
        ("amount = 60", "amount = 1.5", "legs[0].target.amount: is the number 1.5;"),
        ("amount = 60, ", "", "legs[0].target.amount: is missing;"),
        (
            '{ amount = 60, unit = "seconds" }',
            "60",
            "legs[0].target: is the number 60; allowed: a mapping of fields",
        ),
        ("[50, 75]", "[0, 75]", "legs[0].warn_at_percent[0]: is the number 0;"),
        ("[50, 75]", "[50, 100]", "legs[0].warn_at_percent[1]: is the number 100;"),
        ("[50, 75]", "[75, 75]", "legs[0].warn_at_percent[1]: 75 follows 75;"),
        ("[50, 75]", "75", "legs[0].warn_at_percent: is the number 75;"),
        (
            'target = { amount = 60, unit = "seconds" }\n',
            "",
            "legs[0].warn_at_percent: has no target to be a share of;",
        ),
        (
            'scope = "round"',
            'scope = "round"\nfallback_start = "received"',
            "legs[0].fallback_start: is the start or the end;",
        ),
        (
            'scope = "round"',
            'scope = "round"\nfallback_start = "born"',
            "legs[0].fallback_start: is 'born';",
        ),
        (
            'scope = "round"',
            'scope = "round"\nsources = ["station", "moon"]',
            "legs[0].sources[1]: is 'moon'; allowed: station, center, one-key, sensor, schedule",
        ),
        (
            'scope = "round"',
            'scope = "round"\nsources = ["station", "station"]',
            "legs[0].sources[1]: 'station' stands there twice; allowed: each once",
        ),
        ("amount = 45", "amount = 0", "ladder[0].wait.amount: is the number 0;"),
        ("amount = 45", "amount = 31622401", "ladder[0].wait.amount:"),
        ("red = {", "purple = {", "ladder[0].wait_by_severity.purple:"),
        ("red = { amount = 30", "red = { amount = 0", "ladder[0].wait_by_severity.red.amount:"),
        ('unless = ["assigned"]', 'unless = ["sung"]', "ladder[0].unless[0]: is 'sung';"),
        (
            'unless = ["assigned"]',
            'unless = ["pushed"]',
            "ladder[0].unless: holds its start, so it would never run;",
        ),
        ('"assigned"]', '"assigned"]\ntimes = 0', "ladder[0].times: is the number 0;"),
        ('"assigned"]', '"assigned"]\ntimes = 11', "ladder[0].times: is the number 11;"),
        (
            '"assigned"]',
            '"assigned"]\nlate_severities = ["pink"]',
            "ladder[0].late_severities[0]: is 'pink'; allowed: red, orange, yellow, blue",
        ),
        ('"assigned"]', '"assigned"]\nmark = ""', "ladder[0].mark: is '';"),
        (
            '"assigned"]',
            '"assigned"]\nat_once_without_console = "no"',
            "ladder[0].at_once_without_console: is 'no'; allowed: true or false",
        ),
    ],
)
def test_a_fault_of_a_profile_is_named_where_it_stands(old: str, new: str, fault: str) -> None:
    (line,) = faults(changed(PROFILE, old, new))
    assert line.startswith(f"p.toml: {fault}")


def test_two_legs_and_two_rungs_of_one_code_are_refused() -> None:
    assert faults(PROFILE + LEG + RUNG) == [
        "p.toml: legs[1].code: 'push' stands at legs[0] too; allowed: a code of its own",
        "p.toml: ladder[1].code: 'auto' stands at ladder[0] too; allowed: a code of its own",
    ]


def test_a_profile_must_say_what_it_measures_and_what_it_does() -> None:
    legs = "p.toml: legs: holds nothing; allowed: at least one leg, or legs_of"
    ladder = "p.toml: ladder: is missing; allowed: a list of rungs, [] to do nothing"
    assert faults('profile = "p"\nlegs = []') == [legs, ladder]
    assert faults('profile = "p"\nladder = []') == [legs]
    assert faults('profile = "p"\nlegs = 3\nladder = []') == [
        "p.toml: legs: is the number 3; allowed: a list"
    ]


def test_an_empty_late_list_means_never_for_a_late_alert() -> None:
    profile = read_profile(PROFILE + "late_severities = []", "p.toml")
    assert profile.ladder[0].late_severities == ()


def test_a_list_without_bound_is_refused() -> None:
    many = ", ".join(['"assigned"'] * 51)
    text = changed(PROFILE, 'unless = ["assigned"]', f"unless = [{many}]")
    assert faults(text)[0] == "p.toml: ladder[0].unless: has 51 entries; allowed: at most 50"


def test_a_profile_may_take_the_legs_of_another() -> None:
    assert read_profile(QUIET, "q.toml", others=KNOWN).legs == PROFILE_115.legs


def test_legs_of_an_unknown_profile_are_refused_with_those_that_are_known() -> None:
    unknown = changed(QUIET, '"115"', '"116"')
    assert faults(unknown, others=KNOWN) == ["p.toml: legs_of: '116' is unknown; allowed: 115"]
    assert faults(unknown) == [
        "p.toml: legs_of: '116' is unknown; allowed: nothing, as no other profile is known"
    ]
    (line,) = faults(changed(QUIET, '"115"', "115"), others=KNOWN)
    assert line.startswith("p.toml: legs_of: is the number 115;")


def test_legs_of_its_own_beside_those_of_another_are_refused() -> None:
    text = 'profile = "quiet"\nlegs_of = "115"\n' + LEG + RUNG
    assert faults(text, others=KNOWN) == [
        "p.toml: legs: stands beside legs_of; allowed: one of the two"
    ]
