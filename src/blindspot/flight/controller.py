"""One drone's route, from pre-flight to landed: a pure state machine over a `Vehicle`. Phases are data (`phases`).

How a node wires it (all times are seconds of one clock, the node's):

    vehicle = MavrosVehicle(RosMavrosLink(node), plan.origin, now_s)   # once; it listens from then on
    leases = LeaseWatch()                                              # blindspot.law.lease
    on `clearance`:  leases.heard(msg.granted, valid_until_s, now_s, msg.reason)
    on a goal:       flight = RouteFlight(vehicle, route, FlightSettings(model, simulated), on_board_checks(...))
                     flight.start(now_s)
    timer, 10 Hz:    flight.step(now_s, leases.at(now_s), camera_silent_s, around); log what flight.news() tells
    services:        flight.hold(), resume(person), return_home(), abort(): "" or why not
    publish:         flight.phase, reason, route_fraction, sensor_inhibited, seen (telemetry); `outcome` ends the goal
    on cancel:       flight.return_home("cancelled")

`authority` wires `law.clearance.judge_plan` to `authorise`, and `law.clearance.grant_lease` to `clearance` at 2 Hz.
"""

from __future__ import annotations

from collections.abc import Sequence

from blindspot.flight.around import CALM, Around
from blindspot.flight.checklist import Check, Preflight
from blindspot.flight.geometry import distance_to_path
from blindspot.flight.ladder import Ladder, LeaseState, Row, Situation
from blindspot.flight.phases import FAILSAFE_PHASES, HOLD, MISSION, PHASES, Outcome, PhaseName
from blindspot.flight.preflight import checks
from blindspot.flight.route_items import route_items, step_at
from blindspot.flight.settings import FlightSettings
from blindspot.flight.vehicle import Reply, Telemetry, Vehicle
from blindspot.flight.views import is_on_view
from blindspot.flight.whose import who_flies
from blindspot.planning.plan import Route

