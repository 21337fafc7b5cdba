"""The phase of a flight, and the only functions that change it. Phases are data (`phases`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import dist, inf, nan

from blindspot.flight.control.inspect import ClearWay, LineFlight, Progress
from blindspot.flight.control.pending_command import Asked, ReturnAlong
from blindspot.flight.control.reattach import Reattach
from blindspot.flight.control.stay import NextMission, Stay
from blindspot.flight.control.touchdown import STOPPED_IN_FLIGHT, Touchdown
from blindspot.flight.preflight.checklist import MISSION_MODE, Check, Preflight
from blindspot.flight.route.geometry import distance_to_path
from blindspot.flight.route.mission_items import (
    Item,
    climb_items,
    over_pad_item,
    returns_along,
    route_items,
    start_of_step,
    step_ahead,
)
from blindspot.flight.route.phases import (
    FAILSAFE_PHASES,
    HOLD,
    LAND,
    MISSION,
    NOBODY_RESUMED,
    OFFBOARD,
    PHASES,
    RETURN,
    Outcome,
    PhaseName,
)
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.route.time_limits import time_limit_s
from blindspot.flight.route.way_home import goal_of_return
from blindspot.flight.vehicle.returning import closest_item, start_of_return, way_along
from blindspot.flight.vehicle.vehicle import HEARD_S, TEXT_NEW_S, Reply, Telemetry, Vehicle
from blindspot.flight.watch.ahead import BRAKED_SHARE, is_placed
from blindspot.flight.watch.home_place import HomeOfTakeOff
from blindspot.flight.watch.ladder import (
    AIRCRAFT_NEAR,
    HOME_MOVED,
    PAD_TAKEN,
    VEHICLE_SILENT,
    Ladder,
    LeaseState,
    Row,
)
from blindspot.flight.watch.resume_rules import LOW_M, why_off_route
from blindspot.flight.watch.surroundings import Other, Space
from blindspot.flight.watch.who_flies import OWN_FAILSAFE, who_flies
from blindspot.mission import Route

Note = Callable[[str, str], Reply]
"""Asks for a journal entry: the act ("arming" or "sensor_release") and its reason. No entry, no act."""
PERHAPS_NOT_THE_PILOT = "the pilot, the ground station or the autopilot's failsafe"
SETTLED_S = 10.0
"""Time after an absence of flight_control in which modes of that time may show, s."""
AWAY_S = 3.0
"""Time between two checks, s, after which other parties may have commanded the drone meanwhile."""
FALLS_BACK_TO = frozenset({MISSION, OFFBOARD, *FAILSAFE_PHASES})
"""Modes of ours that the autopilot may fall back to. While a resume is asked for, the pilot's own mode shows too."""
PASSING_M = 0.5
"""A way that leads less than this nearer to another drone counts as leading away: the accuracy of positions, m."""
CLIMBED_M = 1.0
"""Height of an armed drone beyond any error of the estimate, m."""
OVER_PAD_M = 3.0
"""Level distance to the pad within which a return only descends, m: more than the accuracy of its place."""


def noted_at_once(*_: object) -> Reply:
    """Writes nothing: the default for a flight in one process, which has no journal."""
    reply = Reply()
    reply.settle("ok")
    return reply


def _place(other: Other) -> Space:
    return other.east_m, other.north_m, other.up_m


