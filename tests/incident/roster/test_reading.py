"""A document becomes a roster and back, or every fault is named by its path."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.roster import (
    Channel,
    ChannelType,
    InvalidRosterError,
    Known,
    Language,
    Person,
    read_roster,
    to_document,
)
from incident.roster.channels import masked
from tests.incident.roster.rosters import (
    CENTER,
    DOCUMENT,
    A,
    a_shift,
    document,
    faults,
    read,
)

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123456789abcdef"


def contact(*channels: dict[str, Any], **more: object) -> dict[str, Any]:
    """The document with these channels for its first contact."""
    contacts = deepcopy(DOCUMENT["contacts"])
    contacts[0] |= {"channels": list(channels), **more}
    return document(contacts=contacts)


def shifts(*listed: dict[str, Any]) -> dict[str, Any]:
    return document(posts=[DOCUMENT["posts"][0]], shifts=list(listed))


def test_a_roster_is_read_back_from_its_document() -> None:
    full = contact(
        {"type": "wecom", "address": ROBOT},
        {"type": "email", "address": "zhang.jia@heling.example.com"},
        {"type": "voice", "address": "+86 138 0000 0000"},
        language="en",
    ) | {
        "time_zone": "Europe/Berlin",
        "holidays": {"country": "none", "free": ["2026-03-04"], "worked": ["2026-03-07"]},
    }
    full["shifts"][0] |= {"last": "2026-12-31", "weekdays": ["mon", "sun"], "turn_days": 3}
    roster = read(full)
    bare = read(to_document(roster))
    assert to_document(bare) == to_document(roster)
    assert (bare.shifts, bare.posts, bare.days) == (roster.shifts, roster.posts, roster.days)
    assert roster.country is None
    assert roster.contacts[0].language is Language.EN


def test_no_address_stands_in_the_document_or_in_what_is_printed() -> None:
    roster = read(contact({"type": "wecom", "address": ROBOT}))
    assert "0123456789" not in str(to_document(roster)) + repr(roster)


@pytest.mark.parametrize(
    ("type_", "address", "shown"),
    [
        ("sms", "13800001234", "138****1234"),
        ("voice", "8001", "****01"),
        ("email", "zhang@example.cn", "z***@example.cn"),
        ("wecom", ROBOT, "https://qyapi.weixin.qq.com/…cdef"),
        ("webhook", "https://example.cn/short", "https://example.cn/…"),
    ],
)
def test_a_mask_is_enough_to_know_an_address_again(type_: str, address: str, shown: str) -> None:
    assert masked(address, ChannelType(type_)) == shown


KEPT = Person(
    code=A,
    name="张甲",
    channels=(
        Channel(type=ChannelType.SMS, masked="138****1234", address="13800001234"),
        Channel(type=ChannelType.SMS, masked="138****1234", address="13899991234"),
        Channel(type=ChannelType.EMAIL, masked="z***@example.cn"),
    ),
)


def test_a_mask_sent_back_stands_for_the_address_that_is_kept() -> None:
    shown = {"type": "sms", "masked": "138****1234"}
    roster = read(contact(shown, shown), Known(kept=[KEPT]))
    addresses = [channel.address for channel in roster.contacts[0].channels]
    assert addresses == ["13800001234", "13899991234"]


@pytest.mark.parametrize(
    "shown",
    [
        {"type": "voice", "masked": "138****1234"},
        {"type": "sms", "masked": "139****1234"},
        {"type": "email", "masked": "z***@example.cn"},  # its key is lost
    ],
)
def test_a_mask_of_nothing_that_is_kept_is_refused(shown: dict[str, str]) -> None:
    found = faults(contact(shown), Known(kept=[KEPT]))
    assert found["contacts[0].channels[0].masked"].wrong == "stands for no address that is kept"


@pytest.mark.parametrize(
    ("channel", "at"),
    [
        ({"type": "sms"}, "address"),
        ({"type": "pager", "address": "1"}, "type"),
        ({"type": "sms", "address": "call me"}, "address"),
        ({"type": "sms", "address": "13800001234", "masked": "138****1234"}, "masked"),
        ({"type": "voice", "address": "+"}, "address"),
        ({"type": "voice", "address": "1" * 21}, "address"),
        ({"type": "email", "address": "nobody"}, "address"),
        ({"type": "email", "address": "a@b"}, "address"),
        ({"type": "email", "address": "a@b.cn\r\nBcc: x@y.cn"}, "address"),
        ({"type": "wecom", "address": "qyapi.weixin.qq.com"}, "address"),
        ({"type": "wecom", "address": "https://"}, "address"),
        ({"type": "wecom", "address": "https://[::1"}, "address"),
        ({"type": "wecom", "address": "https://example.cn:99999/"}, "address"),
        ({"type": "wecom", "address": "https://example.cn:0/"}, "address"),
        ({"type": "wecom", "address": "https:///path"}, "address"),
        ({"type": "webhook", "address": "https://user:secret@example.cn/"}, "address"),
        ({"type": "webhook", "address": "https://example.cn/#x"}, "address"),
        ({"type": "webhook", "address": "ftp://example.cn/"}, "address"),
        ({"type": "webhook", "address": f"https://example.cn/{'a' * 1000}"}, "address"),
        ({"type": "webhook", "address": "https://inside.example/"}, "address"),
        ({"type": "sms", "masked": "a b"}, "masked"),
        ({"type": "sms", "address": "000-0000-000", "note": "x"}, "note"),
    ],
)
def test_a_bad_channel_is_refused_without_repeating_its_address(
    channel: dict[str, str], at: str
) -> None:
    def judge(host: str, _scheme: str) -> str | None:
        return "leads inside" if host == "inside.example" else None

    found = faults(contact(channel), Known(judge=judge))
    assert list(found) == [f"contacts[0].channels[0].{at}"]
    address = channel.get("address", "")
    assert len(address) < 10 or address not in found[f"contacts[0].channels[0].{at}"].sentence


def changed(**changes: object) -> dict[str, Any]:
    return document(**changes)


@pytest.mark.parametrize(
    ("given_", "path", "wrong"),
    [
        ([], "", "is a list"),
        (changed(time_zone="Mars/Olympus"), "time_zone", "'Mars/Olympus' is unknown"),
        (changed(time_zone="America"), "time_zone", "'America' is unknown"),
        (changed(time_zone="../../etc"), "time_zone", "is '../../etc'"),
        (changed(holidays=[]), "holidays", "is a list"),
        (changed(holidays={"country": "XX"}), "holidays.country", "'XX' is unknown"),
        (changed(holidays={"country": "cn"}), "holidays.country", "is 'cn'"),
        (changed(holidays={"free": "x"}), "holidays.free", "is 'x'"),
        (changed(holidays={"free": ["2026-02-30"]}), "holidays.free[0]", "is '2026-02-30'"),
        (changed(holidays={"free": ["1999-01-01"]}), "holidays.free[0]", "is '1999-01-01'"),
        (changed(holidays={"free": [7]}), "holidays.free[0]", "is the number 7"),
        (
            changed(holidays={"free": ["2026-03-04"], "worked": ["2026-03-04"]}),
            "holidays.worked",
            "2026-03-04 is both free and worked",
        ),
        (changed(overrides=[]), "overrides", "is not a known field"),
        (contact(language="fr"), "contacts[0].language", "'fr' is unknown"),
        (contact(code="a b"), "contacts[0].code", "is 'a b'"),
        (contact(code="b"), "contacts[1].code", "'b' stands at contacts[0].code too"),
        (contact(*[{"type": "sms"}] * 9), "contacts[0].channels", "has 9 entries"),
        (changed(contacts=[{}] * 501), "contacts", "has 501 entries"),
        (shifts(), "posts[0]", "no shift fills 'operator'"),
        (shifts(a_shift(post="x")), "shifts[0].post", "'x' is unknown"),
        (shifts(a_shift(first="soon")), "shifts[0].first", "is 'soon'"),
        (shifts(a_shift(first=None)), "shifts[0].first", "is missing"),
        (
            shifts(a_shift(last="2026-03-01")),
            "shifts[0].last",
            "2026-03-01 comes before the first day",
        ),
        (shifts(a_shift(last=3)), "shifts[0].last", "is the number 3"),
        (shifts(a_shift(start="8:00")), "shifts[0].start", "is '8:00'"),
        (shifts(a_shift(start=1200)), "shifts[0].start", "is the number 1200"),
        (shifts(a_shift(weekdays=["monday"])), "shifts[0].weekdays[0]", "is 'monday'"),
        (shifts(a_shift(days="sometimes")), "shifts[0].days", "is 'sometimes'"),
        (shifts(a_shift(turn_days=0)), "shifts[0].turn_days", "is the number 0"),
        (shifts(a_shift(turn_days=True)), "shifts[0].turn_days", "is true"),
        (shifts(a_shift(turns=[])), "shifts[0].turns", "nobody is in any turn"),
        (shifts(a_shift(turns=["a"])), "shifts[0].turns[0]", "is 'a'"),
        (shifts(a_shift(turns=[["x"]])), "shifts[0].turns[0][0]", "'x' is unknown"),
        (shifts(a_shift(turns=[["a b"]])), "shifts[0].turns[0][0]", "is 'a b'"),
        (shifts(a_shift(turns=[["a", "a"]])), "shifts[0].turns[0][1]", "'a' stands here twice"),
        (shifts(a_shift(turns=[["a"]] * 101)), "shifts[0].turns", "has 101 entries"),
    ],
)
def test_each_fault_is_named_where_it_stands(given_: object, path: str, wrong: str) -> None:
    found = faults(given_, Known(countries={"CN"}))
    assert found[path].wrong == wrong


def test_unknown_people_of_a_last_resort_are_named() -> None:
    posts = deepcopy(DOCUMENT["posts"])
    posts[0]["last_resort"] = ["d", "x"]
    assert list(faults(document(posts=posts))) == ["posts[0].last_resort[1]"]


def test_a_bad_group_is_named() -> None:
    posts = deepcopy(DOCUMENT["posts"])
    posts[1]["group"] = "choir"
    assert list(faults(document(posts=posts))) == ["posts[1].group"]


@pytest.mark.parametrize(
    ("first", "second", "day"),
    [
        ({}, {"first": "2026-03-09"}, "2026-03-09"),
        ({"start": "08:00", "end": "20:00"}, {"start": "19:59", "end": "08:00"}, "2026-03-02"),
        ({"start": "20:00", "end": "08:00"}, {"start": "07:00", "end": "20:00"}, "2026-03-02"),
        ({"start": "20:00", "end": "08:00"}, {"start": "00:00", "end": "02:00"}, "2026-03-02"),
        ({"days": "workday", "start": "08:00", "end": "08:00"}, {"days": "holiday"}, "2026-03-02"),
        ({"weekdays": ["mon"]}, {"weekdays": ["mon", "tue"]}, "2026-03-02"),
    ],
)
def test_shifts_of_a_post_that_overlap_are_refused(
    first: dict[str, Any], second: dict[str, Any], day: str
) -> None:
    found = faults(shifts(a_shift(code="one", **first), a_shift(code="two", **second)))
    assert found["shifts[1]"].wrong == f"overlaps 'one' of the same post, on {day}"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"start": "08:00", "end": "20:00"}, {"start": "20:00", "end": "08:00"}),
        ({"days": "workday"}, {"days": "holiday"}),
        ({"weekdays": ["mon"]}, {"weekdays": ["tue"]}),
        ({"last": "2026-03-08"}, {"first": "2026-03-09"}),
        ({"start": "20:00", "end": "24:00"}, {"start": "00:00", "end": "20:00"}),
    ],
)
def test_shifts_that_touch_or_take_other_days_do_not_overlap(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    assert faults(shifts(a_shift(code="one", **first), a_shift(code="two", **second))) == {}


def test_a_person_may_hold_two_posts_at_once() -> None:
    both = deepcopy(DOCUMENT["shifts"])
    both[2]["turns"] = [["a"]]
    assert faults(document(shifts=both)) == {}


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["contacts", "posts", "shifts", "holidays", "time_zone", "code", "name", "turns", "channels"]
)
FAMILIAR = st.recursive(
    ANY, lambda inner: st.dictionaries(NAMES, inner) | st.lists(inner, max_size=3), max_leaves=20
)


@given(FAMILIAR)
def test_whatever_is_put_is_a_roster_or_refused_with_faults(given_: object) -> None:
    try:
        roster = read_roster(given_, organisation=CENTER, version=1)
    except InvalidRosterError as error:
        refused = error.faults
    else:
        assert to_document(read(to_document(roster))) == to_document(roster)
        return
    assert refused
    assert all(fault.wrong and fault.allowed for fault in refused)


@given(st.data())
def test_a_roster_with_anything_in_one_place_is_one_or_refused(data: st.DataObject) -> None:
    given_ = document()
    entry = data.draw(st.sampled_from([given_["contacts"][0], given_["shifts"][0], given_]))
    entry[data.draw(st.sampled_from(sorted(entry)))] = data.draw(ANY)
    try:
        roster = read(given_)
    except InvalidRosterError as error:
        named = error.faults
    else:
        assert to_document(read(to_document(roster))) == to_document(roster)
        return
    assert named
