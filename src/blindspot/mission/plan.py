"""The plan file, schema `blindspot.plan/1`: the routes of a fleet, the ground that they see, and their failsafes.

Positions are metres ENU around the site's origin, with `up_m` above the site's datum. `site/town/frame.py` converts
them to geographic coordinates at the edge. The plan keeps `origin`, so that a drone can fly the plan without the site.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from blindspot.core import FileName, InputError, field_error, read_file
from blindspot.mission.plan_figures import Coverage, Intrusion, Minutes, PlanPart, Sortie, ViewCounts, WatchedTarget
from blindspot.mission.px4_plan_parameters import not_settable
from blindspot.site import LocalFrame

MOST_FENCE_CORNERS, MOST_RALLY_POINTS = 64, 32
"""PX4 stores so many (`DM_KEY_FENCE_POINTS_MAX` and `DM_KEY_SAFE_POINTS_MAX` of its `dataman.h`), and refuses more."""


Across = Annotated[float, Field(ge=-50_000, le=50_000)]
"""East or north of the site's origin, m: a site is a town."""
Up = Annotated[float, Field(ge=-9_500, le=9_500)]
"""Height above the site's datum, m. The bounds exceed every height difference on earth, a drone's height included."""
Corners = tuple[tuple[Across, Across], ...]
"""(east_m, north_m) corners of an outline; the first corner stands once."""
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Speed = Annotated[float, Field(ge=0.1, le=25)]


class Origin(PlanPart):
    """Where the ENU frame touches the earth."""

    lat_deg: float = Field(ge=-90, le=90, description="Latitude, WGS 84, deg")
    lon_deg: float = Field(ge=-180, le=180, description="Longitude, WGS 84, deg")
    datum_amsl_m: float = Field(ge=-500, le=9000, description="Altitude of the site's datum above mean sea level, m")
    geoid_m: float = Field(
        ge=-200, le=200, description="Height of the geoid above the WGS 84 ellipsoid at the origin, m"
    )

    @property
    def frame(self) -> LocalFrame:
        return LocalFrame(self.lat_deg, self.lon_deg, self.datum_amsl_m, self.geoid_m)


class Point(PlanPart):
    east_m: Across = Field(description="East of the site's origin, m")
    north_m: Across = Field(description="North of the site's origin, m")
    up_m: Up = Field(description="Height above the site's datum, m")


class Aim(PlanPart):
    """Direction of the camera: compass heading of its axis, and pitch from the horizon (negative is down)."""

    heading_deg: float = Field(ge=0, lt=360, description="Heading, deg clockwise from north")
    pitch_deg: float = Field(ge=-90, le=0, description="Pitch, deg; negative is down")


class Waypoint(PlanPart):
    """Fly to a point, with the sensor off."""

    kind: Literal["waypoint"] = "waypoint"
    to: Point = Field(description="End of the way")
    speed_mps: Speed = Field(description="Speed, m/s")


class View(PlanPart):
    """Stop at a viewpoint, aim, and stay for `dwell_s`: the slew time plus at least one second."""

    kind: Literal["view"] = "view"
    id: str = Field(description="Name of the view")
    to: Point = Field(description="Viewpoint")
    aim: Aim = Field(description="Aim of the camera")
    speed_mps: Speed = Field(description="Speed of the way to the viewpoint")
    dwell_s: float = Field(ge=1, le=3600, description="Time at the viewpoint, s")


class Leg(PlanPart):
    """Fly straight from the end of the last step to `to`, with a fixed aim. The camera turns to the aim on departure.
    Ground counts as seen from the latest point at which the turn has ended, if it stays in sight for a second."""

    kind: Literal["leg"] = "leg"
    id: str = Field(description="Name of the leg")
    to: Point = Field(description="End of the leg")
    aim: Aim = Field(description="Aim of the camera")
    speed_mps: Speed = Field(description="Speed, m/s")


Step = Annotated[Waypoint | View | Leg, Field(discriminator="kind")]


