"""The mission file that the operator writes, `blindspot.mission/1`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from blindspot.core import FileName, InputError, Moment, Section, read_yaml
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.plan import DensityBand

GEOJSON = (".geojson", ".json")
"""Endings of the file names of polygons. The name of a street has none of them."""

EARLY = timedelta(hours=1)
"""A mission may be flown from this time before the start: the town holds the obstacles from then on."""

OTHERS_NAMES = frozenset({"blindspot", "simulator"})
"""The namespace of the ground station's nodes, and the node of the simulated autopilots beside those of the drones."""


class DroneOnPad(Section):
    """A drone of a file."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", description="ROS namespace of the drone")
    model: FileName = Field(description="File name in config/drones without .yaml")
    pad: str = Field(description="Name of a launch pad of the site")

    @field_validator("name")
    @classmethod
    def _is_its_own(cls, value: str) -> str:
        if value in OTHERS_NAMES:  # a lost node of the ground station would count as one of the drone
            raise ValueError(f"{value} is a name of the stack's own nodes: give the drone another one, e.g. drone1")
        return value


class FleetDrone(DroneOnPad):
    swaps: int = Field(0, ge=0, le=40, description="Number of further batteries: as many further sorties are possible")


HIGHEST_M = 120.0
"""Greatest height above ground, m, of EU 2019/947."""
VERTICAL_ERROR_M = 2.0
"""Largest vertical error of a flight, m: a plan keeps this distance below the ceiling and above the floor.

A simulated estimate of height drifts by 0.3 m (standard deviation) at the take-off, whose error stays in the height of
home, and as much in flight: 0.42 m together. In 64 flights of 2 to 3 minutes the true height was 1.4 m below to 0.9 m
above the plan's. The margin is 4.7 standard deviations, for hours in the air. Gusts of 2.5 m/s made no difference."""


