"""Reading kinds, and sets of files: every fault is named, with where it stands."""

import pytest

from incident.kinds.catalogue import read_catalogue
from incident.kinds.reading import read_kind
from incident.moments import MomentName
from incident.profile import FieldType
from tests.incident.kind_samples import KIND, PROFILE, changed, said_by


def faults(text: str) -> list[str]:
    return said_by(read_kind, text, "k.toml")


def test_a_kind_without_fault_is_read() -> None:
    kind = read_kind(KIND, "k.toml")
    assert [(entry.name, entry.type, entry.at) for entry in kind.details] == [
        ("department", FieldType.TEXT, "result"),
        ("colour", FieldType.CHOICE, "opening"),
    ]
    assert kind.dispositions[0].required == ("department",)
    assert kind.moments == (MomentName.REPORTED,)
    assert kind.follow_up is not None
    assert (kind.follow_up.attempts, kind.follow_up.dispositions) == (2, ("done",))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('kind = "k"', 'kind = "k"\nkid = 1', "kid: is not a known field;"),
        ('blue = "p"\n', "", "profiles.blue: is missing;"),
        ('blue = "p"', 'blue = "p"\npink = "p"', "profiles.pink: is not a known field;"),
        ('zh = "类"\n', "", "zh: is missing;"),
        (
            'moments = ["reported"]',
            'moments = ["born"]',
            "moments[0]: is 'born'; allowed: reported, police_requested, police_on_scene",
        ),
        (
            'moments = ["reported"]',
            'moments = ["pushed"]',
            "moments[0]: is 'pushed'; allowed: reported, police_requested, police_on_scene",
        ),
        (
            'on_site = "yes"',
            'on_site = "perhaps"',
            "dispositions[0].on_site: is 'perhaps'; allowed: yes, no, excluded",
        ),
        (
            'required = ["department"]',
            'required = ["colour"]',
            "dispositions[0].required[0]: 'colour' is no detail of the result; allowed: department",
        ),
        (
            'required = ["department"]',
            'required = ["department", "department"]',
            "dispositions[0].required[1]: 'department' stands there twice; allowed: each once",
        ),
        (
            'required = ["department"]',
            "required = [7]",
            "dispositions[0].required[0]: is the number 7;",
        ),
        (
            'required = ["department"]',
            'follow_up = "choir"',
            "dispositions[0].follow_up: is 'choir';",
        ),
        (
            'name = "colour"',
            'name = "department"',
            "details[1].name: 'department' stands at details[0] too; allowed: a name of its own",
        ),
        ('at = "result"', 'at = "noon"', "details[0].at: is 'noon'; allowed: opening, result"),
        ("maximum = 60", "maximum = 0", "details[0].maximum: is the number 0;"),
        (
            "maximum = 60",
            'choices = ["a"]',
            "details[0].choices: stands beside type text; allowed: type choice",
        ),
        (
            'choices = ["red", "green"]\n',
            "",
            "details[1].choices: holds nothing; allowed: at least one code",
        ),
        (
            'kind = "k"',
            'kind = "k"\nremind_at_percent = [100]',
            "remind_at_percent[0]: is the number 100; allowed: whole numbers from 1 to 99",
        ),
        (
            "attempts = 2",
            "attempts = 0",
            "follow_up_call.attempts: is the number 0; allowed: a whole number from 1 to 10",
        ),
        (
            'dispositions = ["done"]',
            'dispositions = ["undone"]',
            "follow_up_call.dispositions[0]: 'undone' is no disposition; allowed: done",
        ),
        (
            "required = true",
            "maximum = 5",
            "details[1].maximum: stands beside type choice; allowed: type text or integer",
        ),
    ],
)
def test_a_fault_of_a_kind_is_named_where_it_stands(old: str, new: str, fault: str) -> None:
    (line,) = faults(changed(KIND, old, new))
    assert line.startswith(f"k.toml: {fault}")


def test_a_kind_may_do_without_follow_up_calls() -> None:
    before, calls = KIND.split("[follow_up_call]")
    kind = read_kind(before + calls.partition("\n[[")[1] + calls.partition("\n[[")[2], "k.toml")
    assert (kind.follow_up, kind.remind_at_percent) == (None, ())


def test_a_kind_must_have_dispositions_each_with_a_code_of_its_own() -> None:
    bare, disposition = KIND.split("[[dispositions]]")
    nothing = "k.toml: dispositions: holds nothing; allowed: at least one disposition"
    assert faults(bare) == [nothing]
    (line,) = faults(KIND + "[[dispositions]]" + disposition)
    assert line.startswith("k.toml: dispositions[1].code: 'done' stands at dispositions[0] too;")


def test_a_required_field_is_refused_where_no_detail_is_checked_at_the_result() -> None:
    (line,) = faults(changed(KIND, 'at = "result"', 'at = "opening"'))
    assert line.endswith("allowed: nothing, as no detail is checked at the result")


def catalogue_fault(**files: str) -> str:
    """The one thing that is wrong with a set of files."""
    named = {f"{name}.toml": text for name, text in files.items()}
    (line,) = said_by(read_catalogue, named)
    return line


def test_files_are_read_whatever_their_order() -> None:
    files = {
        "a.toml": KIND,
        "b.toml": 'profile = "quiet"\nlegs_of = "p"\nladder = []',
        "c.toml": PROFILE,
    }
    kinds, profiles = read_catalogue(files)
    assert (set(kinds), set(profiles)) == ({"k"}, {"p", "quiet"})
    assert profiles["quiet"].legs == profiles["p"].legs


def test_every_profile_a_kind_names_must_exist() -> None:
    text = changed(KIND, 'red = "p"', 'red = "q"')
    assert catalogue_fault(k=text, p=PROFILE) == "k.toml: profiles.red: 'q' is unknown; allowed: p"
    lines = said_by(read_catalogue, {"k.toml": KIND})
    assert len(lines) == 4
    assert lines[0] == (
        "k.toml: profiles.red: 'p' is unknown; allowed: nothing, as no profile is known"
    )


def test_two_files_of_one_code_are_refused() -> None:
    assert catalogue_fault(a=PROFILE, b=PROFILE) == (
        "b.toml: profile: 'p' stands in another file too; allowed: another code"
    )
    assert catalogue_fault(p=PROFILE, x=KIND, y=KIND) == (
        "y.toml: kind: 'k' stands in another file too; allowed: another code"
    )


def test_a_kind_must_have_the_optional_moments_that_its_profile_measures() -> None:
    text = changed(PROFILE, 'start = "received"', 'start = "police_requested"')
    assert catalogue_fault(k=KIND, p=text) == (
        "k.toml: moments: leg 'push' of profile 'p' needs more than these; "
        "allowed: police_requested and pushed too"
    )