class Failsafe(PlanPart):
    """Autopilot settings before take-off. With these settings, every path of the autopilot's own choice is clear and
    affordable."""

    rtl_type: int = Field(ge=0, le=5, description="PX4 RTL_TYPE; 0: straight home, 4: along the uploaded mission")
    rtl_return_alt_m: float = Field(gt=0, le=1000, description="PX4 RTL_RETURN_ALT, m above home")
    rally: tuple[Point, ...] = Field(
        (), max_length=MOST_RALLY_POINTS, description="Rally points; the planner sets none"
    )
    fence: Corners = Field(
        min_length=3, max_length=MOST_FENCE_CORNERS,
        description="Inclusion polygon, (east_m, north_m) corners, ring not closed",
    )  # fmt: skip
    fence_max_alt_m: float = Field(gt=0, le=10_000, description="PX4 GF_MAX_VER_DIST, m above home")
    parameters: dict[str, float] = Field(
        default_factory=dict,
        description="Further PX4 parameters of a closed list (px4_plan_parameters.py), set and read back before flight",
    )

    @field_validator("parameters")
    @classmethod
    def _of_the_closed_list(cls, value: dict[str, float]) -> dict[str, float]:
        for problem in not_settable(value):
            raise ValueError(problem)
        return value


class Expected(PlanPart):
    """Costs of a route by the planner's models."""

    flight_time_s: Seconds = Field(description="Flight time, s")
    distance_m: float = Field(ge=0, le=2_000_000, description="Distance, m")
    energy_wh: float = Field(ge=0, le=100_000, description="Energy, Wh")
    battery_left_fraction: float = Field(ge=0, le=1, description="Share of the battery left at the end")


class OrderedPost(PlanPart):
    """The figures of the post that a person ordered, in a plan that stays there for a shorter time."""

    dwell_s: float = Field(ge=1, le=3600, description="Ordered time at the viewpoint, s")
    expected: Expected = Field(description="Cost of the ordered route")


class Begin(PlanPart):
    """Start of a route for a hovering drone."""

    at: Point = Field(description="Place of the drone")
    battery_fraction: float = Field(ge=0, le=1, description="Share of the battery that is left there")
    flown_s: Seconds = Field(description="Time in the air before, s: the law counts the whole flight")


class Route(PlanPart):
    """One drone's flight from pad to pad: straight up to `takeoff_up_m`, the steps, back over the pad, down.

    A route with `begin` starts in the air. Its `expected` figures then cover the rest of the flight;
    `battery_left_fraction` is the charge at the end.
    """

    drone: FileName = Field(description="Drone of the mission's fleet")
    model: FileName = Field(description="Drone model, file name in config/drones without .yaml")
    pad: str = Field(description="Launch pad of the site")
    home: Point = Field(description="The pad; up_m is its ground")
    takeoff_up_m: Up = Field(description="Height of the end of the vertical take-off, m above the site's datum")
    begin: Begin | None = Field(None, description="Start in the air; none: on the pad")
    steps: tuple[Step, ...] = Field(
        max_length=10_000, description="Steps in the order of flight; then back over the pad and down"
    )
    failsafe: Failsafe = Field(description="Settings that are set and read back before arming")
    expected: Expected = Field(description="Cost of the route by the drone model")

    @property
    def view_count(self) -> int:
        """Views and legs."""
        return sum(isinstance(step, View | Leg) for step in self.steps)

    @property
    def over_pad(self) -> Point:
        """The point over the pad where the take-off ends and the way home leads."""
        return Point(east_m=self.home.east_m, north_m=self.home.north_m, up_m=self.takeoff_up_m)

    @property
    def start(self) -> Point:
        """The point in the air where the way to the first step begins."""
        return self.begin.at if self.begin is not None else self.over_pad


class Relief(PlanPart):
    """Lowest and highest ground inside the perimeter. Code without the terrain counts heights from these."""

    lowest_m: Up = Field(description="Lowest ground, m above the site's datum")
    highest_m: Up = Field(description="Highest ground, m above the site's datum")


