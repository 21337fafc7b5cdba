"""The orders that people give a flight: each returns "" or the reason of a refusal, in one sentence.

A flight obeys its crew, unless the pilot or the autopilot's own failsafe has the drone.
"""

from __future__ import annotations

from math import hypot, inf

from blindspot.flight.control.beginning import begin_preflight
from blindspot.flight.control.inspect import AT_REST_MPS
from blindspot.flight.control.state import FlightState
from blindspot.flight.control.stay import NextMission
from blindspot.flight.route.mission_items import (
    MOST_ITEMS,
    first_flown,
    items_by_way_of_route,
    route_items,
    step_ahead,
)
from blindspot.flight.route.phases import HOLD, LAND, OFFBOARD, PHASES, RANK, PhaseName
from blindspot.flight.watch.ladder import LEASE_ROWS
from blindspot.flight.watch.resume_rules import (
    why_not_another,
    why_not_go_on,
    why_not_jump,
    why_not_move,
    why_nothing_to_resume,
    why_off_route,
)
from blindspot.mission import Route

WAITED_FOR = ("lease lapsed", "lease lost")
"""Rows that are expected here: the old plan's lease ends when the new plan is cleared, and the new lease arrives a
moment later."""
CALLED_OFF = "the flight is called off"
"""In the reason of a flight ended by a hold at the start of the motors or low over the pad: no resume leads on from
there."""
PILOT_HAS_IT = "the pilot has it: only resume, by a named person, ends that"


def because(act: str, reason: str) -> str:
    """An act with the reason of the person who ordered it: "held by A. Martin: a crane"."""
    return f"{act}: {reason}" if reason else act


def hold(state: FlightState, reason: str) -> str:
    """Stop and hover, or wait on the ground while the checks are not over. As the motors start and in the first metres
    of the climb, the flight is called off. Returns "" or the reason for the refusal."""
    state.look_again()
    if state.phase == "preflight":
        state.vehicle.abandon()
        state.enter("preflight", reason, HOLD if state.selects_mission else None)
    elif state.phase == "armed":
        return _order(state, "landing", f"{reason}; before the take-off: {CALLED_OFF}")
    elif state.is_low_in_climb:
        return _order(state, "landing", f"{reason}; low over the pad: {CALLED_OFF}")
    elif problem := _order(state, "hold", reason):
        return problem
    state.stay.ordered_hold = "the operator holds the drone"
    return ""


def stand_by(state: FlightState) -> str:
    """Stop and hover until the fleet has another route for the drone. Only such a hold may end without a person.

    Returns "" or the reason for the refusal. A climbing drone goes on: low over the pad the drone would hover among
    the crew, and another route begins at the route's height. The fleet repeats the order until then.
    """
    state.look_again()
    if state.climbs:
        return "the drone climbs: it stands by at the route's height"
    if state.phase == "inspect" and state.line is not None:
        state.line.turn_back(state.seen.stamp_s)
        return "the drone inspects: it stands by once back on the route"
    if state.stay.ordered_hold:
        return f"{state.stay.ordered_hold}: only resume, by a named person, ends that"
    if state.phase in ("return", "landing"):
        return f"the drone is on the way down ({state.phase})"
    if state.stay.way_back is not None:
        problem = _fly_back(state, "the fleet", "the rest of the plan begins there")
        return problem or "the drone flies back to its route first"
    problem = _order(state, "hold", "waits for the rest of the plan")
    state.stay.stands_by = not problem
    return problem


def fly_rest(state: FlightState, route: Route) -> str:
    """Fly another route of the same fleet that begins where the drone stands by. Returns "" or the refusal.

    The drone holds while the route is uploaded and read back, and until its plan's lease arrives. If the autopilot
    does not accept the route, the drone stays in hold, which becomes a return.
    """
    state.look_again()
    if not state.stay.stands_by:
        return f"the drone does not stand by for another route ({state.phase})"
    due = None if state.due is not None and state.due.name in WAITED_FOR else state.due
    problem = why_not_another(route, state.route, state.seen, state.settings) or why_not_go_on(
        "the fleet", state.seen, due, route, state.settings
    )
    if not problem:
        state.enter("hold", "takes the rest of the plan", HOLD)
        state.stay.next_mission = NextMission(route_items(route), 0, route)
    return problem


def return_home(state: FlightState, reason: str) -> str:
    """Fly home. Returns "" or the reason for the refusal."""
    return _order(state, "return", reason)


def abort(state: FlightState, reason: str) -> str:
    """Land here, now. Returns "" or the reason for the refusal."""
    return _order(state, "landing", reason)


def resume(state: FlightState, person: str, reason: str) -> str:
    """Continue the route after a hold or a pilot's flight, by a named person. Returns "" or the refusal. A person who
    gives it did not know of a pilot who came since the last step. After a hold on the ground all checks begin anew."""
    before = state.phase
    state.look_again()
    if state.phase == "pilot" and before != "pilot":
        return "the pilot has just taken the drone: resume again to take it back"
    if state.phase == "preflight" and state.stay.ordered_hold:
        begin_preflight(state, state.seen.stamp_s)
        return ""
    if state.phase not in ("hold", "pilot"):
        return why_nothing_to_resume({state.route.drone: (state.phase, state.reason)})
    if state.stay.way_back is not None:
        return _fly_back(state, person, because(f"resumed by {person}", reason))
    problem = may_not_go_on(state, person, along_route=True)
    if not problem:
        state.autopilot_acts = False
        state.go_on(because(f"resumed by {person}", reason))
    return problem


