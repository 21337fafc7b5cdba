"""A flight that inspects: cleared in hold, flown in OFFBOARD, back to hold. Any problem ends it in hold, too."""

from __future__ import annotations

from math import dist, hypot

from blindspot.flight.control.inspect import (
    AT_REST_MPS,
    CLEARED_WITHIN_S,
    Inspection,
    LineFlight,
    is_on_look,
    place_of,
    why_not_inspect,
)
from blindspot.flight.control.orders import PILOT_HAS_IT, OrderedFlight, because
from blindspot.flight.route.phases import HOLD, OFFBOARD, RANK
from blindspot.flight.watch.ahead import is_placed
from blindspot.flight.watch.views import xyz
from blindspot.mission import Point

DRIFTED_M = 2.0
"""Largest drift, m, from the place that the clearing assumed; beyond it the flown way would be another one."""


class InspectingFlight(OrderedFlight):
    """`stream` sends its set-points; they stop the moment that the pilot or the failsafe has the drone."""

    def inspect(self, order: Inspection) -> str:
        """View a point beside the route, then come back to hold. Returns "" or the reason for the refusal.

        The drone holds while the ground station judges the way. It flies the way only after the ground station's
        consent.
        """
        self._look_again()
        if self.phase == "pilot":
            return PILOT_HAS_IT
        if self.phase not in ("hold", "en_route"):
            return f"no inspection from here ({self.phase})"
        problem = self._may_not_inspect(order)
        if not problem:
            self._autopilot_acts = False
            place = f"{order.to.east_m:.0f} m east, {order.to.north_m:.0f} m north"
            self._enter("hold", because(f"{order.person} inspects {place}", order.reason), HOLD)
            self._inspection = order
        return problem

    @property
    def streams(self) -> bool:
        """Whether set-points are due at 20 Hz."""
        return self._line is not None

    def stream(self, now_s: float) -> None:
        """Send the next set-point, if one is due; call this at 20 Hz.

        After the inspection the last set-point is repeated until the hold shows. A silent drone gets no set-points: PX4
        then ends OFFBOARD by itself.
        """
        if self._line is None:
            return
        self._look_again(now_s)
        inspects = self.phase == "inspect"
        if not inspects and not (self.phase in RANK and self.seen.mode == OFFBOARD and not self._autopilot_acts):
            self._line = None
        elif self._is_heard():
            place, heading_deg = self._line.setpoint(now_s, moves=inspects and self._asked.is_obeyed)
            self._vehicle.send_setpoint(place, self.route.home, heading_deg)

    def _follow_inspection(self) -> None:
        if self._inspection is not None:
            self._clear_inspection(self._inspection)

    def _clear_inspection(self, order: Inspection) -> None:
        """In the hold before an inspection: at rest, have the way cleared, then fly it; otherwise stay in hold."""
        seen = self.seen
        if self.clearing is None:
            if is_placed(seen) and hypot(seen.east_mps, seen.north_mps, seen.up_mps) <= AT_REST_MPS:
                start = place_of(self.route, seen)
                self.clearing = start, self._clear_way(order, start)
        elif self.clearing[1].ok:
            self._begin_inspection(order, self.clearing[0])
            return
        elif not self.clearing[1].pending:
            self._drop_inspection(self.clearing[1].detail)
            return
        if seen.stamp_s - self._entered_s > CLEARED_WITHIN_S:
            self._drop_inspection("the way was not cleared in time")

    def _begin_inspection(self, order: Inspection, start: Point) -> None:
        problem = self._may_not_inspect(order)
        if not problem and not dist(xyz(start), xyz(place_of(self.route, self.seen))) <= DRIFTED_M:
            problem = "the drone has drifted since the way was cleared"
        if problem:
            self._drop_inspection(problem)
            return
        self._line = LineFlight(order, start, self.seen.heading_deg, self.seen.stamp_s)
        self._aiming = self._vehicle.point_gimbal(order.aim.pitch_deg, order.aim.heading_deg)
        self._enter("inspect", self.reason, OFFBOARD)

    def _may_not_inspect(self, order: Inspection) -> str:
        return self._may_not_go_on(order.person) or why_not_inspect(
            order, self.seen, self.route, self._settings, self.items
        )

    def _drop_inspection(self, why: str) -> None:
        self.reason, self._inspection, self.clearing = f"{self.reason}; {why}", None, None

    def _inspect(self) -> None:
        """Follow the line, once OFFBOARD shows."""
        if self.phase != "inspect" or self._line is None or not self._asked.is_obeyed:
            return
        problem = self._line.step(self.seen.stamp_s, self.seen, self.route, self._settings)
        if self._aiming is not None and not self._aiming.ok and not self._aiming.pending:
            problem = problem or self._aiming.detail
        if problem:
            self._break_off(problem)
        elif self._line.done:
            self._enter("hold", f"{self.reason}; inspected and back on the route: resume it", HOLD)

    def _break_off(self, why: str) -> None:
        self._enter("hold", f"{self.reason}; {why}", HOLD)

    def _looks(self) -> bool:
        if self._line is None or self.seen.mode != OFFBOARD or not self._asked.is_obeyed:
            return False
        return is_on_look(self._line, self.route, self.seen, self._settings)
