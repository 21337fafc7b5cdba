"""The events file of a mission, `blindspot.events/1`: one model per event, with its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from blindspot.core import Section, read_yaml
from blindspot.vision.town.georeference import HEIGHTS_M


def _placed(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Reject kinds without a known height: they have no ground position, so their events would never occur."""
    if unknown := sorted(set(labels) - HEIGHTS_M.keys()):
        raise ValueError(f"{unknown[0]} is unknown; there are {', '.join(HEIGHTS_M)}")
    return labels


Labels = Annotated[tuple[str, ...], AfterValidator(_placed)]


class EventLimits(Section):
    """The settings that all events share."""

    inertia_s: float = Field(1.0, ge=0, le=3600, description="Time for which the event must hold before its report, s")
    inertia_pictures: int = Field(
        3, ge=1, le=1000, description="Number of pictures in which the event must hold before its report"
    )
    cooling_s: float = Field(5.0, ge=0, le=3600, description="Time without confirmation after which it has ended, s")


class ZoneEntered(EventLimits):
    """A person or an object stands in a zone that it should keep out of."""

    zones: str = Field(description="GeoJSON polygons with a name each, relative to this file")
    labels: Labels = Field(("person",), min_length=1, description="Kinds of object that should keep out")
    certainty: float = Field(
        0.95, ge=0.5, le=0.999, description="Least probability that the foot stands in the zone, by the covariance"
    )


class VehicleStopped(EventLimits):
    """A vehicle has stood still for a while."""

    inertia_s: float = Field(
        30.0, ge=1, le=3600, description="Time for which the vehicle must stand before its report, s"
    )
    cooling_s: float = Field(15.0, ge=0, le=3600, description="Time without standing after which it has ended, s")
    zones: str | None = Field(None, description="GeoJSON polygons where it counts; everywhere if None")
    certainty: float = Field(0.95, ge=0.5, le=0.999, description="Least probability that it stands in the zone")


class WrongWay(EventLimits):
    """A vehicle drives against a lane's direction."""

    lanes: str = Field(description="GeoJSON lines with a name and width_m each, drawn in the direction of traffic")
    faster_than_mps: float = Field(2.0, ge=0.5, le=30, description="Least certain speed against the direction, m/s")
    certainty: float = Field(0.9, ge=0.5, le=0.999, description="Least probability that it is in the lane")


class CrowdDensity(EventLimits):
    """Many people stand close together."""

    people: int = Field(8, ge=2, le=1000, description="Number of people that make a crowd")
    radius_m: float = Field(4.0, ge=0.5, le=100, description="Radius of the circle around one person, m")


class PersonOnGround(EventLimits):
    """A person lies still. Only people who lie across the view are recognised as lying."""

    inertia_s: float = Field(8.0, ge=1, le=3600, description="Time for which a person must lie before a report, s")
    cooling_s: float = Field(10.0, ge=0, le=3600, description="Time without a lying person after which it has ended, s")
    wider_than_m: float = Field(1.1, ge=0.8, le=2.0, description="Width of a box from which on a person is lying, m")


class AbandonedObject(EventLimits):
    """A bag lies alone."""

    inertia_s: float = Field(60.0, ge=1, le=3600, description="Time for which it must lie alone before a report, s")
    cooling_s: float = Field(15.0, ge=0, le=3600, description="Time without being alone after which it has ended, s")
    labels: Labels = Field(("backpack", "handbag", "suitcase"), min_length=1, description="Kinds of object that count")
    alone_m: float = Field(5.0, ge=0.5, le=100, description="Distance within which no person may be, m")


class EventSettings(Section):
    """The events file. Only the events in it are watched for."""

    schema_: Literal["blindspot.events/1"] = Field(alias="schema", description="Kind and version of the file")
    zone_entered: ZoneEntered | None = Field(None, description="A zone is entered")
    vehicle_stopped: VehicleStopped | None = Field(None, description="A vehicle has stopped")
    wrong_way: WrongWay | None = Field(None, description="A vehicle drives the wrong way")
    crowd_density: CrowdDensity | None = Field(None, description="People crowd")
    person_on_ground: PersonOnGround | None = Field(None, description="A person lies on the ground")
    abandoned_object: AbandonedObject | None = Field(None, description="A bag was left")

    @property
    def asked(self) -> tuple[str, ...]:
        """The events that the file asks for."""
        return tuple(name for name in type(self).model_fields if name != "schema_" and getattr(self, name) is not None)

    def only(self, allowed: set[str]) -> EventSettings:
        return self.model_copy(update={name: None for name in self.asked if name not in allowed})


def load_events(path: Path) -> EventSettings:
    """Read an events file; raises InputError."""
    return read_yaml(path, EventSettings)
