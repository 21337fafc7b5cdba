"""The authority with several plans: one clearance never touches another, and one that nobody gives back ends."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from blindspot_msgs.msg import Clearance
from blindspot_msgs.srv import Authorise, ClearInspection, GiveBack
from mavros_msgs.msg import ExtendedState, State
from test.node.conftest import order_of

from blindspot.law.clearances import lapse
from blindspot.nodes.authority import Authority
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.judging import inspection_judge
from blindspot.nodes.missions import detours

CONFIG = Path(__file__).resolve().parents[2] / "config"
FENCES = {"drone1": (10.0, 79.0), "drone2": (-79.0, -10.0)}
"""South and north end of each drone's fence, m: 20 m apart."""


@pytest.fixture
def fleet(tmp_path) -> Path:
    """The crossroads' fleet in a folder of the test's own, with two missions."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("nantes*", "models"))
    text = (folder / "missions" / "crossroads.yaml").read_text()
    (folder / "missions" / "late.yaml").write_text(text.replace("06T20:00", "06T22:50"))
    return folder / "fleets" / "crossroads.yaml"


@pytest.fixture
def start(graph, fleet, tmp_path, monkeypatch):
    """An authority whose checker passes whatever the law lets through: it is not what is tried here."""

    def start():
        node = graph.start(Authority, fleet=str(fleet), simulated=True, run_dir=str(tmp_path / "stack"),
                           lease_key=str(graph.leasing.private))  # fmt: skip
        monkeypatch.setattr(node.checker, "ask", lambda question: question.answer(""))
        return node

    return start


@pytest.fixture
def plans(sound_plan):
    """By drone: the sound plan's route of that drone alone, with a fence of its own."""

    def alone(route):
        south_m, north_m = FENCES[route.drone]
        fence = ((-79.0, south_m), (79.0, south_m), (79.0, north_m), (-79.0, north_m))
        failsafe = route.failsafe.model_copy(update={"fence": fence})
        return sound_plan.model_copy(update={"routes": (route.model_copy(update={"failsafe": failsafe}),)})

    return {route.drone: alone(route) for route in sound_plan.routes}


@pytest.fixture
def ask(graph, fleet):
    def ask(plan, requester="tester", mission="crossroads", act=lambda: None):
        order = order_of(fleet.parents[1] / "missions" / f"{mission}.yaml", run=mission, fleet=fleet)
        request = Authorise.Request(mission=order, plan=plan_message(plan), requester=requester)
        return graph.ask(Authorise, "authorise", request, act)

    return ask


@pytest.fixture
def leases(graph):
    return {name: graph.hear(Clearance, f"/{name}/clearance", qos.LEASE) for name in FENCES}


def renewed(graph, leases, *drones):
    """Wait until these drones, and no others, have got leases anew; a lease of each."""
    for heard in leases.values():
        heard.clear()
    graph.spin_until(lambda: all(len(leases[name]) > 1 for name in drones))
    assert not any(heard for name, heard in leases.items() if name not in drones)
    return [leases[name][-1] for name in drones]


def give_back(graph, plan, requester="tester"):
    return graph.ask(GiveBack, "give_back", GiveBack.Request(plan=plan.sha256, requester=requester)).success


def test_each_lease_names_its_own_plan_and_mission_and_the_end_of_one_leaves_the_other(
    graph, start, ask, plans, leases
):
    start()
    assert ask(plans["drone1"], "one").granted
    assert ask(plans["drone2"], "two", "late").granted
    north, south = renewed(graph, leases, "drone1", "drone2")
    assert (north.plan, south.plan) == (plans["drone1"].sha256, plans["drone2"].sha256)
    assert north.mission != south.mission and north.granted and south.granted
    assert not give_back(graph, plans["drone1"], "two") and give_back(graph, plans["drone1"], "one")
    [left] = renewed(graph, leases, "drone2")
    assert left.granted and left.mission == south.mission


def test_a_request_that_concerns_another_plan_is_refused_and_changes_nothing(
    graph, start, ask, plans, leases, sound_plan
):
    start()
    assert ask(plans["drone2"]).granted
    answer = ask(sound_plan, "another")
    assert not answer.granted and answer.verdicts[0].startswith("AUT-09")
    [route] = plans["drone1"].routes
    wide = route.model_copy(update={"failsafe": sound_plan.routes[0].failsafe})
    answer = ask(plans["drone1"].with_routes([wide]), "another")
    assert not answer.granted and answer.verdicts[0].startswith("PLN-05")
    [lease] = renewed(graph, leases, "drone2")
    assert lease.granted and lease.plan == plans["drone2"].sha256


def test_an_inspection_is_judged_by_the_plan_of_its_own_drone(graph, start, ask, plans):
    start()
    ask(plans["drone2"])
    answers = {
        name: graph.ask(
            ClearInspection, "/blindspot/clear_inspection",
            ClearInspection.Request(drone=name, pitch_deg=-10.0, seconds=20.0, speed_mps=3.0),
        ).reason
        for name in FENCES
    }  # fmt: skip
    assert answers["drone1"] == "AUT-01: no plan is cleared" and answers["drone2"].startswith("SEN-03")