ASK_AGAIN_S = 5.0
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
        self._lease: LeaseState = "return"
        self._due: Row | None = None
        self._held_by: Row | None = None
        self._entered_s = 0.0
        self._reply: Reply | None = None
        self._command: str | None = None
        self._asked_s = 0.0
        self._mode_before = ""
        self._autopilot_acts = False
        self._was_armed = False
        self._seq = 0

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

    def step(
        self, now_s: float, lease: LeaseState, camera_silent_s: float = 0.0, around: Around = CALM
    ) -> None:  # fmt: skip
        """Look, judge, act. `lease` is what `LeaseWatch` says, `camera_silent_s` the camera's silence, s."""
        self.seen = self._vehicle.telemetry(now_s)
        self._lease = lease
        situation = Situation(self.seen, lease, camera_silent_s, self.route, self._settings, around)
        self._due = self._ladder.judge(situation)
        self._inhibit_unless_lawful()  # first the sensor, then the drone
        if self.phase == "preflight":
            self._check_preflight(situation)
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
        problem = self._resume_problem(person)
        if not problem:
            self._autopilot_acts = False
            self._enter("en_route", f"resumed by {person}", MISSION)
        return problem

    def _fly(self) -> None:
        seen = self.seen
        self._was_armed = self._was_armed or seen.armed
        if self._was_armed and seen.is_down:
            self._land()
        elif self._was_armed and seen.connected and not seen.armed and seen.landed == "in_air":
            self._fail("disarmed in flight, and not by us")
        elif not self._let_others_fly():
            self._climb_ladder()
            self._follow_reply()
            self._progress()
            self._time_out()

    def _let_others_fly(self) -> bool:
        """Whether the pilot or the autopilot's failsafe has it; then nothing is asked."""
        seen = self.seen
        if not seen.armed or not seen.connected or not seen.mode:
            return False
        who = who_flies(seen, self._our_modes(), failsafe_before=self._autopilot_acts)
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

    def _our_modes(self) -> frozenset[str]:
        if self._command is None or self._reply is None:
            return PHASES[self.phase].modes
        return frozenset({self._command} if self._reply.ok else {self._command, self._mode_before})

    def _climb_ladder(self) -> None:
        row = self._due
        if row is None:
            if self.phase == "hold" and self._held_by is not None and self._reply is not None and self._reply.ok:
                self._enter("en_route", "the lease is back", MISSION)
            return
        phase = _BY_ACTION.get(row.action)
        if phase is None or _RANK[phase] <= _RANK.get(self.phase, 0):
            return
        if self.phase == "armed":
            self._fail(row.reason)
            return
        self._enter(phase, row.reason, PHASES[phase].command)
        self._held_by = row if row.name == "lease lost" else None

    def _follow_reply(self) -> None:
        """What the pending request came to. A refusal leads to the next rung, a silence is asked again."""
        reply = self._reply
        if reply is None or reply.pending or reply.ok:
            return
        if self.phase == "armed":
            self._fail(reply.detail, "refused" if reply.state == "refused" else "failed")
        elif reply.state == "refused" and self.phase == "en_route":
            self._enter("hold", reply.detail, HOLD)
        elif reply.state == "refused" and PHASES[self.phase].on_refused != self.phase:
            phase = PHASES[self.phase].on_refused
            self._enter(phase, f"{self.reason}; {reply.detail}", PHASES[phase].command)
        elif self._command is not None and self.seen.stamp_s - self._asked_s >= ASK_AGAIN_S:
            self._ask(self._command)

    def _progress(self) -> None:
        seen, seq = self.seen, self.seen.mission_seq
        if self.phase == "armed" and (seen.landed in ("taking_off", "in_air") or seen.height_m > 1.0):
            self._enter("takeoff", "")
        elif self.phase == "takeoff" and step_at(self.items, seq) >= 0 and self._is_up():
            self._enter("en_route", "")
        elif self.phase == "en_route" and seq is not None and seen.mode == MISSION:
            self._seq = max(self._seq, seq)
            if self._seq >= len(self.items) - 1:
                self._enter("landing", "")

    def _is_up(self) -> bool:
        return self.seen.height_m > 0.8 * (self.route.takeoff_up_m - self.route.home.up_m)

    def _time_out(self) -> None:
        phase = PHASES[self.phase]
        if self.seen.stamp_s - self._entered_s < self._limit_s():
            return
        reason = f"{self.reason}; {phase.told}" if self.reason else phase.told
        if phase.on_timeout == "failed" or self.phase == "armed":
            self._fail(reason)
        elif self.seen.state_age_s > self._settings.silent_return_s:
            self._fail(f"{reason}; last heard {self._last_place()}")  # what can't be heard can't be landed on purpose
        else:
            self._autopilot_acts = False
            self._enter(phase.on_timeout, reason, PHASES[phase.on_timeout].command)

    def _last_place(self) -> str:
        seen = self.seen
        place = f"{seen.east_m:.0f} m east, {seen.north_m:.0f} m north, {seen.height_m:.0f} m up"
        return f"{seen.state_age_s:.0f} s ago at {place}"

    def _limit_s(self) -> float:
        fly, height_m = self._settings.model.performance, self.route.takeoff_up_m - self.route.home.up_m
        planned_s = self.route.expected.flight_time_s * self._settings.time_factor + 60.0
        limits = {
            "takeoff": 30.0 + 3.0 * height_m / fly.climb_mps,
            "en_route": planned_s,
            "return": planned_s + self.route.failsafe.fence_max_alt_m / fly.descend_mps,
            "hold": self._settings.hold_s,
        }
        return limits.get(self.phase, PHASES[self.phase].timeout_s)

    def _check_preflight(self, situation: Situation) -> None:
        assert self._preflight is not None
        problem = self._preflight.step(situation)
        if problem:
            self._fail(problem, "refused")
        elif problem == "":
            self._enter("armed", "", MISSION)
        else:
            self._time_out()

    def _watch_pilot(self) -> None:
        if self.seen.is_down:
            self._end("landed", "aborted", f"{self.reason}; landed by the pilot")

    def _land(self) -> None:
        if self.phase == "landing" and self._command is None and self._seq >= len(self.items) - 1:
            self._end("landed", "completed", "")
        elif self.phase == "return":
            self._end("landed", "returned", self.reason)
        else:
            self._end("landed", "aborted", self.reason or PHASES["armed"].told)

    def _fail(self, reason: str, outcome: Outcome = "failed") -> None:
        self._vehicle.abandon()
        if self.seen.armed and self.seen.landed == "on_ground":
            self._vehicle.arm(False)
        self._end("failed", outcome, reason)

    def _end(self, phase: PhaseName, outcome: Outcome, reason: str) -> None:
        self.outcome = outcome
        self._enter(phase, reason)

    def _enter(self, phase: PhaseName, reason: str, command: str | None = None) -> None:
        self.phase, self.reason = phase, reason
        self._entered_s = self.seen.stamp_s
        self._command, self._reply, self._held_by = None, None, None
        self._mode_before = self.seen.mode
        if command is not None:
            self._ask(command)

    def _ask(self, command: str) -> None:
        self._command, self._asked_s = command, self.seen.stamp_s
        self._reply = self._vehicle.arm(True) if self.phase == "armed" else self._vehicle.set_mode(command)

    def _order(self, phase: PhaseName, reason: str) -> str:
        if self.phase == "pilot":
            return "the pilot has it: only resume, by a named person, ends that"
        if self.phase == "preflight" and phase != "hold":
            self._fail(reason, "aborted")
            return ""
        if self.phase == "armed" and phase != "hold":
            self._fail(reason, "aborted")
            return ""
        if not PHASES[self.phase].airborne or self.phase == "armed":
            return f"not flying ({self.phase})"
        if self._autopilot_acts:
            return "the autopilot's own failsafe has it"
        self._enter(phase, reason, PHASES[phase].command)
        return ""

    def _resume_problem(self, person: str) -> str:
        seen, due = self.seen, self._due
        if not person.strip():
            return "who resumes? a name is needed"
        if self.phase not in ("hold", "pilot"):
            return f"nothing to resume ({self.phase})"
        if not seen.armed or seen.landed != "in_air":
            return "the drone is not in the air"
        if due is not None:
            return due.reason
        if seen.in_failsafe:
            return "the autopilot's own failsafe has it"
        off_m = self._off_route_m()
        if not off_m <= self._settings.off_route_m:
            return f"the drone is {off_m:.0f} m off its route: fly it back first"
        return ""

    def _off_route_m(self) -> float:
        home = self.route.home
        over_pad = (home.east_m, home.north_m, self.route.takeoff_up_m)
        path = [over_pad, *((s.to.east_m, s.to.north_m, s.to.up_m) for s in self.route.steps), over_pad]
        return distance_to_path((self.seen.east_m, self.seen.north_m, home.up_m + self.seen.height_m), path)

    def _inhibit_unless_lawful(self) -> None:
        """The sensor may capture only with a lease, with nothing wrong, on a view of the route, aimed as planned."""
        may = self.phase == "en_route" and self._due is None and self._lease == "ok" and self.seen.mode == MISSION
        self.sensor_inhibited = not (may and is_on_view(self.route, self.items, self.seen, self._settings))
