"""The plan file, schema `blindspot.plan/1`: what a fleet flies, what it will see, and how it fails safely.

Positions are metres ENU about the site's origin with `up_m` above the site's datum; geographic coordinates are made
from them at the edge (`site/frame.py`), with `origin` kept here so that a plan can be flown without its site.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from blindspot.core import LONGEST_TEXT, FileName, InputError, told
from blindspot.mission.px4_plan_parameters import not_settable

NOTHING_TO_SEE = "nothing was found that it sees from its pad within its battery; another pad may help"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_max_length=LONGEST_TEXT)


Across = Annotated[float, Field(ge=-50_000, le=50_000)]
"""East or north of the site's origin, m: a site is a town."""
Up = Annotated[float, Field(ge=-9_500, le=9_500)]
"""Above the site's datum, m: no ground on earth, and no drone over it, is farther from another."""
Corners = tuple[tuple[Across, Across], ...]
"""(east_m, north_m) corners of an outline, ring not closed."""
Area = Annotated[float, Field(ge=0, le=1e10)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Speed = Annotated[float, Field(ge=0.1, le=25)]


class Origin(_Part):
    """Where the ENU frame touches the earth."""

    lat_deg: float = Field(ge=-90, le=90)
    lon_deg: float = Field(ge=-180, le=180)
    datum_amsl_m: float = Field(ge=-500, le=9000, description="Altitude of the site's datum above mean sea level, m")
    geoid_m: float = Field(
        ge=-200, le=200, description="Height of the geoid above the WGS 84 ellipsoid at the origin, m"
    )


class Point(_Part):
    east_m: Across
    north_m: Across
    up_m: Up = Field(description="Height above the site's datum, m")


class Aim(_Part):
    """Where the camera looks: compass heading of its axis and pitch below the horizon (negative is down)."""

    heading_deg: float = Field(ge=0, lt=360)
    pitch_deg: float = Field(ge=-90, le=0)


class Waypoint(_Part):
    """Fly to a point; nothing is meant to be seen."""

    kind: Literal["waypoint"] = "waypoint"
    to: Point
    speed_mps: Speed


class View(_Part):
    """Stop at a viewpoint, aim, stay `dwell_s`: slew time plus at least one second."""

    kind: Literal["view"] = "view"
    id: str
    to: Point
    aim: Aim
    speed_mps: Speed = Field(description="Speed of the way to the viewpoint")
    dwell_s: float = Field(ge=1, le=3600)


class Leg(_Part):
    """Fly straight from where the last step ended to `to`, aim fixed. The camera turns to it on departure; what it sees
    counts from where it has turned at the latest, if it stays in sight for a second."""

    kind: Literal["leg"] = "leg"
    id: str
    to: Point
    aim: Aim
    speed_mps: Speed


Step = Annotated[Waypoint | View | Leg, Field(discriminator="kind")]


class Failsafe(_Part):
    """What the autopilot is given before take-off, so that whatever it chooses on its own is clear and affordable."""

    rtl_type: int = Field(ge=0, le=5, description="PX4 RTL_TYPE")
    rtl_return_alt_m: float = Field(gt=0, le=1000, description="PX4 RTL_RETURN_ALT, m above home")
    rally: tuple[Point, ...] = Field((), max_length=100)
    fence: Corners = Field(min_length=3, description="Inclusion polygon, (east_m, north_m) corners, ring not closed")
    fence_max_alt_m: float = Field(gt=0, le=10_000, description="PX4 GF_MAX_VER_DIST, m above home")
    parameters: dict[str, float] = Field(
        default_factory=dict,
        description="Further PX4 parameters to set and read back before flight, of a closed list (plan_parameters.py)",
    )

    @field_validator("parameters")
    @classmethod
    def _of_the_closed_list(cls, value: dict[str, float]) -> dict[str, float]:
        for problem in not_settable(value):
            raise ValueError(problem)
        return value


class Expected(_Part):
    """What the plan costs by its own models."""

    flight_time_s: Seconds
    distance_m: float = Field(ge=0, le=2_000_000)
    energy_wh: float = Field(ge=0, le=100_000)
    battery_left_fraction: float = Field(ge=0, le=1)


class Begin(_Part):
    """Where and how a route begins that a drone is given while it hovers."""

    at: Point
    battery_fraction: float = Field(ge=0, le=1, description="Share of the battery that is left there")
    flown_s: Seconds = Field(description="In the air before, s: the law counts the whole flight")


class Route(_Part):
    """One drone's flight from pad to pad: straight up to `takeoff_up_m`, the steps, back over the pad, down.

    One that begins in the air has no take-off; what it expects is of the rest, the battery left at its end included.
    """

    drone: FileName
    model: FileName = Field(description="Drone model, file name in config/drones without .yaml")
    pad: str
    home: Point = Field(description="The pad; up_m is its ground")
    takeoff_up_m: Up
    begin: Begin | None = Field(None, description="None: on the pad")
    steps: tuple[Step, ...] = Field(max_length=10_000)
    failsafe: Failsafe
    expected: Expected

    @property
    def look_count(self) -> int:
        """Views and legs."""
        return sum(isinstance(step, View | Leg) for step in self.steps)

    @property
    def over_pad(self) -> Point:
        """Where a take-off ends and the way home leads to."""
        return Point(east_m=self.home.east_m, north_m=self.home.north_m, up_m=self.takeoff_up_m)

    @property
    def start(self) -> Point:
        """Where the way to the first step begins, in the air."""
        return self.begin.at if self.begin is not None else self.over_pad


class UnseenGround(_Part):
    """Blind ground that the plan leaves unseen, and why."""

    cause: str = Field(description="no legal viewpoint, beyond battery, left by the planner, ...")
    area_m2: Area


class Coverage(_Part):
    """What the fixed cameras see of the public ground inside the perimeter and what the plan adds; areas in m2."""

    cell_m: float = Field(ge=0.1, le=50)
    pose_error_m: float = Field(
        0.0, ge=0, le=100, description="What is planned is seen even from a place this far off, m"
    )
    public_area_m2: Area
    fixed_area_m2: Area = Field(description="Public ground seen by fixed cameras at the required density")
    blind_area_m2: Area
    reachable_area_m2: Area = Field(description="Blind ground that at least one legal candidate view sees")
    planned_area_m2: Area = Field(description="Blind ground that the routes see")
    unseen: tuple[UnseenGround, ...] = ()

    @property
    def planned_blind_fraction(self) -> float:
        return self.planned_area_m2 / self.blind_area_m2 if self.blind_area_m2 else 1.0


class Relief(_Part):
    """The ground inside the perimeter: what heights above ground are counted from where the ground is not asked."""

    lowest_m: Up = Field(description="Lowest ground, m above the site's datum")
    highest_m: Up = Field(description="Highest ground, m above the site's datum")


class DensityBand(_Part):
    """Pixel density allowed on what is seen, px/m (EN 62676-4): enough to detect, never enough to recognise."""

    min_px_per_m: float = Field(
        ge=0.1, le=10_000, description="Least density at which ground and a head above it are seen, px/m"
    )
    max_px_per_m: float = Field(ge=0.1, le=10_000, description="Highest density of anything in a picture, px/m")

    @model_validator(mode="after")
    def _ordered(self) -> DensityBand:
        if self.min_px_per_m >= self.max_px_per_m:
            raise ValueError("min_px_per_m must be below max_px_per_m")
        return self


class Intrusion(_Part):
    """What the plan's pictures hold besides the ground that they are for, all drones together (`intrusion.py`)."""

    private_m2s: float = Field(ge=0, le=1e15, description="Private ground in view, times how long it is, m2 s")
    facade_m2s: float = Field(ge=0, le=1e15, description="Facades in view, times how long they are, m2 s")
    highest_px_per_m: float = Field(ge=0, le=1e6, description="Highest density of any surface in any picture, px/m")


class Looks(_Part):
    """How many views and legs the routes have, and how many it takes at least to see the same ground from what they
    were chosen from, without a thought for the ways between them."""

    planned: int = Field(ge=0, le=1_000_000)
    least: int = Field(ge=0, le=1_000_000)


class Sortie(_Part):
    """Which of several plans this is, that a mission's drones fly one after the other with fresh batteries."""

    number: int = Field(ge=1, le=1000)
    of: int = Field(ge=2, le=1000)
    begins_s: float = Field(
        ge=0, le=1_000_000, description="After the mission's start: the sorties before it and the swaps, s"
    )
    flown_s: float = Field(ge=0, le=1_000_000, description="Longest that a drone may have been in the air before, s")


class Plan(_Part):
    schema_: Literal["blindspot.plan/1"] = Field("blindspot.plan/1", alias="schema")
    model_config = ConfigDict(**_Part.model_config, populate_by_name=True)

    id: FileName
    mission: str = Field(description="Path of the mission file, relative to the repository or absolute")
    site: str = Field(description="Path of the site folder, likewise")
    origin: Origin
    seed: int = Field(ge=-(2**63), lt=2**63)
    perimeter: Corners = Field(description="(east_m, north_m) corners of the area of interest")
    relief: Relief
    band: DensityBand
    routes: tuple[Route, ...] = Field(max_length=100)
    coverage: Coverage
    intrusion: Intrusion | None = Field(None, description="None: not measured")
    sortie: Sortie | None = Field(None, description="None: the only one")
    looks: Looks | None = Field(None, description="None: not counted")

    @model_serializer(mode="wrap")
    def _without_what_is_not_told(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A file from before there were such figures keeps its text, and so its hash."""
        data: dict[str, Any] = handler(self)
        for name in ("intrusion", "sortie", "looks"):
            if data.get(name) is None:
                data.pop(name, None)
        return data

    def to_json(self) -> str:
        """The plan as text; the same plan always gives the same text."""
        return self.model_dump_json(by_alias=True, indent=1)

    @property
    def begins_s(self) -> float:
        """How long after the mission's start its drones take off, s."""
        return 0.0 if self.sortie is None else self.sortie.begins_s

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def with_routes(self, routes: Iterable[Route]) -> Plan:
        """The plan with these in place of the routes of the same drones: what each drone flew last."""
        newer = {route.drone: route for route in routes}
        return self.model_copy(update={"routes": tuple(newer.get(route.drone, route) for route in self.routes)})

    def not_flying(self, fleet: Iterable[str]) -> tuple[str, ...]:
        """One sentence for each drone of a fleet that has no route; none if the plan is one sortie of several."""
        idle = [] if self.sortie is not None else [drone for drone in fleet if self.route_of(drone) is None]
        return tuple(f"{drone} does not fly: {NOTHING_TO_SEE}" for drone in idle)

    def route_of(self, drone: str) -> Route | None:
        return next((route for route in self.routes if route.drone == drone), None)


def parse_plan(text: str, source: object = "plan") -> Plan:
    """Read a plan; raises InputError naming the first wrong field."""
    try:
        return Plan.model_validate_json(text)
    except ValidationError as error:
        raise told(source, error, Plan, "make it anew with: blindspot plan MISSION") from error


def load_plan(path: Path) -> Plan:
    """Read a plan file; raises InputError if it can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            path, "", f"can't be read ({error.strerror})", "make it with: blindspot plan MISSION"
        ) from error
    except UnicodeDecodeError as error:
        fix = "name the plan.json of a folder that blindspot plan MISSION made"
        raise InputError(path, "", "is no text, so no plan", fix) from error
    return parse_plan(text, path)
