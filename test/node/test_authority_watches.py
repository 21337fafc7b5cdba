"""The authority while a plan is cleared: the authorisation is looked at again, and the day's flight is counted."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from blindspot_msgs.msg import Clearance
from blindspot_msgs.srv import Authorise
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.publisher import Publisher
from test.node.conftest import order_of

from blindspot.camera.projection import CameraPose
from blindspot.evidence.journals.journal import Journal
from blindspot.law.clearances.ledger import DayMeter, Ledger
from blindspot.law.rules.facts import Masked
from blindspot.mission.mission_file import load_mission
from blindspot.nodes.authority import Authority
from blindspot.nodes.cameras.camera_pose import pose_message
from blindspot.nodes.cameras.mask_reports import masks_message
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.judging import plan_judge

CONFIG = Path(__file__).resolve().parents[2] / "config"
DAY = date(2026, 11, 6)


@pytest.fixture
def mission_file(tmp_path) -> Path:
    """The crossroads in a folder of the test's own."""
    shutil.copytree(CONFIG, tmp_path / "config", ignore=shutil.ignore_patterns("nantes*", "models"))
    return tmp_path / "config" / "missions" / "crossroads.yaml"


@pytest.fixture
def authorisation(mission_file) -> Path:
    return load_mission(mission_file).authorisation_path


@pytest.fixture
def start(graph, mission_file, tmp_path, monkeypatch):
    """An authority whose checker passes whatever the law lets through: it is not what is tried here."""

    def start(**parameters):
        node = graph.start(
            Authority, fleet=str(mission_file), lease_key=str(graph.leasing.private),
            **{"simulated": True, "run_dir": str(tmp_path / "run"), **parameters},
        )  # fmt: skip
        monkeypatch.setattr(node.checker, "ask", lambda question: question.answer(""))
        return node

    return start


@pytest.fixture
def leases(graph) -> list[Clearance]:
    return graph.hear(Clearance, "/drone1/clearance", qos.LEASE)


@pytest.fixture
def ask(graph, mission_file):
    """Ask for a plan, always with the mission as it was at first."""
    order = order_of(mission_file)

    def ask(plan):
        request = Authorise.Request(mission=order, plan=plan_message(plan), requester="tester")
        return graph.ask(Authorise, "authorise", request)

    return ask


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (Path.unlink, "AUT-05"),
        (lambda path: path.write_text("{"), "AUT-05"),
        (lambda path: replaced(path, "2199-12-31T00:00:00Z", "2026-06-01T00:00:00Z"), "TIM-03"),
        (lambda path: replaced(path, "max_flight_min_per_day: 60", "max_flight_min_per_day: 1"), "PUR-04"),
    ],
)
def test_an_authorisation_that_is_taken_away_is_a_refusal_at_once(
    graph, start, leases, authorisation, sound_plan, change, rule, ask
):
    start()
    assert ask(sound_plan).granted
    graph.spin_until(lambda: leases and leases[-1].granted)
    change(authorisation)
    graph.spin_until(lambda: not leases[-1].granted)
    assert leases[-1].rule == rule and leases[-1].reason
    assert not ask(sound_plan).granted, "nor is a new mission cleared"


def test_a_valid_one_in_its_place_leases_on_under_its_own_name(graph, start, leases, authorisation, sound_plan, ask):
    start()
    assert ask(sound_plan).granted
    replaced(authorisation, "SIM-CROSSROADS", "SIM-CROSSROADS-2")
    graph.spin_until(lambda: leases and leases[-1].authorisation == "SIM-CROSSROADS-2")
    assert all(lease.granted for lease in leases)


def test_what_is_flown_is_on_the_disk_and_counts_after_a_restart(
    graph, start, leases, authorisation, sound_plan, tmp_path, ask
):
    """Of drones that nobody hears every second counts."""
    first = start()
    assert ask(sound_plan).granted
    graph.spin_until(lambda: len(leases) > 2)
    flown_s = Ledger(tmp_path / "run").flown_s(DAY)
    assert flown_s >= 60.0, "a block of each drone"
    planned_s = sum(route.expected.flight_time_s for route in sound_plan.routes)
    cap_min = (planned_s + flown_s - 1.0) / 60.0
    replaced(authorisation, "max_flight_min_per_day: 60", f"max_flight_min_per_day: {cap_min:.3f}")
    graph.end(first)
    start()
    answer = ask(sound_plan)
    assert not answer.granted and len(answer.verdicts) == 1 and "were flown that day" in answer.verdicts[0]


def test_a_cap_that_is_reached_in_flight_ends_the_leases(
    graph, start, leases, authorisation, sound_plan, monkeypatch, ask
):
    start()
    assert ask(sound_plan).granted
    monkeypatch.setattr(DayMeter, "run", lambda *_: 3600.1)
    graph.spin_until(lambda: leases and leases[-1].rule == "PUR-04")
    assert not leases[-1].granted


def test_an_exposure_above_the_ceiling_withholds_the_lease_until_the_next_lawful_one(
    graph, start, leases, sound_plan, tmp_path, ask
):
    """The refusal follows the first exposure of the breach, and the other drone's lease goes on."""
    node = start()
    other = graph.hear(Clearance, "/drone2/clearance", qos.LEASE)
    assert ask(sound_plan).granted
    graph.spin_until(lambda: leases and leases[-1].granted and other)
    poses = graph.peer.create_publisher(PoseWithCovarianceStamped, "/drone1/camera/pose", qos.EVENTS)
    graph.spin_until(lambda: poses.get_subscription_count() > 0)
    to = sound_plan.route_of("drone1").steps[0].to
    pose = CameraPose(0.0, to.east_m, to.north_m, 140.0, 0.0, -90.0)
    number = len(leases)
    poses.publish(pose_message(pose))
    graph.spin_until(lambda: len(leases) > number and not leases[-1].granted)
    assert leases[-1].rule == "AVI-01" and len(leases) <= number + 2
    assert all(lease.granted for lease in other)
    number = len(leases)
    graph.spin_until(lambda: len(leases) > number + 3)
    assert not any(lease.granted for lease in leases[number:]), "an inhibited camera never ends its own breach"
    [entry] = [json.loads(line) for line in (tmp_path / "run" / "journal.jsonl").open() if '"withdrawal"' in line]
    assert "drone1: AVI-01" in entry["facts"]["reason"]
    poses.publish(pose_message(replace(pose, up_m=to.up_m)))
    graph.spin_until(lambda: leases[-1].granted)
    assert node.withheld == {}


