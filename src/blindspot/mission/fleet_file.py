"""The drones of a ground station, `blindspot.fleet/1`: their models, pads, links and battery packs."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from blindspot.core import FileName, InputError, Section, is_blank, one_line, read_file, read_mapping, read_yaml
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import DroneOnPad, Mission, Wind, load_mission, read_models
from blindspot.mission.outputs.console_section import ConsoleSection

MISSION_SCHEMA = "blindspot.mission/1"


class FleetMember(DroneOnPad):
    """One drone with pad and links."""

    fcu_url: str = Field(
        "",
        description="Link to its real autopilot as MAVROS writes it; if empty the mode's usual link",
    )
    mav_sys_id: int | None = Field(None, ge=1, le=250, description="MAVLink system id; its place in the list if None")
    peer: str = Field("", description="Address of its companion computer, if the radio passes no multicast")
    pilot: str = Field(
        "", description="Name of the pilot who can take it over by remote control, as the authorisation lists it"
    )
    adsb_in: bool = Field(False, description="It carries a receiver for ADS-B reports of aircraft")
    green_light_by: str = Field(
        "", max_length=100, description="Name of the person who states that its green light is fitted and always on"
    )
    remote_id_serial: str = Field("", description="Its serial number for remote identification (ANSI/CTA-2063-A)")

    @field_validator("green_light_by", "pilot")
    @classmethod
    def _names_somebody(cls, value: str) -> str:
        if value and is_blank(value):
            raise ValueError("names nobody: leave it out, or give a name")
        return value


class BatteryPack(Section):
    """One battery pack that a drone can carry."""

    id: str = Field(pattern=r"^[\w.-]{1,40}$", description="Its label")
    model: FileName = Field(description="Drone model with this unit")
    capacity_wh: float | None = Field(None, ge=1, le=100_000, description="Usable energy now, Wh; the model's if None")
    cycles: int = Field(0, ge=0, le=100_000, description="Number of charges so far")
    charge_s: float = Field(3600.0, ge=0, le=86_400, description="Time to charge it, s")
    cool_s: float = Field(0.0, ge=0, le=86_400, description="Time to cool before it is charged, s")


class FleetOperator(Section):
    """A person who gives orders."""

    name: str = Field(min_length=1, max_length=100, description="Name, exactly as --person gives it")
    role: Literal["pilot", "observer"] = Field(
        "pilot", description="A pilot lets drones fly; an observer can only stop drones and call drones home"
    )
    key: str = Field(
        "", pattern=r"^([0-9a-f]{64})?$", description="Public key, as `blindspot authority operator-key` prints it"
    )


class SimulatedWorld(Section):
    """The world of a simulation."""

    wind: Wind = Field(Wind(), description="Wind")
    people: int = Field(0, ge=0, le=500, description="People walking in the streets")
    vehicles: int = Field(0, ge=0, le=500, description="Cars in the streets")
    seed: int = Field(1, ge=0, lt=2**31, description="Seed of wind, noise, latencies and people")


class FleetFile(Section):
    schema_: Literal["blindspot.fleet/1"] = Field(alias="schema", description="Kind and version of the file")
    name: str = Field(description="Name of the fleet in displays and reports")
    site: str = Field(description="Site folder, relative to the fleet file")
    drones: tuple[FleetMember, ...] = Field(min_length=1, max_length=12, description="The drones, each with its pad")
    packs: tuple[BatteryPack, ...] = Field((), max_length=200, description="Battery packs of all drones")
    operators: tuple[str | FleetOperator, ...] = Field(
        (), max_length=100, description="People who may give orders, by name or with role and key; anybody if empty"
    )
    remote_id_operator: str = Field(
        "", description="Registration number of the operator for remote identification, with its secret characters"
    )
    on_call: str = Field(
        "",
        description="Mission file for which drones wait on their pads, relative to the fleet file: the gate has its "
        "town loaded before the first order; if empty the gate loads a town with the first plan",
    )
    swap_s: float = Field(
        180.0,
        ge=0,
        le=3600,
        description="From a landing to the next take-off, battery swapped, s; the same as in each mission of the fleet",
    )
    record: bool = Field(
        True, description="Each drone runs a recorder; a recording also needs mission and authorisation"
    )
    console: ConsoleSection = Field(ConsoleSection(), description="The page of the crew, and its messages")
    simulation: SimulatedWorld = Field(SimulatedWorld(), description="World of the simulation modes")

    @model_validator(mode="after")
    def _each_once(self) -> FleetFile:
        for what, values in (
            ("name", [drone.name for drone in self.drones]),
            ("pad", [drone.pad for drone in self.drones]),
            ("mav_sys_id", system_ids(self.drones)),
        ):
            if len(set(values)) < len(values):
                raise ValueError(f"two drones of the fleet have the same {what}")
        people = list(map(_operator, self.operators))
        keys = [one.key for one in people if one.key]
        if len({one.name for one in people}) < len(people) or len(set(keys)) < len(keys):
            raise ValueError("two operators have the same name or the same key")
        packs = [pack.id for pack in self.packs]
        if len(set(packs)) < len(packs):
            raise ValueError("two battery packs have the same id")
        return self


def _operator(entry: str | FleetOperator) -> FleetOperator:
    return FleetOperator(name=entry) if isinstance(entry, str) else entry


def system_ids(drones: tuple[FleetMember, ...]) -> list[int]:
    return [number if drone.mav_sys_id is None else drone.mav_sys_id for number, drone in enumerate(drones, 1)]


@dataclass(frozen=True, slots=True)
class Fleet:
    """A fleet file with resolved paths and loaded drone models."""

    path: Path
    file: FleetFile
    site_dir: Path
    models: dict[str, DroneModel]
    sha256: str = field(default="", compare=False)
    """SHA-256 of the file at the time of reading."""

    @property
    def on_call(self) -> Path | None:
        """The mission file for which drones wait on their pads; None without one."""
        return self.path.parent / self.file.on_call if self.file.on_call else None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the drones, in the order of the file."""
        return tuple(drone.name for drone in self.file.drones)

    @property
    def operators(self) -> tuple[str, ...]:
        """Names of the people who may give orders; empty if any named person may."""
        return tuple(_operator(entry).name for entry in self.file.operators)

    @property
    def has_keys(self) -> bool:
        """Whether orders that let a drone fly have to be signed."""
        return any(_operator(entry).key for entry in self.file.operators)

    def operator(self, name: str) -> FleetOperator | None:
        """The operator of this name; `None` if the file lists none."""
        return next((one for one in map(_operator, self.file.operators) if one.name == name), None)

    def member(self, drone: str) -> FleetMember:
        """The entry of a drone; raises InputError for an unknown name."""
        for member in self.file.drones:
            if member.name == drone:
                return member
        raise InputError(self.path, "drones", f"has no drone {drone}", f"it has {', '.join(self.names)}")

    def model_of(self, drone: str) -> DroneModel:
        """The model of a drone; raises InputError for an unknown name."""
        return self.models[self.member(drone).model]

    def system_id(self, drone: str) -> int:
        return system_ids(self.file.drones)[self.names.index(drone)]

    def mission_path(self, file: str) -> Path:
        """The path of a mission file in a message; raises InputError unless it is a file on this computer."""
        path = Path("" if "\0" in file else os.path.normpath(self.path.parent / file))
        try:
            is_file = bool(file) and path.is_file()
        except OSError:  # a name that is too long, for example
            is_file = False
        if not is_file:
            name = one_line(file, 100) or "the name"
            raise InputError("mission", "file", f"{name} is no file here", f"copy it, as seen from {self.path.parent}")
        return path

    def why_not(self, mission: Mission) -> str:
        """The reason why this fleet can't fly a mission, in one sentence; empty if it can."""
        flown, ours = mission.site_dir.resolve(), self.site_dir.resolve()
        if flown != ours:
            return f"{mission.path} is for site {flown.name}, the fleet stands at {ours.name}"
        for drone in mission.file.fleet:
            if drone.name not in self.names:
                return f"{mission.path} names {drone.name}, the fleet has {', '.join(self.names)}"
            member = self.member(drone.name)
            if (drone.model, drone.pad) != (member.model, member.pad):
                return (
                    f"{mission.path} has {drone.name} as {drone.model} on pad {drone.pad}, "
                    f"the fleet has it as {member.model} on pad {member.pad}"
                )
            if mission.models[drone.model] != self.models[member.model]:
                return f"{mission.path} describes model {drone.model} differently than the fleet does"
        for member in self.file.drones:
            if member.pad in mission.file.further_pads:
                return (
                    f"{mission.path} has {member.pad} among its further_pads, where {member.name} of the fleet stands"
                )
        planned_s, ours_s = mission.file.swap_s, self.file.swap_s
        if planned_s != ours_s:  # the plan would forecast other turns than the stack flies
            return f"{mission.path} has a swap_s of {planned_s:g} s, the fleet has {ours_s:g} s: give both the same"
        return ""


