"""The right to look passes from drone to drone, and no more drones than authorised ever have the right."""

from __future__ import annotations

import random

import pytest

from blindspot.law.clearances.looks import EXPIRED_AFTER_S, LookChange, Looker, Looks
from blindspot.law.leases import LEASE_S

BEGIN_S = 100.0


def turn(most=1, requester="manager", authorisation="MARKET", *, is_test_range=False):
    return Looker(requester, authorisation, is_test_range, most, in_turn=True)


def mission(most=1, authorisation="MARKET"):
    return Looker("another", authorisation, False, most, in_turn=False)


class Gate:
    """The registry as a gate uses it: a lease twice a second, and each drone reports as it is."""

    def __init__(self, **lookers):
        self.lookers, self.entries, self.now_s = dict(lookers), [], BEGIN_S
        self.dark = {}
        self.enter = self.entries.append
        self.looks = self.restarted()

    def restarted(self):
        self.looks = Looks(lambda: self.lookers, lambda change: self.enter(change))
        self.looks.step(self.now_s)
        self.began_s = self.now_s
        return self.looks

    @property
    def after_all_old_leases(self):
        return self.now_s >= self.began_s + EXPIRED_AFTER_S

    def ask(self, to, from_="", requester="manager"):
        return self.looks.pass_look(to, from_, requester, self.now_s)

    def run(self, seconds, *, silent=()):
        """Each drone with a lease looks and reports, the silent drones do neither."""
        for _ in range(round(seconds * 10)):
            self.now_s = round(self.now_s + 0.1, 1)
            for drone in self.lookers.keys() - set(silent):
                if self.looks.may(drone):
                    self.looks.exposed(drone, self.now_s)
                self.looks.reported(drone, self.now_s, inhibited=not self.looks.may(drone))
            for drone in self.lookers:
                if self.looks.may(drone):
                    self.looks.leased(drone, self.now_s + LEASE_S)
            self.looks.step(self.now_s)

    @property
    def looking(self):
        return sorted(drone for drone in self.lookers if self.looks.may(drone))


@pytest.fixture
def watch():
    """A gate that has run for a while, and two turns of which the first looks."""

    def watch(most=1):
        gate = Gate(drone1=turn(most), drone2=turn(most), drone3=turn(most))
        gate.run(EXPIRED_AFTER_S)
        assert gate.ask("drone1") == "" and gate.looking == ["drone1"]
        gate.run(1.0)
        return gate

    return watch


def test_a_turn_begins_without_the_right_and_any_other_mission_has_the_right():
    gate = Gate(drone1=turn(), drone2=mission())
    assert gate.looking == ["drone2"]


def test_the_right_is_taken_at_once_and_given_when_the_first_drone_is_dark(watch):
    gate = watch()
    assert gate.ask("drone2", "drone1") == "" and gate.looking == []
    gate.run(1.0)
    assert gate.looking == [], "an exposure of a second ago counts as looking"
    gate.run(0.2)
    assert gate.looking == ["drone2"]


def test_a_drone_that_reports_nothing_looks_until_its_last_lease_has_expired(watch):
    gate = watch()
    gate.ask("drone2", "drone1")
    gate.run(EXPIRED_AFTER_S - 0.1, silent=["drone1"])
    assert gate.looking == []
    gate.run(0.1, silent=["drone1"])
    assert gate.looking == ["drone2"]


def test_a_report_from_before_the_loss_proves_nothing(watch):
    gate = watch()
    gate.looks.reported("drone1", gate.now_s - 0.1, inhibited=True)
    gate.ask("drone2", "drone1")
    gate.run(EXPIRED_AFTER_S - 0.1, silent=["drone1"])
    assert gate.looking == []


def test_a_drone_that_goes_on_with_exposures_blocks_the_next_one(watch):
    gate = watch()
    gate.ask("drone2", "drone1")
    for _ in range(20):
        gate.run(0.5, silent=["drone1"])
        gate.looks.exposed("drone1", gate.now_s)
    assert gate.looking == []


