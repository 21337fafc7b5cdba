"""`blindspot sim MISSION --in-process`: plan, fly and judge without ROS. A seed repeats the same flight.

The planner, the flight logic, the vehicles, the camera's own limits and the rule for seen ground are those of a run
with ROS. Only the pictures and the detector are left out, so `detections` is null.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens
from blindspot.cli.parts.interrupt import handled_by
from blindspot.cli.plans.plan import plan_into
from blindspot.cli.plans.plan_sorties import next_sortie
from blindspot.cli.sessions.sim_run import finish, system_user
from blindspot.core import PlanningError
from blindspot.coverage.ground import SeenGround
from blindspot.evidence.observed import (
    EVENTS_FILE,
    POSES_FILE,
    EventLog,
    PoseWriter,
    RunEvent,
    TrackPoint,
    TrackWriter,
    picture_pose,
)
from blindspot.flight import FleetRun
from blindspot.law import Loaded
from blindspot.mission import GroundMasks, Limits, Plan, drone_model

if TYPE_CHECKING:
    from rich.console import Console

    from blindspot.vision.town import DensityCap
    from blindspot_sim.in_process import DroneLog, FlightLog, InProcessFleet

TRACK_EVERY_S = 0.2
SHOWN_EVERY_S = 10.0
REASON = "simulation in one process"
POSITION_STD_M = 0.5
ATTITUDE_STD_DEG = 0.5
"""Standard deviations of a camera's pose. They equal the default parameters of the camera node."""


@dataclass(frozen=True, slots=True)
class Eyes:
    """The cameras of a mission's drones, by the drone's name, with the limits that each camera tests before a
    picture."""

    lenses: Mapping[str, Lens]
    caps: Mapping[str, DensityCap]
    limits: Limits

    @classmethod
    def of(cls, loaded: Loaded) -> Eyes:
        from blindspot.vision.town import DensityCap, town_of_mission

        mission, allowed = loaded.mission, loaded.authorisation.camera
        cameras = {drone.name: mission.model_of(drone.name).camera for drone in mission.file.fleet}
        lenses = {name: Lens(c.hfov_deg, c.width_px, c.height_px) for name, c in cameras.items()}
        most_px_per_m, town = min(mission.file.band.max_px_per_m, allowed.max_px_per_m), town_of_mission(mission)
        caps = {name: DensityCap(town, lens, most_px_per_m) for name, lens in lenses.items()}
        return cls(lenses, caps, mission.file.limits)

    def why_not(self, drone: str, pose: CameraPose) -> str:
        """The limit for which the camera drops an exposure; empty if it takes the picture."""
        if not self.limits.beyond_pitch_deg(pose.pitch_deg) <= drone_model.PITCH_TOLERANCE_DEG:
            return "beyond the pitch limits"
        return "over the density cap" if self.caps[drone].is_exceeded(pose) else ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """The poses of the pictures that the cameras took, by drone, and the number of dropped exposures, by cause."""

    poses: Mapping[str, tuple[CameraPose, ...]]
    dropped: Mapping[str, int]

    @classmethod
    def of(cls, log: FlightLog, eyes: Eyes) -> Pictures:
        poses, dropped = dict[str, tuple[CameraPose, ...]](), Counter[str]()
        for name, drone in log.drones.items():
            judged = [(pose, eyes.why_not(name, pose)) for pose in _exposures(drone)]
            poses[name] = tuple(pose for pose, why_not in judged if not why_not)
            dropped.update(why_not for _, why_not in judged if why_not)
        return cls(poses, dropped)


