"""An invented park of any size: stations, centers, and teams of each, as a directory document."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CODE = "bench-park"
KIND = "police-alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a park is.

    Attributes:
        teams: Of each center.
        profile: What its incidents are held to; `observe` only measures, with an empty ladder.
    """

    centers: int
    stations: int = 20
    teams: int = 2
    profile: str = "115"


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """A park with the codes of all in it.

    Attributes:
        document: The directory, as `PUT /v1/directory` takes it.
        teams: The teams of each center.
    """

    document: dict[str, Any]
    stations: tuple[str, ...]
    centers: tuple[str, ...]
    teams: dict[str, tuple[str, ...]]


def build(size: Size) -> Park:
    """Build a park; every center has a site, an enterprise's name and its own teams."""
    stations = tuple(f"station-{number:02}" for number in range(1, size.stations + 1))
    centers = tuple(f"center-{number:04}" for number in range(1, size.centers + 1))
    teams = {
        center: tuple(f"{center}-team-{number}" for number in range(1, size.teams + 1))
        for center in centers
    }
    document = {
        "park": {
            "code": CODE,
            "name": {"zh": "压力测试园", "en": "Load bench park (invented)"},
            "fallback_center": centers[0],
            "time_zone": "Asia/Shanghai",
        },
        "stations": [{"code": code, "name": f"派出所 {code[-2:]}"} for code in stations],
        "places": [
            {"code": CODE, "type": "park", "name": "压力测试园"},
            *(
                {"code": f"{code}-site", "type": "enterprise", "name": f"厂区 {code[-4:]}"}
                | {"parent": CODE}
                for code in centers
            ),
        ],
        "centers": [
            {"code": code, "name": f"微中心 {code[-4:]}", "place": f"{code}-site"}
            for code in centers
        ],
        "teams": list(_teams(teams)),
        "kinds": [{"code": KIND, "profile": size.profile}],
    }
    return Park(document=document, stations=stations, centers=centers, teams=teams)


def _teams(teams: dict[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    for center, codes in teams.items():
        for number, code in enumerate(codes, start=1):
            yield {
                "code": code,
                "name": f"勤务联动 {number} 组",
                "organisation": center,
                "function_group": "duty-linkage",
                "place": f"{center}-site",
            }
