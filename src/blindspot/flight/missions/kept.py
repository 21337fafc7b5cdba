"""The missions in progress as a file, so that a restarted manager continues them. Pure.

The file is written before a clearance is requested and before a route is sent, and after each change: the end of a
drone's route, a person's hold, a phase.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from blindspot.core import InputError, outputs, read_file
from blindspot.flight.losses import Order
from blindspot.flight.run_memory import RunMemory
from blindspot.mission import Plan, parse_plan

FILE = "missions.json"
"""In the stack's folder."""
MOST_BYTES = 200_000_000
_ASIDE = f"{FILE}.unreadable-"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class KeptOrder(_Part):
    """The order to fly a mission; the fields are those of `MissionOrder`, and a message of it becomes one."""

    model_config = ConfigDict(**_Part.model_config, from_attributes=True)

    file: str
    sha256: str
    run: str
    person: str
    reason: str
    signature: str = ""
    plans: tuple[str, ...] = ()


class KeptMission(_Part):
    """One mission in progress."""

    order: KeptOrder
    requester: str = Field(description="Token with which its clearances were requested")
    name: str = Field(description="Of the mission")
    drones: tuple[str, ...]
    stage: Literal["clearing", "flying", "swapping"]
    plans: tuple[str, ...] = Field(min_length=1, description="As JSON: the plan of this sortie, then the rests of it")
    routes: dict[str, int] = Field({}, description="By drone: the place in `plans` of its latest route")
    asked: tuple[str, ...] = Field((), description="Hashes of the plans whose clearance has to be given back")
    cleared_s: float | None = Field(None, description="Time of the first clearance on the manager's clock, s")
    started_s: float = Field(0.0, description="Time of the sortie's start, likewise")
    run: RunMemory = RunMemory()
    phases: dict[str, str] = Field({}, description="By drone: the last phases in flight that the drone published")
    owed: dict[str, Order] = Field({}, description="By drone: an order not yet obeyed")
    take_overs: dict[str, float] = Field(
        {}, description="By drone: time on the manager's clock since which its return by the ground station counts, s"
    )
    ended_by: str = Field("", description="Order after which no further sortie is flown")
    earlier: tuple[tuple[str, str], ...] = Field((), description="Outcome and reason of each earlier sortie or turn")
    watch: KeptWatch | None = Field(None, description="Only for a watch, whose `plans` are the posts of its drones")

    @model_validator(mode="after")
    def _is_whole(self) -> KeptMission:
        if not all(0 <= place < len(self.plans) for place in self.routes.values()):
            raise ValueError("routes name a plan that is missing")
        if self.stage == "swapping" and not self.earlier:
            raise ValueError("packs are swapped only after a sortie")
        return self

    def read_plans(self) -> tuple[Plan, ...]:
        """The plans; raises InputError for an invalid one."""
        return tuple(parse_plan(text, FILE) for text in self.plans)


class KeptWatch(_Part):
    """The turns of a watch: each is a mission of one drone in the watch's run. Moments are on the manager's clock."""

    turns: tuple[KeptMission, ...] = ()
    states: dict[str, tuple[str, float]] = Field({}, description="By drone: what it does, and the moment it began, s")
    called: tuple[str, ...] = Field((), description="Drones that were called home in their turns")
    relieved: tuple[str, ...] = Field((), description="Those of them that the watch itself called home")
    rests: dict[str, tuple[float, str]] = Field(
        {}, description="By drone on its pad: moment until which it takes no turn, s, and why its last turn ended"
    )
    unswapped: tuple[str, ...] = Field((), description="Drones on their pads whose battery packs a person changes")
    lost: dict[str, str] = Field({}, description="By drone that takes no other turn: the reason")
    reliefs: dict[str, int] = Field({}, description="By target: hand-overs so far")
    starts_s: float = Field(description="Moment from which the targets are watched, s")
    ends_s: float = Field(description="Latest landing, s")


class KeptMissions(_Part):
    """Content of the file."""

    missions: tuple[KeptMission, ...] = ()
    give_back: dict[str, str] = Field({}, description="By plan hash: requester of a clearance that is not taken back")
    processes: dict[str, tuple[int, int]] = Field(
        {},
        description="During missions, by watched node: id and start of its process. A node that died with "
        "the manager has another process when the next manager looks",
    )

    @model_validator(mode="after")
    def _each_once(self) -> KeptMissions:
        for what, values in (
            ("run", [mission.order.run for mission in self.missions]),
            ("drone", [drone for mission in self.missions for drone in mission.drones]),
        ):
            if len(set(values)) < len(values):
                raise ValueError(f"two missions have the same {what}")
        return self


def keep(stack_dir: Path, kept: KeptMissions) -> None:
    """Replace the file as a whole. The file names the texts that give clearances back, so only the owner may read the
    file. Raises OSError if the disk refuses."""
    with outputs.whole_file(stack_dir / FILE) as opened:
        os.fchmod(opened.fileno(), 0o600)
        opened.write(kept.model_dump_json(indent=1).encode() + b"\n")


def read_kept(stack_dir: Path) -> KeptMissions:
    """The content of the file; nothing if it is missing. Raises InputError for an unreadable or wrong file."""
    path = stack_dir / FILE
    if not path.exists():
        return KeptMissions()
    try:
        return KeptMissions.model_validate_json(read_file(path, MOST_BYTES))
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "remove it") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        raise InputError(path, field, first["msg"], "remove the file") from error


def set_aside(stack_dir: Path, at: datetime) -> None:
    """Rename the file, which can't be read, so that no later one replaces it. Raises OSError if the disk refuses."""
    (stack_dir / FILE).rename(stack_dir / f"{_ASIDE}{at:%Y%m%dT%H%M%S.%fZ}")


def unreadable(stack_dir: Path) -> tuple[Path, ...]:
    """The files that were set aside and that no person has moved away since."""
    return tuple(sorted(stack_dir.glob(f"{_ASIDE}*")))


def why_unaccounted(stack_dir: Path) -> str:
    """The missions that were lost with unreadable files of this stack, in one sentence; empty without such a file."""
    names = [file.name for file in unreadable(stack_dir)]
    if not names:
        return ""
    return (
        f"a restart could not read the missions in progress and does not continue them: make sure that their drones "
        f"are down, then move {', '.join(names)} out of {stack_dir}"
    )
