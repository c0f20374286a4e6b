"""The chain: whatever is changed, cut or moved is found, and the first break is named."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from incident.chain import (
    GENESIS,
    ChainBreak,
    Entry,
    Head,
    canonical,
    check_chain,
    digest_of_heads,
    link,
)

INCIDENT = UUID(int=115)


def chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    last = GENESIS
    for version in range(1, length + 1):
        text = canonical({"incident": str(INCIDENT), "version": version})
        entries.append(Entry(version=version, text=text, previous=last, hash=link(last, text)))
        last = entries[-1].hash
    return entries


def head_of(entries: list[Entry]) -> Head:
    if not entries:
        return Head(incident=INCIDENT, version=0, hash=GENESIS)
    return Head(incident=INCIDENT, version=entries[-1].version, hash=entries[-1].hash)


def test_a_link_is_the_sha256_of_the_previous_hash_and_the_text() -> None:
    assert link(GENESIS, '{"a":"报警"}') == sha256(("0" * 64 + '{"a":"报警"}').encode()).hexdigest()


@given(st.integers(min_value=0, max_value=8))
@example(0)
@example(3)
def test_a_whole_chain_has_no_fault(length: int) -> None:
    entries = chain(length)
    assert check_chain(entries) is None
    assert check_chain(entries, head=head_of(entries)) is None


def changed(entries: list[Entry]) -> None:
    entries[2] = replace(entries[2], text=entries[2].text.replace("3", "4"))


def changed_and_hashed_anew(entries: list[Entry]) -> None:
    text = '{"forged":true}'
    entries[2] = replace(entries[2], text=text, hash=link(entries[2].previous, text))


def changed_first_and_hashed_anew(entries: list[Entry]) -> None:
    text = '{"forged":true}'
    entries[0] = replace(entries[0], text=text, hash=link(GENESIS, text))


def only_the_hash_changed(entries: list[Entry]) -> None:
    entries[2] = replace(entries[2], hash=GENESIS)


def another_beginning(entries: list[Entry]) -> None:
    previous = "f" * 64
    hashed = link(previous, entries[0].text)
    entries[0] = replace(entries[0], previous=previous, hash=hashed)


def removed(entries: list[Entry]) -> None:
    del entries[2]


def beginning_removed(entries: list[Entry]) -> None:
    del entries[:2]


def doubled(entries: list[Entry]) -> None:
    entries.insert(3, entries[2])


def swapped(entries: list[Entry]) -> None:
    entries[2], entries[3] = entries[3], entries[2]


@pytest.mark.parametrize(
    ("tamper", "version", "kind"),
    [
        (changed, 3, ChainBreak.CHANGED),
        (changed_and_hashed_anew, 3, ChainBreak.CHANGED),
        (changed_first_and_hashed_anew, 1, ChainBreak.CHANGED),
        (only_the_hash_changed, 3, ChainBreak.CHANGED),
        (another_beginning, 1, ChainBreak.CHANGED),
        (removed, 3, ChainBreak.CUT),
        (beginning_removed, 1, ChainBreak.CUT),
        (doubled, 3, ChainBreak.OUT_OF_SEQUENCE),
        (swapped, 3, ChainBreak.CUT),
    ],
)
def test_the_first_broken_version_is_named(
    tamper: Callable[[list[Entry]], None], version: int, kind: ChainBreak
) -> None:
    entries = chain(5)
    tamper(entries)
    fault = check_chain(entries)
    assert fault is not None
    assert (fault.version, fault.kind) == (version, kind)
    assert f"version {version}" in fault.detail or f"version {version + 1}" in fault.detail


def test_a_cut_end_is_seen_against_the_head() -> None:
    entries = chain(5)
    fault = check_chain(entries[:3], head=head_of(entries))
    assert fault is not None
    assert (fault.version, fault.kind) == (4, ChainBreak.CUT)


def test_a_chain_that_is_gone_is_seen_against_the_head() -> None:
    fault = check_chain([], head=head_of(chain(2)))
    assert fault is not None
    assert (fault.version, fault.kind) == (1, ChainBreak.CUT)


def test_a_record_after_the_head_is_seen() -> None:
    entries = chain(5)
    fault = check_chain(entries, head=head_of(entries[:3]))
    assert fault is not None
    assert (fault.version, fault.kind) == (4, ChainBreak.OUT_OF_SEQUENCE)


def test_a_last_record_made_anew_is_seen_against_the_head() -> None:
    entries = chain(3)
    head = head_of(entries)
    changed_and_hashed_anew(entries)
    assert check_chain(entries) is None
    fault = check_chain(entries, head=head)
    assert fault is not None
    assert (fault.version, fault.kind) == (3, ChainBreak.CHANGED)


@given(st.data())
def test_no_single_change_of_a_text_goes_unseen(data: st.DataObject) -> None:
    entries = chain(data.draw(st.integers(min_value=1, max_value=6)))
    position = data.draw(st.integers(min_value=0, max_value=len(entries) - 1))
    text = data.draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
    if text == entries[position].text:
        text += " "
    entries[position] = replace(entries[position], text=text)
    fault = check_chain(entries)
    assert fault is not None
    assert (fault.version, fault.kind) == (position + 1, ChainBreak.CHANGED)


def test_the_digest_of_heads_can_be_made_with_sort_and_sha256sum() -> None:
    one = Head(incident=UUID(int=1), version=3, hash="a" * 64)
    two = Head(incident=UUID(int=2), version=1, hash="b" * 64)
    lines = (
        f"00000000-0000-0000-0000-000000000001 3 {'a' * 64}\n"
        f"00000000-0000-0000-0000-000000000002 1 {'b' * 64}\n"
    )
    assert digest_of_heads([two, one]) == sha256(lines.encode()).hexdigest()


def test_a_removed_a_shortened_and_a_changed_chain_change_the_digest() -> None:
    heads = [Head(incident=UUID(int=n), version=n, hash=f"{n:064x}") for n in range(1, 4)]
    digests = {
        digest_of_heads(heads),
        digest_of_heads(heads[:2]),
        digest_of_heads([*heads[:2], replace(heads[2], version=2)]),
        digest_of_heads([*heads[:2], replace(heads[2], hash=GENESIS)]),
        digest_of_heads([]),
    }
    assert len(digests) == 5
