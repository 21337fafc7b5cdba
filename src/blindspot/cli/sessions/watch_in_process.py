"""`blindspot sim MISSION --in-process` for an overwatch: drones relieve each other under one gate, without ROS."""

from __future__ import annotations

import signal
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blindspot.cli.parts.interrupt import handled_by
from blindspot.cli.plans.plan import plan_into
from blindspot.cli.sessions.sim_in_process import REASON, SHOWN_EVERY_S, TRACK_EVERY_S, Eyes, Pictures, keep_log
from blindspot.cli.sessions.sim_run import finish, system_user
from blindspot.core import PlanningError
from blindspot.evidence.observed import RunEvent, TrackPoint, TrackWriter
from blindspot.evidence.watches import WatchEvents

if TYPE_CHECKING:
    from collections.abc import Callable

    from blindspot.law import Loaded
    from blindspot.mission import Plan
    from blindspot_sim.in_process import WatchFlight

GRAVE = ("failed", "unaccounted")
"""Outcomes of a turn that are those of the watch, too: a relieved drone returns, and another goes on."""


def fly_watch(loaded: Loaded, run_dir: Path, seed: int | None, plan_file: Path | None = None) -> str:
    """Fly a watch, with the posts beside a plan file if a file is given, write the files of the run into `run_dir`, and
    return the outcome. Raises BlindspotError if the watch could not start."""
    from blindspot.cli.parts.screen import Screen
    from blindspot_sim.in_process import WatchFlight

    console, started_s, mission = Screen(), time.monotonic(), loaded.mission
    posts = _posts(loaded, run_dir, plan_file)
    took_off_s = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as ledger,
        closing(TrackWriter(run_dir / "track.csv")) as track,
        console.status("flying") as status,
    ):
        flight = WatchFlight(mission, posts, Path(ledger), seed=mission.file.seed if seed is None else seed)
        witness = Witness(track, status.update)
        with handled_by(witness.interrupted, signal.SIGINT):
            flight.run(witness.until)
    log = flight.log()
    pictures = Pictures.of(log, Eyes.of(loaded))
    keep_log(log, pictures, run_dir, witness.events)
    outcome, reason = outcome_of(flight, witness)
    facts: dict[str, Any] = {
        "outcome": outcome,
        "reason": reason,
        "detections": None,
        "wall_time_s": time.monotonic() - took_off_s,
        "sim_time_s": log.duration_s,
        "flown_plans": [post.id for post in posts],
        "watch_span_s": (flight.begins_s, witness.ended_s or flight.now_s),
        "extra": {
            "order": {"run": run_dir.name, "person": system_user(), "reason": REASON},
            "chain": [*log.violations], "in_process": True, "pictures_dropped": dict(pictures.dropped),
            "turns": sum(turn.flew for drone in flight.drones.values() for turn in drone.turns),
        },
    }  # fmt: skip
    return finish(console, mission, posts[0], facts, run_dir, time.monotonic() - started_s, plan_file=plan_file)


def _posts(loaded: Loaded, run_dir: Path, plan_file: Path | None) -> tuple[Plan, ...]:
    """The checked posts of the watch, written into the run's folder."""
    from blindspot.acts.plans import others_beside

    plan, broken = plan_into(run_dir, loaded, take=plan_file, simulated="this plan is for a simulated flight")
    if broken:
        raise PlanningError(f"a post breaks {len(broken)} rules and is not flown; the first: {broken[0]}")
    return (plan, *others_beside(plan, run_dir / "plan.json"))


class Witness:
    """Runs before each step of a watch: writes the true track, notes the states of the targets, prints the progress,
    and ends the watch on Ctrl-C."""

    def __init__(self, track: TrackWriter, show: Callable[[str], None]) -> None:
        self.events: list[RunEvent] = []
        self.ended_s = 0.0
        """Time of the end of the watch, s; 0 before."""
        self.interrupts = 0
        self._track, self._show, self._states = track, show, WatchEvents()
        self._next_point_s, self._next_shown_s = TRACK_EVERY_S, 0.0

    def interrupted(self, *_: Any) -> None:
        """Signal handler: the first time the drones come home, the second time everything stops."""
        self.interrupts += 1
        if self.interrupts > 1:
            raise KeyboardInterrupt

    def until(self, flight: WatchFlight) -> bool:
        """False: the watch ends by itself."""
        targets = flight.relay.targets()
        self.events += self._states.changes(flight.now_s, [(t.target, t.state, t.looking, t.reason) for t in targets])
        if not self.ended_s and all(target.state == "ended" for target in targets):
            self.ended_s = flight.now_s
        if self.interrupts and not self.ended_s:
            flight.end()
        if flight.now_s > self._next_point_s - TRACK_EVERY_S / 4:
            self._next_point_s += TRACK_EVERY_S
            self._write(flight)
        if flight.now_s >= self._next_shown_s:
            self._next_shown_s += SHOWN_EVERY_S
            drones = ", ".join(f"{name} {drone.state.replace('_', ' ')}" for name, drone in flight.drones.items())
            self._show(f"{flight.now_s:.0f} s of the watch: {drones}")
        return False

    def _write(self, flight: WatchFlight) -> None:
        for name, drone in flight.drones.items():
            if drone.flown is None:
                home = drone.plan.routes[0].home
                here = TrackPoint(flight.now_s, name, home.east_m, home.north_m, home.up_m, 1.0, False, False, "")
            else:
                truth, mode = drone.flown.mavros.truth, drone.flown.flight.seen.mode
                here = TrackPoint(
                    flight.now_s, name, truth.east_m, truth.north_m, truth.up_m,
                    truth.battery_fraction, truth.armed, not truth.landed, mode,
                )  # fmt: skip
            self._track.write(here)


def outcome_of(flight: WatchFlight, witness: Witness) -> tuple[str, str]:
    """Outcome and single reason of a watch: `failed` if a turn failed, or a flight rule was broken."""
    if violations := flight.log().violations:
        return "failed", violations[0]
    for name, drone in flight.drones.items():
        for turn in drone.turns:
            if turn.flew and turn.outcome in GRAVE:
                return turn.outcome, f"{name}: {turn.reason}"
        if drone.flown is not None:
            return "failed", f"{name}: its flight did not end"
    return ("returned", "ended by the operator") if witness.interrupts else ("completed", "")
