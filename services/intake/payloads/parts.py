"""Objects that several bodies hold: a reference, a place, a caller."""

from collections.abc import Iterator

from pydantic import Field
from typing_extensions import override

from incident.alert import OrganisationId, Place, Point, Reference
from incident.coordinates import Crs, to_wgs84
from services.intake.handlers.refusals import Fault
from services.intake.handlers.reports import Caller, Private
from services.intake.payloads.fields import Body, Latitude, Line, Longitude


class ReferenceBody(Body):
    """The sender's own name for an alert; it makes a retry the same alert."""

    number: Line = Field(description="The number of the call or case at the station.")
    order: Line = Field(description="The number of the order within that case.")

    def value(self) -> Reference:
        """The reference as the rules know it."""
        return Reference(number=self.number, order=self.order)


class PlaceBody(Body):
    """Where it is: a center, a place of the directory, or both; perhaps a position."""

    center: Line | None = Field(default=None, description="The code of the center in charge.")
    place: Line | None = Field(default=None, description="The code of a place of the directory.")
    lon: Longitude | None = Field(default=None, description="Degrees east; with lat and crs.")
    lat: Latitude | None = Field(default=None, description="Degrees north; with lon and crs.")
    crs: Crs | None = Field(default=None, description="What lon and lat are measured in.")

    @override
    def faults(self) -> Iterator[Fault]:
        """A place must be named, and a position be whole."""
        if self.center is None and self.place is None:
            yield Fault(field="place.center", message="is missing, and so is place.place: give one")
        position = {"lon": self.lon, "lat": self.lat, "crs": self.crs}
        given = [name for name, value in position.items() if value is not None]
        for name, value in position.items():
            if given and value is None:
                yield Fault(field=f"place.{name}", message=f"is missing beside {given[0]}")

    def value(self) -> Place:
        """The place as the rules know it, with its position in WGS-84."""
        point = None
        if self.lon is not None and self.lat is not None and self.crs is not None:
            lon, lat = to_wgs84(self.lon, self.lat, self.crs)
            point = Point(lon=lon, lat=lat, crs=self.crs, sent_lon=self.lon, sent_lat=self.lat)
        center = None if self.center is None else OrganisationId(self.center)
        return Place(center=center, place=self.place, point=point)


class CallerBody(Body):
    """Who called the station. Personal: encrypted, and shown to those on the case only."""

    name: Line | None = None
    phone: Line | None = None

    @override
    def faults(self) -> Iterator[Fault]:
        """An empty caller is none."""
        if self.name is None and self.phone is None:
            yield Fault(field="caller", message="should have a name or a phone")


def private(
    caller: CallerBody | None, text: str | None, visible_to: tuple[str, ...] | None
) -> Private:
    """What is personal, apart from the rest."""
    return Private(
        caller=None if caller is None else Caller(name=caller.name, phone=caller.phone),
        text=text,
        visible_to=None if visible_to is None else tuple(map(OrganisationId, visible_to)),
    )