class Limits(Section):
    model_config = ConfigDict(**Section.model_config, populate_by_name=True)

    min_up_m: float = Field(gt=0, description="Lowest flight height above ground, m; a plan stays 2 m above it")
    max_up_m: float = Field(
        gt=0, le=HIGHEST_M, description="Highest flight height above ground, m; a plan stays 2 m below it"
    )
    building_clearance_m: float = Field(
        5.0, ge=5.0, le=1000, description="Least distance to a building, m; one of assumed height counts 3 m higher"
    )
    over_roofs: bool = Field(
        False, description="Flights may cross roofs, where landing at once means landing on one; else over streets only"
    )
    separation_m: float = Field(15.0, ge=15.0, le=10_000, description="Least distance between drones, m")
    max_speed_mps: float = Field(
        6.0,
        ge=0.5,
        le=25,
        description="Fastest flight, m/s; the distance kept from the perimeter grows with its square",
    )
    min_pitch_deg: float = Field(-90.0, ge=-90, le=0, description="Steepest pitch that a view may take, deg")
    max_pitch_deg: float = Field(
        -50.0, ge=-90, le=0, description="Flattest pitch that a view may take, deg; as authorised"
    )
    return_: Literal["straight", "mission"] = Field(
        "straight",
        alias="return",
        description="The autopilot's own way home: straight, or along the mission (PX4 1.17 or newer)",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Limits:
        if self.min_up_m >= self.max_up_m:
            raise ValueError("min_up_m must be below max_up_m")
        if self.min_pitch_deg > self.max_pitch_deg:
            raise ValueError("min_pitch_deg must not be above max_pitch_deg")
        return self

    @property
    def planned_up_m(self) -> tuple[float, float]:
        """Least and greatest height above ground that a plan may have, m: the error of flight stays in the limits."""
        return self.min_up_m + VERTICAL_ERROR_M, self.max_up_m - VERTICAL_ERROR_M

    def beyond_pitch_deg(self, pitch_deg: float) -> float:
        """How far a camera's pitch lies outside the allowed band, deg; negative or 0 inside it."""
        return max(self.min_pitch_deg - pitch_deg, pitch_deg - self.max_pitch_deg)


class Wind(Section):
    """Wind of the simulation."""

    from_deg: float = Field(0, ge=0, lt=360, description="Direction that the wind comes from, deg clockwise from north")
    speed_mps: float = Field(0, ge=0, le=20, description="Mean wind, m/s")
    gust_mps: float = Field(0, ge=0, le=10, description="Standard deviation of the gusts, m/s")


class NamedArea(Section):
    """Ground by a file or by a street's name."""

    area: str = Field(
        min_length=1,
        description="GeoJSON file with polygons, relative to this file, or a street's name: 12 m on both sides",
    )

    @property
    def is_file(self) -> bool:
        return self.area.endswith(GEOJSON)


class Priority(NamedArea):
    """Ground that counts more, or less, than other ground while the flight time is shared out."""

    weight: float = Field(ge=0.1, le=10, description="Weight of a square metre there; ground without a priority has 1")


class Target(NamedArea):
    """Ground that an overwatch keeps in one picture; it needs one camera that looks and two drones."""

    name: FileName = Field(description="Name of the target in displays, reports and plans")


KINDS_WITH = {
    "revisit_s": ("patrol",), "share": ("patrol", "overwatch"), "targets": ("overwatch",),
    "overlap_s": ("overwatch",), "priorities": ("sweep", "patrol"), "look_s": ("dispatch",),
}  # fmt: skip
"""The kinds of mission that have a key; another kind would leave its value unused."""
NEEDED = ("revisit_s", "share", "targets")
"""The keys that these kinds also need."""


POSTS = ("overwatch", "dispatch")
"""The kinds of mission whose drones fly to one view each, and straight home."""


class MissionFile(Section):
    schema_: Literal["blindspot.mission/1"] = Field(alias="schema", description="Kind and version of the file")
    name: str = Field(description="Name of the mission in displays and reports")
    kind: Literal["sweep", "patrol", "overwatch", "dispatch"] = Field(
        description="sweep: see all blind ground of the perimeter once; patrol: see it again and again in an evening;"
        " overwatch: keep targets in sight without a break, by drones that relieve each other; dispatch: look at a"
        " place that a person names"
    )
    site: str = Field(description="Site folder, relative to the mission file")
    authorisation: str = Field(description="Authorisation file, relative to the mission file")
    perimeter: str = Field(
        description="GeoJSON polygon of the ground to see, and fence of every drone; relative to this file"
    )
    events: str | None = Field(None, description="Events file, relative to the mission file; none: no event reports")
    record: bool = Field(False, description="Masked pictures and their reports are recorded on board, where authorised")
    start: Moment = Field(description="Legal time of the start, with time zone")
    latest_landing: Moment | None = Field(
        None,
        description="Legal time by which every drone is down again, 5 % of each flight to spare; unlimited if None",
    )
    swap_s: float = Field(
        180.0,
        ge=0,
        le=3600,
        description="From a landing to the next take-off, battery swapped, s; the same as in the fleet file",
    )
    fleet: tuple[FleetDrone, ...] = Field(min_length=1, max_length=12, description="The drones, each with its pad")
    further_pads: tuple[str, ...] = Field(
        (),
        max_length=100,
        description="Pads to which the crew may carry drones with swaps between sorties; with limits.return straight",
    )
    band: DensityBand = Field(description="Least pixel density of seen ground, and highest density of any surface")
    limits: Limits = Field(description="Limits of every flight: heights, distances, speed and camera pitch")
    priorities: tuple[Priority, ...] = Field(
        (), max_length=100, description="Ground with a weight of its own; where several overlap, the greatest counts"
    )
    revisit_s: float | None = Field(
        None, ge=300, le=86_400, description="Longest time for which a place of a patrol may stay unseen, s"
    )
    share: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Share of a patrol's reachable blind ground for which `revisit_s` is promised; least share of a"
        " target's public ground in the picture of each post of an overwatch",
    )
    targets: tuple[Target, ...] = Field((), max_length=4, description="Targets of an overwatch")
    overlap_s: float = Field(
        15.0, ge=5, le=120, description="Time for which the relief of an overwatch is aimed before the other leaves, s"
    )
    look_s: float = Field(120.0, ge=10, le=600, description="Time of a look at the place of a dispatch, s")
    wind: Wind = Field(Wind(), description="Wind of `sim`; a standing stack takes the fleet file's")
    people: int = Field(0, ge=0, le=500, description="People walking in the simulation")
    vehicles: int = Field(0, ge=0, le=500, description="Cars in the simulation's streets")
    seed: int = Field(
        1,
        ge=0,
        lt=2**31,
        description="Seed of the simulation (wind, noise, latencies, people) and of the planner's search",
    )

    @property
    def earliest(self) -> datetime:
        """Earliest time of a flight."""
        return self.start - EARLY

    @property
    def window_s(self) -> float:
        """Seconds from the start to the latest landing; infinite if the mission sets no latest landing."""
        return inf if self.latest_landing is None else (self.latest_landing - self.start).total_seconds()

    @model_validator(mode="after")
    def _sane(self) -> MissionFile:
        if self.latest_landing is not None and self.latest_landing <= self.start:
            raise ValueError("latest_landing must be after start")
        for name, kinds in KINDS_WITH.items():
            is_given = getattr(self, name) != type(self).model_fields[name].default
            if is_given and self.kind not in kinds:
                raise ValueError(f"{self.called} has no {name}: leave {name} out")
            if name in NEEDED and self.kind in kinds and not is_given:
                raise ValueError(f"{self.called} needs {name}")
        names = [drone.name for drone in self.fleet]
        if len(set(names)) < len(names):
            raise ValueError("two drones of the fleet have the same name; give each its own")
        pads = [drone.pad for drone in self.fleet]
        if len(set(pads)) < len(pads):
            raise ValueError("two drones of the fleet use the same pad; give each its own")
        self._further_pads_serve(pads)
        if self.kind in POSTS:
            self._flies_posts()
        if self.kind == "overwatch":
            self._can_be_watched()
        return self

    @property
    def called(self) -> str:
        """The kind of the mission in a sentence."""
        return f"{'an' if self.kind == 'overwatch' else 'a'} {self.kind}"

    def _flies_posts(self) -> None:
        if self.limits.return_ != "straight":
            raise ValueError(f"{self.called} needs limits.return: straight")
        if any(drone.swaps for drone in self.fleet):
            raise ValueError(f"fleet.swaps: {self.called} has no sorties: leave swaps out")

    def _can_be_watched(self) -> None:
        if self.latest_landing is None:
            raise ValueError("an overwatch needs latest_landing: the time by which the last drone is down")
        names = [target.name for target in self.targets]
        if len(set(names)) < len(names):
            raise ValueError("two targets have the same name: give each its own")
        if len(self.fleet) < 2 * len(names):
            raise ValueError(
                f"targets: {len(names)} need {2 * len(names)} drones, two each, and the fleet has {len(self.fleet)}:"
                " add drones, or leave targets out"
            )

    def _further_pads_serve(self, pads: list[str]) -> None:
        if not self.further_pads:
            return
        if twice := {name for name in self.further_pads if [*pads, *self.further_pads].count(name) > 1}:
            raise ValueError(f"further_pads: {', '.join(sorted(twice))} is given twice, or is the pad of a drone")
        if self.kind != "sweep" or not any(drone.swaps for drone in self.fleet):
            raise ValueError("further_pads need a sweep with swaps, whose drones fly a second sortie")
        if self.limits.return_ != "straight":
            raise ValueError("further_pads need limits.return: straight")

    def may_start_from(self, drone: DroneOnPad, pad: str) -> bool:
        """Whether a drone of the fleet may start a sortie from a pad: the drone's pad, or a further pad."""
        return pad == drone.pad or pad in self.further_pads