def test_with_a_camera_to_spare_the_right_is_given_first_and_taken_after_the_first_exposure(watch):
    gate = watch(most=2)
    gate.ask("drone2", "drone1")
    assert gate.looking == ["drone1", "drone2"]
    gate.run(5.0, silent=["drone2"])
    assert gate.looking == ["drone1", "drone2"], "a frozen camera relieves nobody"
    gate.run(0.1)
    assert gate.looking == ["drone2"]


def test_a_repeated_request_changes_nothing(watch):
    gate = watch()
    for _ in range(3):
        assert gate.ask("drone2", "drone1") == ""
    gate.run(3.0)
    entries = len(gate.entries)
    assert gate.ask("drone2", "drone1") == "" and gate.looking == ["drone2"]
    gate.run(3.0)
    assert gate.looking == ["drone2"] and len(gate.entries) == entries


def test_a_request_that_comes_after_the_next_one_is_refused(watch):
    gate = watch()
    gate.ask("drone2", "drone1")
    gate.run(3.0)
    gate.ask("drone3", "drone2")
    gate.run(3.0)
    assert gate.ask("drone2", "drone1") == (
        "drone3 would look beside drone2: the authorisation permits 1 at the same time"
    )
    assert gate.looking == ["drone3"]


def test_a_change_of_mind_during_the_pause_gives_the_right_back_at_once(watch):
    gate = watch()
    gate.ask("drone2", "drone1")
    assert gate.ask("drone1", "drone2") == "" and gate.looking == ["drone1"]
    gate.run(5.0)
    assert gate.looking == ["drone1"]


def test_a_drone_that_waits_for_the_right_passes_on_its_place(watch):
    gate = watch()
    gate.ask("drone2", "drone1")
    assert gate.ask("drone3", "drone2") == ""
    gate.run(3.0)
    assert gate.looking == ["drone3"]


def test_a_change_of_mind_with_a_camera_to_spare_keeps_the_first_drone(watch):
    gate = watch(most=2)
    gate.ask("drone2", "drone1")
    assert gate.ask("drone1", "drone2") == ""
    gate.run(3.0)
    assert gate.looking == ["drone1"]


def test_after_a_change_of_mind_the_first_exposure_of_the_other_drone_takes_nothing():
    gate = Gate(drone1=turn(2), drone2=turn(2))
    gate.run(EXPIRED_AFTER_S)
    for to, from_ in (("drone1", ""), ("drone2", "drone1"), ("drone1", "drone2")):
        assert gate.ask(to, from_) == ""
    gate.run(2.0, silent=["drone1"])
    assert gate.looking == ["drone1", "drone2"]
    gate.run(0.1)
    assert gate.looking == ["drone1"]


def test_a_drone_that_waits_for_the_right_counts_for_a_mission_beside(watch):
    gate = watch()
    gate.ask("drone2", "drone1")
    gate.run(0.9, silent=["drone1"])
    assert gate.looks.looking(mission()) == {"drone1", "drone2"} and gate.looks.rights(mission()) == frozenset()


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_drone_whose_clearance_ends_while_it_waits_gets_no_right(watch, goes_on):
    """Nor does its next turn, cleared at once."""
    gate = watch()
    gate.ask("drone2", "drone1")
    if goes_on:
        gate.looks.ended("drone2")
    else:
        del gate.lookers["drone2"]
    gate.run(5.0)
    assert gate.looking == []


def test_a_camera_without_a_clearance_counts_while_it_makes_exposures(watch):
    gate = watch()
    gate.ask("drone2", "drone1")
    for _ in range(20):
        gate.looks.exposed("drone9", gate.now_s)
        gate.run(0.5)
    assert gate.looking == []
    gate.run(0.6)
    assert gate.looking == ["drone2"]


