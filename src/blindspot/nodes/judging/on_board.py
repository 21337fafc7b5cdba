"""The files and checks of a node's computer: the copy of a mission, a rest to fly, the disk, MAVROS."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import nan
from pathlib import Path
from typing import Any

from blindspot.flight.preflight import Check, Judged, on_board_checks
from blindspot.flight.route import FlightSettings, HomeGround, RouteLimits, resumed_within_m
from blindspot.law import Authorisation, load_authorisation
from blindspot.law.airspace import judge_geozones
from blindspot.mission import Fleet, Mission, MissionFile, MissionRef, Plan, no_fly_zones
from blindspot.stack.enclaves import is_enforced

JudgeRemoteId = Callable[[Authorisation], Judged]


@dataclass(frozen=True, slots=True)
class Rest:
    """A requested rest of a plan, the deadline for a lease of that rest, and the callback for the answer."""

    plan: Plan
    until_s: float
    answer: Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class OwnMission:
    """A mission as this computer's own files describe it, for one drone. The files bind every plan, also a plan
    cleared elsewhere."""

    file: MissionFile
    settings: FlightSettings
    limits: RouteLimits
    checks: tuple[Check, ...]

    @classmethod
    def read(
        cls, fleet: Fleet, ref: MissionRef, drone: str, ground: HomeGround, folder: Path, *, simulated: bool,
        thresholds: Mapping[str, float], remote_id: JudgeRemoteId | None = None,
        others: Callable[[], int] | None = None, ground_fleet: Callable[[], str] | None = None,
    ) -> OwnMission:  # fmt: skip
        """Read the mission; 15 ms over Nantes, whose terrain is in `ground`. `folder` is on the disk for recordings,
        `ground_fleet` returns the hash of the ground station's fleet file.

        Raises InputError for a wrong file, a copy with another content, or a drone that the mission lacks.
        """
        mission = ref.read(fleet)
        limits = RouteLimits.of(mission, drone, ground)
        settings = FlightSettings(
            mission.model_of(drone), simulated=simulated, no_fly=no_fly_zones(mission),
            off_route_m=resumed_within_m(mission.file.limits.building_clearance_m), **thresholds,
        )  # fmt: skip
        checks = checks_of_this_computer(
            mission, folder, simulated=simulated, remote_id=remote_id, signed_orders=fleet.has_keys, others=others,
            fleets=None if ground_fleet is None else lambda: (ground_fleet(), fleet.sha256),
        )  # fmt: skip
        return cls(mission.file, settings, limits, checks)


def land_within_s(file: MissionFile, now_s: float, began_s: float | None) -> float:
    """Seconds until the mission's latest landing; infinite for a mission that sets none.

    `now_s` is UTC if `began_s` is None. In a simulation, `began_s` is the mission's start on the clock of `now_s`.
    """
    if began_s is not None:
        return file.window_s - (now_s - began_s)
    start_s = file.start.timestamp()
    return start_s + file.window_s - now_s


def checks_of_this_computer(
    mission: Mission,
    folder: Path,
    *,
    simulated: bool,
    flies: bool = True,
    remote_id: JudgeRemoteId | None = None,
    signed_orders: bool = False,
    others: Callable[[], int] | None = None,
    fleets: Callable[[], tuple[str, str]] | None = None,
) -> tuple[Check, ...]:
    """The pre-flight checks of this computer.

    `remote_id` judges what the drone sends under an authorisation; without it there is no such check. `folder` is on
    the disk for recordings and logs. `signed_orders` means that the fleet file names keys. A computer that does not
    fly the drone may lack MAVROS. `others` counts the drone's flight_controls beside this node, `fleets` returns the
    hashes of the fleet file on the ground station and on the drone. Raises InputError for an unreadable authorisation.
    """
    authorisation = load_authorisation(mission.authorisation_path)

    def free_gb() -> float:
        try:
            return shutil.disk_usage(folder).free / 1e9
        except OSError:
            return nan

    def geozones(flight_s: float) -> Judged:
        now_utc = mission.file.start if simulated else datetime.now(UTC)
        return Judged(*judge_geozones(authorisation, now_utc, simulated=simulated, flight_s=flight_s))

    version = mavros_version()
    sent = partial(remote_id, authorisation) if remote_id is not None else None
    found = on_board_checks(
        free_gb,
        geozones,
        version,
        remote_id=sent,
        secured=is_enforced(os.environ),
        signed_orders=signed_orders,
        others=others,
        fleets=fleets,
    )
    return found if flies or version is not None else found[1:]


def mavros_version() -> tuple[int, ...] | None:
    """The version in the manifest of the sourced MAVROS package; None if MAVROS is missing."""
    for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep):
        manifest = Path(prefix) / "share" / "mavros" / "package.xml"
        try:
            text = manifest.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if found := re.search(r"<version>\s*(\d+(?:\.\d+)*)\s*<", text):
            return tuple(int(part) for part in found[1].split("."))
    return None
