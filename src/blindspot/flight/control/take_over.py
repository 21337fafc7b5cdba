"""The return of a drone whose flight_control is lost, commanded from the ground station. Pure, over a Vehicle."""

from __future__ import annotations

from math import floor, inf, isfinite

from blindspot.flight.control.reattach import is_before_last, left_in
from blindspot.flight.control.touchdown import STOPPED_IN_FLIGHT, Touchdown
from blindspot.flight.outcomes import WORST_FIRST, Outcome
from blindspot.flight.route.mission_items import returns_along, route_items
from blindspot.flight.route.phases import HOLD, LAND, MISSION, RETURN
from blindspot.flight.route.time_limits import LONGEST_S
from blindspot.flight.vehicle.returning import closest_item
from blindspot.flight.vehicle.vehicle import HEARD_S, Reply, Telemetry, Vehicle
from blindspot.flight.watch.ahead import is_placed
from blindspot.mission import Route

PILOTS = "the pilot has it"
COUNTED_S = 10.0
"""Step of the time since which the limit counts: each change is written to a file."""
LEAST_S = 30.0
"""Least time of a restarted manager to hear the drone and command the way home."""
REFUSALS = 3
"""Refusals of a return, each of several requests, after which the drone lands where it is."""


class TakeOver:
    """Commands AUTO.RTL until the autopilot shows it, then watches the drone down.

    After an abort, after `REFUSALS` of the return, or if `landing` was published last, it commands AUTO.LAND instead.

    `last_phases` are the phases that flight_control published last (`LastTold`). The pilot, a failsafe of the autopilot
    and a drone on its way down are left alone. `ended` is (outcome, reason) of a flight given up by flight_control.
    A drone not down within `limit_s` is unaccounted for; the time with the pilot does not count. `since_s` comes from
    an earlier process; a time in the future, by a clock set back, counts as the limit.

    If the autopilot returns along its mission, the drone holds first, and another mission on board is replaced by the
    mission of the `route`: the autopilot would return along any mission.
    """

    def __init__(
        self, vehicle: Vehicle, last_phases: str, *, limit_s: float = LONGEST_S, silence_limit_s: float = 60.0,
        ended: tuple[Outcome, str] | None = None, since_s: float | None = None, route: Route | None = None,
    ) -> None:  # fmt: skip
        self._vehicle, self._since_s = vehicle, since_s
        self._items = route_items(route) if route is not None and returns_along(route) else ()
        self._last_phase, self.ours = left_in(last_phases)
        self.command = LAND if self._last_phase == "landing" else RETURN
        self.limit_s, self._silence_limit_s = limit_s, silence_limit_s
        self._out_s, self._last_s = 0.0, inf
        """Time on the way down without a pilot, counted up to the last step."""
        self._is_aborted = False
        self._left_to = ""
        """The origin, in words, of a foreign mode; from then on the drone is left to this mode."""
        self._asked: Reply | None = None
        self._refusals = 0
        self.why_here = ""
        """The reason why a drone lands on the spot instead of coming home."""
        self._started_s: float | None = None
        self._silent_s = inf
        """Time of the first observed silence: a clock set forward makes the state old for a moment."""
        self._touchdown = Touchdown()
        self._ended = ended
        self.outcome: Outcome | None = None
        self.reason = ""

    def abort(self) -> None:
        """From now on command a landing in place, also on the way home."""
        self.command, self._is_aborted, self._asked, self.why_here = LAND, True, None, ""
        self._out_s = 0.0

    def step(self, now_s: float) -> None:
        """Read the telemetry and act; call this about ten times a second."""
        if self._started_s is None:
            self._started_s = now_s
            self._out_s = self._counted_before(now_s)
        seen = self._vehicle.telemetry(now_s)
        if self.outcome is not None:
            return
        self._touchdown.look(seen)
        passed_s, self._last_s = max(0.0, now_s - self._last_s), now_s
        self._out_s += 0.0 if self._has_pilot(seen) else min(passed_s, HEARD_S)  # a clock may be set forward
        self._silent_s = min(self._silent_s, now_s) if seen.state_age_s > HEARD_S else inf
        is_lost = min(seen.state_age_s, now_s - self._started_s) > self._silence_limit_s
        if is_lost and now_s - self._silent_s >= HEARD_S:
            heard = f"last heard {seen.last_place}" if isfinite(seen.state_age_s) else "never heard"
            self.end("unaccounted", f"{self._lost}; not accounted for: its autopilot is silent, {heard}")
        elif seen.is_down and self._touchdown.is_fall(seen):
            self.end("failed", f"{self._lost}; {STOPPED_IN_FLIGHT}")
            self._leave_in_hold(seen)
        elif seen.is_down:
            self.end(*self._landed())
            self._leave_in_hold(seen)
        elif self._out_s > self.limit_s:
            late = f"not down within {self.limit_s:.0f} s, last heard {seen.last_place}"
            self.end("unaccounted", f"{self._lost}; not accounted for: {late}")
        elif self._may_command(seen):
            self._go_down_the_ladder()
            self.ours |= {self.command}
            self._asked = self._ask(seen)

    def _ask(self, seen: Telemetry) -> Reply:
        if self.command != RETURN or not self._items or not is_placed(seen):
            return self._vehicle.set_mode(self.command)
        self.ours |= {HOLD}
        return self._vehicle.return_along(
            self._items, closest_item(self._items, (seen.east_m, seen.north_m, seen.height_m))
        )

    @property
    def since_s(self) -> float | None:
        """Time since which the limit counts, never in the future, s; the pilot's time moves this time on. None before
        the first step of a take-over that is new."""
        if self._last_s == inf:
            return self._since_s
        return floor((self._last_s - self._out_s) / COUNTED_S) * COUNTED_S

    def _counted_before(self, now_s: float) -> float:
        """The time that counted in earlier processes, s."""
        if self._since_s is None:
            return 0.0
        most_s = max(0.0, self.limit_s - LEAST_S)
        return most_s if self._since_s > now_s else min(now_s - self._since_s, most_s)

    def _go_down_the_ladder(self) -> None:
        """Count a refusal of the return. A time-out is none: a lost link hears a landing no better than a return."""
        if self.command != RETURN or self._asked is None or self._asked.state != "refused":
            return
        self._refusals += 1
        if self._refusals >= REFUSALS:
            self.command, self.why_here = LAND, f"the return was refused {REFUSALS} times: {self._asked.detail}"

    @property
    def _lost(self) -> str:
        return "flight_control lost" if self._ended is None else f"{self._ended[1]}; the flight was given up"

    def end(self, outcome: Outcome, reason: str) -> None:
        """End with the worse outcome: this outcome, or the outcome of a given-up flight."""
        ended = [outcome] if self._ended is None else [outcome, self._ended[0]]
        self.outcome, self.reason = min(ended, key=WORST_FIRST.index), reason

    def _leave_in_hold(self, seen: Telemetry) -> None:
        """PX4 falls back to the mission at the disarming: the next arming must not fly the mission."""
        if self.ours and not self._left_to and seen.mode in (MISSION, RETURN, LAND):
            self._vehicle.set_mode(HOLD)

    def _landed(self) -> tuple[Outcome, str]:
        """(outcome, reason) of the landing; only a landing commanded here is reported as the ground station's."""
        if self._left_to:
            return "aborted", f"{self._lost}; {self._left_to}; landed, and not by the ground station"
        if self._asked is None:
            return "aborted" if self._is_aborted else "returned", f"{self._lost}; down, nothing was commanded"
        if self._is_aborted:
            return "aborted", f"{self._lost}; landed by the ground station"
        if self.why_here:
            return "aborted", f"{self._lost}; commanded by the ground station to land where it is; {self.why_here}"
        return "returned", f"{self._lost}; brought home by the ground station"

    def _whose(self, seen: Telemetry) -> str:
        """The origin, in words, of a mode that is not ours."""
        if seen.in_failsafe:
            return "the autopilot's own failsafe has it"
        if self._asked is None and seen.mode in (RETURN, LAND):
            return f"the drone was on the way down already (mode {seen.mode})"
        return f"{PILOTS} (mode {seen.mode})"

    def _has_pilot(self, seen: Telemetry) -> bool:
        """Also a pilot who took the drone from a failsafe, to which the drone is left in words."""
        return self._left_to.startswith(PILOTS) or seen.mode not in {*self.ours, HOLD, RETURN, LAND}

    def _may_command(self, seen: Telemetry) -> bool:
        waiting = self._asked is not None and self._asked.pending
        if not (seen.connected and seen.state_age_s <= HEARD_S and seen.mode):
            return False
        if seen.mode not in self.ours:
            self._left_to = self._left_to or self._whose(seen)
        elif seen.mode in (RETURN, LAND):
            self.ours = frozenset({seen.mode})  # any later mode is another participant's choice
            if seen.mode == RETURN and self.why_here:
                self.command, self.why_here = RETURN, ""  # it returns after all
        lands = seen.mode == LAND or (self._last_phase == "landing" and not is_before_last(seen))
        may = seen.armed and not (self._left_to or seen.in_failsafe or waiting)
        return may and not lands and seen.mode != self.command