def test_nobody_looks_after_a_drone_that_nobody_follows(watch):
    gate = watch()
    assert gate.ask("", "drone1") == "" and gate.looking == []
    gate.run(5.0)
    assert gate.looking == []


def test_the_right_ends_with_the_clearance_and_the_next_clearance_begins_without(watch):
    gate = watch()
    gate.looks.ended("drone1")
    assert gate.looking == []
    del gate.lookers["drone2"]
    gate.run(EXPIRED_AFTER_S)
    gate.ask("drone3")
    del gate.lookers["drone3"]
    assert gate.looking == []
    gate.run(0.1)
    assert [(each.drone, each.may_look, each.reason) for each in gate.entries[1:]] == [
        ("drone1", False, "its clearance has ended"),
        ("drone3", True, "its mission asked"),
        ("drone3", False, "its clearance has ended"),
    ]


@pytest.mark.parametrize("down_s", [0.0, 2.0, 20.0])
def test_after_a_restart_nobody_looks_until_asked_again_and_every_old_lease_has_expired(watch, down_s):
    """In a hand-over, too."""
    gate = watch()
    gate.ask("drone2", "drone1")
    gate.now_s += down_s
    gate.restarted()
    assert gate.looking == []
    assert gate.ask("drone2") == ""
    gate.run(EXPIRED_AFTER_S - 0.1)
    assert gate.looking == []
    gate.run(0.1)
    assert gate.looking == ["drone2"]


def test_a_gate_that_has_not_heard_its_clock_waits_from_the_first_time_on():
    gate = Gate(drone1=turn())
    gate.now_s = 0.0
    gate.restarted()
    gate.now_s = 500.0
    assert gate.ask("drone1") == "" and gate.looking == []
    gate.run(EXPIRED_AFTER_S)
    assert gate.looking == ["drone1"]


def test_each_change_is_entered_before_it_takes_effect(watch):
    gate = watch()
    seen = []
    gate.enter = lambda change: seen.append((change, gate.looking))
    gate.ask("drone2", "drone1")
    gate.run(2.0)
    assert seen == [
        (LookChange("drone1", False, "drone2 follows", (), 1), ["drone1"]),
        (LookChange("drone2", True, "drone1 is relieved", ("drone2",), 1), []),
    ]


def test_without_an_entry_a_right_is_taken_and_none_is_given(watch):
    gate = watch()

    def full(change):
        raise OSError("the disk is full")

    entries, gate.enter = gate.enter, full
    gate.ask("drone2", "drone1")
    gate.run(5.0)
    assert gate.looking == []
    assert gate.looks.problem == "the journal has no entry of the right to look of drone2: the disk is full"
    gate.enter = entries
    gate.run(0.1)
    assert gate.looking == ["drone2"] and gate.looks.problem == ""


@pytest.mark.parametrize(
    ("to", "from_", "requester", "problem"),
    [
        ("", "", "manager", "no drone is named"),
        ("drone1", "drone1", "manager", "the right to look passes between two drones: name another drone"),
        ("drone9", "drone1", "manager", "drone9 has no clearance: ask for a clearance first"),
        ("drone2", "drone1", "thief", "another process asked for the clearance of drone2"),
        ("", "drone1", "thief", "another process asked for the clearance of drone1"),
        ("drone4", "", "another", "drone4 flies no turn of a watch: its right to look comes with its clearance"),
    ],
)
def test_a_wrong_request_is_refused_and_changes_nothing(watch, to, from_, requester, problem):
    gate = watch()
    gate.lookers["drone4"] = mission(most=2)
    assert gate.ask(to, from_, requester) == problem
    gate.run(3.0)
    assert gate.looking == ["drone1", "drone4"]


def test_a_mission_beside_counts_with_all_its_drones():
    gate = Gate(drone1=turn(most=2), drone2=mission(most=2), drone3=mission(most=2))
    gate.run(EXPIRED_AFTER_S)
    assert gate.ask("drone1") == (
        "drone2, drone3 would look beside drone1: the authorisation permits 2 at the same time"
    )


