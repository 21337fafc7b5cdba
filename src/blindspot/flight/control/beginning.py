"""The beginning of a flight: the pre-flight checks on the ground, or the flight of a lost flight_control in the air."""

from __future__ import annotations

from itertools import chain

from blindspot.flight.control.reattach import Reattach
from blindspot.flight.control.state import FlightState, Note
from blindspot.flight.preflight.checklist import JOURNAL, Check, Judged, Preflight
from blindspot.flight.preflight.preflight import checks
from blindspot.flight.route.mission_items import returns_along
from blindspot.flight.route.phases import HOLD, LAND, MISSION, PHASES, RETURN
from blindspot.flight.watch.ladder import LEASE_ROWS, Situation
from blindspot.flight.watch.who_flies import taken_on_the_ground

BY_GROUND = "ordered by the ground station or the autopilot"


def begin_preflight(state: FlightState, now_s: float) -> None:
    """Begin the checks; the last one is the journal's entry of the arming."""
    state.seen = state.vehicle.telemetry(now_s)
    settings = state.settings
    pending = checks(
        state.vehicle, state.route, state.items, settings, fix=settings.simulated, on_board=state.on_board
    )  # fmt: skip
    state.preflight = Preflight(chain(pending, (_journal_check(state.note),)))
    state.enter("preflight", "")
    state.stay.left_over = state.seen.awaited_mode


def check_preflight(state: FlightState, situation: Situation) -> None:
    """Run the checks, unless a person holds the drone; arm after the last one."""
    assert state.preflight is not None
    problem = None if state.stay.ordered_hold else state.preflight.step(situation)
    if problem:
        state.fail(problem, "refused")
    elif taken := _taken_on_the_ground(state, passed=problem == ""):
        state.fail(taken, "refused")
    elif problem == "":
        state.enter("armed", "", MISSION, arms=True)
    else:
        state.time_out()


def begin_reattach(state: FlightState, now_s: float, last_phases: str) -> None:
    """Begin to look for the phase of a flight whose flight_control was lost."""
    state.seen = state.vehicle.telemetry(now_s)
    state.reattach = Reattach(state.vehicle, state.route, last_phases, simulated=state.settings.simulated)
    state.enter("reattach", "")


def check_reattach(state: FlightState) -> None:
    """Continue in the phase that is found; end the flight if none is found in time."""
    assert state.reattach is not None
    ordered, order_reason = state.stay.ordered or (None, "")
    lease = state.lease  # until the ladder has cleared its lease rows: they would end the flight
    if any(row.name in LEASE_ROWS for row in state.ladder.due):
        lease = "inhibit"
    found, why = state.reattach.step(state.seen, lease, ordered), "flight_control was lost and started again"
    timed_out = state.seen.stamp_s - state.stay.entered_s >= PHASES["reattach"].timeout_s
    if found == "refused" or (found is None and timed_out):
        state.fail(f"{why}; {state.reattach.problem}", "refused")
    elif found == "landed":
        if state.reattach.may_have_left_a_mission and state.seen.mode in (MISSION, RETURN, LAND):
            state.vehicle.set_mode(HOLD)  # as after each landing: the next arming must not fly the rest
        state.end("landed", "aborted", f"{why}; the drone had landed")
    elif found is not None:
        state.was_armed, state.seq = True, state.seen.mission_seq or 0
        state.step_known = state.seen.mission_seq is not None
        state.autopilot_acts, state.ours_before = state.seen.in_failsafe, state.reattach.ours
        state.back_s, by_ground = state.seen.stamp_s, state.reattach.is_by_ground
        inspected = state.reattach.inspected
        if found == "pilot":
            why += f"; {state.who_has_it(surely_pilot=state.reattach.had_pilot)}"
        elif by_ground:
            why += f"; {'returning' if found == 'return' else 'landing'} ({BY_GROUND})"
        if state.reattach.lacks_lease:
            why += f"; {state.reattach.problem}"
        command, held_by = state.reattach.command, None
        if state.reattach.lacks_lease and command == HOLD:  # goes on with the lease, as every flight that loses it
            held_by = next((row for row in state.ladder.due if row.name in LEASE_ROWS), None)
        state.take_mission_on_board()
        state.enter(found, f"{why}; {order_reason}" if found == ordered else why, command)
        state.stay.watches_only = by_ground
        state.stay.held_by = held_by
        if found == "hold" and held_by is None:
            state.stay.ordered_hold = "the holder is unknown after the restart"
            state.stay.line_unknown = inspected
            state.step_known &= not returns_along(state.route)  # its item was chosen


def _taken_on_the_ground(state: FlightState, *, passed: bool) -> str:
    """Whether the pilot took the drone while the checks ran. Before the motors start, and by the start, any mode may
    show. So may the hold that the flight before has requested: a second flight may begin in the second after a
    landing."""
    if passed:  # read once more: it is armed only in our mode
        return taken_on_the_ground(state.vehicle.telemetry(state.seen.stamp_s), frozenset({MISSION}))
    own = {MISSION, HOLD} if state.stay.ordered_hold else {MISSION, state.stay.left_over}
    return taken_on_the_ground(state.seen, state.asked.modes(state.seen) | own)


def _journal_check(note: Note) -> Check:
    """The last check before the arming: its journal entry is written, and the lease still holds then."""

    def judge(situation: Situation, _: float) -> Judged:
        return Judged("written", "" if situation.lease == "ok" else "the lease has lapsed: ask the authority")

    return Check(JOURNAL, judge, ask=lambda: note("arming", ""), todo="no entry, no arming")