def test_an_inspection_whose_checker_hangs_is_refused_and_the_next_one_is_judged(graph, start, ask, plans, monkeypatch):
    hangs = [sys.executable, "-c", "import signal; signal.pause()"]
    monkeypatch.setattr(inspection_judge, "command_of", lambda *_: hangs)
    monkeypatch.setattr(inspection_judge, "CHECK_LIMIT_S", 0.2)
    start()
    ask(plans["drone2"])
    at = plans["drone2"].routes[0].steps[0].to
    request = ClearInspection.Request(drone="drone2", pitch_deg=-60.0, seconds=20.0, speed_mps=3.0)
    for place in (request.start, request.position):
        place.x, place.y, place.z = at.east_m, at.north_m, at.up_m
    for _ in range(2):
        answer = graph.ask(ClearInspection, "/blindspot/clear_inspection", request)
        assert not answer.granted and answer.reason == "the checker did not answer in time: no clearance"


def test_an_inspection_whose_checker_can_not_be_started_is_refused_with_the_reason(
    graph, start, ask, plans, monkeypatch
):
    monkeypatch.setattr(inspection_judge, "command_of", lambda *_: ["/no/such/program"])
    start()
    ask(plans["drone2"])
    at = plans["drone2"].routes[0].steps[0].to
    request = ClearInspection.Request(drone="drone2", pitch_deg=-60.0, seconds=20.0, speed_mps=3.0)
    for place in (request.start, request.position):
        place.x, place.y, place.z = at.east_m, at.north_m, at.up_m
    answer = graph.ask(ClearInspection, "/blindspot/clear_inspection", request)
    assert not answer.granted and "No such file or directory" in answer.reason


def test_each_simulated_mission_has_its_own_legal_time(start, ask, plans):
    """Legal slots end at 23:00: the late mission ends outside of them once ten minutes have passed."""
    node = start()
    assert ask(plans["drone1"]).granted
    node.legal.begun_s = {of: begun_s - 600.0 for of, begun_s in node.legal.begun_s.items()}
    assert ask(plans["drone2"], mission="late").granted, "the ten minutes are those of the other run"
    node.legal.begun_s = {of: begun_s - 600.0 for of, begun_s in node.legal.begun_s.items()}
    answer = ask(plans["drone2"], mission="late")
    assert not answer.granted and answer.verdicts[0].startswith("TIM-03")


class Autopilots:
    """Plays MAVROS of both drones."""

    def __init__(self, graph):
        self._publishers = [
            (graph.peer.create_publisher(State, f"/{name}/mavros/state", qos.STATE),
             graph.peer.create_publisher(ExtendedState, f"/{name}/mavros/extended_state", qos.STATE))
            for name in FENCES
        ]  # fmt: skip

    def fly(self):
        self._report(True, ExtendedState.LANDED_STATE_IN_AIR)

    def stand(self):
        self._report(False, ExtendedState.LANDED_STATE_ON_GROUND)

    def _report(self, armed, landed):
        for state, extended in self._publishers:
            state.publish(State(connected=True, armed=armed))
            extended.publish(ExtendedState(landed_state=landed))


@pytest.fixture
def autopilots(graph):
    return Autopilots(graph)


def test_drones_in_the_air_are_cleared_anew_after_a_restart(graph, start, ask, plans, leases, autopilots):
    """By the same requester for the same plan; what they have flown counts."""
    first = start()
    ask(plans["drone1"], "one")
    ask(plans["drone2"], "two")
    issuers = {lease.issuer for lease in renewed(graph, leases, "drone1", "drone2")}
    graph.spin_until(lambda: first.on_ground.airborne == set(FENCES), autopilots.fly)
    graph.end(first)
    again = start()
    graph.spin_until(lambda: again.on_ground.airborne == set(FENCES), autopilots.fly)
    assert ask(plans["drone1"], "one").granted and ask(plans["drone2"], "two").granted
    found = renewed(graph, leases, "drone1", "drone2")
    assert all(lease.granted and lease.issuer not in issuers for lease in found)


def test_a_clearance_that_no_drone_uses_ends(graph, start, ask, plans, monkeypatch, tmp_path):
    node = start()
    assert ask(plans["drone1"]).granted
    monkeypatch.setattr(lapse, "IDLE_S", 0.1)
    graph.spin_until(lambda: not node.clearances.now)
    last = json.loads((tmp_path / "stack" / "journal.jsonl").read_text().splitlines()[-1])
    assert last["act"] == "withdrawal" and "no drone of it was armed" in last["facts"]["reason"]
    assert last["facts"]["plan"] == plans["drone1"].sha256
    assert give_back(graph, plans["drone1"]), "there is nothing left"


def test_a_flight_that_has_ended_ends_its_clearance(graph, start, ask, sound_plan, autopilots, monkeypatch):
    """As if the process that asked for it had died."""
    node = start()
    assert ask(sound_plan).granted
    monkeypatch.setattr(lapse, "DOWN_S", 0.6)
    [clearance] = node.clearances.now
    graph.spin_until(lambda: clearance.lapse.flown == set(FENCES), autopilots.fly)
    assert node.clearances.now == (clearance,)
    graph.spin_until(lambda: not node.clearances.now, autopilots.stand)


