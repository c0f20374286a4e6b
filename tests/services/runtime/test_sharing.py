"""What very many values have in common is written once and held once, and nobody can tell."""

import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.events import IncidentOpened, IncidentPushed
from incident.lifecycle import Incident
from incident.messages import IncidentChanged
from incident.profile import Profile
from services.runtime import codec, sharing
from tests.builders import OBSERVE, PROFILE_115, an_incident
from tests.values import values

HOLDERS = (Incident, IncidentChanged, IncidentOpened)


@pytest.mark.parametrize("kind", HOLDERS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_written_is_what_would_be_written_without_sharing(
    kind: type, data: st.DataObject
) -> None:
    value = data.draw(values(kind))
    written = codec.encode(value)
    whole = json.loads(written)
    holder = whole.get("incident", whole)
    holder = holder if isinstance(holder, dict) else whole
    profile = msgspec.convert(holder["profile"], Profile)
    holder["profile"] = json.loads(msgspec.json.encode(profile))
    assert whole == json.loads(msgspec.json.encode(value))
    assert codec.decode(written, kind) == value
    assert codec.decode(json.dumps(json.loads(written), indent=1, sort_keys=True), kind) == value


def test_what_stands_at_its_default_is_left_out_of_a_profile() -> None:
    text = bytes(sharing.shared(PROFILE_115).text)
    assert len(text) < len(msgspec.json.encode(PROFILE_115)) / 2
    assert msgspec.json.decode(text, type=Profile) == PROFILE_115
    assert b"null" not in text


def test_incidents_read_share_one_profile() -> None:
    read = [
        codec.decode(codec.encode(replace(an_incident(), version=version)), Incident)
        for version in (1, 2)
    ]
    assert read[0].profile is read[1].profile
    assert read[0].profile == PROFILE_115


def test_however_it_is_spaced_and_ordered_it_is_the_same_profile() -> None:
    plain = codec.encode(an_incident())
    spaced = json.dumps(json.loads(plain), indent=2, sort_keys=True)
    assert codec.decode(plain, Incident).profile is codec.decode(spaced, Incident).profile


def test_another_profile_is_another() -> None:
    one, other = (
        codec.decode(codec.encode(replace(an_incident(), profile=profile)), Incident).profile
        for profile in (PROFILE_115, OBSERVE)
    )
    assert (one, other) == (PROFILE_115, OBSERVE)


@pytest.mark.parametrize(
    ("was", "is_", "path"),
    [
        ('"code":"push"', '"code":5', "profile.legs"),
        ('"profile":{', '"profile":7,"other":{', "profile"),
        ('"version":1', '"version":"one"', "version"),
    ],
)
def test_a_fault_is_told_by_its_field(was: str, is_: str, path: str) -> None:
    text = codec.text(replace(an_incident(), version=1)).replace(was, is_, 1)
    with pytest.raises(codec.DecodeError) as fault:
        codec.decode(text, Incident)
    assert fault.value.path.startswith(path)


def test_a_missing_profile_is_missing() -> None:
    whole = codec.to_builtins(an_incident())
    del whole["profile"]
    with pytest.raises(codec.DecodeError, match="missing required field `profile`"):
        codec.decode(json.dumps(whole), Incident)


def test_what_is_remembered_is_bounded() -> None:
    for number in range(3 * sharing.KEPT):
        profile = replace(PROFILE_115, code=f"other-{number}")
        codec.decode(codec.encode(replace(an_incident(), profile=profile)), Incident)
    sizes = [len(kept) for kept in (sharing._by_text, sharing._by_object, sharing._by_reading)]
    assert max(sizes) <= sharing.KEPT
    again = codec.decode(codec.encode(an_incident()), Incident)
    assert again.profile == PROFILE_115


def test_the_profile_is_cut_out_and_nothing_else() -> None:
    incident = replace(an_incident(), dispositions=('"profile":', '"profile":{'))
    whole = codec.to_builtins(incident)
    del whole["profile"]
    cut = sharing.cut(codec.encode(incident), incident.profile)
    assert json.loads(cut) == whole


def test_what_is_not_there_cannot_be_cut_out() -> None:
    with pytest.raises(ValueError, match="not there"):
        sharing.cut(codec.encode(an_incident()), OBSERVE)


def test_only_what_holds_a_profile_is_mirrored() -> None:
    assert sharing.mirror_of(IncidentPushed) is None
    assert sharing.mirror_of(Profile) is None
    assert sharing.mirror_of(Incident) is not None


@pytest.mark.parametrize("kind", HOLDERS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_value_that_names_its_profile_reads_the_same_and_can_be_spelt_out(
    kind: type, data: st.DataObject
) -> None:
    value = data.draw(values(kind))
    named = codec.encode(value, named=True)
    assert codec.decode(named, kind) == value
    assert sharing.spell_out(named) == codec.encode(value)
    assert sharing.spell_out(codec.encode(value)) == codec.encode(value)


def test_a_text_that_looks_like_a_name_stays_as_it_is() -> None:
    said = '"profile":"' + "0" * 64 + '"'
    incident = replace(an_incident(), updated_at=an_incident().updated_at)
    text = codec.encode({"said": said, "incident": codec.to_builtins(incident)})
    assert sharing.spell_out(text) == text


def test_a_name_nobody_has_told_the_text_of_is_said_to_be_unknown() -> None:
    name = "f" * 64
    text = codec.text(an_incident(), named=True).replace(sharing.shared(PROFILE_115).name, name)
    with pytest.raises(sharing.UnknownProfileError) as fault:
        codec.decode(text, Incident)
    assert fault.value.name == name
    with pytest.raises(sharing.UnknownProfileError):
        sharing.spell_out(text.encode())
