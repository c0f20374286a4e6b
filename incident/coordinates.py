"""Positions in the reference systems used in China, turned into WGS-84.

- WGS-84: what satellite receivers give, and what is stored.
- CGCS2000: the national geodetic system (used by 天地图). Its ellipsoid differs from that of
  WGS-84 only in the flattening, by 0.1 mm at the pole; the frames were realised within some
  centimetres of one another (程鹏飞 and others, 测绘学报 38(3), 2009). It is tied to the epoch
  2000.0, since when the crust has moved by less than a metre. Taken as the same.
- GCJ-02: the shifted system of Amap, Tencent and WeChat, 50 to 500 m away. It was never
  published; the formulas are those that became known as "WGS-GCJ" (EvilTransform, 2013) and are
  used by eviltransform, coordtransform and gcoord alike. Outside the rectangle those take for
  the mainland nothing is shifted. The rectangle also holds Hong Kong, Taiwan and parts of
  neighbouring countries, as in all those libraries.
- BD-09: Baidu's, GCJ-02 with a second shift (formulas from the same sources).

The shifts have no inverse in closed form; they are undone by iteration.
"""

from collections.abc import Callable
from enum import StrEnum
from math import atan2, cos, hypot, isfinite, pi, radians, sin, sqrt
from typing import TypeAlias

Position: TypeAlias = tuple[float, float]
"""Longitude east and latitude north, in degrees."""


class Crs(StrEnum):
    """The reference systems a position may be sent in."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"


# The Krasovsky 1940 ellipsoid, which GCJ-02 uses for turning metres into degrees.
SEMI_MAJOR_AXIS = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323

MAINLAND_LON = (72.004, 137.8347)
MAINLAND_LAT = (0.8293, 55.8271)
BAIDU_PI = pi * 3000.0 / 180.0
BAIDU_SHIFT = (0.0065, 0.006)

STEPS = 8
"""The shifts change by less than a fiftieth of the way moved: 8 steps leave no rounding to gain."""


class OutOfRangeError(ValueError):
    """No such longitude or latitude.

    Attributes:
        field: `lon` or `lat`.
    """

    def __init__(self, field: str, *, limit: int) -> None:
        super().__init__(f"{field} must be a number from -{limit} to {limit}")
        self.field = field


def to_wgs84(lon: float, lat: float, crs: Crs) -> Position:
    """Turn a position into WGS-84.

    Args:
        lon: Longitude in degrees east, -180 to 180.
        lat: Latitude in degrees north, -90 to 90.
        crs: The reference system they are given in.

    Returns:
        Longitude and latitude in degrees; good to 1e-7 degrees (1 cm) within what the formulas
        say. Within 500 m of the mainland rectangle's edge a shifted position may stem from
        either side, and the inner one is taken.

    Raises:
        OutOfRangeError: The position does not exist.
    """
    check_range(lon, lat)
    if crs in (Crs.WGS84, Crs.CGCS2000):
        return lon, lat
    if crs is Crs.BD09:
        lon, lat = bd09_to_gcj02(lon, lat)
    return gcj02_to_wgs84(lon, lat)


def check_range(lon: float, lat: float) -> None:
    """Refuse what is no position.

    Raises:
        OutOfRangeError: Not a number, infinite, or beyond ±180 or ±90 degrees.
    """
    if not (isfinite(lon) and abs(lon) <= 180):
        raise OutOfRangeError("lon", limit=180)
    if not (isfinite(lat) and abs(lat) <= 90):
        raise OutOfRangeError("lat", limit=90)


def is_shifted(lon: float, lat: float) -> bool:
    """Whether GCJ-02 shifts positions here: within the rectangle taken for the mainland."""
    west, east = MAINLAND_LON
    south, north = MAINLAND_LAT
    return west <= lon <= east and south <= lat <= north


def wgs84_to_gcj02(lon: float, lat: float) -> Position:
    """Shift a position into GCJ-02."""
    return _shifted(lon, lat) if is_shifted(lon, lat) else (lon, lat)


def gcj02_to_wgs84(lon: float, lat: float) -> Position:
    """Undo the shift of GCJ-02."""
    return _undone(_shifted, lon, lat) if is_shifted(lon, lat) else (lon, lat)


def gcj02_to_bd09(lon: float, lat: float) -> Position:
    """Shift a position from GCJ-02 into BD-09, everywhere on earth."""
    length = hypot(lon, lat) + 0.00002 * sin(lat * BAIDU_PI)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * BAIDU_PI)
    east, north = BAIDU_SHIFT
    return length * cos(angle) + east, length * sin(angle) + north


def bd09_to_gcj02(lon: float, lat: float) -> Position:
    """Undo the second shift, of BD-09."""
    return _undone(gcj02_to_bd09, lon, lat)


def _undone(shift: Callable[[float, float], Position], lon: float, lat: float) -> Position:
    """Find what `shift` moves to (lon, lat): correct a guess by what it misses."""
    guess_lon, guess_lat = lon, lat
    for _ in range(STEPS):
        reached_lon, reached_lat = shift(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + lon - reached_lon, guess_lat + lat - reached_lat
    return guess_lon, guess_lat


def _shifted(lon: float, lat: float) -> Position:
    east, north = _metres(lon - 105.0, lat - 35.0)
    phi = radians(lat)
    curve = 1 - ECCENTRICITY_SQUARED * sin(phi) ** 2
    parallel = SEMI_MAJOR_AXIS / sqrt(curve) * cos(phi)
    meridian = SEMI_MAJOR_AXIS * (1 - ECCENTRICITY_SQUARED) / (curve * sqrt(curve))
    return lon + east / radians(parallel), lat + north / radians(meridian)


def _metres(x: float, y: float) -> Position:
    """How far east and north GCJ-02 shifts a point x, y degrees from 105 E, 35 N."""
    root = sqrt(abs(x))
    both = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + both
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + both
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y / 30.0 * pi)) * 2.0 / 3.0
    return east, north