def test_a_report_that_a_picture_is_not_wholly_masked_withholds_the_lease(graph, start, leases, sound_plan, ask):
    """A report of two publishers counts for nothing: it can neither break nor keep."""
    node = start()
    assert ask(sound_plan).granted
    poses = graph.peer.create_publisher(PoseWithCovarianceStamped, "/drone1/camera/pose", qos.EVENTS)
    masks = graph.peer.create_publisher(DiagnosticArray, "/drone1/facts/masks", qos.EVENTS)
    ready = lambda: poses.get_subscription_count() and masks.get_subscription_count() and leases and leases[-1].granted  # noqa: E731
    graph.spin_until(ready)
    to = sound_plan.route_of("drone1").steps[0].to
    poses.publish(pose_message(CameraPose(1.0, to.east_m, to.north_m, to.up_m, 0.0, -90.0)))
    masks.publish(masks_message(Masked(1.0, outside=True, private=True, clear_bytes=0)))
    number = len(leases)
    graph.spin_until(lambda: len(leases) > number + 1)
    assert all(lease.granted for lease in leases[number:])
    masks.publish(masks_message(Masked(1.2, outside=True, private=False, clear_bytes=12)))
    graph.spin_until(lambda: not leases[-1].granted)
    assert leases[-1].rule == "DWL-01" and "drone1" in node.withheld


def test_the_refusal_after_a_breach_waits_for_no_disk(graph, start, leases, sound_plan, monkeypatch, ask):
    start()
    assert ask(sound_plan).granted
    poses = graph.peer.create_publisher(PoseWithCovarianceStamped, "/drone1/camera/pose", qos.EVENTS)
    graph.spin_until(lambda: poses.get_subscription_count() > 0 and leases and leases[-1].granted)
    sent, publish = [], Publisher.publish
    monkeypatch.setattr(Publisher, "publish", lambda self, said: (sent.append(said), publish(self, said))[1])
    monkeypatch.setattr(Journal, "write", lambda self, act, **facts: sent.append(act))
    to = sound_plan.route_of("drone1").steps[0].to
    poses.publish(pose_message(CameraPose(0.0, to.east_m, to.north_m, 140.0, 0.0, -90.0)))
    graph.spin_until(lambda: "withdrawal" in sent)
    refused = [said for said in sent[: sent.index("withdrawal")] if isinstance(said, Clearance) and not said.granted]
    assert [lease.rule for lease in refused] == ["AVI-01"]


@pytest.mark.parametrize("text", ["nonsense\n", json.dumps({"day": "2026-11-06"}) + "\n"])
def test_a_ledger_that_can_not_be_read_clears_nothing(graph, start, sound_plan, tmp_path, text, ask):
    start()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "flown-2026-11.jsonl").write_text(text)
    answer = ask(sound_plan)
    assert not answer.granted and answer.verdicts[0].startswith("PUR-04 (")


def test_a_real_flight_counts_what_lies_where_a_service_keeps_its_state(
    graph, start, sound_plan, monkeypatch, tmp_path, ask
):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path))
    start(simulated=False)
    today = datetime.now(ZoneInfo("Europe/Paris"))
    (tmp_path / f"flown-{today:%Y-%m}.jsonl").write_text("nonsense\n")
    answer = ask(sound_plan)
    assert not answer.granted and answer.verdicts[0].startswith("PUR-04 (") and str(tmp_path) in answer.verdicts[0]


def test_no_other_state_folder_begins_the_minutes_of_a_day_anew(graph, start, sound_plan, monkeypatch, tmp_path, ask):
    """A journal counts them, and lies in that folder: a new one clears nothing until a person states them."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path))
    start(simulated=False, journal=str(tmp_path / "journal.jsonl"))
    refused = ask(sound_plan).verdicts
    assert refused[0].startswith("PUR-04 (") and "another state folder may hold that" in refused[0], refused
    today = datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()
    Journal(tmp_path / "journal.jsonl", "authority flown").write(
        "flown_before", day=today, flight_s=0.0, person="A. Martin", reason="first flight", authorisation="A"
    )
    assert not any("PUR-04" in verdict for verdict in ask(sound_plan).verdicts)


def test_the_rest_of_a_plan_is_checked_against_what_was_flown(graph, start, sound_plan, monkeypatch, ask):
    """With who is known to be down: by nobody's word here, so nobody is."""
    node = start()
    assert ask(sound_plan).granted
    seen: list[plan_judge.FlownPlan | None] = []
    monkeypatch.setattr(node.checker, "ask", lambda asked: (seen.append(asked.flown), asked.answer("no")))
    route = sound_plan.routes[0]
    begin = {"at": route.steps[0].to, "battery_fraction": 0.9, "flown_s": 60.0}
    begun = route.model_validate({**route.model_dump(), "begin": begin})
    answer = ask(sound_plan.model_copy(update={"routes": (begun,)}))
    assert not answer.granted
    assert seen == [plan_judge.FlownPlan(sound_plan, ())], answer.verdicts
