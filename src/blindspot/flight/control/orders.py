"""The orders that people give a flight. Each order returns "" or the reason for its refusal, in one sentence."""

from __future__ import annotations

from math import inf

from blindspot.flight.control.resume_rules import why_not_another, why_not_go_on, why_not_jump
from blindspot.flight.control.state import FlightState
from blindspot.flight.route.mission_items import first_flown, items_by_way_of_route, route_items, step_ahead
from blindspot.flight.route.phases import HOLD, PHASES, RANK, PhaseName
from blindspot.mission import Route

WAITED_FOR = ("lease lapsed", "lease lost")
"""Rows that are expected here: the old plan's lease ends when the new plan is cleared, and the new lease arrives a
moment later."""
PILOT_HAS_IT = "the pilot has it: only resume, by a named person, ends that"


def because(act: str, reason: str) -> str:
    """An act with the reason of the person who ordered it: "held by A. Martin: a crane"."""
    return f"{act}: {reason}" if reason else act


class OrderedFlight(FlightState):
    """A flight that obeys its crew, unless the pilot or the autopilot's own failsafe has the drone."""

    def hold(self, reason: str = "held by the operator") -> str:
        """Stop and hover. Returns "" or the reason for the refusal."""
        problem = self._order("hold", reason)
        self._ordered_hold = self._ordered_hold if problem else "the operator holds it"
        return problem

    def stand_by(self) -> str:
        """Stop and hover until the fleet has another route for the drone. Only such a hold may end without a person.

        Returns "" or the reason for the refusal.
        """
        self._look_again()
        if self._ordered_hold:
            return f"{self._ordered_hold}: only resume, by a named person, ends that"
        if self.phase in ("return", "landing"):
            return f"it is on its way down ({self.phase})"
        problem = self._order("hold", "waits for the rest of the plan")
        self._stands_by = not problem
        return problem

    def fly_rest(self, route: Route) -> str:
        """Fly another route of the same fleet that begins where the drone stands by. Returns "" or the refusal.

        The drone holds while the route is uploaded and read back, and until its plan's lease arrives. If the autopilot
        does not accept the route, the drone stays in hold, which becomes a return.
        """
        self._look_again()
        if not self._stands_by:
            return f"it does not stand by for another route ({self.phase})"
        due = None if self._due is not None and self._due.name in WAITED_FOR else self._due
        problem = why_not_another(route, self.route, self.seen) or why_not_go_on(
            "the fleet", self.seen, due, route, self._settings
        )
        if not problem:
            self._enter("hold", "takes the rest of the plan", HOLD)
            self._jump, self._jump_from, self._rest = route_items(route), 0, route
        return problem

    def return_home(self, reason: str = "called home by the operator") -> str:
        """Fly home. Returns "" or the reason for the refusal."""
        return self._order("return", reason)

    def abort(self, reason: str = "aborted by the operator") -> str:
        """Land here, now. Returns "" or the reason for the refusal."""
        return self._order("landing", reason)

    def resume(self, person: str, reason: str = "") -> str:
        """Continue the route after a hold or a pilot's flight, by a named person. Returns "" or the refusal."""
        self._look_again()
        if self.phase not in ("hold", "pilot"):
            return f"nothing to resume ({self.phase})"
        problem = self._may_not_go_on(person, goes_on=True)
        if not problem:
            self._autopilot_acts = False
            self._go_on(because(f"resumed by {person}", reason))
        return problem

    def jump(self, step: int, person: str, reason: str = "") -> str:
        """Continue at another step (0 is the first), flying there along the route. Returns "" or the refusal.

        The drone holds while the mission from there on is uploaded and read back; pictures are taken only from `step`.
        """
        self._look_again()
        if self.phase == "pilot":
            return PILOT_HAS_IT
        if self.phase not in ("hold", "en_route"):
            return f"no jump from here ({self.phase})"
        problem, at = self._may_not_go_on(person), step_ahead(self.items, self._seq)
        problem = problem or why_not_jump(at, step, len(self.route.steps))
        if not problem:
            self._enter("hold", because(f"{person} jumps to step {step}", reason), HOLD)
            self._jump, self._jump_from = items_by_way_of_route(self.route, at, step), first_flown(self.route, at)
        return problem

    def _order(self, phase: PhaseName, reason: str) -> str:
        self._look_again()
        if self.phase == "pilot":
            return PILOT_HAS_IT
        if self.phase == "preflight" and phase != "hold":
            self._fail(reason, "aborted")
            return ""
        if self._asked.disarms and phase != "hold":
            return ""  # it is already called off
        if self.phase == "reattach" and phase != "hold":  # keep the gravest order until the flight is found
            self._ordered = max(self._ordered or (phase, reason), (phase, reason), key=lambda kept: RANK[kept[0]])
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

    def _may_not_go_on(self, person: str, *, goes_on: bool = False) -> str:
        """The reason to refuse the order of a person; `goes_on` if the interrupted mission is then continued."""
        if not self._mission_known:
            return "the mission on board is not known: call the drone home"
        if not self._step_known:
            return "the interrupted step is not known after the restart: call the drone home"
        if self._reattach is not None and (problem := self._reattach.mission_problem()):
            return problem
        self._take_mission_on_board()
        at = step_ahead(self.items, self._seq) if goes_on else None
        return why_not_go_on(person, self.seen, self._due, self.route, self._settings, at=at)

    def _follow_order(self) -> None:
        """In the hold before a jump or another route: upload it, then fly it. If refused, stay in hold."""
        if self._jump is None:
            return
        if self._upload is None:
            self._mission_known = False
            self._upload = self._vehicle.upload_mission(self._jump)
        elif self._upload.ok and self._rest is not None and self._lease != "ok":
            return
        elif self._upload.ok:
            self.route, self.items = self._rest or self.route, self._jump
            self._seq, self._mission_known = self._jump_from, True
            self._go_on(self.reason)
        elif not self._upload.pending:
            self.reason, self._jump = f"{self.reason}; {self._upload.detail}", None
