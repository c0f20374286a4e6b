"""What messages say: codes, the catalogue's words in two languages, and nothing a person wrote."""

import string
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.alert import Circumstances, OrganisationId, Place, Reference, Severity, Status
from incident.lifecycle import Incident
from incident.profile import Action, rungs_of
from incident.roster import Language
from services.notifier.handlers.messages.notices import about_of
from services.notifier.handlers.messages.texts import TEXTS
from services.notifier.handlers.messages.writing import has_texts, write
from services.notifier.ports.messages import About, Letter, Purpose, Queued
from services.runtime import codec
from tests.builders import KINDS, PROFILES, RECEIVED
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup
from tests.services.notifier.messages.office import CHIEF, STEP, incident_of

ATLAS = FakeAtlas(park_lookup())
LINK = "https://115.example/r/token"
SECRET = st.text("密码张三甲乙丙ABCxyz", min_size=12, max_size=20).map(lambda text: f"§{text}§")


def queued(purpose: Purpose = Purpose.STEP, *abouts: About, why: str = "shift") -> Queued:
    together = purpose in {Purpose.BUNDLE, Purpose.DIGEST}
    return Queued(
        id=UUID(int=9),
        purpose=purpose,
        person=CHIEF,
        about=abouts[0] if abouts and not together else None,
        voice=False,
        first=True,
        why=why,
        post="chief",
        endpoint="webhook",
        way=0,
        tries=0,
        attempts=0,
        queued_at=RECEIVED,
        members=abouts if together else (),
    )


def written(message: Queued, language: Language = Language.ZH, link: str | None = LINK) -> Letter:
    return write(message, language=language, link=link, kinds=KINDS)


def about(incident: Incident, rung: str = "undelivered-chief") -> About:
    return about_of(incident, STEP, rung, ATLAS)


@given(st.lists(SECRET, min_size=8, max_size=8))
def test_nothing_that_anybody_wrote_stands_in_a_message(secrets: Sequence[str]) -> None:
    number, order, kind, place, category, detail, result, reason = secrets
    plain = incident_of()
    alert = replace(
        plain.alert,
        reference=Reference(number=number, order=order),
        kind=kind,
        category=category,
        place=Place(place=place),
        details=((detail, detail),),
        circumstances=Circumstances(hazards=(detail,)),
    )
    incident = replace(
        plain, alert=alert, place=place, result=((result, result),), disposition=reason
    )

    for purpose in (Purpose.STEP, Purpose.STAND_DOWN, Purpose.BUNDLE, Purpose.DIGEST):
        for language in Language:
            letter = written(queued(purpose, about(incident)), language)
            sent = letter.title + letter.text + codec.text(dict(letter.fields))
            assert not [secret for secret in secrets if secret in sent]
            assert "§" not in sent


@pytest.mark.parametrize("language", Language)
def test_a_message_tells_number_level_kind_place_and_link(language: Language) -> None:
    incident = replace(incident_of(severity=Severity.RED), place="east-1-2")

    letter = written(queued(Purpose.STEP, about(incident)), language)

    for said in (incident.id.hex[:8].upper(), "▲", "east-1-2", LINK):
        assert said in letter.text
    assert set(letter.fields) == {
        "purpose", "link", "number", "level", "kind", "place", "status", "rung",
    }  # fmt: skip


def test_a_place_the_directory_does_not_know_becomes_the_center() -> None:
    unknown = replace(incident_of(), place=None, center=OrganisationId("east-center"))
    unknown = replace(unknown, alert=replace(unknown.alert, place=Place(place="nowhere")))

    assert about(unknown).place == "east-center"


@pytest.mark.parametrize("language", Language)
def test_a_drill_says_so_first(language: Language) -> None:
    drill = about(incident_of(status=Status.EXERCISE))

    for purpose in (Purpose.STEP, Purpose.STAND_DOWN, Purpose.BUNDLE):
        letter = written(queued(purpose, drill), language)
        assert letter.title.startswith("【演练】")
        assert letter.text.startswith("【演练】")


def test_a_drill_among_real_ones_is_marked_where_it_stands() -> None:
    real, drill = about(incident_of(1)), about(incident_of(2, status=Status.EXERCISE))

    letter = written(queued(Purpose.BUNDLE, real, drill))

    assert not letter.title.startswith("【演练】")
    assert f"【演练】编号 {drill.number}" in letter.text


@pytest.mark.parametrize("purpose", [Purpose.TEST, Purpose.MONTHLY])
@pytest.mark.parametrize("language", Language)
def test_a_test_says_so_first(purpose: Purpose, language: Language) -> None:
    assert written(queued(purpose), language).title.startswith("【测试】")
    assert written(queued(purpose), language, link=None).text.startswith("【测试】")


def test_the_last_resort_is_told_that_it_is() -> None:
    letter = written(queued(Purpose.STEP, about(incident_of()), why="last_resort"))

    assert "最后联系人" in letter.text


def test_a_long_bundle_lists_twenty_and_counts_the_others() -> None:
    letter = written(queued(Purpose.BUNDLE, *(about(incident_of(n)) for n in range(1, 31))))

    assert letter.text.count("编号") == 20
    assert "另有 10 条" in letter.text


def test_every_text_is_there_in_both_languages_with_the_same_gaps() -> None:
    def gaps(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    assert [code for code, (zh, en) in TEXTS.items() if gaps(zh) != gaps(en)] == []
    assert [code for code, pair in TEXTS.items() if not all(part.strip() for part in pair)] == []


def test_every_rung_that_tells_people_has_its_words() -> None:
    silent = {
        rung.code
        for profile in PROFILES.values()
        for rung in rungs_of(profile)
        if rung.action is Action.NOTIFY and rung.post is not None
        if not has_texts(rung.code)
    }

    assert silent == set()
