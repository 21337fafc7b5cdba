"""The table of transitions of the reference is what the state machine really does."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

from blindspot.flight.control.inspect import Inspection
from blindspot.flight.route.phases import PHASES
from blindspot.mission.plan import Aim, Point
from blindspot_lab.reference.transitions import TRANSITIONS

TABLE = {(source, to) for row in TRANSITIONS for source in row.sources for to in row.to if source != to}
MODES = ("AUTO.MISSION", "AUTO.MISSION", "AUTO.MISSION", "AUTO.LOITER", "AUTO.RTL", "AUTO.LAND", "POSCTL", "OFFBOARD")
LOOK = Inspection("A. Martin", Point(east_m=40.0, north_m=50.0, up_m=60.0), Aim(heading_deg=0.0, pitch_deg=-60.0), 5.0)
WALKS = 3000


class Walk:
    """A flight through a world in which anything may happen, and the ways between phases that it took."""

    def __init__(self, flight, vehicle, parked, seed: int) -> None:
        self.taken: set[tuple[str, str]] = set()
        self._random, self._vehicle, self._parked = random.Random(seed), vehicle, parked
        self._flight, self._holds = flight, seed % 5 == 0
        self._now_s = 0.0

    def go(self) -> None:
        vehicle, flight, pick = self._vehicle, self._flight, self._random.choice
        vehicle.now = self._parked
        if self._random.random() < 0.3:
            self._note(lambda: flight.reattach(0.0, pick([*PHASES, "lost"])))
        else:
            self._note(lambda: flight.start(0.0))
        inspects_at = pick((-1, -1, -1, 6))  # before, nothing happens
        ended = 0
        for tick in range(30):
            ended += flight.outcome is not None
            if ended > 3:  # an end has no exit: three steps are enough instead of thirty
                return
            if tick <= inspects_at:
                acts = {inspects_at - 2: flight.inspect}
                if self._holds:  # a hold that nothing but a person ends
                    acts = {inspects_at - 2: lambda _: flight.hold(), inspects_at: lambda _: flight.resume("A. Martin")}
                self._calm(acts.get(tick))
                continue
            self._now_s += pick((0.1, 0.1, 0.1, 1.0, 6.0, 70.0, 400.0))
            vehicle.answers = {mode: (pick(("ok", "ok", "pending", "refused", "timed out")), "") for mode in MODES}
            vehicle.answers["arm"] = (pick(("ok", "ok", "ok", "refused")), "")
            vehicle.answers["clear"] = (pick(("ok", "ok", "pending", "refused")), "")
            vehicle.answers["check mission"] = (pick(("ok", "ok", "pending", "refused")), "")
            vehicle.now = self._world()
            lease = pick(("ok", "ok", "ok", "ok", "inhibit", "hold", "return"))
            self._note(lambda lease=lease: flight.step(self._now_s, lease, pick((0.0,) * 9 + (60.0,))))
            if self._random.random() < 0.2:
                orders = [flight.hold, flight.return_home, flight.abort, lambda: flight.resume("A. Martin"),
                          lambda: flight.jump(1, "A. Martin"), lambda: flight.inspect(LOOK)]  # fmt: skip
                self._note(pick(orders + 9 * orders[3:4] if flight.phase == "hold" else orders))
            self._note(lambda: flight.stream(self._now_s))

    def _calm(self, inspect) -> None:
        """A tick in which all is well, on the view."""
        self._now_s += 0.1
        self._vehicle.answers = {}
        if self._flight.phase != "preflight":
            mode = self._vehicle.now.mode if self._flight.phase in ("hold", "inspect") else "AUTO.MISSION"
            self._vehicle.now = self._flying(mode=mode)
        self._note(lambda: self._flight.step(self._now_s, "ok"))
        if inspect is not None:
            self._note(lambda: inspect(LOOK))

    def _flying(self, **changes):
        view = {"armed": True, "system_status": 4, "landed": "in_air", "east_m": 30.0, "north_m": 40.0, "up_m": 62.0,
                "height_m": 60.0, "mission_seq": 5, "gimbal_pitch_deg": -60.0, "gimbal_heading_deg": 90.0}  # fmt: skip
        return replace(self._parked, **(view | changes))

    def _world(self):
        """The vehicle's next report: mostly one that fits the phase, sometimes any other."""
        pick, flight, now = self._random.choice, self._flight, self._vehicle.now
        if flight.phase == "preflight":
            changes = {"mode": pick(("", "", "", "POSCTL")) or now.mode, "armed": pick((False,) * 9 + (True,))}
            return replace(self._parked, **changes)
        if flight.phase == "armed" and self._random.random() < 0.5:
            return replace(self._parked, armed=pick((True, True, False)), mode=pick(MODES), system_status=pick((4, 5)))
        if self._random.random() < (0.5 if flight.phase == "takeoff" and now.is_down else 0.05):
            return replace(self._parked, mode=now.mode, mission_seq=now.mission_seq)
        mode = now.mode if self._random.random() < 0.7 else pick(MODES)
        if flight.phase in ("armed", "takeoff") and self._random.random() < 0.6:
            mode = "AUTO.MISSION"
        heights = (60.0, 5.0, 5.0, 5.0) if flight.phase in ("armed", "takeoff") else (60.0, 60.0, 60.0, 5.0)
        return self._flying(
            mode=mode, armed=pick((True,) * 14 + (False,)), system_status=pick((4,) * 6 + (5,)),
            landed=pick(("in_air",) * 8 + ("on_ground", "taking_off")),
            height_m=pick(heights), mission_seq=pick((0, 3, 5, 5, 9, len(flight.items) - 1)),
            mission_items=len(flight.items),
            state_age_s=pick((0.5,) * 14 + (90.0,)),
        )  # fmt: skip

    def _note(self, act) -> None:
        """Do something and note where it led; a step may lead through several phases."""
        entered = [self._flight.phase]
        state = self._flight.state
        enter = type(state).enter

        def noted(phase, *rest, **named):
            entered.append(phase)
            enter(state, phase, *rest, **named)

        state.enter = noted
        act()
        self.taken |= {(a, b) for a, b in pairwise(entered) if a != b}


def test_the_table_equals_the_transitions_of_the_state_machine(new_vehicle, new_flight, parked, route, settings):
    taken: set[tuple[str, str]] = set()
    for seed in range(WALKS):
        vehicle = new_vehicle()
        flight = new_flight(vehicle, route, settings, clear_way=lambda *_, vehicle=vehicle: vehicle.answer("clear"))
        walk = Walk(flight, vehicle, parked, seed)
        walk.go()
        taken |= walk.taken
    assert not taken - TABLE, f"done, and not in the table: {sorted(taken - TABLE)}"
    assert not TABLE - taken, f"in the table, and never done: {sorted(TABLE - taken)}"


def test_every_phase_can_be_reached_and_all_but_the_ends_can_be_left():
    assert {to for _, to in TABLE} == set(PHASES) - {"idle"}
    assert {source for source, _ in TABLE} == set(PHASES) - {"landed", "failed"}


def test_a_phase_of_a_drone_that_may_move_has_a_time_limit_that_ends_on_the_safe_side():
    for name, phase in PHASES.items():
        if phase.timeout_reason:
            assert phase.on_timeout in ("return", "landing", "failed", "hold"), name
    assert PHASES["hold"].on_timeout == "return", "a hold ends, too"