def load_fleet(path: Path) -> Fleet:
    """Read a fleet file and the drone models that it names. A mission file gives the fleet of that mission.

    Parameters
    ----------
    path
        The fleet or mission file. Relative paths start at the folder of this file.

    Returns
    -------
    Fleet
        The file with resolved paths and its drone models by name.

    Raises
    ------
    InputError
        A file is missing or unreadable, or a value is wrong. The message names file, field and value.

    Example
    -------
    >>> load_fleet(Path("config/fleets/crossroads.yaml")).names  # doctest: +SKIP
    ('drone1', 'drone2')
    """
    if read_mapping(path).get("schema") == MISSION_SCHEMA:
        return replace(fleet_of_mission(load_mission(path)), sha256=_sha256(path))
    file = read_yaml(path, FleetFile)
    folder = path.resolve().parent
    site_dir = folder / file.site
    if not site_dir.exists():
        raise InputError(path, "site", f"{site_dir} does not exist", f"name it as seen from {folder}")
    if file.on_call and not (folder / file.on_call).is_file():
        problem = f"{folder / file.on_call} does not exist"
        raise InputError(path, "on_call", problem, f"name a mission file as seen from {folder}")
    models, _ = read_models(path, "drones", file.drones, folder.parent / "drones")
    for pack in file.packs:
        if pack.model not in models:
            known = ", ".join(sorted(models))
            raise InputError(
                path, f"packs.{pack.id}.model", f"no drone of the fleet is a {pack.model}", f"it has {known}"
            )
    return Fleet(path.resolve(), file, site_dir, models, _sha256(path))


def fleet_of_mission(mission: Mission) -> Fleet:
    """The fleet that a mission file describes: the drones on the pads, in a simulated world of this fleet."""
    file = mission.file
    return Fleet(
        mission.path,
        FleetFile(
            schema="blindspot.fleet/1",
            name=file.name,
            site=file.site,
            drones=tuple(FleetMember(name=drone.name, model=drone.model, pad=drone.pad) for drone in file.fleet),
            swap_s=file.swap_s,
            record=file.record,
            simulation=SimulatedWorld(wind=file.wind, people=file.people, vehicles=file.vehicles, seed=file.seed),
        ),
        mission.site_dir,
        mission.models,
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(read_file(path)).hexdigest()
