"""One drone of a watch outside ROS: its post, its turns one after the other, and what the ground knows of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import hypot, inf

from blindspot.camera import CameraPose
from blindspot.flight.watch import Other
from blindspot.mission import DroneModel, NoFly, Plan, View
from blindspot.operations.watches import DroneNow, DroneState, PostPlan
from blindspot_sim.airframe.vehicle_config import VehicleConfig
from blindspot_sim.in_process.fleet_flight import InProcessDrone
from blindspot_sim.in_process.log import DroneLog, Recorder
from blindspot_sim.in_process.packs import Packs
from blindspot_sim.in_process.town_gate import SentLease
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

LOST_S = 3.0
"""Silence of a drone's radio after which the ground counts the drone as lost."""
LOOKS_S = 1.0
"""A camera counts as on for this long after an exposure."""
PAD_M = 5.0
"""Largest distance from the pad at which the crew finds a landed drone on it."""
STALE_S = 3.0
"""Age of a status after which a drone that stood on the ground is left out of the surroundings of the others."""
AIRBORNE: tuple[DroneState, ...] = ("under_way", "on_post", "holding", "homeward")


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """The end of one turn: outcome and reason of the flight, and the share of the battery that was left."""

    began_s: float
    ended_s: float
    outcome: str
    reason: str
    battery_fraction: float
    flew: bool


