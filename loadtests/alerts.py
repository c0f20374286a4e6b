"""The alerts of the load: whole ones, as a station sends them, made before they are needed."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from incident.alert import OrganisationId, Reference, alert_id
from loadtests.park import KIND
from loadtests.site import Site
from services.runtime.auth import Role

PATH = "/v1/alerts"
_SEVERITIES, _WEIGHTS = ("red", "orange", "yellow", "blue"), (5, 25, 50, 20)
_TEXTS = (
    "两名工人在二号车间因排班起争执，互相推搡，围观十余人，未见器械，班组长正在劝阻。",
    "厂区西门外有人堵住货车不让进出，称被拖欠货款，情绪激动，司机已报警要求到场处理。",
    "宿舍楼三层有人酒后砸门，对门住户不敢出来，听见玻璃破碎声，不清楚是否有人受伤。",
    "食堂排队时发生口角，一人额头擦伤流血，同事已将双方拉开，请派人到场了解情况。",
)


@dataclass(frozen=True, slots=True)
class Report:
    """One alert to be sent.

    Attributes:
        id: The one it will have.
        center: Whose it is.
        body: JSON.
        headers: Of the station that sends it.
    """

    id: UUID
    center: str
    body: bytes
    headers: bytes


class Reports:
    """Makes alerts for a site, each under a reference of its own, centers taking turns."""

    def __init__(
        self, site: Site, *, first: int = 1, seed: int = 1, centers: Sequence[str] = ()
    ) -> None:
        """Prepare.

        Args:
            site: Whose stations and centers they are.
            first: The number of the first; those of a site must not meet.
            seed: Of what is by chance.
            centers: Which of the site's centers take turns; all, if none are named.
        """
        self._stations = [(code, site.headers(Role.STATION, code)) for code in site.park.stations]
        self._centers = centers or site.park.centers
        self._chance = random.Random(seed)
        self._numbers = count(first)

    def make(self, number: int) -> list[Report]:
        """Make so many alerts."""
        return list(self._made(number))

    def _made(self, wanted: int) -> Iterator[Report]:
        for _ in range(wanted):
            number = next(self._numbers)
            station, headers = self._stations[number % len(self._stations)]
            center = self._centers[number % len(self._centers)]
            reference = Reference(number=f"J{number:07}", order="1")
            body = self._body(reference, center)
            id_ = alert_id(OrganisationId(station), reference)
            yield Report(id_, center, json.dumps(body, ensure_ascii=False).encode(), headers)

    def _body(self, reference: Reference, center: str) -> dict[str, object]:
        chance = self._chance
        phone = f"000{chance.randrange(10**8):08}"
        return {
            "reference": {"number": reference.number, "order": reference.order},
            "revision": 1,
            "kind": KIND,
            "category": "纠纷",
            "severity": chance.choices(_SEVERITIES, _WEIGHTS)[0],
            "status": "actual",
            "text": chance.choice(_TEXTS),
            "place": {"center": center},
            "caller": {"name": "王某", "phone": phone},
            "people": chance.randrange(2, 20),
            "weapons": False,
        }