def fly(loaded: Loaded, run_dir: Path, seed: int | None, plan_file: Path | None = None) -> str:
    """Fly a mission, with the plan of a file if a file is given, write the flight's files into `run_dir`, and return
    the outcome. Raises BlindspotError if the flight could not start."""
    from blindspot.cli.parts.screen import Screen
    from blindspot_sim.in_process import GroundStation, fly_in_process, gate_of, legal_clock

    console = Screen()
    started_s = time.monotonic()
    mission = loaded.mission
    plan, broken = plan_into(run_dir, loaded, take=plan_file, simulated="this plan is for a simulated flight")
    if broken:
        raise PlanningError(f"the plan breaks {len(broken)} rules and is not flown; the first: {broken[0]}")
    took_off_s = time.monotonic()
    gate, utc = gate_of(loaded), legal_clock(mission)
    station = GroundStation(plan, mission, lambda rest, now_s: "; ".join(map(str, gate.authorise(rest, utc(now_s)))))
    with watching(console, run_dir) as watch:

        def until(fleet: InProcessFleet) -> bool:
            station.step(fleet)
            return watch.until(fleet)

        seed = mission.file.seed if seed is None else seed
        log = fly_in_process(plan, mission, seed=seed, until=until, gate=gate)
        watch.last_look()
    for number, rest in enumerate(station.rests, 1):
        (run_dir / f"rest-{number}.json").write_text(rest.to_json(), encoding="utf-8")
    eyes = Eyes.of(loaded)
    pictures = Pictures.of(log, eyes)
    keep_log(log, pictures, run_dir)
    seen = seen_ground(pictures, eyes, plan, run_dir)
    seen.save(run_dir / "seen.npz")
    outcome, reason = outcome_of(log, station.run)
    facts: dict[str, Any] = {
        "outcome": outcome,
        "reason": reason,
        "detections": None,
        "wall_time_s": time.monotonic() - took_off_s,
        "sim_time_s": log.duration_s,
        "extra": {
            "order": {"run": run_dir.name, "person": system_user(), "reason": REASON},
            "chain": [*log.violations, *station.run.news()],
            "in_process": True, "pictures_counted": seen.counted, "pictures_refused": dict(seen.refused),
            "pictures_dropped": dict(pictures.dropped),
        },
    }  # fmt: skip
    outcome = finish(console, mission, plan, facts, run_dir, time.monotonic() - started_s, plan_file=plan_file)
    if (following := next_sortie(plan, mission.path, run_dir)) is not None:
        console.print(following, soft_wrap=True)
    return outcome


class Watch:
    """Runs before each step of the fleet: writes the fleet's true track, prints the progress, orders the fleet home on
    Ctrl-C."""

    def __init__(self, track: TrackWriter, show: Callable[[str], None]) -> None:
        self._track, self._show = track, show
        self._next_point_s, self._next_shown_s = TRACK_EVERY_S, 0.0
        self._interrupts, self._called_home = 0, False
        self._fleet: InProcessFleet | None = None

    def interrupted(self, *_: Any) -> None:
        """Signal handler: the first time the drones come home, the second time everything stops."""
        self._interrupts += 1
        if self._interrupts > 1:
            raise KeyboardInterrupt

    def until(self, fleet: InProcessFleet) -> bool:
        """False: the flights themselves end the run."""
        self._fleet = fleet
        if self._interrupts and not self._called_home:
            self._called_home = True
            for drone in fleet.drones.values():
                drone.flight.return_home()
        if fleet.now_s > self._next_point_s - TRACK_EVERY_S / 4:
            self._next_point_s += TRACK_EVERY_S
            self._write(fleet, fleet.now_s)
        if fleet.now_s >= self._next_shown_s:
            self._next_shown_s += SHOWN_EVERY_S
            flights = ((name, drone.flight) for name, drone in fleet.drones.items())
            lines = (f"{name} {flight.phase} {100 * flight.route_fraction:.0f} %" for name, flight in flights)
            self._show(f"{fleet.now_s:.0f} s of flight: {', '.join(lines)}")
        return False

    def last_look(self) -> None:
        """Write the last point of the track: the flights ended between two points."""
        if self._fleet is not None:
            self._write(self._fleet, self._next_point_s)

    def _write(self, fleet: InProcessFleet, stamp_s: float) -> None:
        for name, drone in fleet.drones.items():
            truth = drone.mavros.truth
            point = TrackPoint(
                stamp_s, name, truth.east_m, truth.north_m, truth.up_m,
                truth.battery_fraction, truth.armed, not truth.landed, drone.flight.seen.mode,
            )  # fmt: skip
            self._track.write(point)


