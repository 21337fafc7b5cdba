"""The behaviour of a flight by itself: the flight obeys the ladder, follows the vehicle's replies and the mission's
progress, and detects the end."""

from __future__ import annotations

from math import hypot, inf

from blindspot.flight.control.answers import follow_failure
from blindspot.flight.control.inspect import AT_REST_MPS
from blindspot.flight.control.inspecting import follow_inspection, follow_line, resume_as_ordered, return_if_astray
from blindspot.flight.control.orders import follow_order
from blindspot.flight.control.pending_command import ASK_AGAIN_S
from blindspot.flight.control.sensor import stow
from blindspot.flight.control.state import CLIMBED_M, PERHAPS_NOT_THE_PILOT, FlightState
from blindspot.flight.control.touchdown import LOW_M, STOPPED_IN_FLIGHT
from blindspot.flight.route.mission_items import step_ahead, step_at
from blindspot.flight.route.phases import HOLD, LAND, MISSION, PHASES, RANK, RETURN, PhaseName
from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.ladder import DRONE_NEAR, DUE_FOR_ALL, HOME_MOVED, LEASE_ROWS, PAD_TAKEN, Row
from blindspot.flight.watch.resume_rules import why_off_route

STOPPED_S = 2.0
"""Longest delay of a reported touchdown after the reported disarming, s."""
DOWN_S = 2.0
"""A drone before the climb must be reported down for this time, s, to count as down: a delayed `state`
message, from before the arming, must not end a flight that has just started."""
ARMED_AGAIN = "the motors were stopped and armed again, and not by us: the pilot has the drone"
_BY_ACTION: dict[str, PhaseName] = {"hold": "hold", "return": "return", "land": "landing"}


def fly(state: FlightState) -> None:
    """One step in the air: who has the drone, then the ladder, the replies and the progress."""
    seen = state.seen
    state.was_armed = state.was_armed or seen.armed
    if seen.is_down and (state.was_armed or (state.phase != "armed" and state.asked.is_obeyed)):
        state.down_s = min(state.down_s, seen.stamp_s)
        if state.touchdown.is_fall(seen):
            state.stopped_in_flight()
        elif state.phase not in ("armed", "takeoff") or seen.stamp_s - state.down_s >= DOWN_S:
            _land(state)
    elif state.was_armed and seen.connected and not seen.armed:
        _watch_stopped(state)
    elif state.stopped_s < inf and seen.connected and state.phase not in ("armed", "takeoff"):
        state.stopped_s = inf
        state.enter("pilot", ARMED_AGAIN)
    elif state.let_others_fly():
        return
    elif state.stay.watches_only:
        stow(state)
        _give_up_if_silent(state)
    else:
        state.stopped_s = state.down_s = inf
        _climb_ladder(state)
        _follow_reply(state)
        _progress(state)
        follow_line(state)
        return_if_astray(state)
        _choose_item(state)
        stow(state)
        state.time_out()


def _watch_stopped(state: FlightState) -> None:
    """The motors were stopped and the drone may be in the air: no request moves it any more."""
    state.vehicle.abandon()
    if _is_stopped_in_flight(state):
        state.stopped_in_flight()


def _is_stopped_in_flight(state: FlightState) -> bool:
    """Whether motors that are reported as stopped were stopped in the air. Near the ground the report of a touchdown
    may still be on its way: a pilot disarms at once, and both reports come once a second."""
    seen = state.seen
    state.stopped_s = min(state.stopped_s, seen.stamp_s)
    is_high = seen.landed == "in_air" and not seen.height_m < LOW_M
    return is_high or seen.stamp_s - state.stopped_s >= STOPPED_S


def _climb_ladder(state: FlightState) -> None:
    _watch_own_hold(state)
    row = state.due
    if row is None:
        reply = state.asked.reply
        is_held = state.phase == "hold" and state.stay.held_by is not None and reply is not None and reply.ok
        at = step_ahead(state.items, state.seq)
        if is_held and not why_off_route(state.route, state.seen, state.settings, at, climbs=state.may_climb):
            state.go_on("the lease is back")
        return
    phase = _BY_ACTION.get(row.action, "hold" if state.phase == "inspect" else None)
    if phase is None or RANK[phase] <= RANK.get(state.phase, 0):
        stops = _stops_way_down(state)
        if stops is None:
            return
        row, phase = stops, "hold"
    if row.name in DUE_FOR_ALL and state.phase == "hold" and state.leads_past_another():
        others = (other for other in state.ladder.due if other.action == row.action and other.name not in DUE_FOR_ALL)
        if (own := next(others, None)) is None:
            return
        row = own
    if state.phase == "armed" or (phase == "hold" and state.is_low_in_climb):
        state.call_off(row.reason)
        return
    was_on_route = state.phase != "inspect"
    state.enter(phase, row.reason, PHASES[phase].command)
    state.stay.held_by = row if row.name == "lease lost" and was_on_route else None


def _watch_own_hold(state: FlightState) -> None:
    """A hold that began with a lost lease ends with that loss, but only if no other row would hold the drone."""
    if state.stay.held_by is None:
        return
    other = next((row for row in state.ladder.due if row.action == "hold" and row.name not in LEASE_ROWS), None)
    if other is not None:
        state.stay.held_by, state.reason = None, f"{state.reason}; {other.reason}"


