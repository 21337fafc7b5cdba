"""Plans on request: the work runs in another process, and its output becomes the answer."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from blindspot_msgs.msg import MissionOrder, Plan as PlanMessage
from blindspot_msgs.srv import PlanCoverage, Replan
from nav_msgs.msg import OccupancyGrid
from test.factories import ATLAS_VIEW, masks_over, write_atlas

from blindspot.mission.fleet_file import load_fleet
from blindspot.mission.in_flight.situation import Situation, Standing
from blindspot.mission.mission_copy import MissionRef
from blindspot.mission.mission_file import load_mission
from blindspot.mission.plan import Begin, View, load_plan
from blindspot.nodes import coverage_planner
from blindspot.nodes.coverage_planner import MOST_WAITING, CoveragePlanner
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import BUSY, plan_message, plan_of
from blindspot.nodes.missions import fleet_routes
from blindspot.site.ground import Grid

SOURCE = Path(__file__).resolve().parents[2] / "src"
FLEET = Path(__file__).resolve().parents[2] / "config" / "fleets" / "crossroads.yaml"


def order_of(mission_path, run):
    ref = MissionRef.of(load_fleet(FLEET), load_mission(mission_path))
    return MissionOrder(file=ref.file, sha256=ref.sha256, run=run, person="A. Tester", reason="a test")


@pytest.fixture
def planner(graph, mission_path, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(SOURCE))
    node = graph.start(CoveragePlanner, run_dir=str(tmp_path), fleet=str(FLEET))
    yield node
    for jobs in (node.plans, node.rests):
        if jobs.job is not None:
            jobs.job[1].close()


@pytest.fixture
def held(monkeypatch):
    """Every job waits until the returned file is made, and then fails with its own command line as the reason."""

    def hold(gate: Path) -> None:
        script = "import sys, time, pathlib\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)\n" \
                 "sys.exit(' '.join(sys.argv[2:]))"  # fmt: skip
        popen = subprocess.Popen

        def start(command: list[str], **options: object) -> object:
            return popen([sys.executable, "-c", script, str(gate), *command[4:]], **options)

        monkeypatch.setattr(subprocess, "Popen", start)

    return hold


def test_a_mission_that_does_not_exist_is_reported(graph, planner, tmp_path):
    request = PlanCoverage.Request(mission_file=str(tmp_path / "nowhere.yaml"))
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert not answer.success
    assert "nowhere.yaml" in answer.message and not answer.message.startswith("blindspot:")
    again = graph.ask(PlanCoverage, "plan_coverage", request)
    assert "nowhere.yaml" in again.message, "it is ready for the next request"


def test_a_mission_is_named_as_seen_from_the_fleet_file_and_its_files_lie_in_the_folder_of_the_run(
    graph, planner, held, mission_path, tmp_path
):
    held(tmp_path / "gate")
    (tmp_path / "gate").touch()
    request = PlanCoverage.Request(mission_file="../missions/crossroads.yaml", run="monday")
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert answer.message == f"plan {mission_path} --out {tmp_path / 'monday'}"


def test_a_mission_that_the_fleet_can_not_fly_is_refused(graph, planner):
    request = PlanCoverage.Request(mission_file="../missions/nantes_evening.yaml", run="monday")
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert not answer.success and "the fleet stands at crossroads" in answer.message


@pytest.mark.parametrize("name", ["../elsewhere", "/tmp/elsewhere", "a/b", "-x", "a\nb"])
def test_a_run_whose_name_leads_elsewhere_is_refused(graph, planner, mission_path, plan, tmp_path, name):
    request = PlanCoverage.Request(mission_file=str(mission_path), run=name)
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert not answer.success and "is no name of a folder" in answer.message
    order = order_of(mission_path, run=name)
    answer = graph.ask(Replan, "replan", Replan.Request(mission=order, plan=plan_message(plan), situation="{}"))
    assert not answer.success and "is no name of a folder" in answer.message
    assert list(tmp_path.iterdir()) == []


def test_a_view_of_the_atlas_is_answered_at_once_and_its_papers_come_later(graph, planner, held, plan, tmp_path):
    """A person waits for the look: the view was checked when the atlas was made, and the gate checks it again."""
    held(tmp_path / "gate")
    mission = load_mission(FLEET.parents[1] / "missions" / "crossroads_dispatch.yaml")
    atlas = tmp_path / "atlas"
    atlas.mkdir()
    write_atlas(atlas, mission, plan, masks_over(Grid(0.0, 0.0, 1.0, 4, 4)))
    request = PlanCoverage.Request(
        mission_file="../missions/crossroads_dispatch.yaml", run="look", plan_file=str(atlas / ATLAS_VIEW)
    )
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert answer.success and plan_of(answer.plan) == plan == load_plan(tmp_path / "look" / "plan.json")
    papers = f"plan {mission.path} --out {tmp_path / 'look'} --take {atlas / ATLAS_VIEW}"
    assert " ".join(planner.plans.job[0].arguments) == papers
    (tmp_path / "gate").touch()
    graph.spin_until(lambda: planner.plans.job is None)

    (atlas / "ground.npz").write_bytes(b"another ground")
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert not answer.success and answer.message == papers, "it is checked as any other plan"


def test_requests_wait_for_each_other_up_to_a_limit(graph, planner, held, mission_path, tmp_path):
    held(tmp_path / "gate")
    client = graph.client(PlanCoverage, "plan_coverage")
    answers = []
    for number in range(MOST_WAITING + 2):
        asked = client.call_async(PlanCoverage.Request(mission_file=str(mission_path), run=f"run{number}"))
        asked.add_done_callback(lambda future: answers.append(future.result().message))
    graph.spin_until(lambda: answers)
    held_by = f"blindspot plan {mission_path} --out {tmp_path / 'run0'}, process {planner.plans.job[1].process.pid}"
    assert answers == [f"{BUSY}: {held_by}"]
    (tmp_path / "gate").touch()
    graph.spin_until(lambda: len(answers) == MOST_WAITING + 2)
    assert [answer.rpartition("/")[2] for answer in answers[1:]] == [f"run{n}" for n in range(MOST_WAITING + 1)]


def test_a_rest_does_not_wait_for_a_plan_as_drones_hover_meanwhile(graph, planner, mission_path, plan):
    client = graph.client(PlanCoverage, "plan_coverage")
    client.call_async(PlanCoverage.Request(mission_file=str(mission_path), run="other"))
    graph.spin_until(lambda: planner.plans.job is not None)
    planner.plans.job[1].process.send_signal(signal.SIGSTOP)
    order = order_of(mission_path, run="monday")
    answer = graph.ask(Replan, "replan", Replan.Request(mission=order, plan=plan_message(plan), situation="{}"))
    assert not answer.success and "monday/situation-1.json" in answer.message


def test_a_rest_that_nobody_waits_for_any_more_holds_up_no_other_one(
    graph, planner, held, mission_path, plan, tmp_path, monkeypatch
):
    held(tmp_path / "gate")
    assert coverage_planner.REST_WITHIN_S >= fleet_routes.REST_LIMIT_S
    monkeypatch.setattr(coverage_planner, "REST_WITHIN_S", 0.1)
    order = order_of(mission_path, run="monday")
    request = Replan.Request(mission=order, plan=plan_message(plan), situation="{}")
    assert not graph.ask(Replan, "replan", request).success
    monkeypatch.setattr(coverage_planner, "REST_WITHIN_S", 100.0)
    (tmp_path / "gate").touch()
    assert "situation-2.json" in graph.ask(Replan, "replan", request).message


def test_a_request_whose_client_is_gone_is_worked_through(graph, planner, held, mission_path, tmp_path):
    held(tmp_path / "gate")
    client = graph.client(PlanCoverage, "plan_coverage")
    client.call_async(PlanCoverage.Request(mission_file=str(mission_path), run="gone"))
    graph.spin_until(lambda: planner.plans.job is not None)
    graph.peer.destroy_client(client)
    (tmp_path / "gate").touch()
    graph.spin_until(lambda: planner.plans.job is None)
    answer = graph.ask(PlanCoverage, "plan_coverage", PlanCoverage.Request(mission_file=str(mission_path), run="next"))
    assert answer.message.endswith("/next")


def test_a_situation_that_is_none_is_reported_and_no_route_is_answered(graph, planner, plan, mission_path):
    order = order_of(mission_path, run="monday")
    request = Replan.Request(mission=order, plan=plan_message(plan), situation="{}")
    answer = graph.ask(Replan, "replan", request)
    assert not answer.success and "situation-1.json" in answer.message and answer.plan.json == ""


def test_a_rest_of_a_mission_with_another_content_is_refused(graph, planner, plan, mission_path, tmp_path):
    order = order_of(mission_path, run="monday")
    order.sha256 = "0" * 64
    answer = graph.ask(Replan, "replan", Replan.Request(mission=order, plan=plan_message(plan), situation="{}"))
    assert not answer.success and "differs here" in answer.message
    assert list(tmp_path.iterdir()) == []


def test_work_that_dies_is_reported(graph, planner, mission_path):
    client = graph.client(PlanCoverage, "plan_coverage")
    future = client.call_async(PlanCoverage.Request(mission_file=str(mission_path)))
    graph.spin_until(lambda: planner.plans.job is not None)
    planner.plans.job[1].process.kill()
    graph.spin_until(future.done)
    assert not future.result().success and "-9" in future.result().message


def test_work_that_can_not_start_is_reported(graph, planner, mission_path, monkeypatch):
    def no_memory(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", no_memory)
    answer = graph.ask(PlanCoverage, "plan_coverage", PlanCoverage.Request(mission_file=str(mission_path)))
    assert answer.message == "the planner can't be started (Cannot allocate memory)"


def test_a_plan_file_that_it_is_given_is_taken(graph, planner, held, mission_path, tmp_path):
    """The operator's pick flies."""
    held(tmp_path / "gate")
    (tmp_path / "gate").touch()
    picked = tmp_path / "picked.json"
    request = PlanCoverage.Request(mission_file=str(mission_path), plan_file=str(picked))
    answer = graph.ask(PlanCoverage, "plan_coverage", request)
    assert not answer.success and "picked.json is no file here" in answer.message
    picked.touch()
    assert graph.ask(PlanCoverage, "plan_coverage", request).message.endswith(f"--take {picked}")


