"""One drone's route, from pre-flight to landed: a pure state machine over a `Vehicle`. Phases are data (`phases`).

`state` holds the facts and the transitions; `beginning`, `flying`, `sensor`, `orders` and `inspecting` act on it.
`nodes.flight_control` connects it to ROS: all times are seconds of one clock, the node's.
"""

from __future__ import annotations

from collections.abc import Sequence

from blindspot.flight.control import beginning, flying, inspecting, orders, sensor
from blindspot.flight.control.inspect import ClearWay, Inspection, Progress, nobody_clears
from blindspot.flight.control.margins import Margin, Margins
from blindspot.flight.control.state import FlightState, Note, noted_at_once
from blindspot.flight.preflight.checklist import Check
from blindspot.flight.route.mission_items import Item, step_at
from blindspot.flight.route.phases import PHASES, Outcome, PhaseName
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Reply, Telemetry, Vehicle
from blindspot.flight.watch.home_place import HomeOfTakeOff
from blindspot.flight.watch.ladder import LeaseState, Row, Situation
from blindspot.flight.watch.surroundings import Around
from blindspot.mission import Point, Route


class RouteFlight:
    """Flies one route once: the state machine of one drone, from pre-flight to landed.

    Call `start` (or `reattach`) once, then `step` steadily at about 10 Hz, and `stream` at 20 Hz. All calls return
    immediately. Orders of people are methods too (`hold`, `return_home`, `abort`, `resume`, `jump`, `inspect`): each
    returns "" or the reason for its refusal.

    Parameters
    ----------
    vehicle
        The port to the autopilot.
    route
        The drone's route: m ENU, heights above the site's datum, angles in degrees.
    settings
        Limits, thresholds and the drone's model.
    on_board
        Pre-flight checks of the computer that this runs on.
    clear_way
        Asks the ground station to clear the way of an inspection; by default every inspection is refused.
    note
        Writes the journal entries `arming` and `sensor_release`. Without the entry the drone stays disarmed, and the
        sensor inhibited. The sensor works only on views, so it toggles all along a route. The sensor's release is
        therefore one entry for each stretch without an inhibition: from the first view until a breach, an order or
        the end of the route inhibits the sensor.
    home
        The home of the take-off, as an earlier process has kept it (`home_of_take_off`); for a reattach.

    Attributes
    ----------
    phase, reason
        The current phase (`phases`) and the reason for it, one sentence.
    outcome
        How the flight ended; `None` while it lasts.
    sensor_inhibited
        Whether the camera must not capture now.
    """

    def __init__(
        self, vehicle: Vehicle, route: Route, settings: FlightSettings, on_board: Sequence[Check] = (),
        clear_way: ClearWay = nobody_clears, note: Note = noted_at_once, home: HomeOfTakeOff | None = None,
    ) -> None:  # fmt: skip
        self.state = FlightState(vehicle, route, settings, on_board, clear_way, note, home)
        self._margins = Margins()

    @property
    def phase(self) -> PhaseName:
        return self.state.phase

    @property
    def reason(self) -> str:
        return self.state.reason

    @property
    def outcome(self) -> Outcome | None:
        return self.state.outcome

    @property
    def sensor_inhibited(self) -> bool:
        return self.state.sensor_inhibited

    @property
    def seen(self) -> Telemetry:
        """The telemetry of the last step."""
        return self.state.seen

    @property
    def route(self) -> Route:
        return self.state.route

    @property
    def items(self) -> tuple[Item, ...]:
        """The mission on board."""
        return self.state.items

    @property
    def home_of_take_off(self) -> HomeOfTakeOff | None:
        """The autopilot's home at the take-off; `None` before it."""
        return self.state.ladder.home_place.of_take_off

    @property
    def clearing(self) -> tuple[Point, Reply] | None:
        """The place where the way of an inspection begins, and the ground station's answer; `None` without one."""
        return self.state.stay.clearing

    @property
    def hold_ends_s(self) -> float:
        """Time until a hold ends by itself, s; infinite for a hold that lasts, NaN without a hold."""
        return self.state.hold_ends_s

    @property
    def inspection(self) -> Progress:
        """The state of the last ordered inspection; empty without an inspection."""
        return self.state.inspection

    @property
    def released(self) -> bool:
        """Whether a release of the sensor is in the journal, or about to be, and nothing has inhibited it since."""
        return self.state.stay.release is not None

    @property
    def why_inhibited(self) -> str:
        """The reason for the end of a release."""
        due = self.state.due
        other = self.no_right or f"the flight is in phase {self.phase}"
        return self.reason or (due.reason if due is not None else other)

    @property
    def no_right(self) -> str:
        """The reason of a missing right to look on the route; empty with the right, and in any other phase."""
        is_blind = self.phase == "en_route" and self.state.lease == "ok" and not self.state.may_look
        return sensor.NO_RIGHT if is_blind else ""

    @property
    def route_fraction(self) -> float:
        """Share of the route's steps done, 0..1."""
        if self.outcome == "completed":
            return 1.0
        return max(0, step_at(self.items, self.state.seq)) / max(1, len(self.route.steps))

    @property
    def preflight_check(self) -> str:
        """Name of the pre-flight check that runs, empty in any other phase."""
        preflight = self.state.preflight
        return preflight.doing if preflight is not None and self.phase == "preflight" else ""

    @property
    def remark(self) -> str:
        """Remarks of pre-flight checks that passed; reported while the drone is armed on the ground."""
        if self.state.preflight is None or self.phase != "armed":
            return ""
        return "; ".join(dict.fromkeys(line.remark for line in self.state.preflight.lines if line.remark))

    def start(self, now_s: float) -> None:
        """Begin with the pre-flight checks."""
        if self.phase == "idle":
            beginning.begin_preflight(self.state, now_s)

    def reattach(self, now_s: float, last_phases: str) -> None:
        """Take over the flight of a lost flight_control; `last_phases` are the last published phases."""
        if self.phase == "idle":
            beginning.begin_reattach(self.state, now_s, last_phases)

    def step(
        self, now_s: float, lease: LeaseState, camera_silent_s: float, around: Around, *, may_look: bool
    ) -> None:  # fmt: skip
        """Read the telemetry, judge it, act. `lease` and `may_look` are the state of `LeaseWatch`, `camera_silent_s`
        is the time since the camera's last message, s."""
        state = self.state
        state.look(now_s)
        state.lease, state.may_look, state.others = lease, may_look, around.others
        situation = Situation(
            state.seen, lease, camera_silent_s, state.route, state.settings, around, state.items
        )  # fmt: skip
        state.due = state.ladder.judge(situation)
        sensor.inhibit_unless_lawful(state)  # first the sensor, then the drone
        if state.phase == "preflight":
            beginning.check_preflight(state, situation)
        elif state.phase == "reattach":
            beginning.check_reattach(state)
        elif state.phase == "pilot":
            flying.watch_pilot(state)
        elif PHASES[state.phase].airborne:
            flying.fly(state)

    def news(self) -> tuple[Row, ...]:
        """Rows of the ladder that came due in the air since the last call."""
        return self.state.ladder.news() if PHASES[self.phase].airborne else ()

    def margins(self, lease_silent_s: float) -> tuple[Margin, ...]:
        """How near each row of the ladder is to its limit, for people; call it about once a second."""
        return self._margins.look(self.state.ladder, lease_silent_s)

    @property
    def streams(self) -> bool:
        """Whether set-points are due at 20 Hz."""
        return self.state.line is not None

    def stream(self, now_s: float) -> None:
        """Send the next set-point of an inspection, if one is due; call this at 20 Hz."""
        inspecting.stream(self.state, now_s)

    def hold(self, reason: str = "held by the operator") -> str:
        """Stop and hover."""
        return orders.hold(self.state, reason)

    def stand_by(self) -> str:
        """Stop and hover until the fleet has another route for the drone."""
        return orders.stand_by(self.state)

    def fly_rest(self, route: Route) -> str:
        """Fly another route of the same fleet that begins where the drone stands by."""
        return orders.fly_rest(self.state, route)

    def return_home(self, reason: str = "called home by the operator") -> str:
        """Fly home."""
        return orders.return_home(self.state, reason)

    def abort(self, reason: str = "aborted by the operator") -> str:
        """Land here, now."""
        return orders.abort(self.state, reason)

    def resume(self, person: str, reason: str = "") -> str:
        """Continue the route after a hold or a pilot's flight, by a named person."""
        return orders.resume(self.state, person, reason)

    def jump(self, step: int, person: str, reason: str = "") -> str:
        """Continue at another step (0 is the first), flying there along the route."""
        return orders.jump(self.state, step, person, reason)

    def inspect(self, order: Inspection) -> str:
        """View a point beside the route, then come back to hold."""
        return inspecting.order_inspection(self.state, order)