class WatchDrone:
    """A drone that stands on its pad costs nothing: each turn has a new vehicle with a full pack.

    `configure` returns the settings of the next vehicle; a test makes a battery weaker there.
    """

    def __init__(self, plan: Plan, post: PostPlan, model: DroneModel, configure: Callable[[], VehicleConfig],
                 no_fly: tuple[NoFly, ...] = ()) -> None:  # fmt: skip
        self.plan, self.post, self.model, self.name = plan, post, model, post.drone
        self.turn = plan
        """The plan of the present turn, or of the last one."""
        self.configure = configure
        self.flown: InProcessDrone | None = None
        """The vehicle of the present turn; `None` without one."""
        self.asked_s = inf
        """Time of the request for the present turn; infinite without one."""
        self.cleared = False
        self.radio_lost_s = inf
        """Start of the silence between the ground and this drone."""
        self.turns: list[TurnEnd] = []
        self.recorder = Recorder(plan.routes[0])
        self.airborne = False
        """Whether the drone may be in the air, as the ground knows."""
        self.other: Other | None = None
        """The drone as the other drones see it."""
        self._no_fly = no_fly
        self.heard_until_s = -inf
        """End of the last lease that arrived, s."""
        self._heard_s = self._exposed_s = self._right_until_s = -inf
        self._began_s = 0.0
        self._flew = False
        self._reason = self._out = ""
        self._known = DroneNow("ready", 0.0)
        steps = plan.routes[0].steps
        number = next(number for number, step in enumerate(steps) if isinstance(step, View))
        self._view = (number / len(steps), (number + 1) / len(steps))

    @property
    def is_open(self) -> bool:
        """Whether a turn is asked for or in progress."""
        return self.flown is not None or self.asked_s < inf

    def is_silent(self, now_s: float) -> bool:
        """Whether no radio message passes now."""
        return now_s >= self.radio_lost_s

    @property
    def state(self) -> DroneState:
        """What the drone does, as the ground knew at the last step."""
        return self._known.state

    @property
    def has_right(self) -> bool:
        """Whether its last lease gives it the right to look."""
        return self._known.has_right

    def is_dark(self, now_s: float) -> bool:
        """Whether its camera makes no exposures."""
        return self.flown is None or self.flown.is_dark(now_s)

    # The turn

    def ask(self, now_s: float) -> bool:
        """Ask for a turn. False if one is asked for or in progress, or the drone can't fly."""
        if self.is_open or self._out:
            return False
        self.asked_s, self._reason = now_s, ""
        return True

    def refuse(self, reason: str) -> None:
        """The turn is not cleared."""
        self.asked_s, self.cleared, self._reason = inf, False, reason

    def begin(self, turn: Plan, now_s: float, seed: int) -> None:
        """Begin the cleared turn with the pre-flight checks."""
        self.turn, self.cleared, self._began_s, self._flew = turn, True, now_s, False
        mavros = SimulatedMavros(self.configure(), seed=seed, start_s=now_s)
        self.flown = InProcessDrone(mavros, turn.routes[0], self.model, turn.origin, self._no_fly)
        self.flown.recorder, self.flown.radio_lost_s = self.recorder, self.radio_lost_s
        self.flown.flight.start(now_s)

    def leave(self, reason: str, now_s: float) -> None:
        """Order it home."""
        if self.flown is not None and not self.is_silent(now_s):
            self.flown.flight.return_home(reason)

    def step(self, now_s: float, others: tuple[Other, ...], land_within_s: float) -> None:
        """Advance the vehicle of the turn to this time."""
        if self.flown is not None:
            self.flown.radio_lost_s = self.radio_lost_s
            self.flown.step(now_s, others, land_within_s)
            self._flew = self._flew or not self.flown.mavros.truth.landed

    def take(self, sent: SentLease, now_s: float) -> None:
        """A lease is sent; it arrives if the radio works."""
        if self.flown is not None and not self.is_silent(now_s):
            self.heard_until_s = sent.until_s if sent.lease.granted else -inf
            self._right_until_s = sent.until_s if sent.lease.may_look else -inf
            self.flown.hear(sent.lease, sent.until_s, now_s)

    def expose(self, now_s: float) -> CameraPose | None:
        """Sample the flight. Returns the pose of an exposure that the ground hears of."""
        if self.flown is None:
            return None
        pose = self.flown.sample(now_s)
        if pose is None or self.is_silent(now_s):
            return None
        self._exposed_s = now_s
        return pose

    def end(self, now_s: float, packs: Packs) -> bool:
        """Whether the turn ends now: the flight has an outcome, and the drone is down and disarmed."""
        if self.flown is None or self.flown.flight.outcome is None:
            return False
        truth, flight, home = self.flown.mavros.truth, self.flown.flight, self.plan.routes[0].home
        if truth.armed or not truth.landed or self.is_silent(now_s):
            return False
        self._reason = flight.reason
        end = TurnEnd(self._began_s, now_s, flight.outcome or "", flight.reason, truth.battery_fraction, self._flew)
        self.turns.append(end)
        if hypot(truth.east_m - home.east_m, truth.north_m - home.north_m) > PAD_M:
            self._out = f"{self.name} came down away from its pad: {flight.reason}"
        elif self._flew:
            packs.landed(self.name, now_s)
        self.flown, self.asked_s, self.cleared = None, inf, False
        return True

    # What the ground knows

    def status(self, now_s: float) -> Other | None:
        """This drone for the others, at 2 Hz: nothing while it stood on its pad when it was heard last."""
        if self.flown is not None and not self.is_silent(now_s):
            self.other, self._heard_s = self.flown.status(self.other), now_s
        if self.other is None or (self.flown is None and not self.is_silent(now_s)):
            self.other = None
            return None
        silent_s = now_s - self._heard_s
        return replace(self.other, silent_s=silent_s) if silent_s <= STALE_S or self.other.flies else None

    def now(self, now_s: float, packs: Packs) -> DroneNow:
        """The facts for the relay."""
        if self.is_silent(now_s):
            if now_s - self.radio_lost_s < LOST_S:
                return self._known
            return self._facts(now_s, "out", f"{self.name} is silent", inhibited=self._known.inhibited)
        state, reason = self._state(now_s, packs)
        inhibited = self.is_dark(now_s)
        self.airborne = state in AIRBORNE or (state == "out" and self.flown is not None)
        return self._facts(now_s, state, reason, inhibited=inhibited)

    def _facts(self, now_s: float, state: DroneState, reason: str, *, inhibited: bool) -> DroneNow:
        since_s = self._known.since_s if state == self._known.state else now_s
        seen = self.flown.flight.seen if self.flown is not None and state != "out" else None
        self._known = DroneNow(
            state, since_s, battery_fraction=1.0 if seen is None else seen.battery_fraction, cleared=self.cleared,
            has_right=now_s < self._right_until_s, looks=now_s - self._exposed_s <= LOOKS_S, inhibited=inhibited,
            reason=reason,
        )  # fmt: skip
        return self._known

    def _state(self, now_s: float, packs: Packs) -> tuple[DroneState, str]:
        if self._out:
            return "out", self._out
        if self.flown is None:
            is_ready = now_s >= packs.ready_s(self.name)
            return ("starting" if self.asked_s < inf else "ready" if is_ready else "swapping"), self._reason
        flight = self.flown.flight
        if flight.outcome is not None and self._flew:
            return "homeward" if flight.phase == "landed" else "out", flight.reason
        if flight.phase in ("takeoff", "en_route"):
            return self._on_route(flight.phase), flight.reason
        if flight.phase in ("hold", "inspect", "pilot"):
            return "holding", flight.reason
        return "homeward" if flight.phase in ("return", "landing") else "starting", flight.reason

    def _on_route(self, phase: str) -> DroneState:
        assert self.flown is not None
        flight = self.flown.flight
        begins, ends = self._view
        if phase == "en_route" and flight.route_fraction >= ends:
            return "homeward"
        seen, home = flight.seen, self.plan.routes[0].home
        is_there = self.post.is_at(seen.east_m, seen.north_m, home.up_m + seen.height_m)
        is_view = phase == "en_route" and flight.route_fraction >= begins
        return "on_post" if is_view and is_there else "under_way"

    def log(self) -> DroneLog:
        """The log of all turns; the outcome is of the worst turn."""
        flown = [turn for turn in self.turns if turn.flew]
        worst = min(flown, key=lambda turn: turn.battery_fraction, default=None)
        last = self.turns[-1] if self.turns else None
        return self.recorder.log(
            last.outcome if last else "completed", last.reason if last else "", worst.battery_fraction if worst else 1.0
        )