@dataclass(frozen=True, slots=True)
class Mission:
    """A mission file with resolved paths and loaded drone models."""

    path: Path
    file: MissionFile
    site_dir: Path
    authorisation_path: Path
    perimeter_path: Path
    models: dict[str, DroneModel]
    model_paths: tuple[Path, ...] = ()
    events_path: Path | None = None

    @property
    def area_paths(self) -> tuple[Path, ...]:
        """The files of areas that the priorities and targets name."""
        named = (*self.file.priorities, *self.file.targets)
        return tuple(self.path.parent / one.area for one in named if one.is_file)

    def model_file(self, model: str) -> str:
        """Name of a drone model in messages: the path of the model's file if the model came from a file, else the
        name."""
        files = dict(zip(self.models, self.model_paths, strict=False))
        return str(files.get(model, model))

    def model_of(self, drone: str) -> DroneModel:
        """The model of a drone of the fleet, by the drone's name."""
        return next(self.models[d.model] for d in self.file.fleet if d.name == drone)


def load_mission(path: Path, drones_dir: Path | None = None) -> Mission:
    """Read a mission file and the drone models that it names.

    Parameters
    ----------
    path
        The mission file. Relative paths start at the folder of this file.
    drones_dir
        Folder of the drone model files; default: `../drones`, seen from the mission's folder.

    Returns
    -------
    Mission
        The file with resolved paths and its drone models by name.

    Raises
    ------
    InputError
        A file is missing or unreadable, or a value is wrong. The message names file, field and value.

    Example
    -------
    >>> load_mission(Path("config/missions/crossroads.yaml")).file.name
    'Crossroads'
    """
    file = read_yaml(path, MissionFile)
    folder = path.resolve().parent
    models, model_paths = read_models(path, "fleet", file.fleet, drones_dir or folder.parent / "drones")
    mission = Mission(
        path.resolve(), file, folder / file.site, folder / file.authorisation, folder / file.perimeter, models,
        model_paths, None if file.events is None else folder / file.events,
    )  # fmt: skip
    for field, target in (
        ("site", mission.site_dir),
        ("authorisation", mission.authorisation_path),
        ("perimeter", mission.perimeter_path),
        ("events", mission.events_path),
        *(
            (f"{field} item {k + 1}, area", folder / one.area)
            for field, named in (("priorities", file.priorities), ("targets", file.targets))
            for k, one in enumerate(named)
            if one.is_file
        ),
    ):
        if target is not None and not target.exists():
            raise InputError(path, field, f"{target} does not exist", f"name it as seen from {folder}")
    return mission


def read_models(
    path: Path, field: str, drones: Sequence[DroneOnPad], drones_dir: Path
) -> tuple[dict[str, DroneModel], tuple[Path, ...]]:
    """The drone models that a file names, by name, and the paths; raises InputError for a missing or wrong model."""
    models, paths = {}, {}
    for drone in drones:
        model_path = paths[drone.model] = drones_dir / f"{drone.model}.yaml"
        if not model_path.is_file():
            known = ", ".join(sorted(file.stem for file in drones_dir.glob("*.yaml"))) or "none"
            fix = f"{drones_dir} has {known}"
            raise InputError(path, f"{field}.{drone.name}.model", f"{model_path} does not exist", fix)
        models[drone.model] = read_yaml(model_path, DroneModel)
    return models, tuple(paths.values())
