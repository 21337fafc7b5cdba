"""After the loss of the mission manager: the drones that are down, and those brought home, by their autopilots."""

from __future__ import annotations

import time

import pytest
from blindspot_msgs.msg import DroneStatus

from blindspot.flight.vehicle.vehicle import Reply, Telemetry
from blindspot.nodes.runs import homecoming
from blindspot.nodes.runs.homecoming import Homecoming, outcome_of

CONTROL, SIMULATOR = "/drone1/flight_control", "/simulator"


class Autopilot:
    """One that obeys at once, and says what the test lets it say."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.says = {"mode": "AUTO.MISSION", "armed": True, "landed": "in_air"}
        self.is_heard = True
        self.refused: list[str] = []

    def telemetry(self, now_s: float) -> Telemetry:
        return Telemetry(now_s, connected=True, state_age_s=0.1 if self.is_heard else 100.0, **self.says)

    def set_mode(self, mode: str) -> Reply:
        self.asked.append(mode)
        reply = Reply()
        if mode in self.refused:
            reply.settle("refused", f"the autopilot does not enter {mode}")
            return reply
        self.says["mode"] = mode
        reply.settle("ok")
        return reply

    def lands(self) -> None:
        self.says |= {"armed": False, "landed": "on_ground"}


@pytest.fixture
def autopilot(monkeypatch):
    monkeypatch.setattr(homecoming, "SETTLED_S", 0.0)
    return Autopilot()


@pytest.fixture
def fleet(autopilot):
    return Homecoming(["drone1"], lambda _: autopilot)


def heard(fleet: Homecoming, *phases: str, autopilot: str = "up", run: str = "") -> None:
    for phase in phases:
        fleet.heard(DroneStatus(drone="drone1", run=run, phase=phase, autopilot=autopilot))


def test_a_flight_control_that_flies_comes_home_by_itself(fleet, autopilot):
    heard(fleet, "idle", "en_route", "return")
    assert not fleet.step(()) and not fleet.step(())
    heard(fleet, "landed", autopilot="down")
    assert fleet.step(()) and autopilot.asked == [] and fleet.messages == []
    assert outcome_of(None, fleet, ())[0] == "returned"
    assert outcome_of(("completed", ""), fleet, ()) == ("completed", "")


@pytest.mark.parametrize("outcome", ["aborted", "failed"])
def test_a_drone_that_a_person_landed_where_it_was_did_not_come_home(fleet, outcome):
    heard(fleet, "en_route", "landing")
    fleet.heard(DroneStatus(drone="drone1", phase="landed", autopilot="down", outcome=outcome))
    assert fleet.step(())
    assert outcome_of(None, fleet, ()) == (outcome, "the mission manager was lost")
    assert outcome_of((outcome, "ordered to land"), fleet, ()) == (outcome, "ordered to land")


def test_the_outcome_of_an_earlier_run_is_none_of_this_one(autopilot):
    fleet = Homecoming(["drone1"], lambda _: autopilot, "evening-2")
    fleet.heard(DroneStatus(drone="drone1", run="evening-1", phase="idle", autopilot="down", outcome="aborted"))
    assert fleet.step(()) and fleet.ends == {"drone1": ("completed", "")}


@pytest.mark.parametrize("word", ["up", "unknown"])
def test_a_flight_control_that_was_started_again_is_idle_and_its_drone_is_brought_home(fleet, autopilot, word):
    heard(fleet, "en_route")
    heard(fleet, "idle", autopilot=word)
    assert not fleet.step(()), "idle is not down"
    fleet.step(())
    assert autopilot.asked == ["AUTO.RTL"] and "no flight_control flies" in fleet.messages[0]
    autopilot.lands()
    assert fleet.step(())
    outcome, reason = outcome_of(None, fleet, ())
    assert outcome == "returned" and reason.startswith("the mission manager was lost")
    assert "brought home by the ground station" in fleet.ends["drone1"][1]


def test_a_return_that_is_refused_again_and_again_becomes_a_landing_and_is_reported(fleet, autopilot):
    autopilot.refused = ["AUTO.RTL"]
    heard(fleet, "en_route", "idle")
    for _ in range(8):
        assert not fleet.step(())
    assert autopilot.asked == ["AUTO.RTL"] * 3 + ["AUTO.LAND"]
    why = "the return was refused 3 times: the autopilot does not enter AUTO.RTL"
    assert fleet.messages[1:] == [f"drone1 is to land where it is: {why}"]
    autopilot.lands()
    assert fleet.step(())
    assert outcome_of(None, fleet, ())[0] == "aborted" and why in outcome_of(None, fleet, ())[1]


def test_a_return_that_never_ends_has_an_outcome(autopilot):
    fleet = Homecoming(["drone1"], lambda _: autopilot)
    fleet.limit_s = 0.2
    heard(fleet, "en_route", "idle")
    while not fleet.step(()):
        time.sleep(0.05)
    assert autopilot.asked == ["AUTO.RTL"]
    outcome, reason = outcome_of(None, fleet, ())
    assert outcome == "unaccounted" and "drone1: flight_control lost; not accounted for: not down within 0 s" in reason
    assert "came home" not in reason, "no drone is known to be there"


def test_the_last_word_of_a_flight_control_that_is_silent_is_not_believed(fleet, autopilot):
    heard(fleet, "en_route")
    heard(fleet, "idle", autopilot="down")
    assert not fleet.step([CONTROL])
    fleet.step([CONTROL])
    assert autopilot.asked == ["AUTO.RTL"], "its autopilot itself says that it flies"


def test_a_drone_that_its_pilot_has_is_left_to_its_pilot(fleet, autopilot):
    autopilot.says["mode"] = "POSCTL"
    heard(fleet, "en_route", "idle")
    for _ in range(3):
        assert not fleet.step(())
    autopilot.lands()
    assert fleet.step(()) and autopilot.asked == []
    outcome, reason = outcome_of(None, fleet, ())
    assert outcome == "aborted" and "the pilot has it (mode POSCTL)" in reason


def test_where_nothing_moves_the_drone_any_more_it_is_not_accounted_for(fleet, autopilot):
    heard(fleet, "en_route")
    assert fleet.step([SIMULATOR])
    outcome, reason = outcome_of(("failed", "/simulator fell silent"), fleet, [SIMULATOR])
    assert outcome == "unaccounted" and "drone1 is not accounted for" in reason and "en_route" in reason


def test_a_drone_that_was_down_before_is_accounted_for_without_its_simulator(fleet):
    heard(fleet, "en_route", "landing")
    heard(fleet, "landed", autopilot="down")
    assert fleet.step([SIMULATOR])
    assert outcome_of(("failed", "/simulator fell silent"), fleet, ())[0] == "failed"


@pytest.mark.parametrize("word", ["down", "unknown"])
def test_a_drone_without_a_route_stays_where_it_was(fleet, word):
    heard(fleet, "idle", autopilot=word)
    assert fleet.step([CONTROL])
    assert outcome_of(None, fleet, ()) == ("aborted", "the mission manager was lost before a drone flew")


def test_a_drone_in_the_air_outside_any_run_gets_no_mode_request(fleet, autopilot):
    """Its mode may be the pilot's choice."""
    heard(fleet, "idle")
    assert not fleet.step([CONTROL])
    fleet.step([CONTROL])
    assert autopilot.asked == [] and fleet.messages


