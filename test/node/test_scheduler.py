"""The scheduler's node with the rest of the graph played by the test: one evening of one pass."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from blindspot_msgs.action import RunMission
from blindspot_msgs.msg import DroneStatus, FleetStatus, MissionStatus
from blindspot_msgs.srv import PlanCoverage
from rcl_interfaces.msg import Log
from test.node.conftest import CONFIG

from blindspot.core.errors import InputError
from blindspot.law.orders.signed_order import OrderVerifier
from blindspot.mission.fleet_file import load_fleet
from blindspot.nodes import scheduler
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.deferred_action import DeferredActionServer
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.scheduler import SchedulerNode
from blindspot.operations import ledger
from blindspot.operations.calendar import occurrences
from blindspot.operations.ledger import Ledger, LedgerError, read_ledger
from blindspot.operations.operation_file import load_operation
from blindspot.operations.patrols import replaced_library
from blindspot.operations.scheduler_lock import SchedulerNews
from blindspot.operations.secret import Drawn

DRONES = ("drone1", "drone2")


class AtOnce:
    """Draws passes that start as soon as the simulated clock begins."""

    def draw(self, occurrence):
        first = occurrence.slot_from - timedelta(minutes=1)
        return Drawn([(first, "v01") for _ in range(occurrence.passes_asked)], "hash")

    def reveal(self, occurrence):
        return "seed"


class Town:
    """The peer as planner and mission manager."""

    def __init__(self, graph, plan) -> None:
        self.graph, self.asked, self.goals, self.refusal = graph, [], [], ""
        self._plan, self._ended = plan, []
        peer = graph.peer
        peer.create_service(PlanCoverage, "plan_coverage", self._on_plan)
        self._server = DeferredActionServer(peer, RunMission, "run_mission", start=self._start, cancel=lambda: None)
        self._status = peer.create_publisher(FleetStatus, "fleet_status", qos.LATCHED)
        self.autopilot = "down"

    def _on_plan(self, request, _):
        self.asked.append((request.mission_file, request.run, request.plan_file))
        if self.refusal:
            return PlanCoverage.Response(success=False, message=self.refusal)
        return PlanCoverage.Response(success=True, plan=plan_message(self._plan))

    def _start(self, goal) -> None:
        self.goals.append(goal)
        self.flies = True

    def finish(self, outcome: str) -> None:
        run = self.goals[-1].mission.run
        self.flies = False
        self._ended.append(MissionStatus(run=run, phase="done", outcome=outcome, drones=list(DRONES)))
        self._server.finish(RunMission.Result(outcome=outcome))

    flies, simulated = False, True

    def publish(self) -> None:
        missions = list(self._ended)
        if self.flies:
            missions.append(MissionStatus(run=self.goals[-1].mission.run, phase="flying", drones=list(DRONES)))
        drones = [
            DroneStatus(drone=name, phase="idle", autopilot=self.autopilot, battery_fraction=1.0) for name in DRONES
        ]
        self._status.publish(FleetStatus(simulated=self.simulated, missions=missions, drones=drones))


def with_library(monkeypatch) -> None:
    """Schedulers find a library of one variant, and draw passes that start at once."""
    route = SimpleNamespace(drone="drone1", expected=SimpleNamespace(energy_wh=40.0))
    variant = SimpleNamespace(id="v01", flight_s=200.0, plan=SimpleNamespace(routes=[route]))
    choice = SimpleNamespace(from_s=400.0, until_s=900.0, probability=1.0)
    library = SimpleNamespace(variants=[variant], choices=[[choice]], revisit_s=1800.0, gap_s=np.zeros((1, 1)))
    monkeypatch.setattr(scheduler, "load_library", lambda folder, mission: library)
    monkeypatch.setattr(scheduler.Secret, "of", lambda library, folder: AtOnce())


def operation_file(folder: Path, fleet: Path, passes: int = 1, **changes: object) -> Path:
    """Three evenings over the crossroads, for this fleet."""
    content = yaml.safe_load((CONFIG / "operations" / "crossroads_evenings.yaml").read_text())
    content |= {"mission": str(CONFIG / "missions" / "crossroads_patrol.yaml"), "fleet": str(fleet)}
    content["crew"]["pilots"] = ["A. Martin"]
    content["recurrence"]["until"] = "2026-11-04"
    content["slots"][0]["passes"] = passes
    content |= changes
    file = folder / "evenings.yaml"
    file.write_text(yaml.safe_dump(content))
    return file


@pytest.fixture
def evening(graph, plan, tmp_path, monkeypatch):
    """Starts schedulers of one operation; gives the town, and the state of its passes."""
    with_library(monkeypatch)
    fleet = CONFIG / "fleets" / "crossroads.yaml"
    file = operation_file(tmp_path, fleet)
    town, state = Town(graph, plan), tmp_path / "state"

    def start(**changes):
        known = {
            "fleet": str(fleet), "operation": str(file), "library": str(tmp_path), "run_dir": str(tmp_path),
            "state_dir": str(state), "person": "A. Martin", "simulated": True,
        }  # fmt: skip
        return graph.start(SchedulerNode, **(known | changes))

    def states():
        return [row.state for one in read_ledger(state)[:1] for row in one.passes]

    def kinds():
        return [row.state for row in read_ledger(state)]

    def changes():
        with closing(sqlite3.connect(state / "ledger.sqlite")) as file:
            return [row for (row,) in file.execute("SELECT state FROM change WHERE number=1 ORDER BY id")]

    def until(fact):
        graph.spin_until(fact, town.publish)

    return SimpleNamespace(
        town=town,
        start=start,
        states=states,
        occurrences=kinds,
        changes=changes,
        until=until,
        graph=graph,
        tmp_path=tmp_path,
    )


def test_a_pass_flies_the_plan_of_its_variant_in_the_name_of_the_person(evening):
    evening.start()
    evening.until(lambda: evening.town.goals)
    [goal] = evening.town.goals
    run = "Crossroads__evenings-2026-11-02-evening-1"
    assert evening.town.asked == [("../missions/crossroads_patrol.yaml", run, str(evening.tmp_path / "v01.json"))]
    assert (goal.mission.run, goal.mission.person) == (run, "A. Martin")
    fleet = load_fleet(CONFIG / "fleets" / "crossroads.yaml")
    assert OrderVerifier(fleet, simulated=True).why_late(goal.mission.signature) == "", "a manager takes it"
    assert evening.states() == ["flying"]
    evening.town.finish("completed")
    evening.until(lambda: evening.states() == ["done"])
    entries = (evening.tmp_path / "journal.jsonl").read_text().splitlines()
    assert [json.loads(entry)["act"] for entry in entries][:3] == ["draw", "pass", "draw_revealed"]


def test_a_pass_flies_the_library_that_was_read_also_when_its_folder_is_linked_elsewhere(evening):
    """The lock is on the folder that was read: the plans came from one that anybody may replace."""
    read, linked = evening.tmp_path / "read", evening.tmp_path / "library"
    read.mkdir()
    linked.symlink_to(read)
    evening.start(library=str(linked))
    linked.unlink()
    linked.symlink_to(evening.tmp_path)
    evening.until(lambda: evening.town.asked)
    assert evening.town.asked[0][2] == str(read / "v01.json")


def test_the_time_between_two_evenings_is_left_out_but_none_of_an_evening(evening):
    said = []
    evening.graph.peer.create_subscription(Log, "/rosout", lambda line: said.append(line.msg), qos.LOG)
    evening.start()
    evening.until(lambda: evening.town.goals)
    rounds = iter(range(30))
    evening.until(lambda: next(rounds, None) is None)
    assert evening.states() == ["flying"]
    assert evening.occurrences() == ["drawn", "planned", "planned"]
    evening.town.finish("completed")
    evening.until(lambda: evening.occurrences() == ["done", "drawn", "planned"])
    assert "the next pass is due by Tue 03 Nov 2026 19:30" in said, "a person waits, and hears nothing for hours"


@pytest.mark.parametrize("changed", ["evenings.yaml", "config/missions/crossroads_patrol.yaml"])
def test_a_changed_operation_file_or_mission_draws_no_further_evening(evening, changed):
    """Each pass of a changed mission would be refused, one evening after the other."""
    (evening.tmp_path / "config").mkdir()
    for folder in CONFIG.iterdir():
        (evening.tmp_path / "config" / folder.name).symlink_to(folder)
    (evening.tmp_path / "config" / "missions").unlink()
    shutil.copytree(CONFIG / "missions", evening.tmp_path / "config" / "missions")
    mission = evening.tmp_path / "config" / "missions" / "crossroads_patrol.yaml"
    operation_file(evening.tmp_path, CONFIG / "fleets" / "crossroads.yaml", mission=str(mission))
    evening.start()
    evening.until(lambda: evening.town.goals)
    file = evening.tmp_path / changed
    file.write_text(file.read_text() + "# no flights on the third\n")
    evening.town.finish("completed")
    evening.until(lambda: evening.occurrences()[0] == "done")
    rounds = iter(range(30))
    evening.until(lambda: next(rounds, None) is None)
    assert evening.occurrences() == ["done", "planned", "planned"]


def test_a_scheduler_that_is_started_again_follows_the_flight_and_orders_none(evening):
    first = evening.start()
    evening.until(lambda: evening.town.goals)
    evening.graph.end(first)
    evening.start()
    evening.until(lambda: evening.changes()[-2:] == ["interrupted", "flying"])
    evening.town.finish("completed")
    evening.until(lambda: evening.states() == ["done"])
    assert len(evening.town.goals) == 1


@pytest.mark.parametrize("at_start", [False, True])
def test_a_ledger_that_can_not_be_written_for_a_while_stops_nothing_for_good(evening, monkeypatch, at_start):
    """A node that ends at its start with a wrong file is not started again."""
    monkeypatch.setattr(ledger, "BUSY_S", 0.01)
    if at_start:
        Ledger(evening.tmp_path / "state").close()
    else:
        evening.start()
    with closing(sqlite3.connect(evening.tmp_path / "state" / "ledger.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        if at_start:
            evening.start()
        rounds = iter(range(30))
        evening.until(lambda: next(rounds, None) is None)
        assert evening.town.goals == []
        other.execute("ROLLBACK")
    evening.until(lambda: evening.town.goals)


def test_a_scheduler_reports_its_library_and_a_clock_in_doubt(evening, monkeypatch):
    """The crew saw passes that never started, and no reason."""
    state = evening.tmp_path / "state"
    with closing(Ledger(state)) as before:
        before.claim(datetime.now(UTC), "before", evening.tmp_path)
        before.plan(datetime.now(UTC), occurrences(load_operation(evening.tmp_path / "evenings.yaml")))
        [first, *_] = before.occurrences()
        before.move_occurrence(datetime.now(UTC) + timedelta(hours=2), first.id, "skipped")
    evening.town.simulated = False
    node = evening.start(simulated=False)
    evening.until(lambda: SchedulerNews.of(state).waits)
    assert "clock was set back, or ran ahead before: nothing is done before" in SchedulerNews.of(state).waits
    assert SchedulerNews.of(state).library == str(evening.tmp_path)
    with pytest.raises(InputError, match="is flown by an operation"), replaced_library(evening.tmp_path):
        pytest.fail("it would differ from the library in memory")
    evening.graph.end(node)
    assert SchedulerNews.of(state).waits == ""
    with replaced_library(evening.tmp_path):
        pass


def test_a_scheduler_that_another_one_has_replaced_ends(evening):
    evening.start()
    evening.until(lambda: evening.town.goals)
    with closing(Ledger(evening.tmp_path / "state")) as other:
        other.claim(datetime.now(UTC), "another", evening.tmp_path)
    evening.town.finish("completed")
    with pytest.raises(LedgerError, match="is replaced by"):
        evening.until(lambda: evening.states() == ["done"])


def test_a_refused_plan_and_drones_in_the_air_order_no_flight(evening):
    evening.town.refusal = "the site has changed"
    evening.town.autopilot = "up"
    evening.start()
    evening.until(lambda: evening.states() == ["due"])
    assert evening.town.asked == []
    evening.town.autopilot = "down"
    evening.until(lambda: evening.states() == ["refused"])
    assert evening.town.goals == []


def test_a_status_that_another_process_publishes_ends_no_pass_and_orders_no_flight(evening, graph):
    evening.start()
    evening.until(lambda: evening.town.goals)
    run = evening.town.goals[-1].mission.run
    forger = graph.peer.create_publisher(FleetStatus, "/blindspot/fleet_status", qos.LATCHED)
    forged = FleetStatus(simulated=True, missions=[MissionStatus(run=run, phase="done", outcome="completed")])
    rounds = iter(range(20))
    evening.until(lambda: forger.publish(forged) or next(rounds, None) is None)
    assert evening.states() == ["flying"]
    graph.peer.destroy_publisher(forger)
    evening.town.finish("completed")
    evening.until(lambda: evening.states() == ["done"])


def test_a_simulated_scheduler_clears_no_pass_of_a_real_stack(evening):
    evening.town.simulated = False
    evening.start()
    evening.until(lambda: evening.states() == ["due"])
    rounds = iter(range(20))
    evening.until(lambda: next(rounds, None) is None)
    assert (evening.states(), evening.town.asked) == (["due"], [])
    evening.town.simulated = True
    evening.until(lambda: evening.town.goals)


def test_a_second_scheduler_and_a_missing_person_are_refused(evening):
    with pytest.raises(InputError, match="person: is missing"):
        evening.start(person="")
    evening.start()
    with pytest.raises(InputError, match="another scheduler runs this operation"):
        evening.start()
