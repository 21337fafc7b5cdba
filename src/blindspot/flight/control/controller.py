"""One drone's route, from pre-flight to landed: a pure state machine over a `Vehicle`. Phases are data (`phases`).

`state` holds the state and its transitions, `orders` the operator's orders, and this module the automatic behaviour.
`nodes.flight_control` connects it to ROS: all times are seconds of one clock, the node's.
"""

from __future__ import annotations

from itertools import chain
from math import hypot, inf, isfinite

from blindspot.flight.control.inspect import AT_REST_MPS
from blindspot.flight.control.inspecting import InspectingFlight
from blindspot.flight.control.pending_command import ASK_AGAIN_S
from blindspot.flight.control.reattach import Reattach
from blindspot.flight.control.resume_rules import why_off_route
from blindspot.flight.control.state import PERHAPS_NOT_THE_PILOT, Note
from blindspot.flight.preflight.checklist import Check, Judged, Preflight
from blindspot.flight.preflight.preflight import checks
from blindspot.flight.route.mission_items import returns_along, step_ahead, step_at
from blindspot.flight.route.phases import HOLD, LAND, MISSION, PHASES, RANK, PhaseName
from blindspot.flight.watch.ladder import DUE_FOR_ALL, LEASE_ROWS, PAD_TAKEN, LeaseState, Row, Situation
from blindspot.flight.watch.surroundings import Around
from blindspot.flight.watch.views import is_on_view
from blindspot.flight.watch.who_flies import taken_on_the_ground

STOPPED_S = 2.0
"""Longest delay of a reported touchdown after the reported disarming, s."""
BY_GROUND = "ordered by the ground station or the autopilot"
DOWN_S = 2.0
"""A drone that has not climbed yet must be reported down for this time, s, before it counts as down: a delayed `state`
message, from before the arming, must not end a flight that has just started."""
_BY_ACTION: dict[str, PhaseName] = {"hold": "hold", "return": "return", "land": "landing"}


