"""A park with ground enough that every test has a station, a center and two teams of its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GROUNDS = 100
PARK = "screens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What belongs to one test alone.

    Attributes:
        station: The code of the police station that sends.
        center: The center it sends to.
        site: The center's place, with a gate and a building in it.
        teams: Its teams, the one on the spot first.
    """

    number: int
    station: str
    center: str
    site: str
    teams: tuple[str, ...]

    @property
    def enterprise(self) -> str:
        """The enterprise whose center it is."""
        return f"works-{self.number:02}"


def grounds() -> list[Ground]:
    """List the grounds of the park."""
    return [
        Ground(
            number=number,
            station=f"station-{number:02}",
            center=f"center-{number:02}",
            site=f"site-{number:02}",
            teams=(f"team-{number:02}-a", f"team-{number:02}-b"),
        )
        for number in range(1, GROUNDS + 1)
    ]


def park() -> dict[str, Any]:
    """Build the directory, without keys."""
    all_ = grounds()
    return {
        "park": {
            "code": PARK,
            "name": {"zh": "【测试·虚构】青禾五金园", "en": "Qinghe Hardware Park (invented)"},
            "fallback_center": all_[0].center,
            "time_zone": "Asia/Shanghai",
        },
        "stations": [
            {"code": each.station, "name": f"青禾派出所{each.number:02}（虚构）"} for each in all_
        ],
        "enterprises": [
            {"code": each.enterprise, "name": f"禾岭家居{each.number:02}"} for each in all_
        ],
        "centers": [_center(each) for each in all_],
        "places": [
            {"code": "park", "type": "park", "name": "青禾五金园"},
            *(place for each in all_ for place in _places(each)),
        ],
        "teams": [team for each in all_ for team in _teams(each)],
        "kinds": [{"code": "police-alert", "profile": "115"}],
    }


def _center(ground: Ground) -> Mapping[str, str]:
    return {
        "code": ground.center,
        "name": f"禾岭家居{ground.number:02}微中心",
        "enterprise": ground.enterprise,
        "place": ground.site,
        "telephone": f"000-0000-{ground.number:04}",
    }


def _places(ground: Ground) -> Iterator[Mapping[str, str]]:
    site = ground.site
    yield {
        "code": site,
        "type": "enterprise",
        "name": f"禾岭家居{ground.number:02}",
        "parent": "park",
    }
    yield {"code": f"{site}-gate", "type": "gate", "name": "东门", "parent": site}
    yield {"code": f"{site}-b3", "type": "building", "name": "3号楼 喷涂车间", "parent": site}


def _teams(ground: Ground) -> Iterator[Mapping[str, str]]:
    for code, name in zip(ground.teams, ("勤务联动一组", "勤务联动二组"), strict=True):
        yield {
            "code": code,
            "name": name,
            "organisation": ground.center,
            "function_group": "duty-linkage",
            "place": ground.site,
        }
