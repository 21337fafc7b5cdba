"""A plan that a page asks for, and the order to fly it, with a planner and a mission manager that the test plays."""

from __future__ import annotations

from pathlib import Path
from threading import Lock
from types import SimpleNamespace

import pytest
from blindspot_msgs.msg import FleetStatus, MissionStatus

from blindspot.console import View
from blindspot.console.crew import AskedPlan
from blindspot.core import PlanningError
from blindspot.mission import MissionRef, load_fleet
from blindspot.nodes.clients import console_flights
from blindspot.nodes.clients.console_flights import ConsoleFlights
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.site import load_frame

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
FIGURES = {"minutes": 12.0}


class Town:
    """Planner and manager: `plan` is the planner's answer, `goals` are the orders to fly."""

    def __init__(self, folder, monkeypatch):
        self.plan, self.goals, self.is_ready, self.waits = SimpleNamespace(sha256="a" * 64, json="{}"), [], True, 2
        monkeypatch.setattr(console_flights, "PlanRequest", lambda node: self)
        monkeypatch.setattr(console_flights, "ActionClient", lambda *_: self)
        plan = SimpleNamespace(routes=[SimpleNamespace(drone="drone1")])
        monkeypatch.setattr(console_flights, "parse_plan", lambda *_: plan)
        monkeypatch.setattr(console_flights, "sorties_after", lambda *_: [SimpleNamespace(sha256="b" * 64)])
        monkeypatch.setattr(console_flights, "figures_of_plan", lambda _: FIGURES)
        fleet, self.view = load_fleet(FLEET), View()
        self.records = ConsoleRecords(self.view, Lock(), fleet, load_frame(fleet.site_dir), [], folder, "embedded")
        self.flights = ConsoleFlights(None, self.records)
        (folder / "evening").mkdir()
        self.asked = AskedPlan("Evening", folder / "m.yaml", MissionRef("m.yaml", "c" * 64), folder / "evening")

    def steps(self, mission_file, run):
        """In the place of `PlanRequest.steps`."""
        for _ in range(self.waits):
            yield
        if isinstance(self.plan, Exception):
            raise self.plan
        return self.plan

    def send_goal_async(self, goal):
        self.goals.append(goal)
        return SimpleNamespace(add_done_callback=lambda heard: setattr(self, "heard", heard))

    def makes_the_plan(self):
        self.flights.ask(self.asked)
        while self.flights.is_busy:
            self.flights.step()

    @property
    def record(self):
        return self.view.contents(0.0)["flight"][0]


@pytest.fixture
def town(tmp_path, monkeypatch):
    monkeypatch.setattr(console_flights.RunMission, "Goal", SimpleNamespace)
    return Town(tmp_path, monkeypatch)


def test_a_plan_is_shown_with_its_figures_and_ordered_once(town):
    town.flights.ask(town.asked)
    assert town.record["state"] == "planning" and town.flights.planned("evening") is None
    town.makes_the_plan()
    ordered = town.flights.planned("evening").ordered("A. Martin", "patrol")
    assert ordered.details == tuple(town.record["details"]) == ("m.yaml", "c" * 64, "evening", "a" * 64, "b" * 64)
    assert (town.record["state"], town.record["minutes"], town.record["sorties"]) == ("planned", 12.0, 2)
    sent = town.flights.send("evening", "A. Martin", "patrol", "1:signed")
    (goal,) = town.goals
    assert (goal.mission.signature, list(goal.mission.plans)) == ("1:signed", ["a" * 64, "b" * 64])
    assert sent.state == "sent"
    town.records.take_fleet(FleetStatus(missions=[MissionStatus(run="evening", phase="authorising")]))
    assert sent.state == "taken"
    again = town.flights.send("evening", "A. Martin", "patrol", "2:signed")
    assert (again.state, len(town.goals)) == ("refused", 1)


def test_a_plan_that_can_t_be_made_leaves_a_sentence_and_no_folder(town):
    town.plan = PlanningError("the wind is too strong")
    town.makes_the_plan()
    assert (town.record["state"], town.record["problem"]) == ("failed", "the wind is too strong")
    assert not town.asked.run_dir.exists() and town.flights.planned("evening") is None


@pytest.mark.parametrize("accepted", [False, True])
def test_a_flight_that_the_manager_refuses_has_its_sentence(town, accepted):
    town.makes_the_plan()
    sent = town.flights.send("evening", "A. Martin", "patrol", "1:signed")
    outcome = SimpleNamespace(outcome="refused", reason="TIM-01: it is dark")
    result = SimpleNamespace(result=lambda: SimpleNamespace(result=outcome))
    goal = SimpleNamespace(
        accepted=accepted,
        get_result_async=lambda: SimpleNamespace(add_done_callback=lambda heard: heard(result)),
    )
    town.heard(SimpleNamespace(result=lambda: goal))
    assert sent.state == "refused"
    assert sent.message == ("TIM-01: it is dark" if accepted else "the mission manager takes no other mission now")
