"""The phase of a flight, and the only functions that change it. Phases are data (`phases`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import dist, inf

from blindspot.flight.control.inspect import ClearWay, Inspection, LineFlight, nobody_clears
from blindspot.flight.control.pending_command import Asked, ReturnAlong
from blindspot.flight.control.reattach import Reattach
from blindspot.flight.preflight.checklist import Check, Preflight
from blindspot.flight.route.geometry import distance_to_path
from blindspot.flight.route.mission_items import Item, returns_along, route_items, start_of_step
from blindspot.flight.route.phases import (
    FAILSAFE_PHASES,
    HOLD,
    LAND,
    MISSION,
    OFFBOARD,
    PHASES,
    RETURN,
    Outcome,
    PhaseName,
)
from blindspot.flight.route.returning import closest_item, start_of_return, way_along
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.route.time_limits import time_limit_s
from blindspot.flight.route.way_home import goal_of_return
from blindspot.flight.vehicle.vehicle import HEARD_S, Reply, Telemetry, Vehicle
from blindspot.flight.watch.ahead import is_placed
from blindspot.flight.watch.ladder import AIRCRAFT_NEAR, VEHICLE_SILENT, Ladder, LeaseState, Row
from blindspot.flight.watch.surroundings import Other, Space
from blindspot.flight.watch.who_flies import who_flies
from blindspot.mission import Point, Route

Note = Callable[[str, str], Reply]
"""Asks for a journal entry: the act ("arming" or "sensor_release") and its reason. No entry, no act."""
PERHAPS_NOT_THE_PILOT = "the pilot, the ground station or the autopilot's failsafe"
SETTLED_S = 10.0
"""Time after an absence of flight_control in which modes of that time may show, s."""
AWAY_S = 3.0
"""Time between two looks, s, after which other parties may have commanded the drone meanwhile."""
PASSING_M = 0.5
"""A way that leads less than this nearer to another drone counts as leading away: the accuracy of positions, m."""


def noted_at_once(*_: object) -> Reply:
    """Writes nothing: the default for a flight in one process, which has no journal."""
    reply = Reply()
    reply.settle("ok")
    return reply


class FlightState:
    """The state of one flight. Every change of phase sends at most one request to its vehicle (`Asked`)."""

    def __init__(
        self, vehicle: Vehicle, route: Route, settings: FlightSettings, on_board: Sequence[Check] = (),
        clear_way: ClearWay = nobody_clears, note: Note = noted_at_once,
    ) -> None:  # fmt: skip
        self.route = route
        self.items = route_items(route)
        self.phase: PhaseName = "idle"
        self.reason = ""
        self.outcome: Outcome | None = None
        self.sensor_inhibited = True
        self.seen = Telemetry(stamp_s=0.0)
        self._vehicle = vehicle
        self._settings = settings
        self._ladder = Ladder(settings, route)
        self._on_board = on_board
        self._preflight: Preflight | None = None
        self._reattach: Reattach | None = None
        self._ordered: tuple[PhaseName, str] | None = None
        self._lease: LeaseState = "return"
        self._due: Row | None = None
        self._others: tuple[Other, ...] = ()
        self._held_by: Row | None = None
        self._entered_s, self._limit_s = 0.0, inf
        self._asked = Asked(vehicle, settings)
        self._autopilot_acts = False
        self._ours_before: frozenset[str] = frozenset()
        self._was_armed = False
        self._stopped_s = self._down_s = inf
        self._seq = 0
        self._back_s = -inf
        """When flight_control was back after an absence: it was started again, or it stood still."""
        self._watches_only = False
        """Whether the phase was ordered by another party of ours: it gets no command, except by an order."""
        self._resumed_from: PhaseName = "hold"
        self._late_after = ""
        self._ordered_hold = ""
        """The holder, in words, of a hold that only a person may end; empty for any other hold."""
        self._stands_by = False
        self._jump: tuple[Item, ...] | None = None
        self._jump_from = 0
        """The item of that mission that the drone flies to first."""
        self._rest: Route | None = None
        self._upload: Reply | None = None
        self._clear_way = clear_way
        self._note = note
        self._release: Reply | None = None
        """The journal's answer to the release of the sensor; `None` while the law or the phase inhibits it."""
        self._inspection: Inspection | None = None
        self.clearing: tuple[Point, Reply] | None = None
        self._line: LineFlight | None = None
        self._aiming: Reply | None = None
        self._stowing: Reply | None = None
        self._chosen: Reply | None = None
        """The answer to the choice of the item at which a return from this hold begins."""
        self._chosen_s = -inf
        self._mission_known = True
        self._step_known = True
        """Whether the interrupted step is known: a restart in a hold finds the item that was chosen for a return."""

    def _let_others_fly(self) -> bool:
        """Whether the pilot or the autopilot's failsafe has the drone; then all requests stop."""
        seen = self.seen
        if not seen.connected or not seen.mode or (self._was_armed and not seen.armed):
            return False
        falls_back_to = self._ours_before | {HOLD} if self._autopilot_acts else frozenset()
        who = who_flies(seen, self._asked.modes(seen), falls_back_to=falls_back_to)
        if who == "pilot":
            self._vehicle.abandon()
            self._autopilot_acts = False
            self._enter("pilot", self._who_has_it())
            return True
        if who == "autopilot" and seen.mode in (MISSION, OFFBOARD):
            self._autopilot_acts = False
            self._enter("return", "the autopilot's own failsafe is over, and left the drone off its route", RETURN)
        elif who == "autopilot":
            phase = FAILSAFE_PHASES[seen.mode]
            if self.phase != phase or not self._autopilot_acts:
                self._vehicle.abandon()
                self._enter(phase, f"the autopilot's own failsafe {seen.status_text}".rstrip())
            self._autopilot_acts = seen.in_failsafe
        elif not seen.in_failsafe:
            self._autopilot_acts, self._ours_before = False, frozenset({seen.mode})
        if self._autopilot_acts:
            self._time_out()
        return self._autopilot_acts

    def _who_has_it(self, *, surely_pilot: bool = False) -> str:
        """The party that a mode is left to, in words.

        Soon after flight_control was away, a return or landing may have been commanded by the ground station, or be
        left of a failsafe that has ended. It looks like the pilot's, and is treated as the pilot's.
        """
        mode = self.seen.mode
        may_be_others = mode in (RETURN, LAND) and self.seen.stamp_s - self._back_s <= SETTLED_S
        return f"{'the pilot' if surely_pilot or not may_be_others else PERHAPS_NOT_THE_PILOT} has it (mode {mode})"

    def _look(self, now_s: float) -> None:
        if now_s - self.seen.stamp_s > AWAY_S:
            self._back_s = now_s
        self.seen = self._vehicle.telemetry(now_s)

    def _look_again(self, now_s: float | None = None) -> None:
        """Read the telemetry for an order that arrives between two steps: the pilot may have taken the drone since."""
        if self.phase != "idle" and self.outcome is None:
            self._look(self.seen.stamp_s if now_s is None else now_s)
            if PHASES[self.phase].airborne:
                self._let_others_fly()

    def _take_mission_on_board(self) -> None:
        """After a reattach, adopt the mission found on board, if it is known by now."""
        if self._reattach is not None and self._reattach.items is not None:
            self.items, self._reattach = tuple(self._reattach.items), None

    def _is_heard(self) -> bool:
        return self.seen.connected and self.seen.state_age_s <= self._settings.stale_state_s

    def _is_silent_for(self, limit_s: float) -> bool:
        """Silent for this time, and observed for `HEARD_S`: a clock set forward makes all ages large for a moment."""
        looked_s = self._ladder.looked_s(VEHICLE_SILENT, self.seen.stamp_s)
        return self.seen.state_age_s > limit_s and looked_s >= HEARD_S

    def _time_out(self) -> None:
        phase = PHASES[self.phase]
        passed_s = self.seen.stamp_s - self._entered_s
        if passed_s < self._limit_s or (passed_s < 2.0 * self._limit_s and self._gives_way()):
            return
        reason = f"{self.reason}; {phase.timeout_reason}" if self.reason else phase.timeout_reason
        if phase.on_timeout == "failed":
            self._fail(reason)
        elif self._is_silent_for(self._settings.silent_return_s):
            self._fail(f"{reason}; last heard {self.seen.last_place}")  # a silent drone can't receive a landing request
        elif self.phase == "armed":
            self._call_off(reason)
        else:
            self._autopilot_acts = False
            self._enter(phase.on_timeout, reason, PHASES[phase.on_timeout].command)

    def _gives_way(self) -> bool:
        """Two drones that hold near each other would go home at the same moment: the first by name goes first. A return
        may climb into the way of an aircraft: a hold for one lasts longer.

        A drone that was held for being too near may have stopped a little further away. Near therefore means twice
        that distance here.
        """
        if self.phase != "hold":
            return False
        if any(row.name == AIRCRAFT_NEAR for row in self._ladder.due):
            return True
        here = (self.seen.east_m, self.seen.north_m, self.route.home.up_m + self.seen.height_m)
        earlier = (other for other in self._others if other.flies and other.name < self.route.drone)
        return any(dist(here, (o.east_m, o.north_m, o.up_m)) <= 2.0 * self._settings.near_drone_m for o in earlier)

    def _leads_past_another(self) -> bool:
        """Whether the way home leads nearer to another drone than it is now, and too near."""
        here = (self.seen.east_m, self.seen.north_m, self.route.home.up_m + self.seen.height_m)
        way = self._way_home(here)
        for other in self._others:
            there = (other.east_m, other.north_m, other.up_m)
            passes_m = distance_to_path(there, way)
            if other.flies and passes_m < min(dist(here, there) - PASSING_M, self._settings.near_drone_m):
                return True
        return False

    def _way_home(self, here: Space) -> list[Space]:
        """The corners of the way home from a place (m ENU): straight at its height, or along the mission."""
        if not returns_along(self.route):
            goal = goal_of_return(self.route, here[0], here[1])
            return [here, (goal.east_m, goal.north_m, here[2])]
        up_m = self.route.home.up_m
        way = way_along(self.items, start_of_return(self.items, self.seen))
        return [here, *((east_m, north_m, height_m + up_m) for east_m, north_m, height_m in way)]

    def _call_off(self, reason: str) -> None:
        """Before take-off: disarm, and end only once the drone is down. A drone that takes off meanwhile lands."""
        self._vehicle.abandon()
        stays = self.seen.landed == "on_ground"
        self._enter("landing", reason, MISSION if stays else LAND, arms=False if stays else None)

    def _go_on(self, reason: str) -> None:
        """Continue at the start of the interrupted step: its aim is set again, and it is seen again."""
        self._resumed_from = self.phase
        self._enter("en_route", reason, MISSION, mission=(self.items, start_of_step(self.items, self._seq)))

    def _fail(self, reason: str, outcome: Outcome = "failed") -> None:
        self._vehicle.abandon()
        checked = self.phase == "armed" or (self._preflight is not None and self._preflight.has_asked("mission mode"))
        if checked and not self._was_armed and self.seen.is_down and self.seen.mode == MISSION:
            self._vehicle.set_mode(HOLD)  # so that the next arming does not start our mission
        self._end("failed", outcome, reason)

    def _end(self, phase: PhaseName, outcome: Outcome, reason: str) -> None:
        self.outcome = outcome
        self._enter(phase, reason)

    def _enter(
        self,
        phase: PhaseName,
        reason: str,
        command: str | None = None,
        *,
        arms: bool | None = None,
        mission: tuple[Sequence[Item], int | None] | None = None,
    ) -> None:
        self.phase, self.reason, self.sensor_inhibited, self._release = phase, reason, True, None
        self._entered_s, self._limit_s = self.seen.stamp_s, time_limit_s(phase, self.route, self._settings)
        self._held_by, self._jump, self._rest, self._upload, self._late_after = None, None, None, None, ""
        self._ordered_hold, self._stands_by, self._watches_only = "", False, False
        self._inspection, self.clearing, self._chosen = None, None, None
        self._asked.begin(self.seen, command, arms=arms, mission=mission, return_along=self._return_along(command))

    def _return_along(self, command: str | None) -> ReturnAlong | None:
        """The mission and its closest item, for a return along the mission.

        Outside of the mission the autopilot begins at the closest item, but goes in the direction of its current one.
        At the end of a route, where the closest is the first item over the pad, it would fly the whole mission again.
        It would also return along a mission that somebody else has uploaded.
        """
        seen, seq = self.seen, self._closest_item()
        if command != RETURN or seen.mode == RETURN or seq is None:
            return None
        in_mission = self._asked.modes(seen) <= {MISSION} and seen.mission_items == len(self.items)
        return ReturnAlong(self.items, seq, in_mission)

    def _closest_item(self) -> int | None:
        """The item closest to the drone, if the autopilot returns along the mission, and the place is known."""
        seen = self.seen
        if not (returns_along(self.route) and is_placed(seen)):
            return None
        return closest_item(self.items, (seen.east_m, seen.north_m, seen.height_m))