class DensityBand(PlanPart):
    """Allowed pixel density in pictures, px/m. EN 62676-4: 25 px/m detect a person, 125 px/m recognise one."""

    min_px_per_m: float = Field(
        ge=0.1,
        le=10_000,
        description="Least density at which ground and a head above it are seen, px/m; 25 detects a person",
    )
    max_px_per_m: float = Field(ge=0.1, le=10_000, description="Highest density of any surface in a picture, px/m")

    @model_validator(mode="after")
    def _ordered(self) -> DensityBand:
        if self.min_px_per_m >= self.max_px_per_m:
            raise ValueError("min_px_per_m must be below max_px_per_m")
        return self


class Plan(PlanPart):
    schema_: Literal["blindspot.plan/1"] = Field(
        "blindspot.plan/1", alias="schema", description="Kind and version of the file"
    )
    model_config = ConfigDict(**PlanPart.model_config, populate_by_name=True)

    id: FileName = Field(description="Name of the mission and a hash")
    mission: str = Field(description="Path of the mission file, relative to the repository or absolute")
    site: str = Field(description="Path of the site folder, likewise")
    origin: Origin = Field(description="Origin of the positions; a drone refuses a plan about another origin")
    seed: int = Field(ge=-(2**63), lt=2**63, description="Seed of the planner's search")
    perimeter: Corners = Field(description="(east_m, north_m) corners of the area of interest")
    relief: Relief = Field(description="Lowest and highest ground inside the perimeter")
    band: DensityBand = Field(description="Allowed pixel density")
    routes: tuple[Route, ...] = Field(max_length=100, description="One route for each drone that flies")
    coverage: Coverage = Field(description="Ground that cameras and plan see")
    intrusion: Intrusion | None = Field(
        None, description="Private ground and facades in the pictures; none: not measured"
    )
    sortie: Sortie | None = Field(None, description="Place among the sorties of a mission; none: the only one")
    looks: ViewCounts | None = Field(None, description="Number of views and legs; none: not counted")
    minutes: Minutes | None = Field(None, description="Flight time and its lower bound; none: not computed")
    idle: dict[str, str] | None = Field(None, description="Reason for each drone without a route; none: unknown")
    watch: WatchedTarget | None = Field(None, description="Target of the plan's post; none: the plan is no overwatch")
    ordered: OrderedPost | None = Field(
        None, description="Figures of the ordered post, in a shorter post of a watch; none: the plan itself is ordered"
    )

    @model_validator(mode="after")
    def _shorter_than_ordered(self) -> Plan:
        stays_s = [step.dwell_s for route in self.routes for step in route.steps if isinstance(step, View)]
        if self.ordered is not None and (
            self.watch is None or len(self.routes) != 1 or len(stays_s) != 1 or stays_s[0] >= self.ordered.dwell_s
        ):
            raise ValueError("ordered stands only in a post of a watch with a shorter stay than the ordered one")
        return self

    @model_serializer(mode="wrap")
    def _without_absent_figures(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """An older file without these figures keeps text and hash."""
        data: dict[str, Any] = handler(self)
        for name in ("intrusion", "sortie", "looks", "minutes", "idle", "watch", "ordered"):
            if data.get(name) is None:
                data.pop(name, None)
        return data

    def to_json(self) -> str:
        """The plan as text; the same plan always gives the same text."""
        return self.model_dump_json(by_alias=True, indent=1)

    @property
    def begins_s(self) -> float:
        """Take-off time of its drones after the mission's start, s."""
        return 0.0 if self.sortie is None else self.sortie.begins_s

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def ordered_sha256(self) -> str:
        """The hash of the plan that a person ordered. A shorter post with the ordered stay and figures put back has
        this hash only if nothing else differs from the ordered post."""
        if self.ordered is None:
            return self.sha256
        (route,), dwell_s = self.routes, self.ordered.dwell_s
        steps = tuple(
            step.model_copy(update={"dwell_s": dwell_s}) if isinstance(step, View) else step for step in route.steps
        )
        whole = route.model_copy(update={"steps": steps, "expected": self.ordered.expected})
        return self.with_routes([whole]).model_copy(update={"ordered": None}).sha256

    def shortened(self, route: Route) -> Plan:
        """This post with its route of a shorter stay; the plan keeps the ordered figures."""
        dwell_s = next(step.dwell_s for step in self.routes[0].steps if isinstance(step, View))
        kept = OrderedPost(dwell_s=dwell_s, expected=self.routes[0].expected)
        return self.with_routes([route]).model_copy(update={"ordered": kept})

    def with_routes(self, routes: Iterable[Route]) -> Plan:
        """The plan with these routes in place of the older routes of the same drones."""
        newer = {route.drone: route for route in routes}
        return self.model_copy(update={"routes": tuple(newer.get(route.drone, route) for route in self.routes)})

    def not_flying(self, fleet: Iterable[str]) -> tuple[str, ...]:
        """One sentence for each drone of a fleet that has no route; empty for one sortie or one post of several."""
        is_alone = self.sortie is None and self.watch is None
        idle = [] if not is_alone else [drone for drone in fleet if self.route_of(drone) is None]
        reasons = self.idle or {}
        return tuple(f"{drone} does not fly: {reasons.get(drone, 'the plan has no route for it')}" for drone in idle)

    def posts_beside(self, folder: Path) -> tuple[Plan, ...]:
        """The other posts of the watch of which this plan is the first post, in the order of their files in a folder;
        none for another plan.

        Raises InputError for an unreadable file, and for a plan of another mission, without a target, or of a drone
        that has a post already.
        """
        found: list[Plan] = []
        while self.watch is not None and (path := folder / f"post-{len(found) + 2}.json").is_file():
            plan, drones = load_plan(path), [route.drone for post in (self, *found) for route in post.routes]
            fix = "make the plans of the mission again"
            if (plan.mission, plan.site) != (self.mission, self.site) or plan.watch is None:
                raise InputError(path, "mission", "is no post of the watch in plan.json", fix)
            if len(plan.routes) != 1 or plan.routes[0].drone in drones:
                raise InputError(path, "routes", "are not one route of a drone without another post", fix)
            found.append(plan)
        return tuple(found)

    def route_of(self, drone: str) -> Route | None:
        return next((route for route in self.routes if route.drone == drone), None)


def parse_plan(text: str, source: object = "plan") -> Plan:
    """Read a plan from its JSON text.

    Parameters
    ----------
    text
        The content of a plan file.
    source
        Name of the text in messages, usually the path of the file.

    Returns
    -------
    Plan
        The validated plan.

    Raises
    ------
    InputError
        The text breaks the schema. The message names the first wrong field.

    Example
    -------
    >>> parse_plan(Path("plan.json").read_text()).seed  # doctest: +SKIP
    1
    """
    try:
        return Plan.model_validate_json(text)
    except ValidationError as error:
        raise field_error(source, error, Plan, "make it again with: blindspot plan MISSION") from error


def load_plan(path: Path) -> Plan:
    """Read a plan file.

    Parameters
    ----------
    path
        `plan.json`, or another file of `blindspot plan`.

    Returns
    -------
    Plan
        The validated plan.

    Raises
    ------
    InputError
        The file is missing, is no text, or breaks the schema.

    Example
    -------
    >>> load_plan(Path("runs/today/plan.json")).routes[0].expected.flight_time_s  # doctest: +SKIP
    412.6
    """
    try:
        text = read_file(path).decode()
    except OSError as error:
        raise InputError(
            path, "", f"can't be read ({error.strerror})", "make it with: blindspot plan MISSION"
        ) from error
    except UnicodeDecodeError as error:
        fix = "name the plan.json of a folder that blindspot plan MISSION made"
        raise InputError(path, "", "is not a text file", fix) from error
    return parse_plan(text, path)
