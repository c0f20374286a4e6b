"""A changed, cut or removed record is found and named, however well it was hidden."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.cli.verify.archive import (
    INCIDENTS,
    MANIFEST,
    TIMING,
    Content,
    KeptDigest,
    KeptHead,
    NoArchiveError,
    Record,
    read,
)
from services.cli.verify.checking import check
from services.cli.verify.findings import Kind
from services.runtime import codec
from tests.services.cli.verify.exports import an_export, chained, checked, digests_of, heads_of

WHOLE = an_export()
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))
LAST = {
    id_: max(each.version for each in WHOLE.events if each.incident == id_)
    for id_ in (FIRST, SECOND)
}


def found(content: Content, folder: Path) -> set[tuple[Kind, str, UUID | None, int | None]]:
    """What is found, without the sentences."""
    return {
        (each.kind, each.where, each.incident, each.version)
        for each in checked(content, folder).findings
    }


def sentence(content: Content, folder: Path, kind: Kind) -> str:
    """The sentences of all findings of a kind."""
    findings = checked(content, folder).findings
    return "\n".join(str(each) for each in findings if each.kind is kind)


def changed(records: Sequence[Record], id_: UUID, version: int, **values: str) -> list[Record]:
    return [
        replace(each, **values) if (each.incident, each.version) == (id_, version) else each  # type: ignore[arg-type]  # of texts only
        for each in records
    ]


def text(id_: UUID, version: int, records: Sequence[Record] = WHOLE.events) -> str:
    return next(each.text for each in records if (each.incident, each.version) == (id_, version))


def without(records: Sequence[Record], id_: UUID, *versions: int) -> list[Record]:
    return [
        each
        for each in records
        if (each.incident, each.version) not in {(id_, version) for version in versions}
    ]


def test_what_was_not_touched_is_whole(tmp_path: Path) -> None:
    result = checked(WHOLE, tmp_path)
    assert result.findings == ()
    assert result.counts["incidents"] == 3
    assert result.counts["events"] == len(WHOLE.events) > 20
    assert result.counts["timing_facts"] == len(WHOLE.timing) > 10


# Events


def test_a_changed_text_is_named(tmp_path: Path) -> None:
    forged = text(FIRST, 4).replace("18:00:40", "18:00:41")
    content = replace(WHOLE, events=changed(WHOLE.events, FIRST, 4, text=forged))
    assert (Kind.CHANGED, INCIDENTS, FIRST, 4) in found(content, tmp_path)


def test_a_changed_hash_is_named(tmp_path: Path) -> None:
    content = replace(WHOLE, events=changed(WHOLE.events, FIRST, 4, hash="0" * 64))
    assert (Kind.CHANGED, INCIDENTS, FIRST, 4) in found(content, tmp_path)


def test_a_changed_text_with_its_hash_made_anew_is_named(tmp_path: Path) -> None:
    forged = changed(WHOLE.events, FIRST, 4, text=text(FIRST, 4).replace("18:00:40", "18:00:41"))
    rehashed = [
        one if one.version == 4 else other
        for one, other in zip(chained(forged), forged, strict=True)
    ]
    content = replace(WHOLE, events=rehashed)
    assert (Kind.CHANGED, INCIDENTS, FIRST, 4) in found(content, tmp_path)


def test_a_changed_text_with_the_whole_chain_made_anew_breaks_with_its_head(tmp_path: Path) -> None:
    forged = changed(WHOLE.events, FIRST, 4, text=text(FIRST, 4).replace("18:00:40", "18:00:41"))
    told = found(replace(WHOLE, events=chained(forged)), tmp_path)
    assert (Kind.CHANGED, INCIDENTS, FIRST, LAST[FIRST]) in told
    assert (Kind.DIGEST, INCIDENTS, None, 2) in told
    assert (Kind.STATE, INCIDENTS, FIRST, LAST[FIRST]) in told


def test_a_forgery_with_its_head_made_anew_breaks_with_the_digest(tmp_path: Path) -> None:
    forged = chained(
        changed(WHOLE.events, FIRST, 4, text=text(FIRST, 4).replace("18:00:40", "18:00:41"))
    )
    heads = [*heads_of(INCIDENTS, forged), *(head for head in WHOLE.heads if head.log == TIMING)]
    told = found(replace(WHOLE, events=forged, heads=heads), tmp_path)
    assert (Kind.DIGEST, INCIDENTS, None, 2) in told
    assert (Kind.CHANGED, INCIDENTS, FIRST, LAST[FIRST]) not in told


def test_a_forgery_of_everything_but_states_and_figures_is_seen_in_them(tmp_path: Path) -> None:
    forged = chained(
        changed(WHOLE.events, FIRST, 4, text=text(FIRST, 4).replace("18:00:40", "18:02:41"))
    )
    told = checked(
        replace(
            WHOLE,
            events=forged,
            heads=[*heads_of(INCIDENTS, forged), *heads_of(TIMING, WHOLE.timing)],
            digests=[*digests_of(INCIDENTS, forged), *digests_of(TIMING, WHOLE.timing)],
        ),
        tmp_path,
    ).findings
    assert {each.kind for each in told} == {Kind.STATE, Kind.FIGURE, Kind.FACT}
    state = next(each for each in told if each.kind is Kind.STATE)
    assert (state.incident, state.version) == (FIRST, LAST[FIRST])
    assert "assignments[0].assigned_at" in state.detail


def test_a_cut_end_is_named(tmp_path: Path) -> None:
    cut = without(WHOLE.events, SECOND, LAST[SECOND], LAST[SECOND] - 1)
    told = found(replace(WHOLE, events=cut), tmp_path)
    assert (Kind.CUT, INCIDENTS, SECOND, LAST[SECOND] - 1) in told


def test_a_cut_end_with_its_head_made_anew_breaks_with_the_digest_and_the_state(
    tmp_path: Path,
) -> None:
    cut = without(WHOLE.events, SECOND, LAST[SECOND])
    heads = [*heads_of(INCIDENTS, cut), *heads_of(TIMING, WHOLE.timing)]
    told = found(replace(WHOLE, events=cut, heads=heads), tmp_path)
    assert (Kind.DIGEST, INCIDENTS, None, 2) in told
    assert (Kind.STATE, INCIDENTS, SECOND, LAST[SECOND] - 1) in told


def test_a_record_taken_out_of_the_middle_is_named(tmp_path: Path) -> None:
    told = found(replace(WHOLE, events=without(WHOLE.events, SECOND, 3)), tmp_path)
    assert (Kind.CUT, INCIDENTS, SECOND, 3) in told
    assert (Kind.HISTORY, INCIDENTS, SECOND, 4) in told


def test_a_record_that_stands_twice_is_named(tmp_path: Path) -> None:
    twice = [
        each
        for each in WHOLE.events
        for _ in range(1 + ((each.incident, each.version) == (FIRST, 2)))
    ]
    assert (Kind.OUT_OF_SEQUENCE, INCIDENTS, FIRST, 2) in found(
        replace(WHOLE, events=twice), tmp_path
    )


def test_a_record_behind_the_head_is_named(tmp_path: Path) -> None:
    more = [*WHOLE.events, replace(WHOLE.events[-1], version=99)]
    assert Kind.CUT in {kind for kind, *_ in found(replace(WHOLE, events=more), tmp_path)}


def test_a_removed_incident_is_named(tmp_path: Path) -> None:
    left = [each for each in WHOLE.events if each.incident != SECOND]
    told = found(replace(WHOLE, events=left), tmp_path)
    assert (Kind.REMOVED, INCIDENTS, SECOND, 1) in told
    assert (Kind.STATE, INCIDENTS, SECOND, None) in told


def test_an_incident_removed_from_every_file_is_missed_by_the_digests_and_the_figures(
    tmp_path: Path,
) -> None:
    content = replace(
        WHOLE,
        events=[each for each in WHOLE.events if each.incident != SECOND],
        timing=[each for each in WHOLE.timing if each.incident != SECOND],
        heads=[each for each in WHOLE.heads if each.incident != SECOND],
        incidents=[each for each in WHOLE.incidents if each["id"] != str(SECOND)],
        conservation=[{"difference": 0, "incidents": {"closed": 2}, "dead_lettered": 0}],
    )
    told = found(content, tmp_path)
    assert (Kind.DIGEST, INCIDENTS, None, 2) in told
    assert (Kind.DIGEST, TIMING, None, 2) in told
    assert (Kind.FIGURE, "figures", None, None) in told
    assert "taken over 3 chains; it is not that of the 2" in sentence(
        content, tmp_path, Kind.DIGEST
    )


def test_a_record_of_another_incident_is_named(tmp_path: Path) -> None:
    moved = chained(changed(WHOLE.events, FIRST, 3, text=text(SECOND, 3)))
    content = replace(
        WHOLE, events=moved, heads=[*heads_of(INCIDENTS, moved), *heads_of(TIMING, WHOLE.timing)]
    )
    assert (Kind.MISPLACED, INCIDENTS, FIRST, 3) in found(content, tmp_path)


@pytest.mark.parametrize("forged", ["", "null", "{}", '{"type":"incident.opened.v1"}', "\\u0000"])
def test_a_text_that_is_no_event_is_a_finding_and_no_crash(forged: str, tmp_path: Path) -> None:
    content = replace(WHOLE, events=chained(changed(WHOLE.events, FIRST, 3, text=forged)))
    assert (Kind.HISTORY, INCIDENTS, FIRST, 3) in found(content, tmp_path)


def test_an_added_incident_is_named(tmp_path: Path) -> None:
    stranger = UUID(int=9)
    added = [*WHOLE.events, *(replace(each, incident=stranger) for each in WHOLE.events[:2])]
    assert (Kind.ADDED, INCIDENTS, stranger, 1) in found(replace(WHOLE, events=added), tmp_path)


# The clocks' log


def test_a_changed_fact_is_named(tmp_path: Path) -> None:
    forged = text(SECOND, 2, WHOLE.timing).replace("breached", "achieved").replace("met", "mat")
    content = replace(WHOLE, timing=changed(WHOLE.timing, SECOND, 2, text=forged))
    assert (Kind.CHANGED, TIMING, SECOND, 2) in found(content, tmp_path)


def test_a_fact_taken_out_of_the_middle_is_named(tmp_path: Path) -> None:
    told = found(replace(WHOLE, timing=without(WHOLE.timing, SECOND, 2)), tmp_path)
    assert (Kind.CUT, TIMING, SECOND, 2) in told
    assert (Kind.FACT, TIMING, SECOND, None) in told


def test_a_cut_end_of_the_clocks_log_is_named(tmp_path: Path) -> None:
    last = max(each.version for each in WHOLE.timing if each.incident == SECOND)
    told = found(replace(WHOLE, timing=without(WHOLE.timing, SECOND, last)), tmp_path)
    assert (Kind.CUT, TIMING, SECOND, last) in told


def test_clocks_made_silent_everywhere_are_named_by_what_the_moments_say(tmp_path: Path) -> None:
    left = [each for each in WHOLE.timing if each.incident != SECOND]
    content = replace(
        WHOLE,
        timing=left,
        heads=[*heads_of(INCIDENTS, WHOLE.events), *heads_of(TIMING, left)],
        digests=[*digests_of(INCIDENTS, WHOLE.events), *digests_of(TIMING, left)],
    )
    assert found(content, tmp_path) == {(Kind.FACT, TIMING, SECOND, None)}
    assert "leg 1/on_scene was breached" in sentence(content, tmp_path, Kind.FACT)


# Heads and digests


def edit_head(**values: Any) -> Content:  # noqa: ANN401  # what replace takes
    def edited(head: KeptHead) -> KeptHead:
        return replace(head, **values) if (head.log, head.incident) == (INCIDENTS, FIRST) else head

    return replace(WHOLE, heads=[edited(head) for head in WHOLE.heads])


def test_a_changed_head_is_named(tmp_path: Path) -> None:
    told = found(edit_head(hash="0" * 64), tmp_path)
    assert told == {(Kind.CHANGED, INCIDENTS, FIRST, LAST[FIRST])}
    told = found(edit_head(version=LAST[FIRST] + 3), tmp_path)
    assert told == {(Kind.CUT, INCIDENTS, FIRST, LAST[FIRST] + 1)}


def test_a_removed_head_is_named(tmp_path: Path) -> None:
    content = edit_head(log="elsewhere")
    assert found(content, tmp_path) == {(Kind.ADDED, INCIDENTS, FIRST, 1)}


def edit_digest(log: str, sequence: int, **values: Any) -> Content:  # noqa: ANN401  # the same
    def edited(digest: KeptDigest) -> KeptDigest:
        same = (digest.log, digest.sequence) == (log, sequence)
        return replace(digest, **values) if same else digest

    return replace(WHOLE, digests=[edited(digest) for digest in WHOLE.digests])


@pytest.mark.parametrize("log", [INCIDENTS, TIMING])
def test_a_changed_digest_is_named(log: str, tmp_path: Path) -> None:
    assert (Kind.DIGEST, log, None, 2) in found(edit_digest(log, 2, digest="0" * 64), tmp_path)
    assert (Kind.DIGEST, log, None, 2) in found(edit_digest(log, 2, count=2), tmp_path)
    assert (Kind.DIGEST, log, None, 1) in found(edit_digest(log, 2, previous="0" * 64), tmp_path)


def test_a_removed_digest_is_named(tmp_path: Path) -> None:
    left = [each for each in WHOLE.digests if (each.log, each.sequence) != (INCIDENTS, 1)]
    assert (Kind.DIGEST, INCIDENTS, None, 1) in found(replace(WHOLE, digests=left), tmp_path)


# States and figures


def test_a_changed_state_is_named_with_its_fields(tmp_path: Path) -> None:
    states = deepcopy(list(WHOLE.incidents))
    states[1]["moments"][3]["judged_at"] = "2016-12-31T18:00:31Z"
    states[1]["disposition"] = "medical"
    content = replace(WHOLE, incidents=states)
    assert found(content, tmp_path) == {(Kind.STATE, INCIDENTS, SECOND, LAST[SECOND])}
    told = sentence(content, tmp_path, Kind.STATE)
    assert "disposition, moments[3].judged_at" in told


def test_a_removed_and_an_added_state_are_named(tmp_path: Path) -> None:
    states = list(WHOLE.incidents)
    added = replace(WHOLE, incidents=[*states[1:], states[0] | {"id": str(UUID(int=9))}])
    told = found(added, tmp_path)
    assert (Kind.STATE, INCIDENTS, FIRST, LAST[FIRST]) in told
    assert (Kind.STATE, INCIDENTS, UUID(int=9), None) in told


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("met", 3, "leg on_scene: met is 3, the events give 1"),
        ("n", 3, "leg on_scene: n is 3, the events give 2"),
        ("breached", 0, "leg on_scene: breached is 0, the events give 1"),
        ("void", 0, "leg on_scene: void is 0, the events give 1"),
        ("no_end", 0, "leg on_scene: no_end is 0, the events give 1"),
        ("p90_seconds", 60.0, "leg on_scene: p90_seconds is 60.0, the events give 600.0"),
        ("by", {}, "leg on_scene: n by person is None, the events give 2"),
        ("leg", "on-scene", "leg on_scene: the leg is none, the events give one"),
    ],
)  # fmt: skip
def test_a_changed_figure_is_named(field: str, value: object, told: str, tmp_path: Path) -> None:
    figures = deepcopy(list(WHOLE.figures))
    (leg,) = [each for each in figures[0].told["groups"][0]["legs"] if each["leg"] == "on_scene"]
    leg[field] = value
    content = replace(WHOLE, figures=figures)
    assert {kind for kind, *_ in found(content, tmp_path)} == {Kind.FIGURE}
    assert f"2016-12-31 to 2016-12-31, actual: all, {told}" in sentence(
        content, tmp_path, Kind.FIGURE
    )


def test_figures_that_cannot_be_read_are_a_finding(tmp_path: Path) -> None:
    figures = [replace(WHOLE.figures[0], told={"as_of": "soon"})]
    assert Kind.FIGURE in {kind for kind, *_ in found(replace(WHOLE, figures=figures), tmp_path)}


def test_a_lost_alert_is_a_finding(tmp_path: Path) -> None:
    told = [{"difference": 1, "incidents": {"closed": 2, "open": 1}, "dead_lettered": 0}]
    assert "lost or doubled" in sentence(
        replace(WHOLE, conservation=told), tmp_path, Kind.CONSERVATION
    )


def test_where_alerts_have_no_incident_the_legs_of_alerts_alone_are_not_compared(
    tmp_path: Path,
) -> None:
    figures = deepcopy(list(WHOLE.figures))
    for leg in figures[0].told["groups"][0]["legs"]:
        leg["breached"] += leg["leg"] in {"push", "station"}
    told = [{"difference": 0, "incidents": {"closed": 3}, "dead_lettered": 1}]
    result = checked(replace(WHOLE, figures=figures, conservation=told), tmp_path)
    assert result.is_whole
    assert result.notes == ("some alerts have no incident: legs up to the push were not compared",)


# While things move, and files


def test_a_chain_may_go_on_behind_its_head_while_the_instance_is_busy(tmp_path: Path) -> None:
    earlier = without(WHOLE.events, FIRST, LAST[FIRST])
    content = replace(
        WHOLE,
        heads=[*heads_of(INCIDENTS, earlier), *heads_of(TIMING, WHOLE.timing)],
        digests=(),
        figures=(),
    )
    result = checked(content, tmp_path, settled=False)
    assert result.is_whole
    assert "busy" in result.notes[0]
    assert not checked(content, tmp_path).is_whole
    lost = replace(content, events=without(earlier, FIRST, LAST[FIRST] - 1))
    told = checked(lost, tmp_path, settled=False).findings
    assert (Kind.CUT, LAST[FIRST] - 1) in {(each.kind, each.version) for each in told}


def test_a_changed_file_is_named_even_if_nothing_in_it_is_wrong(tmp_path: Path) -> None:
    checked(WHOLE, tmp_path)
    file = tmp_path / "incidents.ndjson"
    file.write_bytes(file.read_bytes() + b"\n")
    (finding,) = check(read(tmp_path)).findings
    assert (finding.kind, finding.where) == (Kind.FILE_CHANGED, "incidents.ndjson")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    checked(WHOLE, tmp_path)
    (tmp_path / "digests.ndjson").unlink()
    assert [
        each.where for each in check(read(tmp_path)).findings if each.kind is Kind.FILE_MISSING
    ] == ["digests.ndjson"]


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    checked(WHOLE, tmp_path)
    file = tmp_path / "heads.ndjson"
    file.write_bytes(b"what\n" + file.read_bytes())
    findings = check(read(tmp_path)).findings
    line = next(each for each in findings if each.kind is Kind.LINE_UNREADABLE)
    assert (line.where, line.detail[:22]) == ("heads.ndjson", "line 1 cannot be read:")


@pytest.mark.parametrize("manifest", [None, b"", b"{}", b'{"format":"other"}', b"\xff"])
def test_a_directory_without_manifest_is_no_export(manifest: bytes | None, tmp_path: Path) -> None:
    checked(WHOLE, tmp_path)
    (tmp_path / MANIFEST).unlink()
    if manifest is not None:
        (tmp_path / MANIFEST).write_bytes(manifest)
    with pytest.raises(NoArchiveError):
        read(tmp_path)


FILES = ["incidents", "events", "timing", "heads", "digests", "figures", "conservation"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(stem=st.sampled_from(FILES), place=st.integers(0), byte=st.binary(min_size=1, max_size=1))
def test_no_forged_byte_makes_the_check_fall_over_or_goes_unseen(
    stem: str, place: int, byte: bytes, tmp_path: Path
) -> None:
    checked(WHOLE, tmp_path)
    file = tmp_path / f"{stem}.ndjson"
    data = file.read_bytes()
    place %= len(data)
    forged = data[:place] + byte + data[place + 1 :]
    file.write_bytes(forged)
    assert bool(check(read(tmp_path)).findings) == (forged != data)
    part = codec.decode((tmp_path / MANIFEST).read_bytes(), dict)
    part["files"][file.name]["sha256"] = sha256(forged).hexdigest()
    (tmp_path / MANIFEST).write_bytes(codec.encode(part))
    assert Kind.FILE_CHANGED not in {each.kind for each in check(read(tmp_path)).findings}
