"""A flight that inspects: cleared in hold, flown in OFFBOARD, back to hold. Any problem ends it in hold, too."""

from __future__ import annotations

from dataclasses import replace
from math import dist, hypot, inf

from blindspot.flight.control.inspect import (
    ASTRAY_S,
    AT_REST_MPS,
    CLEARED_WITHIN_S,
    Inspection,
    LineFlight,
    is_on_look,
    place_of,
    why_not_inspect,
)
from blindspot.flight.control.orders import PILOT_HAS_IT, because, may_not_go_on
from blindspot.flight.control.state import FlightState
from blindspot.flight.route.mission_items import step_ahead
from blindspot.flight.route.phases import HOLD, OFFBOARD, RANK, RETURN
from blindspot.flight.watch.ahead import is_placed
from blindspot.flight.watch.resume_rules import why_not_move, why_off_route
from blindspot.flight.watch.views import xyz
from blindspot.mission import Point

DRIFTED_M = 2.0
"""Largest distance, m, from the place that the gate judged; from farther away the flown way would be another way. So
long may the rest of the braking be when the gate is asked."""
RESTS_S = 0.5
"""A drone that is slow for so long rests, s; one that turns is slow for a third of a second."""


def order_inspection(state: FlightState, order: Inspection) -> str:
    """View a point beside the route, then come back to hold. Returns "" or the reason for the refusal.

    The drone holds while the ground station judges the way. It flies the way only after the ground station's
    consent.
    """
    state.look_again()
    line = state.line
    if state.phase == "inspect" and line is not None and line.is_from(order):
        return _order_prolonging(state, line, order)
    if problem := _why_not_from_here(state) or _may_not_inspect(state, order):
        return problem
    state.autopilot_acts = False
    place = f"{order.to.east_m:.0f} m east, {order.to.north_m:.0f} m north"
    state.enter("hold", because(f"{order.person} inspects {place}", order.reason), HOLD)
    state.stay.inspection, state.inspection = order, "accepted"
    return ""


def _order_prolonging(state: FlightState, line: LineFlight, order: Inspection) -> str:
    """Prolong a look by a new order from the same view, judged anew by drone and gate. Returns "" or the refusal. Until
    the gate consents, the first look goes on and ends in its time."""
    if state.stay.inspection is not None:
        return f"{state.route.drone} looks from there, and another order to look on is judged: ask again"
    start = line.start
    back = replace(
        state.seen, east_m=start.east_m, north_m=start.north_m, height_m=start.up_m - state.route.home.up_m
    )  # fmt: skip
    problem = why_not_move(order.person, state.seen, state.due)
    if not problem:  # the battery counts the way once more than needed
        problem = why_not_inspect(order, back, state.route, state.settings, state.items)
    if not problem:
        state.stay.inspection, state.stay.clearing = order, (start, state.clear_way(order, start))
        state.inspection = "waiting for the gate"
    return problem


def _follow_prolonging(state: FlightState, line: LineFlight) -> None:
    """Begin the look anew once the gate has cleared the new order, if the first look lasts until then."""
    order, clearing = state.stay.inspection, state.stay.clearing
    if order is None or clearing is None:
        return
    if line.stage != "look":
        _drop_inspection(state, f"the look was over before the gate answered {order.person}")
    elif clearing[1].ok:
        line.prolong(order, state.seen.stamp_s)
        state.stay.inspection = state.stay.clearing = None
        state.stay.entered_s, state.inspection = state.seen.stamp_s, "flying"
        state.reason = because(f"{order.person} looks on from here", order.reason)
    elif not clearing[1].pending:
        _drop_inspection(state, clearing[1].detail)


def _why_not_from_here(state: FlightState) -> str:
    """The reason why no inspection begins in this phase, with the person's next step; empty if one may. In the climb
    a drone has not reached the route's height, from which the other drones are planned anew."""
    drone, phase = state.route.drone, state.phase
    if phase == "pilot":
        return PILOT_HAS_IT
    if phase == "inspect":
        return f"{drone} inspects already: wait for the hold after it"
    if state.climbs:
        return f"{drone} climbs: ask again on the route"
    if phase not in ("hold", "en_route"):
        return f"no inspection from here ({phase})"
    if step_ahead(state.items, state.seq) < 0:
        return f"{drone} was held in the climb: resume it, and ask again on the route"
    return ""


def stream(state: FlightState, now_s: float) -> None:
    """Send the next set-point, if one is due; call this at 20 Hz.

    After the inspection the last set-point is repeated until the hold shows. A silent drone gets no set-points: PX4
    then ends OFFBOARD by itself.
    """
    if state.line is None:
        return
    state.look_again(now_s)
    inspects = state.phase == "inspect"
    if not inspects and not (state.phase in RANK and state.seen.mode == OFFBOARD and not state.autopilot_acts):
        state.line = None
    elif state.is_heard():
        place, heading_deg = state.line.setpoint(now_s, moves=inspects and state.asked.is_obeyed)
        state.vehicle.send_setpoint(place, state.route.home, heading_deg)


def follow_inspection(state: FlightState) -> None:
    """In a hold: go on with an inspection that waits for a clearance, if any."""
    if state.stay.inspection is not None and state.phase == "hold":
        _clear_inspection(state, state.stay.inspection)