class FlightState:
    """The state of one flight. Every change of phase sends at most one request to its vehicle (`Asked`).

    `beginning`, `flying`, `sensor`, `orders` and `inspecting` act on this state; only the methods of this class change
    the phase.
    """

    def __init__(
        self, vehicle: Vehicle, route: Route, settings: FlightSettings, on_board: Sequence[Check],
        clear_way: ClearWay, note: Note, home: HomeOfTakeOff | None,
    ) -> None:  # fmt: skip
        self.vehicle, self.settings, self.on_board = vehicle, settings, on_board
        self.clear_way, self.note = clear_way, note
        self.route, self.items = route, route_items(route)
        self.seq = 0
        self.mission_known = True
        self.step_known = True
        """Whether the interrupted step is known: a restart in a hold finds the item that was chosen for a return."""

        self.phase: PhaseName = "idle"
        self.reason = ""
        self.outcome: Outcome | None = None
        self.sensor_inhibited = True
        self.stay = Stay()
        self.asked = Asked(vehicle, settings)
        self.preflight: Preflight | None = None
        self.reattach: Reattach | None = None
        self.line: LineFlight | None = None
        """The line of an inspection; the last set-point is repeated until the following hold shows."""
        self.inspection: Progress = ""
        self.aiming: Reply | None = None
        self.stowing: Reply | None = None

        self.seen = Telemetry(stamp_s=0.0)
        self.ladder = Ladder(settings, route, home)
        self.lease: LeaseState = "return"
        self.due: Row | None = None
        self.others: tuple[Other, ...] = ()
        self.autopilot_acts = self.may_look = False
        self.ours_before: frozenset[str] = frozenset()
        self.was_armed = False
        self.touchdown = Touchdown()
        self.stopped_s = self.down_s = inf
        self.back_s = -inf
        """Time at which flight_control was back after an absence: a restart, or a standstill."""

    def let_others_fly(self) -> bool:
        """Whether the pilot or the autopilot's failsafe has the drone; then all requests stop."""
        seen = self.seen
        if not seen.connected or not seen.mode or (self.was_armed and not seen.armed):
            return False
        falls_back_to = self.ours_before & FALLS_BACK_TO | {HOLD} if self.autopilot_acts else frozenset()
        who = who_flies(seen, self.asked.modes(seen), falls_back_to=falls_back_to)
        if who == "pilot":
            self.vehicle.abandon()
            self.autopilot_acts = False
            self.enter("pilot", self.who_has_it())
            return True
        if who == "autopilot" and seen.mode in (MISSION, OFFBOARD):
            self.autopilot_acts = False
            self.enter("return", "off the route after a failsafe of the autopilot, now over", RETURN)
        elif who == "autopilot":
            phase = FAILSAFE_PHASES[seen.mode]
            if self.phase != phase or not self.autopilot_acts:
                self.vehicle.abandon()
                self.enter(phase, f"{OWN_FAILSAFE} {seen.said(TEXT_NEW_S)}".rstrip())
            self.autopilot_acts = seen.in_failsafe
        elif not seen.in_failsafe:
            self.autopilot_acts, self.ours_before = False, frozenset({seen.mode})
        if self.autopilot_acts:
            self.time_out()
        return self.autopilot_acts

    def who_has_it(self, *, surely_pilot: bool = False) -> str:
        """The party that a mode is left to, in words.

        Soon after flight_control was away, a return or landing may have been commanded by the ground station, or be
        left of a failsafe that has ended. It looks like the pilot's, and is treated as the pilot's.
        """
        mode = self.seen.mode
        may_be_others = mode in (RETURN, LAND) and self.seen.stamp_s - self.back_s <= SETTLED_S
        return f"{'the pilot' if surely_pilot or not may_be_others else PERHAPS_NOT_THE_PILOT} has it (mode {mode})"

    @property
    def is_low_in_climb(self) -> bool:
        """Whether the drone is in the first metres of its climb. A holding drone would hover among the crew there,
        and no resume leads on from such a hold."""
        return self.phase == "takeoff" and self.seen.height_m < LOW_M

    @property
    def stands(self) -> bool:
        """Whether the drone stands on the ground, as far as is known: its motors may be stopped there. The autopilot
        reports a take-off up to half a minute late."""
        return self.seen.landed == "on_ground" and not (self.seen.armed and self.seen.height_m > CLIMBED_M)

    def look(self, now_s: float) -> None:
        """Read the telemetry. A clock set forward must end no return in a landing on the spot, and give up no landing
        in the air: unwatched time counts for neither."""
        away_s = now_s - self.seen.stamp_s
        if away_s > AWAY_S:
            self.back_s = now_s
            self.stay.entered_s += away_s if self.phase in ("return", "landing") else 0.0
        self.seen = self.vehicle.telemetry(now_s)
        self.touchdown.look(self.seen)

    def look_again(self, now_s: float | None = None) -> None:
        """Read the telemetry for an order that arrives between two steps: the pilot may have taken the drone since."""
        if self.phase != "idle" and self.outcome is None:
            self.look(self.seen.stamp_s if now_s is None else now_s)
            if PHASES[self.phase].airborne:
                self.let_others_fly()

    def take_mission_on_board(self) -> None:
        """After a reattach, adopt the mission found on board, if it is known by now."""
        if self.reattach is not None and self.reattach.items is not None:
            self.items, self.reattach = tuple(self.reattach.items), None

    def is_heard(self) -> bool:
        """Whether the autopilot's `state` arrives."""
        return self.seen.connected and self.seen.state_age_s <= self.settings.stale_state_s

    def is_silent_for(self, limit_s: float) -> bool:
        """Silent for this time, and observed for `HEARD_S`: a clock set forward makes all ages large for a moment."""
        looked_s = self.ladder.looked_s(VEHICLE_SILENT, self.seen.stamp_s)
        return self.seen.state_age_s > limit_s and looked_s >= HEARD_S

    def time_out(self) -> None:
        """Leave a phase beyond the time limit, towards the safe side."""
        phase = PHASES[self.phase]
        passed_s = self.seen.stamp_s - self.stay.entered_s
        if passed_s < self.stay.limit_s or (
            self.phase == "hold" and passed_s < self.limits_of_hold() * self.stay.limit_s
        ):
            return
        why = NOBODY_RESUMED if self.is_held_on_the_ground else phase.timeout_reason
        reason = f"{self.reason}; {why}" if self.reason else why
        if phase.on_timeout == "failed":
            self.fail(reason)
        elif self.is_silent_for(self.settings.silent_return_s):
            self.fail(f"{reason}; last heard {self.seen.last_place}")  # a silent drone can't receive a landing request
        elif self.phase == "armed":
            self.call_off(reason)
        else:
            self.autopilot_acts = False
            self.enter(phase.on_timeout, reason, PHASES[phase.on_timeout].command)

    @property
    def is_held_on_the_ground(self) -> bool:
        """Whether a person holds the drone during its checks."""
        return self.phase == "preflight" and bool(self.stay.ordered_hold)

    @property
    def hold_ends_s(self) -> float:
        """Time until a hold ends by itself, s: in the air it becomes a return, on the ground the flight has failed.
        Infinite for a hold that lasts, NaN without a hold."""
        if self.phase != "hold" and not self.is_held_on_the_ground:
            return nan
        limits = self.limits_of_hold() if self.phase == "hold" else 1.0
        return max(0.0, self.stay.entered_s + limits * self.stay.limit_s - self.seen.stamp_s)

    def limits_of_hold(self) -> float:
        """Number of time limits that this hold may last. Two drones that hold near each other would go home at the same
        moment: the first by name goes first, but never one past the other. A return may climb into the way of an
        aircraft: a hold for one lasts longer. To a taken pad, or a home that has moved, nobody returns.

        A drone that was held for being too near may have stopped a little further away. Near therefore means twice
        that distance here.
        """
        due = {row.name for row in self.ladder.due}
        if due & {PAD_TAKEN, HOME_MOVED}:
            return inf
        here = self._here()
        near = [
            other for other in self.others
            if other.flies and dist(here, _place(other)) <= 2.0 * self.settings.near_drone_m
        ]  # fmt: skip
        if self._leads_past(near, BRAKED_SHARE * self.settings.near_drone_m):
            return inf
        return 2.0 if AIRCRAFT_NEAR in due or any(other.name < self.route.drone for other in near) else 1.0

    def leads_past_another(self) -> bool:
        """Whether the way home leads nearer to another drone than it is now, and too near."""
        return self._leads_past(self.others, self.settings.near_drone_m)

    def meets_another(self) -> bool:
        """Whether the way home leads nearer to another drone than now, and nearer than two braking drones may come: a
        return then stops."""
        return self._leads_past(self.others, BRAKED_SHARE * self.settings.near_drone_m)

    def _leads_past(self, others: Iterable[Other], within_m: float) -> bool:
        here, flying = self._here(), [_place(other) for other in others if other.flies]
        if not flying:
            return False
        way = self._way_home(here)
        return any(distance_to_path(there, way) < min(dist(here, there) - PASSING_M, within_m) for there in flying)

    def _here(self) -> Space:
        """The drone's place, m ENU."""
        return self.seen.east_m, self.seen.north_m, self.route.home.up_m + self.seen.height_m

    def _way_home(self, here: Space) -> list[Space]:
        """The corners of the way home from a place (m ENU): up and straight, or along the mission; over its end,
        straight down."""
        goal = goal_of_return(self.route, here[0], here[1])
        if dist(here[:2], (goal.east_m, goal.north_m)) <= OVER_PAD_M:
            return [here, (goal.east_m, goal.north_m, goal.up_m)]
        if not returns_along(self.route):
            top_m = max(here[2], goal.up_m + self.route.failsafe.rtl_return_alt_m)
            return [here, (*here[:2], top_m), (goal.east_m, goal.north_m, top_m)]
        up_m = self.route.home.up_m
        way = way_along(self.items, start_of_return(self.items, self.seen))
        return [here, *((east_m, north_m, height_m + up_m) for east_m, north_m, height_m in way)]

    def add_reason(self, problem: str) -> None:
        """Append a problem to the reason of the phase, once."""
        if problem not in self.reason:
            self.reason = f"{self.reason}; {problem}" if self.reason else problem

    def call_off(self, reason: str) -> None:
        """Before take-off: disarm, and end only once the drone is down. A drone that takes off meanwhile lands."""
        self.vehicle.abandon()
        self.enter("landing", reason, MISSION if self.stands else LAND, arms=False if self.stands else None)

    @property
    def climbs(self) -> bool:
        """Whether the drone climbs to the route's height, after a held climb, too."""
        return self.phase == "takeoff" or (self.phase == "en_route" and step_ahead(self.items, self.seq) < 0)

    @property
    def may_climb(self) -> bool:
        """Whether a mission that goes on in the climb leads up first: the mission on board does, or a hold uploads such
        a mission."""
        return self.phase == "hold" or over_pad_item(self.items) is not None

    def go_on(self, reason: str) -> None:
        """Continue at the start of the interrupted step: aim and view are repeated. After an interrupted take-off the
        current item may be a hold's choice for a return, even the landing item.
        A drone held below the end of the climb gets a mission that begins with the rest of the climb.
        """
        before, first = self.phase, start_of_step(self.items, self.seq)
        if first is None:
            first = over_pad_item(self.items)
            if first is None and before == "hold" and why_off_route(self.route, self.seen, self.settings, -1):
                self.enter("hold", f"{reason}; the rest of the climb comes first", HOLD)
                self.stay.next_mission = NextMission(climb_items(self.route), 0)
                return
        self.enter("en_route", reason, MISSION, mission=(self.items, first))
        self.stay.resumed_from = before

    def fail(self, reason: str, outcome: Outcome = "failed") -> None:
        """Give the flight up. An unflown mission neither stays nor becomes the mode of the next arming: a request for
        the mission may show a second later."""
        self.vehicle.abandon()
        if self.selects_mission:
            self.vehicle.set_mode(HOLD)  # so that the next arming does not start our mission
        self.end("failed", outcome, reason)

    @property
    def selects_mission(self) -> bool:
        """Whether the drone is on the ground, and the mission is, or may become, the drone's mode by our request."""
        checked = self.phase == "armed" or (self.preflight is not None and self.preflight.has_asked(MISSION_MODE))
        is_ours = self.seen.mode in self.asked.modes(self.seen) | {MISSION}
        return checked and is_ours and not self.was_armed and self.seen.is_down

    def stopped_in_flight(self) -> None:
        """Give up a flight whose motors were stopped in the air. The next arming must not fly the rest of the mission;
        a mode of the pilot stays."""
        self.vehicle.abandon()
        if self.seen.mode in self.asked.modes(self.seen) & {MISSION, RETURN, LAND}:
            self.vehicle.set_mode(HOLD)
        self.end("failed", "failed", STOPPED_IN_FLIGHT)

    def end(self, phase: PhaseName, outcome: Outcome, reason: str) -> None:
        """End the flight in a last phase."""
        self.outcome = outcome
        self.enter(phase, reason)

    def enter(
        self,
        phase: PhaseName,
        reason: str,
        command: str | None = None,
        *,
        arms: bool | None = None,
        mission: tuple[Sequence[Item], int | None] | None = None,
    ) -> None:
        """Begin a phase: the sensor is inhibited, the data of the last phase go, and `command` is requested."""
        left = self.line if self.phase == "inspect" else None
        if left is not None:
            self.inspection = left.end
        elif self.stay.inspection is not None and phase != "inspect":
            self.inspection = "refused"
        self.phase, self.reason, self.sensor_inhibited = phase, reason, True
        self.stay = Stay(self.seen.stamp_s, time_limit_s(phase, self.route, self.settings))
        self.stay.way_back = left if left is not None and phase == "hold" and not left.done else None
        self.asked.begin(self.seen, command, arms=arms, mission=mission, return_along=self._return_along(command))

    def _return_along(self, command: str | None) -> ReturnAlong | None:
        """The mission and its closest item, for a return along the mission.

        Outside of the mission the autopilot begins at the closest item, but goes in the direction of the current item.
        At the end of a route, where the closest is the first item over the pad, it would fly the whole mission again.
        The autopilot would also return along a mission of another party.
        """
        seen, seq = self.seen, self.closest_item()
        if command != RETURN or seen.mode == RETURN or seq is None:
            return None
        in_mission = self.asked.modes(seen) <= {MISSION} and seen.mission_items == len(self.items)
        return ReturnAlong(self.items, seq, in_mission)

    def closest_item(self) -> int | None:
        """The item closest to the drone, if the autopilot returns along the mission, and the place is known."""
        seen = self.seen
        if not (returns_along(self.route) and is_placed(seen)):
            return None
        return closest_item(self.items, (seen.east_m, seen.north_m, seen.height_m))
