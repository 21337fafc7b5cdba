"""One drone's route, from pre-flight to landed: a pure state machine over a `Vehicle`. Phases are data (`phases`).

`nodes.flight_control` wires it to ROS: all times are seconds of one clock, the node's.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from blindspot.flight.around import CALM, Around
from blindspot.flight.asked import Asked
from blindspot.flight.checklist import Check, Preflight
from blindspot.flight.go_on import why_not_go_on, why_not_jump
from blindspot.flight.ladder import Ladder, LeaseState, Row, Situation
from blindspot.flight.phases import FAILSAFE_PHASES, HOLD, LAND, MISSION, PHASES, Outcome, PhaseName
from blindspot.flight.preflight import checks
from blindspot.flight.reattach import Reattach
from blindspot.flight.route_items import Item, items_by_way_of_route, route_items, start_of_step, step_ahead, step_at
from blindspot.flight.settings import FlightSettings
from blindspot.flight.time_limits import time_limit_s
from blindspot.flight.vehicle import Reply, Telemetry, Vehicle
from blindspot.flight.views import is_on_view
from blindspot.flight.whose import taken_on_the_ground, who_flies
from blindspot.planning.plan import Route

STOPPED_S = 2.0
"""A touchdown that is told later than its disarming is told within this."""
_PILOT_HAS_IT = "the pilot has it: only resume, by a named person, ends that"
_RANK: dict[PhaseName, int] = {"hold": 1, "return": 2, "landing": 3}
_BY_ACTION: dict[str, PhaseName] = {"hold": "hold", "return": "return", "land": "landing"}


class RouteFlight:
    """Flies one route once. `step` must be called steadily, about 10 Hz; nothing blocks.

    `on_board` are the pre-flight checks of the computer that it runs on.
    """

    def __init__(
        self, vehicle: Vehicle, route: Route, settings: FlightSettings, on_board: Sequence[Check] = ()
    ) -> None:
        self.route = route
        self.items = route_items(route)
        self.phase: PhaseName = "idle"
        self.reason = ""
        self.outcome: Outcome | None = None
        self.sensor_inhibited = True
        self.seen = Telemetry(stamp_s=0.0)
        self._vehicle = vehicle
        self._settings = settings
        self._ladder = Ladder(settings)
        self._on_board = on_board
        self._preflight: Preflight | None = None
        self._reattach: Reattach | None = None
        self._ordered: tuple[PhaseName, str] | None = None
        self._lease: LeaseState = "return"
        self._due: Row | None = None
        self._held_by: Row | None = None
        self._entered_s = 0.0
        self._asked = Asked(vehicle, settings)
        self._autopilot_acts = False
        self._was_armed = False
        self._stopped_s = inf
        self._seq = 0
        self._resumed_from: PhaseName = "hold"
        self._late_after = ""
        self._jump: tuple[Item, ...] | None = None
        self._upload: Reply | None = None
        self._mission_known = True

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

    def start(self, now_s: float) -> None:
        """Begin with the pre-flight checks."""
        if self.phase == "idle":
            self.seen = self._vehicle.telemetry(now_s)
            settings = self._settings
            pending = checks(
                self._vehicle, self.route, self.items, settings, mend=settings.simulated, on_board=self._on_board
            )
            self._preflight = Preflight(pending)
            self._enter("preflight", "")

    def reattach(self, now_s: float, told: str) -> None:
        """Take over the flight of a flight_control that was lost; `told` is the phase that it told last."""
        if self.phase == "idle":
            self.seen = self._vehicle.telemetry(now_s)
            self._reattach = Reattach(self._vehicle, self.items, told)
            self._enter("reattach", "")

    def step(self, now_s: float, lease: LeaseState, camera_silent_s: float = 0.0, around: Around = CALM) -> None:
        """Look, judge, act. `lease` is what `LeaseWatch` says, `camera_silent_s` the camera's silence, s."""
        self.seen = self._vehicle.telemetry(now_s)
        self._lease = lease
        situation = Situation(self.seen, lease, camera_silent_s, self.route, self._settings, around)
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
            self._inhibit_unless_lawful()

    def news(self) -> tuple[Row, ...]:
        """Rows of the ladder that came due in the air since the last call."""
        return self._ladder.news() if PHASES[self.phase].airborne else ()

    def hold(self, reason: str = "held by the operator") -> str:
        """Stop and hover. Returns "" or why not."""
        return self._order("hold", reason)

    def return_home(self, reason: str = "called home by the operator") -> str:
        """Fly home. Returns "" or why not."""
        return self._order("return", reason)

    def abort(self, reason: str = "aborted by the operator") -> str:
        """Land here, now. Returns "" or why not."""
        return self._order("landing", reason)

    def resume(self, person: str) -> str:
        """Go on with the route after a hold, or after the pilot had it, by a named person. Returns "" or why not."""
        self._look_again()
        if self.phase not in ("hold", "pilot"):
            return f"nothing to resume ({self.phase})"
        problem = self._may_not_go_on(person)
        if not problem:
            self._autopilot_acts = False
            self._go_on(f"resumed by {person}")
        return problem

    def jump(self, step: int, person: str) -> str:
        """Go on at another step of the route (0 the first), flying there along the route. Returns "" or why not.

        The drone holds while the mission from there on is uploaded and read back; pictures are taken only from `step`.
        """
        self._look_again()
        if self.phase == "pilot":
            return _PILOT_HAS_IT
        if self.phase not in ("hold", "en_route"):
            return f"no jump from here ({self.phase})"
        at = step_ahead(self.items, self._seq)
        problem = why_not_jump(at, step, len(self.route.steps)) or self._may_not_go_on(person)
        if not problem:
            self._enter("hold", f"{person} jumps to step {step}", HOLD)
            self._jump = items_by_way_of_route(self.route, at, step)
        return problem

    def _fly(self) -> None:
        seen = self.seen
        self._was_armed = self._was_armed or seen.armed
        if seen.is_down and (self._was_armed or (self.phase != "armed" and self._asked.is_obeyed)):
            self._land()
        elif self._was_armed and seen.connected and not seen.armed:
            self._watch_stopped()
        elif not self._let_others_fly():
            self._stopped_s = inf
            self._climb_ladder()
            self._follow_reply()
            self._progress()
            self._time_out()

    def _watch_stopped(self) -> None:
        """The motors were stopped and the drone is not known to be down: nothing is asked of it any more."""
        self._vehicle.abandon()
        self._stopped_s = min(self._stopped_s, self.seen.stamp_s)
        if self.seen.landed == "in_air" or self.seen.stamp_s - self._stopped_s >= STOPPED_S:
            self._fail("disarmed in flight, and not by us")

    def _let_others_fly(self) -> bool:
        """Whether the pilot or the autopilot's failsafe has it; then nothing is asked."""
        seen = self.seen
        if not seen.connected or not seen.mode or (self._was_armed and not seen.armed):
            return False
        who = who_flies(seen, self._asked.modes(seen), failsafe_before=self._autopilot_acts)
        if who == "pilot":
            self._vehicle.abandon()
            self._autopilot_acts = False
            self._enter("pilot", f"the pilot has it (mode {seen.mode})")
            return True
        if who == "autopilot":
            phase = FAILSAFE_PHASES[seen.mode]
            if self.phase != phase or not self._autopilot_acts:
                self._vehicle.abandon()
                self._enter(phase, f"the autopilot's own failsafe {seen.status_text}".rstrip())
            self._autopilot_acts = seen.in_failsafe
        elif not seen.in_failsafe:
            self._autopilot_acts = False
        if self._autopilot_acts:
            self._time_out()
        return self._autopilot_acts

    def _climb_ladder(self) -> None:
        row = self._due
        if row is None:
            reply = self._asked.reply
            if self.phase == "hold" and self._held_by is not None and reply is not None and reply.ok:
                self._go_on("the lease is back")
            return
        phase = _BY_ACTION.get(row.action)
        if phase is None or _RANK[phase] <= _RANK.get(self.phase, 0):
            return
        if self.phase == "armed":
            self._call_off(row.reason)
            return
        self._enter(phase, row.reason, PHASES[phase].command)
        self._held_by = row if row.name == "lease lost" else None

    def _follow_reply(self) -> None:
        """What the pending request came to. A refusal leads to the next rung, a silence is asked again."""
        reply = self._asked.reply
        if reply is None:
            self._asked.ask(self.seen)  # it was not heard when that was due
        if self._asked.disarms and self.seen.landed != "on_ground":
            self._enter("landing", self.reason, LAND)
        elif reply is None or reply.pending:
            return
        elif reply.ok:
            self._follow_jump()
        elif self._asked.disarms:
            self._enter("landing", f"{self.reason}; {reply.detail}", LAND)
        elif self.phase == "armed" and reply.state == "refused" and not self.seen.armed:
            self._fail(reply.detail, "refused")
        elif self.phase == "armed":
            self._call_off(reply.detail)
        elif self.phase == "en_route" and self._resumed_from == "pilot":
            self._enter("pilot", f"the pilot still has it: {reply.detail}")
            self._late_after = self.seen.mode
        elif reply.state == "refused" and self.phase == "en_route":
            self._enter("hold", reply.detail, HOLD)
        elif reply.state == "refused" and PHASES[self.phase].on_refused != self.phase:
            phase = PHASES[self.phase].on_refused
            self._enter(phase, f"{self.reason}; {reply.detail}", PHASES[phase].command)
        elif self._asked.is_due_again(self.seen):
            self._asked.ask(self.seen)

    def _follow_jump(self) -> None:
        """In the hold before a jump: upload its mission, then fly it; one that is not taken leaves it in hold."""
        if self._jump is None:
            return
        if self._upload is None:
            self._mission_known = False
            self._upload = self._vehicle.upload_mission(self._jump)
        elif self._upload.ok:
            self.items, self._seq, self._mission_known = self._jump, 0, True
            self._go_on(self.reason)
        elif not self._upload.pending:
            self.reason, self._jump = f"{self.reason}; {self._upload.detail}", None

    def _progress(self) -> None:
        seen, seq = self.seen, self.seen.mission_seq
        if not seen.connected or seen.mode != MISSION:
            return
        if self.phase == "armed" and (seen.landed in ("taking_off", "in_air") or seen.height_m > 1.0):
            self._enter("takeoff", "")
        elif self.phase == "takeoff" and step_at(self.items, seq) >= 0 and self._is_up():
            self._enter("en_route", "")
        elif self.phase == "en_route" and seq is not None and self._asked.is_obeyed:
            self._seq = seq
            if self._seq >= len(self.items) - 1:
                self._enter("landing", "")

    def _is_up(self) -> bool:
        return self.seen.height_m > 0.8 * (self.route.takeoff_up_m - self.route.home.up_m)

    def _time_out(self) -> None:
        phase = PHASES[self.phase]
        if self.seen.stamp_s - self._entered_s < time_limit_s(self.phase, self.route, self._settings):
            return
        reason = f"{self.reason}; {phase.told}" if self.reason else phase.told
        if phase.on_timeout == "failed":
            self._fail(reason)
        elif self.seen.state_age_s > self._settings.silent_return_s:
            self._fail(f"{reason}; last heard {self.seen.last_place}")  # what can't be heard can't be landed on purpose
        elif self.phase == "armed":
            self._call_off(reason)
        else:
            self._autopilot_acts = False
            self._enter(phase.on_timeout, reason, PHASES[phase.on_timeout].command)

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
        found, why = self._reattach.step(self.seen, self._lease), "flight_control was lost and started again"
        timed_out = self.seen.stamp_s - self._entered_s >= PHASES["reattach"].timeout_s
        if found == "refused" or (found is None and timed_out):
            self._fail(f"{why}; {self._reattach.problem}", "refused")
        elif found == "landed":
            self._end("landed", "aborted", f"{why}; the drone had landed")
        elif found is not None:
            self._was_armed, self._seq = True, self.seen.mission_seq or 0
            self._autopilot_acts = self.seen.in_failsafe
            why += f"; the pilot has it (mode {self.seen.mode})" if found == "pilot" else ""
            self._enter(found, why, self._reattach.command)
            if self._ordered and _RANK[self._ordered[0]] > _RANK.get(found, 0):
                self._order(*self._ordered)

    def _taken_on_the_ground(self, *, passed: bool) -> str:
        """Whether the pilot took the drone while the checks ran; before them, and by them, its mode may be any."""
        if passed:  # look once more: it is armed only in our mode
            return taken_on_the_ground(self._vehicle.telemetry(self.seen.stamp_s), frozenset({MISSION}))
        return taken_on_the_ground(self.seen, self._asked.modes(self.seen) | {MISSION})

    def _watch_pilot(self) -> None:
        """Nothing is asked here: only the end of the flight is noticed, and a mission that a resume asked for."""
        seen = self.seen
        if self._late_after and seen.connected and seen.mode not in (self._late_after, MISSION, ""):
            self._late_after = ""  # somebody chose since
        if seen.is_down:
            self._end("landed", "aborted", f"{self.reason}; landed by the pilot")
        elif seen.connected and not seen.armed and seen.landed == "in_air":
            self._fail(f"{self.reason}; disarmed in flight, and not by us")
        elif seen.state_age_s > self._settings.pilot_silent_s:
            self._fail(f"{self.reason}; last heard {self.seen.last_place}")
        elif self._late_after and seen.connected and seen.mode == MISSION and seen.armed:
            self._enter("en_route", f"{self.reason}; but it flies the mission now, late: watched again")

    def _land(self) -> None:
        if self.phase == "landing" and self._asked.command is None and self._seq >= len(self.items) - 1:
            self._end("landed", "completed", "")
        elif self.phase == "return":
            self._end("landed", "returned", self.reason)
        else:
            self._end("landed", "aborted", self.reason or f"landed in phase {self.phase}, and not by us")

    def _fail(self, reason: str, outcome: Outcome = "failed") -> None:
        self._vehicle.abandon()
        checked = self.phase == "armed" or (self._preflight is not None and self._preflight.has_asked("mission mode"))
        if checked and not self._was_armed and self.seen.is_down and self.seen.mode == MISSION:
            self._vehicle.set_mode(HOLD)  # whoever arms it next does not fly our mission
        self._end("failed", outcome, reason)

    def _call_off(self, reason: str) -> None:
        """Before the take-off: disarm, over only once the drone is down; one that leaves the ground meanwhile lands."""
        self._vehicle.abandon()
        stays = self.seen.landed == "on_ground"
        self._enter("landing", reason, MISSION if stays else LAND, arms=False if stays else None)

    def _end(self, phase: PhaseName, outcome: Outcome, reason: str) -> None:
        self.outcome = outcome
        self._enter(phase, reason)

    def _go_on(self, reason: str) -> None:
        """Fly the route on from the start of the step that was interrupted: its aim is set anew, it is seen again."""
        self._resumed_from = self.phase
        self._enter("en_route", reason, MISSION, from_seq=start_of_step(self.items, self._seq))

    def _enter(
        self, phase: PhaseName, reason: str, command: str | None = None, *,
        arms: bool | None = None, from_seq: int | None = None,
    ) -> None:
        self.phase, self.reason, self.sensor_inhibited = phase, reason, True
        self._entered_s = self.seen.stamp_s
        self._held_by, self._jump, self._upload, self._late_after = None, None, None, ""
        self._asked.begin(self.seen, command, arms=arms, from_seq=from_seq)

    def _look_again(self) -> None:
        """An order comes between two steps: whoever took the drone since the last one has it."""
        if self.phase != "idle" and self.outcome is None:
            self.seen = self._vehicle.telemetry(self.seen.stamp_s)
            if PHASES[self.phase].airborne:
                self._let_others_fly()

    def _order(self, phase: PhaseName, reason: str) -> str:
        self._look_again()
        if self.phase == "pilot":
            return _PILOT_HAS_IT
        if self.phase == "preflight" and phase != "hold":
            self._fail(reason, "aborted")
            return ""
        if self._asked.disarms and phase != "hold":
            return ""  # it is called off already
        if self.phase == "reattach" and phase != "hold":  # kept, the gravest of them, until the flight is found
            self._ordered = max(self._ordered or (phase, reason), (phase, reason), key=lambda kept: _RANK[kept[0]])
            return ""
        if not PHASES[self.phase].airborne or (phase == "hold" and (self.phase == "armed" or self._asked.disarms)):
            return f"not flying ({self.phase})"
        if self._stopped_s < inf or (self._was_armed and self.seen.connected and not self.seen.armed):
            return "its motors were stopped, and not by us"
        if self._autopilot_acts:
            return "the autopilot's own failsafe has it"
        if self.phase == "armed":
            self._call_off(reason)
        else:
            self._enter(phase, reason, PHASES[phase].command)
        return ""

    def _may_not_go_on(self, person: str) -> str:
        if not self._mission_known:
            return "the mission on board is not known: call the drone home"
        if self._reattach is not None and (problem := self._reattach.mission_problem()):
            return problem
        return why_not_go_on(person, self.seen, self._due, self.route, self._settings)

    def _inhibit_unless_lawful(self) -> None:
        """The sensor may capture only with a lease, with nothing wrong, on a view of the route, aimed as planned."""
        may = self.phase == "en_route" and self._due is None and self._lease == "ok" and self.seen.mode == MISSION
        self.sensor_inhibited = not (may and is_on_view(self.route, self.items, self.seen, self._settings))
