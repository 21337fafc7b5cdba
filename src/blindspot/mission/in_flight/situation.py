"""Position and progress of a fleet in the middle of its plan, schema `blindspot.situation/1`: the input of a replan."""

from __future__ import annotations

from collections.abc import Collection
from math import inf, isfinite
from pathlib import Path
from typing import Literal

import shapely
from pydantic import Field, model_validator
from shapely.geometry import MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.core import Section, read_yaml
from blindspot.mission.plan import Begin, Corners, Plan, Point, Route, Up
from blindspot.site import Zone
from blindspot.site.town import geojson

HOVERED_ON = 0.05
"""Share of the battery, reserved for hovering: about a minute and a half with the reference drone."""


class Standing(Section):
    """One drone of the plan. With `hover` None and `down` False the drone may be anywhere in the area of the old
    route."""

    drone: str = Field(description="Name of the drone")
    steps_done: int = Field(ge=0, le=10_000, description="Steps of the route that were flown to their end")
    hover: Begin | None = Field(None, description="Place where it holds and can receive another route")
    down: bool = Field(False, description="Known to stand on the ground, for good")


def standing(
    route: Route, *, hovers: bool, down: bool, at_m: tuple[float, float, float], battery_fraction: float,
    route_fraction: float, flown_s: float,
) -> Standing:  # fmt: skip
    """Situation of a drone from its status.

    Parameters
    ----------
    route
        The drone's route in the plan.
    hovers, down
        Whether the drone holds in the air, and whether the drone certainly stands on the ground.
    at_m
        Position (east, north, up), m ENU; NaN if unknown.
    battery_fraction, route_fraction
        Shares of the remaining battery and of the flown route, 0..1; NaN if unknown.
    flown_s
        Time in the air, s; NaN if unknown.

    Returns
    -------
    Standing
        `hover` is set only if the drone hovers and its position, battery share and flight time are known. Its battery
        share is reduced by the hovering until a new route begins.
    """
    flown = route_fraction if 0.0 <= route_fraction <= 1.0 else 0.0
    steps_done, left = round(flown * len(route.steps)), max(0.0, battery_fraction - HOVERED_ON)
    if not hovers or down or not all(map(isfinite, (*at_m, battery_fraction, flown_s))):
        return Standing(drone=route.drone, steps_done=steps_done, down=down)
    at = Point(east_m=at_m[0], north_m=at_m[1], up_m=at_m[2])
    hover = Begin(at=at, battery_fraction=left, flown_s=max(0.0, flown_s))
    return Standing(drone=route.drone, steps_done=steps_done, hover=hover)


class ClosedZone(Section):
    """A no-fly zone that came up during the flight."""

    name: str = Field(description="Name of the zone")
    ring: Corners = Field(min_length=3, max_length=10_000, description="(east_m, north_m) corners, not closed")
    floor_m: Up | None = Field(None, description="Above the site's datum; from the ground if none")
    ceiling_m: Up | None = Field(None, description="Likewise; to the sky if none")

    @model_validator(mode="after")
    def _is_area(self) -> ClosedZone:
        if not Polygon(self.ring).is_valid or Polygon(self.ring).area < geojson.SMALLEST_AREA_M2:
            raise ValueError("ring should be the outline of an area of at least 1 m2, without crossings")
        if self.floor_m is not None and self.ceiling_m is not None and self.floor_m >= self.ceiling_m:
            raise ValueError("floor_m must be below ceiling_m")
        return self

    def zone(self) -> Zone:
        floor_m = -inf if self.floor_m is None else self.floor_m
        return Zone(self.name, "no_fly", Polygon(self.ring), floor_m, inf if self.ceiling_m is None else self.ceiling_m)


class Situation(Section):
    schema_: Literal["blindspot.situation/1"] = Field(
        "blindspot.situation/1", alias="schema", description="Kind and version of the file"
    )
    drones: tuple[Standing, ...] = Field(
        min_length=1, max_length=100, description="Drones of the plan; a drone left out may be anywhere in its area"
    )
    closed: tuple[ClosedZone, ...] = Field((), max_length=1000, description="Zones closed since the plan was made")

    def of(self, drone: str) -> Standing:
        """Standing of a drone. A drone without an entry in the file has flown no step and may be anywhere in the
        drone's area."""
        return next((s for s in self.drones if s.drone == drone), Standing(drone=drone, steps_done=0))

    def without_hover(self, names: Collection[str]) -> Situation:
        """The same situation with the hover places of these drones removed."""
        drones = (s.model_copy(update={"hover": None}) if s.drone in names else s for s in self.drones)
        return self.model_copy(update={"drones": tuple(drones)})


def load_situation(path: Path) -> Situation:
    """Read a situation file (YAML or JSON); raises InputError."""
    return read_yaml(path, Situation)


def occupied(plan: Plan, situation: Situation) -> BaseGeometry:
    """Area of the ground plan over which the drones with `hover` None and `down` False may be.

    The area covers every possible path of the autopilots: the plan keeps each route, and every straight way home from
    the route, inside the hull of route and pad.
    """
    areas = []
    for route in plan.routes:
        standing = situation.of(route.drone)
        if standing.hover is None and not standing.down:
            points = [route.home, route.start, *(step.to for step in route.steps), *route.failsafe.rally]
            areas.append(MultiPoint([(p.east_m, p.north_m) for p in points]).convex_hull)
    return shapely.union_all(areas)
