"""Positions: the published formulas forwards, and backwards to the centimetre."""

from math import inf, nan

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from incident.coordinates import (
    MAINLAND_LAT,
    MAINLAND_LON,
    Crs,
    OutOfRangeError,
    bd09_to_gcj02,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    is_shifted,
    to_wgs84,
    wgs84_to_gcj02,
)

longitudes = st.floats(min_value=-180, max_value=180)
latitudes = st.floats(min_value=-90, max_value=90)
# Half a kilometre inside the rectangle, no shift leads across its edge.
inner_longitudes = st.floats(min_value=MAINLAND_LON[0] + 0.02, max_value=MAINLAND_LON[1] - 0.02)
inner_latitudes = st.floats(min_value=MAINLAND_LAT[0] + 0.02, max_value=MAINLAND_LAT[1] - 0.02)


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        # As published with coordtransform and eviltransform.
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164)),
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_gcj02_agrees_with_published_positions(
    wgs84: tuple[float, float], gcj02: tuple[float, float]
) -> None:
    assert wgs84_to_gcj02(*wgs84) == pytest.approx(gcj02, abs=1e-9)
    assert to_wgs84(*gcj02, Crs.GCJ02) == pytest.approx(wgs84, abs=1e-7)


def test_bd09_agrees_with_a_published_position() -> None:
    shifted = (116.41036949371029, 39.92133699351021)
    assert gcj02_to_bd09(116.404, 39.915) == pytest.approx(shifted, abs=1e-9)
    assert bd09_to_gcj02(*shifted) == pytest.approx((116.404, 39.915), abs=1e-7)


@given(longitudes, latitudes, st.sampled_from([Crs.WGS84, Crs.CGCS2000]))
def test_wgs84_and_cgcs2000_are_taken_as_they_are(lon: float, lat: float, crs: Crs) -> None:
    assert to_wgs84(lon, lat, crs) == (lon, lat)


@given(inner_longitudes, inner_latitudes)
def test_gcj02_is_undone_to_the_centimetre(lon: float, lat: float) -> None:
    shifted = wgs84_to_gcj02(lon, lat)
    assert to_wgs84(*shifted, Crs.GCJ02) == pytest.approx((lon, lat), abs=1e-7)


@given(inner_longitudes, inner_latitudes)
def test_bd09_is_undone_to_the_centimetre(lon: float, lat: float) -> None:
    shifted = gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    assert to_wgs84(*shifted, Crs.BD09) == pytest.approx((lon, lat), abs=1e-7)


@given(inner_longitudes, inner_latitudes)
def test_gcj02_shifts_by_less_than_two_kilometres_and_is_continuous(lon: float, lat: float) -> None:
    shifted_lon, shifted_lat = wgs84_to_gcj02(lon, lat)
    assert abs(shifted_lon - lon) < 0.02
    assert abs(shifted_lat - lat) < 0.02
    near_lon, near_lat = wgs84_to_gcj02(lon + 1e-6, lat + 1e-6)
    assert (near_lon - shifted_lon, near_lat - shifted_lat) == pytest.approx((1e-6, 1e-6), abs=1e-7)


@given(longitudes, latitudes)
def test_nothing_is_shifted_outside_the_mainland_rectangle(lon: float, lat: float) -> None:
    if not is_shifted(lon, lat):
        assert wgs84_to_gcj02(lon, lat) == (lon, lat)
        assert gcj02_to_wgs84(lon, lat) == (lon, lat)


@pytest.mark.parametrize(
    ("lon", "lat"), [(-122.42, 37.79), (72.0, 30.0), (138.0, 30.0), (100.0, 0.5), (100.0, 56.0)]
)
def test_places_beyond_each_edge_are_not_shifted(lon: float, lat: float) -> None:
    assert to_wgs84(lon, lat, Crs.GCJ02) == (lon, lat)


@given(longitudes, latitudes, st.sampled_from(Crs))
@example(120.0, 30.0, Crs.WGS84)
@example(120.0, 30.0, Crs.BD09)
def test_every_position_on_earth_has_an_answer(lon: float, lat: float, crs: Crs) -> None:
    answer = to_wgs84(lon, lat, crs)
    assert answer == pytest.approx((lon, lat), abs=0.06)


@pytest.mark.parametrize("crs", Crs)
@pytest.mark.parametrize(
    ("lon", "lat", "field"),
    [
        (180.1, 0.0, "lon"),
        (-180.1, 0.0, "lon"),
        (nan, 0.0, "lon"),
        (inf, 0.0, "lon"),
        (0.0, 90.1, "lat"),
        (0.0, -90.1, "lat"),
        (0.0, nan, "lat"),
        (0.0, -inf, "lat"),
    ],
)
def test_what_is_no_position_is_refused(lon: float, lat: float, field: str, crs: Crs) -> None:
    with pytest.raises(OutOfRangeError, match=field) as caught:
        to_wgs84(lon, lat, crs)
    assert caught.value.field == field