@pytest.mark.parametrize(("is_test_range", "looking"), [(False, ["drone1", "drone2"]), (True, ["drone1"])])
def test_cameras_of_two_authorisations_count_together_on_a_test_range_alone(is_test_range, looking):
    names = {"drone1": "ONE", "drone2": "TWO"}
    gate = Gate(**{d: turn(authorisation=name, is_test_range=is_test_range) for d, name in names.items()})
    gate.run(EXPIRED_AFTER_S)
    gate.ask("drone1")
    gate.ask("drone2")
    gate.run(5.0)
    assert gate.looking == looking


def test_on_a_test_range_the_smallest_limit_counts():
    gate = Gate(drone1=turn(2, authorisation="ONE", is_test_range=True), drone2=turn(1, is_test_range=True))
    gate.run(EXPIRED_AFTER_S)
    assert gate.ask("drone1") == ""
    assert gate.ask("drone2") != "" and gate.looking == ["drone1"]
    gate.ask("", "drone1")
    gate.run(5.0)
    assert gate.ask("drone2") == ""
    assert gate.ask("drone1") != "" and gate.looking == ["drone2"], "in either order"


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("most", [1, 2])
def test_any_order_of_events_gives_no_right_above_the_cap_and_none_without_a_lease(seed, most):
    """Drones hold leases as sent to them, late or never: none of them counts as looking above the cap."""
    chance = random.Random(seed)
    names = ("drone1", "drone2", "drone3", "drone4")
    gate = Gate(**{name: turn(most) for name in names})
    held_s = dict.fromkeys(names, 0.0)
    """By drone: the end of the right in the newest lease that arrived."""
    passed = [("drone1", "")]
    for _ in range(1000):
        gate.now_s = round(gate.now_s + chance.choice((0.0, 0.1, 0.5, 2.0)), 1)
        drone, other = chance.sample(names, 2)
        event = chance.choice(("pass", "pass", "repeat", "leave", "lease", "lease", "report", "expose", "end", "clear",
                               "mission", "restart", "full"))  # fmt: skip
        gate.enter = gate.entries.append
        if event == "pass":
            passed.append((drone, chance.choice((other, ""))))
            gate.ask(*passed[-1])
        elif event == "repeat":
            gate.ask(*chance.choice(passed[-5:]))
        elif event == "leave":
            gate.ask("", drone)
        elif event == "end":
            gate.looks.ended(drone)
            gate.lookers.pop(drone, None)
        elif event == "clear":
            gate.lookers.setdefault(drone, turn(most))
        elif event == "mission" and drone not in gate.lookers:
            gate.looks.step(gate.now_s)
            if gate.after_all_old_leases and len(gate.looks.looking(mission(most), [drone])) < most:  # SEN-02 clears it
                gate.lookers[drone] = mission(most)
        elif event == "restart" and chance.random() < 0.2:
            gate.restarted()
        elif event == "full":
            gate.enter = None  # a call of it raises
        gate.looks.step(gate.now_s)
        for name in names if event == "lease" else ():
            if gate.looks.may(name):
                gate.looks.leased(name, gate.now_s + LEASE_S)
            if chance.random() < 0.7:  # the others are lost
                held_s[name] = gate.now_s + LEASE_S if gate.looks.may(name) else 0.0
        looks_now = [name for name in names if held_s[name] > gate.now_s]
        for name in names:
            if event == "report" and chance.random() < 0.7:
                gate.looks.reported(name, gate.now_s, inhibited=name not in looks_now)
            if event == "expose" and name in looks_now:
                gate.looks.exposed(name, gate.now_s)
        assert len(gate.looking) <= most and set(gate.looking) <= gate.lookers.keys()
        assert len(set(looks_now) | set(gate.looking)) <= most
        for entry in gate.entries:
            assert len(entry.looking) <= entry.most == most
        gate.entries.clear()
