"""Domain time may run fast; real time never does; neither a scaled clock nor an id goes back."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from typing_extensions import override

from services.runtime.clock import SYSTEM, ScaledClock, SystemClock, clock_of, parse_clock
from services.runtime.ids import new_id, new_secret
from tests.fakes.clock import NOON, FakeClock

ORIGIN = datetime(2017, 1, 1, 8, 0, tzinfo=UTC)


class ScaledByHand(ScaledClock):
    """A scaled clock whose real time a test sets."""

    wall = NOON

    @override
    def real(self) -> datetime:
        return self.wall


def test_a_scaled_clock_runs_its_factor_faster_than_real_time() -> None:
    clock = ScaledByHand(ORIGIN, NOON, 400)
    clock.wall = NOON + timedelta(seconds=9)

    assert clock.now() == ORIGIN + timedelta(hours=1)


def test_a_scaled_clock_keeps_its_microseconds() -> None:
    clock = ScaledByHand(ORIGIN, NOON, 2)
    clock.wall = NOON + timedelta(microseconds=3)

    assert clock.now() == ORIGIN + timedelta(microseconds=6)


def test_a_scaled_clock_does_not_go_back_when_the_machine_does() -> None:
    clock = ScaledByHand(ORIGIN, NOON, 10)
    clock.wall = NOON + timedelta(seconds=60)
    before = clock.now()
    clock.wall = NOON + timedelta(seconds=30)

    assert clock.now() == before


def test_a_scaled_clock_stands_at_its_origin_before_it_starts() -> None:
    clock = ScaledByHand(ORIGIN, NOON + timedelta(hours=1), 10)

    assert clock.now() == ORIGIN


def test_a_domain_moment_is_as_many_real_seconds_away_as_the_factor_says() -> None:
    clock = ScaledByHand(ORIGIN, NOON, 60)

    assert clock.seconds_until(ORIGIN + timedelta(minutes=5)) == 5.0
    assert clock.seconds_until(ORIGIN - timedelta(minutes=1)) == -1.0


def test_two_processes_with_one_setting_read_the_same_time() -> None:
    setting = str(ScaledByHand(ORIGIN, NOON, 12.5).setting)

    assert parse_clock(setting).setting == ScaledClock(ORIGIN, NOON, 12.5).setting


def test_a_setting_written_in_another_zone_is_the_same_clock() -> None:
    beijing = timezone(timedelta(hours=8))
    setting = f"{ORIGIN.astimezone(beijing).isoformat()};{NOON.isoformat()};2"

    assert parse_clock(setting).setting == ScaledClock(ORIGIN, NOON, 2).setting


def test_a_tiny_fraction_of_a_factor_survives_the_setting() -> None:
    clock = ScaledClock(ORIGIN, NOON, 1234.5678901)

    assert parse_clock(str(clock.setting)).setting == clock.setting


def test_the_system_clock_is_named_system_and_says_utc() -> None:
    clock = parse_clock("system")

    assert clock.setting == SYSTEM
    assert str(clock.setting) == "system"
    assert clock.now().utcoffset() == timedelta(0)
    assert abs((clock.now() - clock.real()).total_seconds()) < 1


def test_a_clock_is_made_again_from_what_the_database_kept() -> None:
    assert type(clock_of(SYSTEM)) is SystemClock
    assert clock_of(ScaledClock(ORIGIN, NOON, 3).setting).setting.factor == 3


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("", "'system' or 'origin;started;factor'"),
        ("fast", "'system' or 'origin;started;factor'"),
        ("2017-01-01T00:00:00Z;2026-01-01T00:00:00Z;many", "must be a number"),
        ("2017-01-01T00:00:00Z;yesterday;2", "ISO 8601"),
        ("2017-01-01T00:00:00;2026-01-01T00:00:00Z;2", "must carry a zone"),
        ("2017-01-01T00:00:00Z;2026-01-01T00:00:00Z;0", "above 0"),
        ("2017-01-01T00:00:00Z;2026-01-01T00:00:00Z;-3", "above 0"),
        ("2017-01-01T00:00:00Z;2026-01-01T00:00:00Z;nan", "above 0"),
        ("2017-01-01T00:00:00Z;2026-01-01T00:00:00Z;inf", "above 0"),
    ],
)
def test_a_wrong_clock_setting_is_refused_with_its_fault(setting: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_clock(setting)


async def test_sleeping_for_no_time_gives_way_once() -> None:
    await SystemClock().sleep(-1)


async def test_a_fake_clock_moves_only_when_told() -> None:
    clock = FakeClock()
    before = clock.monotonic()
    await clock.sleep(60)

    assert (clock.now(), clock.monotonic(), clock.sleeps) == (NOON, before, [60])

    clock.advance(60)

    assert (clock.now(), clock.monotonic()) == (NOON + timedelta(minutes=1), before + 60)


def test_ids_sort_in_the_order_they_were_made() -> None:
    ids = [new_id() for _ in range(5000)]

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_an_id_is_a_uuid_of_version_seven_that_says_when() -> None:
    made: UUID = new_id()
    said = datetime.fromtimestamp((made.int >> 80) / 1000, UTC)

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert abs((SystemClock().real() - said).total_seconds()) < 5


def test_a_secret_is_43_characters_and_never_the_same() -> None:
    assert len(new_secret()) == 43
    assert new_secret() != new_secret()