@contextmanager
def watching(console: Console, run_dir: Path) -> Iterator[Watch]:
    """A watch over one flight. Until the flight ends, it writes `track.csv` and handles Ctrl-C."""
    with closing(TrackWriter(run_dir / "track.csv")) as track, console.status("flying") as status:
        watch = Watch(track, status.update)
        with handled_by(watch.interrupted, signal.SIGINT):
            yield watch


def keep_log(log: FlightLog, pictures: Pictures, run_dir: Path, more: Iterable[RunEvent] = ()) -> None:
    """Write the phases and `more` events as `events.jsonl` and the pictures' poses as `looks.csv`, in the format of a
    run with ROS. The events hold no leases: the gate is called directly here and publishes none."""
    changes = [(change, name) for name, drone in log.drones.items() for change in drone.phases]
    logged = [
        RunEvent(at.stamp_s, f"{name}.flight_control", "log", at.phase + (f": {at.reason}" if at.reason else ""))
        for at, name in changes
    ]
    with closing(EventLog(run_dir / EVENTS_FILE)) as events:
        for event in sorted((*logged, *more), key=lambda event: event.stamp_s):
            events.write(event)
    with closing(PoseWriter(run_dir / POSES_FILE)) as file:
        for name, poses in pictures.poses.items():
            for pose in poses:
                file.write(picture_pose(name, pose))


def seen_ground(pictures: Pictures, eyes: Eyes, plan: Plan, run_dir: Path) -> SeenGround:
    """The blind ground that the cameras saw, by the drones' estimated positions while they were capturing."""
    seen = SeenGround(GroundMasks.load(run_dir / "ground.npz"), plan.band)
    for _ in views_of(pictures, eyes, seen):
        pass
    return seen


def views_of(pictures: Pictures, eyes: Eyes, seen: SeenGround) -> Iterator[tuple[float, NDArray[np.int32]]]:
    """Count the pictures of a flight in `seen`, in the order of time. Yields (s since the start, cells) of each that
    counts."""
    exposures = [(name, pose) for name, poses in pictures.poses.items() for pose in poses]
    for name, pose in sorted(exposures, key=lambda exposure: (exposure[1].stamp_s, exposure[0])):
        if seen.look(name, eyes.lenses[name], pose):
            yield pose.stamp_s, seen.in_view


def _exposures(drone: DroneLog) -> Iterator[CameraPose]:
    known = drone.capturing & np.isfinite(drone.camera_m).all(axis=1) & np.isfinite(drone.camera_deg).all(axis=1)
    for i in np.flatnonzero(known).tolist():
        east_m, north_m, up_m = drone.camera_m[i].tolist()
        heading_deg, pitch_deg = drone.camera_deg[i].tolist()
        yield CameraPose(
            float(drone.stamp_s[i]), east_m, north_m, up_m, heading_deg, pitch_deg,
            position_std_m=POSITION_STD_M, attitude_std_deg=ATTITUDE_STD_DEG,
        )  # fmt: skip


def outcome_of(log: FlightLog, run: FleetRun) -> tuple[str, str]:
    """Outcome and single reason: of the fleet's worst drone, or `failed` if a flight rule was broken."""
    for name, drone in log.drones.items():
        if drone.outcome:
            run.route_ended(name, drone.outcome, drone.reason)
        else:
            run.route_ended(name, "failed", "its flight did not end")
    return ("failed", log.violations[0]) if log.violations else (str(run.outcome), run.decisive)