def _stops_way_down(state: FlightState) -> Row | None:
    """The due row that stops a return or a landing on the pad: a hold by another row must not hide it. An ordered
    landing is made in place instead. Both stop for a drone on their way unless a graver row of their own is due."""
    to_pad = state.phase == "return" or (state.phase == "landing" and state.seen.mode == MISSION)
    stopping = {PAD_TAKEN, HOME_MOVED} if state.phase == "return" else {PAD_TAKEN}
    own = any(row.action in ("return", "land") and row.name not in DUE_FOR_ALL for row in state.ladder.due)
    if to_pad and not own and state.meets_another():
        stopping.add(DRONE_NEAR)
    return next((row for row in state.ladder.due if to_pad and row.name in stopping), None)


def _follow_reply(state: FlightState) -> None:
    """Handle the reply to the pending request; `ANSWERS` holds the way on from a failed one."""
    reply = state.asked.reply
    if reply is None:
        state.asked.ask(state.seen)  # the vehicle was silent when this was due
    if state.asked.disarms and not state.stands:
        state.enter("landing", state.reason, LAND)
    elif reply is None or reply.pending:
        return
    elif reply.ok:
        follow_order(state)
        follow_inspection(state)
        resume_as_ordered(state)
    else:
        follow_failure(state, reply)


def _progress(state: FlightState) -> None:
    """Follow the mission's progress. A mission of another length is another participant's and may lead anywhere."""
    seen, seq = state.seen, state.seen.mission_seq
    if not seen.connected or seen.mode != MISSION:
        return
    lands = seq is not None and seq >= len(state.items) - 1 and seen.mission_items == len(state.items)
    if state.phase == "armed" and _leaves_the_ground(seen):
        state.enter("takeoff", "")
    elif state.phase == "takeoff" and step_at(state.items, seq) >= 0 and _is_up(state):
        state.seq = seq or 0
        state.enter("en_route", "")
    elif state.phase == "en_route" and seq is not None and state.asked.is_obeyed:
        state.seq = seq
        if lands:
            state.enter("landing", "")
    elif state.phase == "landing" and seq is not None and not lands and state.asked.command is None:
        state.enter("en_route", "the mission on board no longer lands")


def _choose_item(state: FlightState) -> None:
    """In a hold, once at rest, make the closest item the current one: also a return by the autopilot's own failsafe
    or by the ground station then takes the shorter way along the mission. A failure is reported, and repeated."""
    seen, chosen = state.seen, state.stay.chosen
    waits = state.stay.next_mission is not None or state.stay.inspection is not None or not state.asked.is_obeyed
    is_known = state.reattach is None and state.mission_known and state.is_heard()
    if state.phase != "hold" or seen.mode != HOLD or waits or not is_known:
        return
    if chosen is not None:
        if chosen.pending or chosen.ok:
            return
        state.add_reason(f"the item of a return is not chosen: {chosen.detail}")
        if seen.stamp_s - state.stay.chosen_s < ASK_AGAIN_S:
            return
    if hypot(seen.east_mps, seen.north_mps) <= AT_REST_MPS and (seq := state.closest_item()) is not None:
        state.stay.chosen, state.stay.chosen_s = state.vehicle.choose_item(seq), seen.stamp_s


def _leaves_the_ground(seen: Telemetry) -> bool:
    """Whether the drone takes off. The autopilot reports that up to half a minute late, and the height drifts by metres
    until home is set as the motors start."""
    return seen.landed in ("taking_off", "in_air") or (seen.armed and seen.height_m > CLIMBED_M)


def _is_up(state: FlightState) -> bool:
    return state.seen.height_m > 0.8 * (state.route.takeoff_up_m - state.route.home.up_m)


def watch_pilot(state: FlightState) -> None:
    """Send no requests; only detect the end of the flight, and a mission mode that a resume requested."""
    seen = state.seen
    state.stopped_s = inf if seen.armed else state.stopped_s
    if state.stay.late_after and seen.connected and seen.mode not in (state.stay.late_after, MISSION, ""):
        state.stay.late_after = ""  # another mode was chosen since
    if seen.is_down and state.touchdown.is_fall(seen):
        state.fail(f"{state.reason}; {STOPPED_IN_FLIGHT}")
    elif seen.is_down:
        by = "landed, and not by us" if PERHAPS_NOT_THE_PILOT in state.reason else "landed by the pilot"
        state.end("landed", "aborted", f"{state.reason}; {by}")
    elif seen.connected and not seen.armed and seen.landed == "in_air":
        if _is_stopped_in_flight(state):
            state.fail(f"{state.reason}; {STOPPED_IN_FLIGHT}")
    elif _give_up_if_silent(state):
        return
    elif state.stay.late_after and seen.connected and seen.mode == MISSION and seen.armed:
        state.enter("en_route", f"{state.reason}; but it flies the mission now, late: watched again")


def _give_up_if_silent(state: FlightState) -> bool:
    if not state.is_silent_for(state.settings.pilot_silent_s):
        return False
    state.fail(f"{state.reason}; last heard {state.seen.last_place}")
    return True


def _land(state: FlightState) -> None:
    """End the flight. From a return or a landing PX4 falls back to the mission at the disarming, unless the mission
    is finished: the next arming must not fly the mission."""
    state.vehicle.abandon()
    if state.phase == "landing" and state.asked.command is None and state.seq >= len(state.items) - 1:
        state.end("landed", "completed", "")
        return
    if state.seen.mode in (MISSION, RETURN, LAND):
        state.vehicle.set_mode(HOLD)
    if state.phase == "return":
        state.end("landed", "returned", state.reason)
    else:
        state.end("landed", "aborted", state.reason or f"landed in phase {state.phase}, and not by us")