def _clear_inspection(state: FlightState, order: Inspection) -> None:
    """In the hold before an inspection: have the way cleared, then fly it; otherwise stay in hold.

    The gate judges while the drone brakes, by the place where the drone will stop. A drone that comes to rest elsewhere
    has the way from there cleared: a turn, or wind, may carry it past the place.
    """
    seen, stay = state.seen, state.stay
    is_slow = is_placed(seen) and hypot(seen.east_mps, seen.north_mps, seen.up_mps) <= AT_REST_MPS
    stay.rests_s = min(stay.rests_s, seen.stamp_s) if is_slow else inf
    if stay.clearing is None:
        if is_placed(seen) and state.asked.is_obeyed and (start := _stop_ahead(state)) is not None:
            _have_cleared(state, order, start)
    elif stay.clearing[1].ok:
        if is_slow and _is_at(state, stay.clearing[0]):
            _begin_inspection(state, order, stay.clearing[0])
            return
        if seen.stamp_s - stay.rests_s >= RESTS_S:
            _have_cleared(state, order, place_of(state.route, seen))
    elif not stay.clearing[1].pending:
        _drop_inspection(state, stay.clearing[1].detail)
        return
    if seen.stamp_s - stay.entered_s > CLEARED_WITHIN_S:
        _drop_inspection(state, "the way was not cleared in time")


def _have_cleared(state: FlightState, order: Inspection, start: Point) -> None:
    state.stay.clearing = start, state.clear_way(order, start)
    state.inspection = "waiting for the gate"


def _stop_ahead(state: FlightState) -> Point | None:
    """The place where a braking drone will stop; None while it is so far away that the place is uncertain."""
    seen, here = state.seen, place_of(state.route, state.seen)
    ahead_s = hypot(seen.east_mps, seen.north_mps) / (2.0 * state.settings.model.performance.acceleration_mps2)
    east_m, north_m = seen.east_mps * ahead_s, seen.north_mps * ahead_s
    if not hypot(east_m, north_m) <= DRIFTED_M or not abs(seen.up_mps) <= AT_REST_MPS:
        return None
    return Point(east_m=here.east_m + east_m, north_m=here.north_m + north_m, up_m=here.up_m)


def _is_at(state: FlightState, start: Point) -> bool:
    return dist(xyz(start), xyz(place_of(state.route, state.seen))) <= DRIFTED_M


def _begin_inspection(state: FlightState, order: Inspection, start: Point) -> None:
    if problem := _may_not_inspect(state, order):
        _drop_inspection(state, problem)
        return
    state.line = LineFlight(order, start, state.seen.heading_deg, state.seen.stamp_s, state.settings.model)
    state.aiming = state.vehicle.point_gimbal(order.aim.pitch_deg, order.aim.heading_deg)
    state.enter("inspect", state.reason, OFFBOARD)
    state.inspection = "flying"


def _may_not_inspect(state: FlightState, order: Inspection) -> str:
    return may_not_go_on(state, order.person) or why_not_inspect(
        order, state.seen, state.route, state.settings, state.items
    )


def _drop_inspection(state: FlightState, why: str) -> None:
    state.reason, state.stay.inspection, state.stay.clearing = f"{state.reason}; {why}", None, None
    state.inspection = "refused"


def follow_line(state: FlightState) -> None:
    """Follow the line, once OFFBOARD shows."""
    if state.phase != "inspect" or state.line is None or not state.asked.is_obeyed:
        return
    problem = state.line.step(state.seen.stamp_s, state.seen, state.route, state.settings)
    if state.aiming is not None and not state.aiming.ok and not state.aiming.pending:
        problem = problem or state.aiming.detail
    if problem:
        break_off(state, problem)
        return
    _follow_prolonging(state, state.line)
    if (line := state.line).done and line.looked and line.order.then == "return":
        state.enter("return", f"{state.reason}; looked, as ordered it comes home", RETURN)
    elif line.done:
        came, then = "inspected and back" if line.looked else "back", "goes on" if line.resumes else "resume it"
        state.enter("hold", f"{state.reason}; {came} on the route: {then}", HOLD)
        state.stay.resumes_for = line.order.person if line.resumes else ""


def resume_as_ordered(state: FlightState) -> None:
    """In the hold after a look: resume the route, if the person's order says so. If that is not possible at once, the
    drone holds."""
    person, state.stay.resumes_for = state.stay.resumes_for, ""
    if not person:
        return
    if problem := may_not_go_on(state, person, along_route=True):
        state.reason = f"{state.reason}; but {problem}: resume it"
    else:
        state.go_on(because(f"resumed by the order of {person}", "the look is over"))


def break_off(state: FlightState, why: str) -> None:
    """End the inspection in a hold."""
    state.enter("hold", f"{state.reason}; {why}", HOLD)


def return_if_astray(state: FlightState) -> None:
    """In the hold after an inspection: call a drone off the line home, since no cleared way leads to the route.

    A return first climbs where it is. A person's hold stays, and so does a hold prolonged by another drone, an
    aircraft, a taken pad or a moved home.
    """
    stay, now_s = state.stay, state.seen.stamp_s
    why = _why_astray(state)
    stay.astray_s = min(stay.astray_s, now_s) if why else inf
    if now_s - stay.astray_s >= ASTRAY_S and state.limits_of_hold() == 1.0:
        state.enter("return", f"{state.reason}; {why}, so it comes home", RETURN)


def _why_astray(state: FlightState) -> str:
    stay, seen = state.stay, state.seen
    is_free = stay.line_unknown or (stay.way_back is not None and not stay.ordered_hold)
    is_known = seen.position_ok and is_placed(seen)
    if state.phase != "hold" or not (is_free and is_known and state.asked.is_obeyed):
        return ""
    if stay.way_back is None:
        off = why_off_route(state.route, seen, state.settings)
        return "the line of the inspection is unknown, and the drone is beside its route" if off else ""
    return stay.way_back.why_astray(xyz(place_of(state.route, seen)))


def is_looking(state: FlightState) -> bool:
    """Whether the drone stands at the inspected point's view with its camera aimed."""
    if state.line is None or state.seen.mode != OFFBOARD or not state.asked.is_obeyed:
        return False
    return is_on_look(state.line, state.route, state.seen, state.settings)