def _fly_back(state: FlightState, person: str, reason: str) -> str:
    """From a hold that broke an inspection off: back along its line, which the gate has cleared, to the route. There
    the drone holds again. Returns "" or the refusal."""
    line, seen = state.stay.way_back, state.seen
    assert line is not None
    here = (seen.east_m, seen.north_m, state.route.home.up_m + seen.height_m)
    problem = why_not_move(person, seen, state.due)
    if not problem and (astray := line.why_astray(here)):
        problem = f"{astray}: fly the drone back first, or call it home"
    if not problem:
        state.autopilot_acts = False
        state.enter("inspect", f"{reason}; flies back to its route first", OFFBOARD)
        state.line = line.back_from(here, seen.heading_deg, seen.stamp_s)
    return problem


def jump(state: FlightState, step: int, person: str, reason: str) -> str:
    """Continue at another step (0 is the first), flying there along the route. Returns "" or the refusal.

    The drone holds while the mission from there on is uploaded and read back; pictures are taken only from `step`.
    """
    state.look_again()
    if state.phase == "pilot":
        return PILOT_HAS_IT
    if state.phase not in ("hold", "en_route"):
        return f"no jump from here ({state.phase})"
    problem, at = may_not_go_on(state, person, along_route=True), step_ahead(state.items, state.seq)
    problem = problem or why_not_jump(at, step, len(state.route.steps))
    items = () if problem else items_by_way_of_route(state.route, at, step)
    if len(items) > MOST_ITEMS:
        problem = f"the mission by way of the route has {len(items)} items, the autopilot stores {MOST_ITEMS}"
    if not problem:
        state.enter("hold", because(f"{person} jumps to step {step}", reason), HOLD)
        state.stay.next_mission = NextMission(items, first_flown(state.route, at))
    return problem


def _order(state: FlightState, phase: PhaseName, reason: str) -> str:
    state.look_again()
    if state.phase == "pilot":
        return PILOT_HAS_IT
    if state.phase == "preflight" and phase != "hold":
        state.fail(reason, "aborted")
        return ""
    if state.asked.disarms and phase != "hold":
        return ""  # it is already called off
    if state.phase == "reattach" and phase != "hold":  # keep the gravest order until the flight is found
        orders = (state.stay.ordered or (phase, reason), (phase, reason))
        state.stay.ordered = max(orders, key=lambda kept: RANK[kept[0]])
        return ""
    if not PHASES[state.phase].airborne or (phase == "hold" and (state.phase == "armed" or state.asked.disarms)):
        return f"not flying ({state.phase})"
    if state.stopped_s < inf or (state.was_armed and state.seen.connected and not state.seen.armed):
        return "the motors were stopped, and not by us"
    if state.autopilot_acts:
        return "the autopilot's own failsafe has it"
    if phase == "return" and state.phase == "landing" and LAND in (state.asked.command, state.seen.mode):
        return "the drone lands here: hold it first"  # a person's abort outlasts each automatic call home
    if state.phase == "armed":
        state.call_off(reason)
    else:
        state.enter(phase, reason, PHASES[phase].command)
    return ""


def may_not_go_on(state: FlightState, person: str, *, along_route: bool = False) -> str:
    """The reason to refuse a person's order; `along_route` if the drone then flies on from the interrupted step."""
    if not state.mission_known:
        return "the mission on board is not known: call the drone home"
    if not state.step_known:
        return "the interrupted step is not known after the restart: call the drone home"
    if state.reattach is not None and (problem := state.reattach.mission_problem()):
        return problem
    state.take_mission_on_board()
    at = step_ahead(state.items, state.seq) if along_route else None
    return why_not_go_on(
        person, state.seen, state.due, state.route, state.settings, at=at, climbs=state.may_climb
    )  # fmt: skip


def follow_order(state: FlightState) -> None:
    """In the hold before a jump, the rest of a climb or another route: at rest near the route, upload the mission,
    and fly the mission once no row of the ladder is due. If refused, stay in hold."""
    mission = state.stay.next_mission
    if mission is None:
        return
    upload = mission.upload
    if upload is None:
        if not hypot(state.seen.east_mps, state.seen.north_mps) <= AT_REST_MPS:
            return
        route, at = (
            (mission.route, 0) if mission.route is not None else (state.route, step_ahead(state.items, state.seq))
        )
        if problem := why_off_route(route, state.seen, state.settings, at, climbs=state.may_climb):
            state.reason, state.stay.next_mission = f"{state.reason}; {problem}", None
            return
        state.mission_known = False
        mission.upload = state.vehicle.upload_mission(mission.items)
    elif upload.ok and (state.lease != "ok" or any(row.name not in LEASE_ROWS for row in state.ladder.due)):
        return
    elif upload.ok:
        state.route, state.items = mission.route or state.route, mission.items
        state.seq, state.mission_known = mission.first, True
        state.go_on(state.reason)
    elif not upload.pending:
        state.reason, state.stay.next_mission = f"{state.reason}; {upload.detail}", None
