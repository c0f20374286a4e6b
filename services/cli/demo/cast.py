"""Who plays which scene: scenes by the reporter's number, and what an incident's id will be."""

from collections.abc import Sequence
from uuid import UUID

from incident.alert import OrganisationId, Reference, alert_id
from incident.directory import Lookup
from services.cli.demo.case import Case
from services.cli.demo.script import Scene

ORDER = "1"


class Cast:
    """The scenes of a demo, and the numbers their reporters give them."""

    def __init__(self, scenes: Sequence[Scene], park: Lookup) -> None:
        """Number the scenes in their order."""
        self.park = park
        self.scenes = {f"D{number:04}": scene for number, scene in enumerate(scenes, start=1)}
        self._numbers = {scene.name: number for number, scene in self.scenes.items()}

    def scene_of(self, case: Case) -> Scene:
        """The scene an incident belongs to."""
        return self.scenes[case.number]

    def id_of(self, number: str) -> UUID:
        """The id of the incident that a number's alert becomes."""
        reporter = OrganisationId(self.scenes[number].reporter[1])
        return alert_id(reporter, Reference(number=number, order=ORDER))

    def into(self, scene: Scene) -> str:
        """The id of the incident that a scene is a second report of; empty if it is none."""
        number = self._numbers.get(scene.manner.merge_into or "")
        return "" if number is None else str(self.id_of(number))