class RouteFlight(InspectingFlight):
    """Flies one route once: the state machine of one drone, from pre-flight to landed.

    Call `start` (or `reattach`) once, then `step` steadily at about 10 Hz, and `stream` at 20 Hz. All calls return
    immediately. Orders of people are methods too (`hold`, `return_home`, `abort`, `resume`, `jump`, `inspect`).

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
        sensor inhibited. The sensor works only on views, so it toggles all along a route. Its release is therefore one
        entry for each stretch without an inhibition: from the first view until a breach, an order or the end of the
        route inhibits it.

    Attributes
    ----------
    phase, reason
        The current phase (`phases`) and the reason for it, one sentence.
    outcome
        How the flight ended; `None` while it lasts.
    sensor_inhibited
        Whether the camera must not capture now.
    """

    @property
    def route_fraction(self) -> float:
        """Share of the route's steps done, 0..1."""
        if self.outcome == "completed":
            return 1.0
        return max(0, step_at(self.items, self._seq)) / max(1, len(self.route.steps))

    @property
    def preflight_check(self) -> str:
        """Name of the pre-flight check that runs, empty in any other phase."""
        return self._preflight.doing if self._preflight is not None and self.phase == "preflight" else ""

    @property
    def remark(self) -> str:
        """Remarks of pre-flight checks that passed; reported while the drone is armed on the ground."""
        if self._preflight is None or self.phase != "armed":
            return ""
        return "; ".join(dict.fromkeys(line.remark for line in self._preflight.lines if line.remark))

    def start(self, now_s: float) -> None:
        """Begin with the pre-flight checks."""
        if self.phase == "idle":
            self.seen = self._vehicle.telemetry(now_s)
            settings = self._settings
            pending = checks(
                self._vehicle, self.route, self.items, settings, mend=settings.simulated, on_board=self._on_board
            )
            self._preflight = Preflight(chain(pending, (_journal_check(self._note),)))
            self._enter("preflight", "")

    def reattach(self, now_s: float, last_phases: str) -> None:
        """Take over the flight of a lost flight_control; `last_phases` are the phases that it published last."""
        if self.phase == "idle":
            self.seen = self._vehicle.telemetry(now_s)
            self._reattach = Reattach(self._vehicle, self.route, last_phases, simulated=self._settings.simulated)
            self._enter("reattach", "")

    def step(self, now_s: float, lease: LeaseState, camera_silent_s: float, around: Around) -> None:
        """Read the telemetry, judge it, act. `lease` is the state of `LeaseWatch`, `camera_silent_s` the time since the
        camera's last message, s."""
        self._look(now_s)
        self._lease, self._others = lease, around.others
        situation = Situation(
            self.seen, lease, camera_silent_s, self.route, self._settings, around, self.items
        )  # fmt: skip
        self._due = self._ladder.judge(situation)
        self._inhibit_unless_lawful()  # first the sensor, then the drone
        if self.phase == "preflight":
            self._check_preflight(situation)
        elif self.phase == "reattach":
            self._check_reattach()
        elif self.phase == "pilot":
            self._watch_pilot()
        elif PHASES[self.phase].airborne:
            self._fly()

    @property
    def released(self) -> bool:
        """Whether a release of the sensor is in the journal, or about to be, and nothing has inhibited it since."""
        return self._release is not None

    @property
    def why_inhibited(self) -> str:
        """The reason for the end of a release."""
        return self.reason or (self._due.reason if self._due is not None else f"the flight is in phase {self.phase}")

    def news(self) -> tuple[Row, ...]:
        """Rows of the ladder that came due in the air since the last call."""
        return self._ladder.news() if PHASES[self.phase].airborne else ()

    def _fly(self) -> None:
        seen = self.seen
        self._was_armed = self._was_armed or seen.armed
        if seen.is_down and (self._was_armed or (self.phase != "armed" and self._asked.is_obeyed)):
            self._down_s = min(self._down_s, seen.stamp_s)
            if self.phase not in ("armed", "takeoff") or seen.stamp_s - self._down_s >= DOWN_S:
                self._land()
        elif self._was_armed and seen.connected and not seen.armed:
            self._watch_stopped()
        elif self._let_others_fly():
            return
        elif self._watches_only:
            self._stow()
            self._give_up_if_silent()
        else:
            self._stopped_s = self._down_s = inf
            self._climb_ladder()
            self._follow_reply()
            self._progress()
            self._inspect()
            self._choose_item()
            self._stow()
            self._time_out()

    def _watch_stopped(self) -> None:
        """The motors were stopped and the drone may be in the air: it gets no further requests."""
        self._vehicle.abandon()
        self._stopped_s = min(self._stopped_s, self.seen.stamp_s)
        if self.seen.landed == "in_air" or self.seen.stamp_s - self._stopped_s >= STOPPED_S:
            self._fail("disarmed in flight, and not by us")

    def _climb_ladder(self) -> None:
        self._watch_own_hold()
        row = self._due
        if row is None:
            reply = self._asked.reply
            is_held = self.phase == "hold" and self._held_by is not None and reply is not None and reply.ok
            at = step_ahead(self.items, self._seq)
            if is_held and not why_off_route(self.route, self.seen, self._settings, at):
                self._go_on("the lease is back")
            return
        phase = _BY_ACTION.get(row.action, "hold" if self.phase == "inspect" else None)
        if phase is None or (RANK[phase] <= RANK.get(self.phase, 0) and not self._comes_down_on(row)):
            return
        if row.name in DUE_FOR_ALL and self.phase == "hold" and self._leads_past_another():
            return
        if self.phase == "armed":
            self._call_off(row.reason)
            return
        was_on_route = self.phase != "inspect"
        self._enter(phase, row.reason, PHASES[phase].command)
        self._held_by = row if row.name == "lease lost" and was_on_route else None

    def _watch_own_hold(self) -> None:
        """A hold that began with a lost lease ends with that loss, but only if no other row would hold the drone."""
        if self._held_by is None:
            return
        other = next((row for row in self._ladder.due if row.action == "hold" and row.name not in LEASE_ROWS), None)
        if other is not None:
            self._held_by, self.reason = None, f"{self.reason}; {other.reason}"

    def _comes_down_on(self, row: Row) -> bool:
        """Whether the drone flies to a pad that is taken. An ordered landing is made in place instead."""
        to_pad = self.phase == "return" or (self.phase == "landing" and self.seen.mode == MISSION)
        return row.name == PAD_TAKEN and to_pad

    def _follow_reply(self) -> None:
        """Handle the reply to the pending request. A refusal leads to the next rung; a time-out repeats the request."""
        reply = self._asked.reply
        if reply is None:
            self._asked.ask(self.seen)  # the vehicle was silent when this was due
        if self._asked.disarms and self.seen.landed != "on_ground":
            self._enter("landing", self.reason, LAND)
        elif reply is None or reply.pending:
            return
        elif reply.ok:
            self._follow_order()
            self._follow_inspection()
        elif self._asked.disarms:
            self._enter("landing", f"{self.reason}; {reply.detail}", LAND)
        elif self.phase == "armed" and reply.state == "refused" and self._is_heard() and not self.seen.armed:
            self._fail(reply.detail, "refused")
        elif self.phase == "armed":
            self._call_off(reply.detail)
        elif self.phase == "inspect":
            self._break_off(reply.detail)
        elif self.phase == "en_route" and self._resumed_from == "pilot":
            self._enter("pilot", f"the pilot still has it: {reply.detail}")
            self._late_after = self.seen.mode
        elif reply.state == "refused" and self.phase == "en_route":
            self._enter("hold", reply.detail, HOLD)
        elif reply.state == "refused" and self._asked.returns_from_hold(self.seen):
            self.reason = f"{self.reason}; {reply.detail}"
        elif reply.state == "refused" and PHASES[self.phase].on_refused != self.phase:
            phase = PHASES[self.phase].on_refused
            self._enter(phase, f"{self.reason}; {reply.detail}", PHASES[phase].command)
        elif self._asked.is_due_again(self.seen):
            self._asked.ask(self.seen)

    def _progress(self) -> None:
        """Follow the mission's progress. A mission of another length is another participant's and may lead anywhere."""
        seen, seq = self.seen, self.seen.mission_seq
        if not seen.connected or seen.mode != MISSION:
            return
        lands = seq is not None and seq >= len(self.items) - 1 and seen.mission_items == len(self.items)
        if self.phase == "armed" and (seen.landed in ("taking_off", "in_air") or seen.height_m > 1.0):
            self._enter("takeoff", "")
        elif self.phase == "takeoff" and step_at(self.items, seq) >= 0 and self._is_up():
            self._enter("en_route", "")
        elif self.phase == "en_route" and seq is not None and self._asked.is_obeyed:
            self._seq = seq
            if lands:
                self._enter("landing", "")
        elif self.phase == "landing" and seq is not None and not lands and self._asked.command is None:
            self._enter("en_route", "the mission on board no longer lands")

    def _choose_item(self) -> None:
        """In a hold, once at rest, make the closest item the current one: also a return by the autopilot's own failsafe
        or by the ground station then takes the shorter way along the mission. A failure is reported, and repeated."""
        seen, chosen = self.seen, self._chosen
        waits = self._jump is not None or self._inspection is not None or not self._asked.is_obeyed
        is_known = self._reattach is None and self._mission_known and self._is_heard()
        if self.phase != "hold" or seen.mode != HOLD or waits or not is_known:
            return
        if chosen is not None:
            if chosen.pending or chosen.ok:
                return
            self._add_reason(f"the item of a return is not chosen: {chosen.detail}")
            if seen.stamp_s - self._chosen_s < ASK_AGAIN_S:
                return
        if hypot(seen.east_mps, seen.north_mps) <= AT_REST_MPS and (seq := self._closest_item()) is not None:
            self._chosen, self._chosen_s = self._vehicle.choose_item(seq), seen.stamp_s

    def _add_reason(self, problem: str) -> None:
        if problem not in self.reason:
            self.reason = f"{self.reason}; {problem}" if self.reason else problem

    def _stow(self) -> None:
        """Point the camera ahead and level on the way home or down, and in a hold without a lease: requested once, and
        reported on failure.

        PX4 does the same for its own return and landing, and takes the gimbal for it. The request is therefore sent
        only after the mode shows. The gimbal is left alone while the pilot or the failsafe has the drone.
        """
        without_lease = self.phase == "hold" and self._lease not in ("ok", "inhibit")
        if not (self.phase in ("return", "landing") or without_lease) or self._asked.disarms:
            self._stowing = None
        elif self._stowing is None:
            if not (self._is_heard() and self._asked.is_obeyed and isfinite(self.seen.heading_deg)):
                return
            level_deg = min(0.0, self._settings.model.camera.gimbal_max_pitch_deg)
            self._stowing = self._vehicle.point_gimbal(level_deg, self.seen.heading_deg)
        elif self._stowing.state in ("refused", "timed out"):
            self._add_reason(f"the camera is not stowed: {self._stowing.detail}")

    def _is_up(self) -> bool:
        return self.seen.height_m > 0.8 * (self.route.takeoff_up_m - self.route.home.up_m)

    def _check_preflight(self, situation: Situation) -> None:
        assert self._preflight is not None
        problem = self._preflight.step(situation)
        if problem:
            self._fail(problem, "refused")
        elif taken := self._taken_on_the_ground(passed=problem == ""):
            self._fail(taken, "refused")
        elif problem == "":
            self._enter("armed", "", MISSION, arms=True)
        else:
            self._time_out()

    def _check_reattach(self) -> None:
        assert self._reattach is not None
        ordered, order_reason = self._ordered or (None, "")
        lease = self._lease  # until the ladder has cleared its lease rows: they would end the flight
        if any(row.name in LEASE_ROWS for row in self._ladder.due):
            lease = "inhibit"
        found, why = self._reattach.step(self.seen, lease, ordered), "flight_control was lost and started again"
        timed_out = self.seen.stamp_s - self._entered_s >= PHASES["reattach"].timeout_s
        if found == "refused" or (found is None and timed_out):
            self._fail(f"{why}; {self._reattach.problem}", "refused")
        elif found == "landed":
            self._end("landed", "aborted", f"{why}; the drone had landed")
        elif found is not None:
            self._was_armed, self._seq = True, self.seen.mission_seq or 0
            self._autopilot_acts, self._ours_before = self.seen.in_failsafe, self._reattach.ours
            self._back_s, by_ground = self.seen.stamp_s, self._reattach.is_by_ground
            if found == "pilot":
                why += f"; {self._who_has_it(surely_pilot=self._reattach.had_pilot)}"
            elif by_ground:
                why += f"; {'returning' if found == 'return' else 'landing'} ({BY_GROUND})"
            command = self._reattach.command
            self._take_mission_on_board()
            self._enter(found, f"{why}; {order_reason}" if found == ordered else why, command)
            self._watches_only = by_ground
            if found == "hold":
                self._ordered_hold = "its holder is unknown after the restart"
                self._step_known = not returns_along(self.route)  # its item was chosen

    def _taken_on_the_ground(self, *, passed: bool) -> str:
        """Whether the pilot took the drone while the checks ran. Before them, and by them, any mode may show."""
        if passed:  # read once more: it is armed only in our mode
            return taken_on_the_ground(self._vehicle.telemetry(self.seen.stamp_s), frozenset({MISSION}))
        return taken_on_the_ground(self.seen, self._asked.modes(self.seen) | {MISSION})

    def _watch_pilot(self) -> None:
        """Send no requests; only detect the end of the flight, and a mission mode that a resume requested."""
        seen = self.seen
        if self._late_after and seen.connected and seen.mode not in (self._late_after, MISSION, ""):
            self._late_after = ""  # another mode was chosen since
        if seen.is_down:
            by = "landed, and not by us" if PERHAPS_NOT_THE_PILOT in self.reason else "landed by the pilot"
            self._end("landed", "aborted", f"{self.reason}; {by}")
        elif seen.connected and not seen.armed and seen.landed == "in_air":
            self._fail(f"{self.reason}; disarmed in flight, and not by us")
        elif self._give_up_if_silent():
            return
        elif self._late_after and seen.connected and seen.mode == MISSION and seen.armed:
            self._enter("en_route", f"{self.reason}; but it flies the mission now, late: watched again")

    def _give_up_if_silent(self) -> bool:
        if not self._is_silent_for(self._settings.pilot_silent_s):
            return False
        self._fail(f"{self.reason}; last heard {self.seen.last_place}")
        return True

    def _land(self) -> None:
        self._vehicle.abandon()
        if self.phase == "landing" and self._asked.command is None and self._seq >= len(self.items) - 1:
            self._end("landed", "completed", "")
        elif self.phase == "return":
            self._end("landed", "returned", self.reason)
        else:
            self._end("landed", "aborted", self.reason or f"landed in phase {self.phase}, and not by us")

    def _inhibit_unless_lawful(self) -> None:
        """Permit capture only with a lease, no due row, an aimed camera on a view or an inspected point, and the entry
        of its release in the journal."""
        may = self._due is None and self._lease == "ok"
        may = may and (self.phase == "inspect" or (self.phase == "en_route" and self.seen.mode == MISSION))
        if not may:
            self.sensor_inhibited, self._release = True, None
            return
        inspects = self.phase == "inspect"
        aimed = self._looks() if inspects else is_on_view(self.route, self.items, self.seen, self._settings)
        if aimed and self._release is None:
            self._release = self._note("sensor_release", self.reason or "on its route")
        self.sensor_inhibited = not (aimed and self._release is not None and self._release.ok)
        if self._release is not None and self._release.state in ("refused", "timed out"):
            self._add_reason(f"no pictures: {self._release.detail}")


def _journal_check(note: Note) -> Check:
    """The last check before the arming: its journal entry is written, and the lease still holds then."""

    def judge(situation: Situation, _: float) -> Judged:
        return Judged("written", "" if situation.lease == "ok" else "the lease has lapsed: ask the authority")

    return Check("journal", judge, ask=lambda: note("arming", ""), todo="no entry, no arming")