def test_nothing_is_completed_that_lost_a_node(fleet):
    heard(fleet, "en_route")
    heard(fleet, "landed", autopilot="down")
    fleet.step(())
    assert outcome_of(("completed", ""), fleet, ["/drone1/recorder"]) == ("degraded", "/drone1/recorder is lost")
    assert outcome_of(("splendid", ""), fleet, ())[0] == "failed"


def test_a_drone_that_flies_in_another_run_is_none_of_its_business(autopilot):
    fleet = Homecoming(["drone1"], lambda _: autopilot, "evening")
    heard(fleet, "en_route", run="morning")
    assert fleet.step([CONTROL]) and fleet.step([])
    assert autopilot.asked == [] and fleet.messages == [] and not fleet.flown


def test_a_flight_control_that_was_started_again_has_no_run_and_its_drone_is_brought_home(autopilot):
    fleet = Homecoming(["drone1"], lambda _: autopilot, "evening")
    heard(fleet, "landed", run="morning", autopilot="down")
    heard(fleet, "en_route", run="evening")
    heard(fleet, "idle")
    assert not fleet.step(())
    fleet.step(())
    assert autopilot.asked == ["AUTO.RTL"]


def test_a_drone_that_flies_another_run_since_is_left_to_that_run(autopilot):
    """The person stopped this command with Ctrl-Z, and went on with it an hour later."""
    fleet = Homecoming(["drone1"], lambda _: autopilot, "evening-1")
    heard(fleet, "en_route", "landed", run="evening-1")
    heard(fleet, "preflight", "en_route", run="evening-2")
    for _ in range(3):
        fleet.step(())
    assert autopilot.asked == [] and fleet.messages == []
    assert fleet.step(()) and outcome_of(("completed", ""), fleet, ()) == ("completed", "")


def test_a_drone_whose_flight_control_is_lost_in_another_run_is_not_ours_to_bring_home(autopilot):
    fleet = Homecoming(["drone1"], lambda _: autopilot, "evening-1")
    heard(fleet, "en_route", run="evening-1")
    heard(fleet, "en_route", run="evening-2")
    for _ in range(3):
        fleet.step([CONTROL])
    assert autopilot.asked == [] and fleet.messages == []


def test_at_the_end_of_the_stack_a_drone_that_is_not_known_to_be_down_is_unaccounted(fleet):
    heard(fleet, "en_route")
    fleet.give_up("the stack has ended")
    outcome, reason = outcome_of(("completed", ""), fleet, ())
    assert outcome == "unaccounted" and "drone1 is not accounted for: the stack has ended, in phase en_route" in reason


def test_a_drone_that_flies_again_after_its_end_is_awaited_again(fleet):
    """The manager of a watch was away for a moment while the drone stood on its pad."""
    heard(fleet, "idle", autopilot="down")
    assert fleet.step([])
    heard(fleet, "preflight", "takeoff", "en_route")
    assert not fleet.step([]) and fleet.ends == {}
    heard(fleet, "idle", autopilot="down")
    assert fleet.step([])
