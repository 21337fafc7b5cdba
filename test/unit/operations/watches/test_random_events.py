"""Any order of events with the relay and the gate's rights to look: never more rights than the cap, never a right
without a clearance, never two orders to start one drone."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from blindspot.law.clearances.looks import Looker, Looks
from blindspot.operations.watches import DroneNow, Leave, PassLook, Relay, Start

from .conftest import post

STATES = ("ready", "swapping", "starting", "under_way", "on_post", "holding", "homeward", "out")
IN_THE_AIR = ("under_way", "on_post", "holding", "homeward")
EVENTS = ("state", "state", "state", "clearance", "battery", "exposure", "report", "wait", "deaf")
CALM = ("wait",) * 8


class Chaos:
    """Drones that change at random, and the gate's rights; requests are lost, late or doubled."""

    def __init__(self, seed: int, cap: int) -> None:
        self.chance, self.cap, self.now_s = Random(seed), cap, 4000.0
        posts = [post("drone1"), post("drone2"), post("drone3", "gate"), post("drone4", "gate")]
        self.relay = Relay(posts, starts_s=3600.0, ends_s=1e6, cap=cap, overlap_s=15.0, swap_s=180.0)
        self.drones = {one.drone: DroneNow("ready", 0.0, 1.0, cleared=False) for one in posts}
        self.gate = Looks(self.lookers)
        self.late: list[PassLook] = []

    def lookers(self) -> dict[str, Looker]:
        cleared = [name for name, drone in self.drones.items() if drone.cleared]
        return {name: Looker("manager", "auth", is_test_range=False, most=self.cap, in_turn=True) for name in cleared}

    def change(self, event: str) -> None:
        name = self.chance.choice(tuple(self.drones))
        drone = self.drones[name]
        if event == "state":
            state = self.chance.choice(STATES)
            cleared = state in IN_THE_AIR and self.chance.random() < 0.9
            charge = self.chance.uniform(0.2, 1.0) if state in IN_THE_AIR else 1.0
            self.drones[name] = replace(
                drone, state=state, since_s=self.now_s, cleared=cleared, battery_fraction=charge
            )
        elif event == "clearance":
            self.drones[name] = replace(drone, cleared=not drone.cleared)
        elif event == "battery":
            self.drones[name] = replace(drone, battery_fraction=self.chance.choice([0.3, 0.9, float("nan")]))
        elif event == "exposure" and self.gate.may(name):
            self.gate.exposed(name, self.now_s)
        elif event == "report":
            self.gate.reported(name, self.now_s, inhibited=not self.gate.may(name))

    def facts(self) -> dict[str, DroneNow]:
        found = {}
        for name, drone in self.drones.items():
            right = self.gate.may(name)
            looks = right and drone.state == "on_post" and self.chance.random() < 0.8
            if right:
                self.gate.leased(name, self.now_s + 3.0)
            if looks:
                self.gate.exposed(name, self.now_s)
            else:
                self.gate.reported(name, self.now_s, inhibited=True)
            found[name] = replace(drone, has_right=right, looks=looks, inhibited=not looks)
        return found

    def pass_on(self, act: PassLook) -> None:
        """A request arrives at once, twice, late or never."""
        for _ in range(self.chance.choice([0, 1, 1, 2])):
            self.gate.pass_look(act.to, act.from_, "manager", self.now_s)
        if self.chance.random() < 0.1:
            self.late.append(act)
        if self.late and self.chance.random() < 0.1:
            old = self.late.pop()
            self.gate.pass_look(old.to, old.from_, "manager", self.now_s)


@pytest.mark.parametrize("cap", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_random_events_break_neither_cap_nor_clearance_nor_order(seed, cap):
    chaos = Chaos(seed, cap)
    started_s: dict[str, float] = {}
    looked = 0
    for _ in range(1000):
        chaos.now_s += chaos.chance.choice([0.1, 0.5, 3.0])
        chaos.change(chaos.chance.choice(EVENTS + CALM))
        chaos.gate.step(chaos.now_s)
        facts = chaos.facts()
        acts = chaos.relay.step(chaos.now_s, facts)
        uncleared = [one for one in facts.values() if one.state in IN_THE_AIR and not one.cleared]
        for act in acts:
            if isinstance(act, Start):
                assert facts[act.drone].state == "ready" and not uncleared
                assert chaos.now_s - started_s.get(act.drone, -1e9) >= 5.0
                started_s[act.drone] = chaos.now_s
            elif isinstance(act, Leave):
                assert facts[act.drone].state in IN_THE_AIR
            else:
                assert act.to == "" or (facts[act.to].state == "on_post" and facts[act.to].cleared)
                chaos.pass_on(act)
        assert len({act for act in acts if isinstance(act, Start)}) == sum(isinstance(act, Start) for act in acts)
        rights = [name for name in chaos.drones if chaos.gate.may(name)]
        assert len(rights) <= cap
        assert all(chaos.drones[name].cleared for name in rights)
        looked += bool(rights)
    assert looked > 50 and started_s
