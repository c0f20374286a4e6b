"""Compliance figures: days, groups, shares."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from services.notifier.handlers.conservation import settled_before
from services.notifier.handlers.digesting import boundary
from services.notifier.handlers.figures import compliance, days_as_moments, grouped
from services.notifier.ports import Tally
from tests.builders import at

BEIJING = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def a_tally(
    leg: str = "push", *, group: str = "all", by: str | None = None, **changes: object
) -> Tally:
    values: dict[str, object] = {
        "n": 0, "met": 0, "amended": 0, "breached": 0, "void": 0, "no_end": 0, "pending": 0,
        "not_measured": 0, "targets": (60,), "percentiles": None,
    }  # fmt: skip
    return Tally(group=group, leg=leg, by=by, **{**values, **changes})  # type: ignore[arg-type]  # checked by the class


def test_a_day_in_beijing_begins_eight_hours_before_utc() -> None:
    since, until = days_as_moments(date(2026, 3, 2), date(2026, 3, 2), BEIJING)
    assert (since, until) == (
        datetime(2026, 3, 1, 16, tzinfo=UTC),
        datetime(2026, 3, 2, 16, tzinfo=UTC),
    )


def test_both_days_of_a_stretch_count() -> None:
    since, until = days_as_moments(date(2026, 2, 27), date(2026, 3, 1), BEIJING)
    assert (until - since).days == 3


def test_a_day_on_which_clocks_are_put_on_has_23_hours() -> None:
    since, until = days_as_moments(date(2026, 3, 29), date(2026, 3, 29), BERLIN)
    assert (until - since).total_seconds() == 23 * 3600
    since, until = days_as_moments(date(2026, 10, 25), date(2026, 10, 25), BERLIN)
    assert (until - since).total_seconds() == 25 * 3600


def test_moments_of_days_are_utc() -> None:
    since, until = days_as_moments(date(2026, 3, 2), date(2026, 3, 2), BEIJING)
    assert since.tzinfo is UTC
    assert until.tzinfo is UTC


def test_the_share_is_that_of_met_among_the_judged() -> None:
    share = compliance(a_tally(met=9, breached=1, void=5, no_end=7))
    assert share is not None
    assert share.share == 0.9
    assert share.low < 0.9 < share.high


def test_where_nothing_was_judged_there_is_no_share() -> None:
    assert compliance(a_tally(void=3, not_measured=2)) is None


def test_legs_stand_in_the_order_of_the_profile_and_others_after_them() -> None:
    tallies = [a_tally("zeal"), a_tally("on_scene"), a_tally("aim"), a_tally("push")]
    (group,) = grouped(tallies, ("push", "on_scene"))
    assert [figures.leg for figures in group.legs] == ["push", "on_scene", "aim", "zeal"]


def test_each_group_has_its_own_legs_and_who_stamped_their_ends() -> None:
    tallies = [
        a_tally(group="west", by="person", n=1),
        a_tally(group="east", n=3),
        a_tally(group="west", n=2),
        a_tally(group="west", by="machine", n=1),
    ]
    east, west = grouped(tallies, ("push",))
    assert (east.code, west.code) == ("east", "west")
    assert (east.legs[0].total.n, east.legs[0].by) == (3, ())
    assert (west.legs[0].total.n, [part.by for part in west.legs[0].by]) == (
        2,
        ["machine", "person"],
    )


def test_several_targets_are_no_target() -> None:
    (group,) = grouped([a_tally(targets=(60, 90)), a_tally("response", targets=())], ())
    assert [figures.target_seconds for figures in group.legs] == [None, None]
    (group,) = grouped([a_tally(targets=(60,))], ())
    assert group.legs[0].target_seconds == 60


def test_a_digest_waits_until_nothing_before_its_hour_can_still_be_recorded() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert boundary(noon.replace(second=14), factor=1) == noon.replace(hour=11)
    assert boundary(noon.replace(second=15), factor=1) == noon
    assert boundary(noon.replace(minute=14), factor=60) == noon.replace(hour=11)
    assert boundary(noon.replace(minute=15), factor=60) == noon


def test_an_alert_has_ten_real_seconds_to_become_an_incident() -> None:
    assert settled_before(at(100), factor=1) == at(90)
    assert settled_before(at(1000), factor=50) == at(500)