@pytest.fixture
def inspect(graph, sound_plan, monkeypatch):
    """Has an inspection at the first step of a drone granted; returns the number of steps of each judged route."""
    steps = {}

    def judged(_, plan_file, detour):
        routes = json.loads(plan_file.read_text())["routes"]
        steps[detour.drone] = {route["drone"]: len(route["steps"]) for route in routes}
        return ["/bin/true"]

    monkeypatch.setattr(inspection_judge, "command_of", judged)

    def inspect(name):
        at = sound_plan.route_of(name).steps[0].to
        request = ClearInspection.Request(drone=name, pitch_deg=-60.0, seconds=20.0, speed_mps=3.0)
        for place in (request.start, request.position):
            place.x, place.y, place.z = at.east_m, at.north_m, at.up_m
        answer = graph.ask(ClearInspection, "/blindspot/clear_inspection", request)
        assert answer.granted, answer.reason
        return steps[name]

    return inspect


def test_an_inspection_is_judged_with_the_one_of_the_other_drone(start, ask, sound_plan, inspect):
    """Each keeps clear of the other's route alone, so both could hover at one place between their routes."""
    start()
    ask(sound_plan)
    own = {route.drone: len(route.steps) for route in sound_plan.routes}
    assert inspect("drone1") == own
    assert inspect("drone2") == own | {"drone1": own["drone1"] + 2}
    assert inspect("drone1") == own | {"drone2": own["drone2"] + 2}


def test_a_restarted_gate_knows_the_inspections_that_it_has_granted(graph, start, ask, sound_plan, inspect):
    """The drone may hover there, beside its route."""
    first, own = start(), {route.drone: len(route.steps) for route in sound_plan.routes}
    ask(sound_plan)
    inspect("drone1")
    graph.end(first)
    start()
    ask(sound_plan)
    assert inspect("drone2") == own | {"drone1": own["drone1"] + 2}


def test_an_inspection_that_can_not_be_written_down_is_none(start, ask, sound_plan, inspect, monkeypatch):
    start()
    ask(sound_plan)
    monkeypatch.setattr(detours, "INSPECTION", "x" * 20_000)
    with pytest.raises(AssertionError, match="AUT-10: the journal has no entry of this flight"):
        inspect("drone1")


@pytest.fixture
def rest(sound_plan):
    """The rest of the sound plan for drone2 alone, from its first step on: drone1 is lost to it."""
    route = sound_plan.route_of("drone2")
    begin = {"at": route.steps[0].to, "battery_fraction": 0.9, "flown_s": 60.0}
    return sound_plan.model_copy(update={"routes": (route.model_validate({**route.model_dump(), "begin": begin}),)})


def test_the_rest_of_a_plan_keeps_clear_of_an_inspection_of_a_drone_that_is_lost_to_it(
    start, ask, sound_plan, inspect, rest, monkeypatch
):
    """It comes home from beside its route, where the plan alone knows nobody."""
    node = start()
    ask(sound_plan)
    inspect("drone1")
    inspect("drone2")
    seen = []
    monkeypatch.setattr(node.checker, "ask", lambda asked: (seen.append(asked.flown.plan), asked.answer("no")))
    ask(rest)
    added = {r.drone: len(r.steps) - len(sound_plan.route_of(r.drone).steps) for r in seen[0].routes}
    assert added == {"drone1": 2, "drone2": 0}


@pytest.mark.parametrize("drone", ["drone1", "drone2"])
def test_the_rest_of_a_plan_is_refused_if_an_inspection_was_granted_while_it_was_checked(
    start, ask, sound_plan, inspect, rest, monkeypatch, drone
):
    """The checker has judged it without that inspection, and the inspection without it. A drone of the rest that
    inspects does not take its new route, and the others would."""
    node = start()
    ask(sound_plan)
    asked = []
    monkeypatch.setattr(node.checker, "ask", asked.append)

    def grant() -> None:
        if asked:
            inspect(drone)
            asked.pop().answer("")

    answer = ask(rest, act=grant)
    assert not answer.granted and answer.verdicts[0].startswith("PLN-04")


def test_an_inspection_in_the_rest_of_a_plan_keeps_clear_of_a_drone_that_is_lost_to_it(
    start, ask, sound_plan, inspect, rest, autopilots, graph, monkeypatch
):
    """Until that drone has landed: the rest begins before, and does not name it."""
    node = start()
    ask(sound_plan)
    inspect("drone1")
    assert ask(rest).granted
    own = {route.drone: len(route.steps) for route in sound_plan.routes}
    assert inspect("drone2") == own | {"drone1": own["drone1"] + 2}
    [clearance] = node.clearances.now
    monkeypatch.setattr(lapse, "LANDED_S", 0.1)
    graph.spin_until(lambda: clearance.lapse.flown, autopilots.fly)
    graph.spin_until(lambda: "drone1" in clearance.lapse.landed, autopilots.stand)
    assert inspect("drone2") == {"drone2": own["drone2"]}
