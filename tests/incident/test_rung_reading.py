"""Reading rungs that tell people: what fits together is read, each thing that does not is named."""

import pytest

from incident.alert import Severity
from incident.kinds.catalogue import read_catalogue
from incident.kinds.reading import read_profile
from incident.kinds.rungs import AT_ONCE
from incident.profile import Action, Phase, Rung, Trigger, Whose
from tests.incident.kind_samples import KIND, LEG, PROFILE, changed, said_by

TELLING = """
[[ladder]]
code = "tell"
action = "notify"
start = "pushed"
wait = { amount = 45, unit = "seconds" }
unless = ["acknowledged"]
severities = ["red", "blue"]
post = "supervisor"
of = "park"
callback = "not_acknowledged"
voice = true
digest_unless = ["red"]
level = 4
during = "live"
"""
ASKING = """
[[ladder]]
code = "ask"
action = "request_police"
since = "opened"
when = ["weapons"]
mark = "110"
"""
WHOLE = f'profile = "p"\n{LEG}{TELLING}{ASKING}'


def faults(text: str) -> list[str]:
    return said_by(read_profile, text, "p.toml")


def rungs(text: str) -> tuple[Rung, ...]:
    return read_profile(text, "p.toml").further


def test_a_rung_that_tells_somebody_is_read_with_all_it_says() -> None:
    tell, ask = rungs(WHOLE)
    assert (tell.action, tell.post, tell.of, tell.callback) == (
        Action.NOTIFY,
        "supervisor",
        Whose.PARK,
        "not_acknowledged",
    )
    assert tell.severities == (Severity.RED, Severity.BLUE)
    assert (tell.voice, tell.digest_unless, tell.level) == (True, (Severity.RED,), 4)
    assert tell.during is Phase.LIVE
    assert (ask.since, ask.start, ask.wait, ask.when, ask.mark) == (
        Trigger.OPENED,
        None,
        AT_ONCE,
        ("weapons",),
        "110",
    )


def test_what_release_0_1_0_could_say_stays_where_its_readers_look_for_it() -> None:
    profile = read_profile(PROFILE + TELLING, "p.toml")
    assert [rung.code for rung in profile.ladder] == ["auto"]
    assert [rung.code for rung in profile.further] == ["tell"]


def test_a_sending_rung_that_says_more_is_one_of_the_further_ones() -> None:
    profile = read_profile(PROFILE + "level = 1\n", "p.toml")
    assert (profile.ladder, [rung.code for rung in profile.further]) == ((), ["auto"])


def test_a_wait_that_begins_as_it_came_may_be_left_out_or_said() -> None:
    came = changed(TELLING, 'start = "pushed"', 'since = "came"')
    (said,) = rungs(f'profile = "p"\n{LEG}{came}')
    (unsaid,) = rungs(
        changed(f'profile = "p"\n{LEG}{came}', 'wait = { amount = 45, unit = "seconds" }\n', "")
    )
    assert (said.wait.amount, unsaid.wait) == (45, AT_ONCE)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('code = "tell"', 'code = "te.ll"', "ladder[0].code: is 'te.ll'; allowed: text: 1 to 64"),
        ('start = "pushed"\n', "", "ladder[0].start: is missing;"),
        ('start = "pushed"', 'since = "dawn"', "ladder[0].since: is 'dawn';"),
        (
            'start = "pushed"',
            'start = "pushed"\nsince = "update"',
            "ladder[0].start: is not a known field;",
        ),
        ('of = "park"', 'of = "moon"', "ladder[0].of: is 'moon'; allowed: center, park,"),
        ("level = 4", "level = 10", "ladder[0].level: is the number 10;"),
        ('during = "live"', 'during = "later"', "ladder[0].during: is 'later';"),
        (
            'during = "live"',
            'during = "cancelled"',
            "ladder[0].during: is cancelled beside since pushed; allowed: cancelled beside",
        ),
        (
            'post = "supervisor"\nof = "park"\ncallback = "not_acknowledged"\n',
            "",
            "ladder[0].post: is missing, and callback too;",
        ),
        (
            'post = "supervisor"\n',
            "",
            "ladder[0].post: is missing beside voice or digest_unless;",
        ),
        (
            'action = "notify"',
            'action = "request_help"',
            "ladder[0].since: names no team to ask help for; allowed: check_in",
        ),
        (
            "level = 4",
            'when = ["weapons"]',
            "ladder[0].when: stands beside action notify; allowed: action request_police",
        ),
        ('when = ["weapons"]\n', "", "ladder[1].when: or mark is missing beside request_police;"),
        ('mark = "110"\n', "", "ladder[1].when: or mark is missing beside request_police;"),
        ('code = "ask"', 'code = "tell"', "ladder[1].code: 'tell' stands at ladder[0] too;"),
    ],
)
def test_what_does_not_fit_together_is_named_where_it_stands(
    old: str, new: str, fault: str
) -> None:
    assert any(line.startswith(f"p.toml: {fault}") for line in faults(changed(WHOLE, old, new)))


def test_a_ladder_without_bound_is_refused() -> None:
    many = "".join(changed(TELLING, '"tell"', f'"tell-{number}"') for number in range(101))
    (line,) = faults(f'profile = "p"\n{LEG}{many}')
    assert line == "p.toml: ladder: has 101 entries; allowed: at most 100"


def test_a_kind_that_has_police_asked_for_needs_a_rung_that_asks() -> None:
    marked = changed(KIND, 'moments = ["reported"]', 'police_required = ["weapons", "fire"]')
    kinds, _ = read_catalogue({"p.toml": WHOLE, "k.toml": changed(marked, ', "fire"', "")})
    assert kinds["k"].police_required == ("weapons",)
    (line,) = said_by(read_catalogue, {"p.toml": WHOLE, "k.toml": marked})
    wrong = "no rung of profile 'p' asks anybody for 'fire'"
    assert line == f"k.toml: police_required[1]: {wrong}; allowed: weapons"
    nobody = said_by(read_catalogue, {"p.toml": PROFILE, "k.toml": marked})
    assert nobody[0].endswith("allowed: nothing, as it asks nobody")
    quiet = f'profile = "p"\nladder = []\n{LEG}'
    assert read_catalogue({"p.toml": quiet, "k.toml": marked})[0]["k"].police_required