@pytest.mark.slow
def test_a_plan_is_answered_and_latched_with_its_maps(graph, planner, mission_path, tmp_path):
    answer = graph.ask(
        PlanCoverage, "plan_coverage", PlanCoverage.Request(mission_file=str(mission_path), run="monday")
    )
    assert answer.success, answer.message
    plan = plan_of(answer.plan)
    assert {route.drone for route in plan.routes} == {"drone1", "drone2"}
    plans = graph.hear(PlanMessage, "plan", qos.LATCHED)
    grids = graph.hear(OccupancyGrid, "fixed_coverage", qos.LATCHED)
    graph.spin_until(lambda: plans and grids)
    assert plans[0].sha256 == plan.sha256
    assert load_plan(tmp_path / "monday" / "plan.json") == plan
    assert set(grids[0].data) == {-1, 0, 100} and len(grids[0].data) == grids[0].info.width * grids[0].info.height


@pytest.mark.slow
def test_the_rest_of_a_plan_is_answered_and_nothing_latched_changes(graph, planner, mission_path, sound_plan, tmp_path):
    """drone1 is down, drone2 hovers at its first view."""
    plans = graph.hear(PlanMessage, "plan", qos.LATCHED)
    view = next(step for step in sound_plan.route_of("drone2").steps if isinstance(step, View))
    hover = Begin(at=view.to, battery_fraction=0.9, flown_s=60.0)
    drones = (Standing(drone="drone1", steps_done=0, down=True), Standing(drone="drone2", steps_done=0, hover=hover))
    situation = Situation(schema="blindspot.situation/1", drones=drones)
    order = order_of(mission_path, run="monday")
    asked = {"plan": plan_message(sound_plan), "situation": situation.model_dump_json(by_alias=True)}
    answer = graph.ask(Replan, "replan", Replan.Request(mission=order, **asked))
    assert answer.success, answer.message
    rest = plan_of(answer.plan)
    assert [(route.drone, route.begin) for route in rest.routes] == [("drone2", hover)]
    assert load_plan(tmp_path / "monday" / "rest-1.json") == rest and plans == []
