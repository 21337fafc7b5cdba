"""The operation file, `blindspot.operation/1`: one mission over weeks, with its calendar, slots, crew and weather."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from blindspot.core import LONGEST_NAME, FileName, InputError, Section, file_name, is_blank, read_yaml
from blindspot.mission import Fleet, Mission, load_fleet, load_mission
from blindspot.operations.recurrence import Recurrence


def _time_of_day(value: Any) -> time:
    """A time of day such as "19:00". YAML reads it without quotes as a number."""
    if not isinstance(value, str):
        raise ValueError('should be a time of day in quotes, e.g. "19:00"')
    try:
        found = time.fromisoformat(value)
    except ValueError:
        raise ValueError('should be a time of day, e.g. "19:00"') from None
    if found.tzinfo is not None or found.second or found.microsecond:
        raise ValueError('should be hours and minutes without a time zone, e.g. "19:00"')
    return found


def _person(name: str) -> str:
    if is_blank(name) or name != name.strip() or len(name) > LONGEST_NAME:
        raise ValueError(f"should be a name of at most {LONGEST_NAME} characters")
    return name


LONGEST_RUN = 120
"""Letters of a run's name."""
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
Person = Annotated[str, AfterValidator(_person)]


class Slot(Section):
    """A time of the day in which an occurrence starts."""

    name: FileName = Field(description="Name of the slot, a part of each occurrence's name")
    from_: TimeOfDay = Field(alias="from", description="Earliest start of the first pass, local time of day")
    until: TimeOfDay = Field(description="Latest start of the first pass; a time before from is on the next day")
    passes: int = Field(1, ge=1, le=24, description="Number of passes: take-offs of the fleet with one variant a drone")

    @model_validator(mode="after")
    def _not_empty(self) -> Slot:
        if self.from_ == self.until:
            raise ValueError("until must differ from from: a start that nobody can learn needs a span")
        return self


class Crew(Section):
    """The people of an evening."""

    pilots: tuple[Person, ...] = Field(min_length=1, max_length=40, description="Names of the pilots on duty")
    hands: tuple[Person, ...] = Field((), max_length=40, description="Further people on the pads, who change packs")
    airborne_per_pilot: int = Field(1, ge=1, le=12, description="Most drones in the air for each pilot")


class Weather(Section):
    """The weather in which passes start."""

    max_wind_mps: float = Field(ge=0, le=30, description="Strongest mean wind in which a pass starts, m/s")


class OperationFile(Section):
    schema_: Literal["blindspot.operation/1"] = Field(alias="schema", description="Kind and version of the file")
    name: str = Field(min_length=1, max_length=100, description="Name of the operation in displays and reports")
    mission: str = Field(description="Mission file of kind patrol, relative to the operation file")
    fleet: str = Field(description="Fleet file, relative to the operation file")
    recurrence: Recurrence = Field(description="The days")
    slots: tuple[Slot, ...] = Field(min_length=1, max_length=12, description="The times of a day")
    crew: Crew = Field(description="The people of an evening")
    weather: Weather = Field(description="The weather in which passes start")

    @model_validator(mode="after")
    def _each_once(self) -> OperationFile:
        names = [slot.name for slot in self.slots]
        if len(set(names)) < len(names):
            raise ValueError("two slots have the same name")
        people = [*self.crew.pilots, *self.crew.hands]
        if len(set(people)) < len(people):
            raise ValueError("the crew names a person twice")
        return self

    @model_validator(mode="after")
    def _runs_have_names(self) -> OperationFile:
        """Each attempt of a pass has a run, whose name is that of its folder."""
        for slot in self.slots:
            run = f"{file_name(self.name)}-{self.recurrence.from_}-{slot.name}-{slot.passes}-again99"
            if (surplus := len(run) - LONGEST_RUN) > 0:
                kept = len(slot.name) - surplus
                fix = f"a slot's name of at most {kept}" if kept > 0 else f"a shorter name by {surplus}"
                raise ValueError(
                    f"the runs of slot {slot.name} would have names of {len(run)} letters, and {LONGEST_RUN} fit: "
                    f"{fix} letters would do"
                )
        return self


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation file with mission and fleet."""

    path: Path
    file: OperationFile
    mission: Mission
    fleet: Fleet
    since: date | None = None
    """The day from which on the evenings count of an operation without a last day; None: its first day."""

    @property
    def id(self) -> str:
        """The name as a file name; the first part of each occurrence's name."""
        return file_name(self.file.name)

    @property
    def drones(self) -> tuple[str, ...]:
        """Names of the drones that fly, in the mission's order."""
        return tuple(drone.name for drone in self.mission.file.fleet)

    def local(self, moment: datetime) -> datetime:
        """A moment in the operation's time zone."""
        return moment.astimezone(self.file.recurrence.zone)

    def seen_from(self, now: datetime) -> Operation:
        """The same operation with the evenings from yesterday on, which may last past midnight, if it has no last day.
        A simulation has a separate time and counts the days from the first day on."""
        return replace(self, since=self.local(now).date() - timedelta(days=1))


def load_operation(path: Path) -> Operation:
    """Read an operation file, the mission and the fleet.

    Parameters
    ----------
    path
        The operation file. Relative paths start at the folder of this file.

    Returns
    -------
    Operation
        The file with mission and fleet, which fit each other.

    Raises
    ------
    InputError
        A file is missing or unreadable, or a value is wrong. The message names file, field and value.

    Example
    -------
    >>> load_operation(Path("config/operations/nantes_evenings.yaml")).drones  # doctest: +SKIP
    ('drone1', 'drone2')
    """
    file = read_yaml(path, OperationFile)
    folder = path.resolve().parent
    for field, target in (("mission", folder / file.mission), ("fleet", folder / file.fleet)):
        if not target.is_file():
            raise InputError(path, field, f"{target} does not exist", f"name it as seen from {folder}")
    mission = load_mission(folder / file.mission)
    fleet = load_fleet(folder / file.fleet)
    operation = Operation(path.resolve(), file, mission, fleet)
    _refuse_misfit(operation, path)
    return operation


def _refuse_misfit(operation: Operation, path: Path) -> None:
    """Raise InputError if mission, fleet, crew and weather do not fit each other."""
    file, fleet = operation.file, operation.fleet
    if operation.mission.file.kind != "patrol":
        problem = f"{operation.mission.path.name} is a {operation.mission.file.kind}"
        raise InputError(path, "mission", problem, "name a mission of kind patrol")
    if problem := fleet.why_not(operation.mission):
        raise InputError(path, "mission", problem, "name a mission of this fleet")
    strangers = [pilot for pilot in file.crew.pilots if fleet.operators and pilot not in fleet.operators]
    if strangers:
        raise InputError(
            path, "crew.pilots", f"{strangers[0]} is no operator of {fleet.path.name}",
            f"its operators are {', '.join(fleet.operators)}",
        )  # fmt: skip
    for operator in map(fleet.operator, file.crew.pilots):
        if operator is not None and operator.role != "pilot":
            problem = f"{operator.name} is {operator.role} in {fleet.path.name}, and lets no drone fly"
            raise InputError(path, "crew.pilots", problem, "name pilots alone")
    for drone in operation.drones:
        strongest_mps = fleet.model_of(drone).performance.max_wind_mps
        if file.weather.max_wind_mps > strongest_mps:
            raise InputError(
                path, "weather.max_wind_mps", f"{drone} flies in at most {strongest_mps:g} m/s",
                f"set it to {strongest_mps:g} or less",
            )  # fmt: skip
