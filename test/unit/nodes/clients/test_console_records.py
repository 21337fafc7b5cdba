"""The console's records: messages in, view out; a message that can't be taken changes nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path
from threading import Lock
from types import SimpleNamespace

import pytest
from blindspot_msgs.msg import CoverageStatus, DroneStatus, FleetStatus, Heartbeat, MissionStatus
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import Point

from blindspot.console.view import View
from blindspot.core.errors import BlindspotError
from blindspot.mission.fleet_file import load_fleet
from blindspot.nodes.clients import console_records
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.site.load import load_frame

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
NODE = "/drone1/camera"
LONG = "x" * 10_000_000


@pytest.fixture
def view():
    return View()


@pytest.fixture
def records(view, tmp_path):
    fleet = load_fleet(FLEET)
    return ConsoleRecords(view, Lock(), fleet, load_frame(fleet.site_dir), [NODE], tmp_path, "embedded")


def shown(view):
    return json.loads(view.since(0, 0.0))["set"]


def status(**changes):
    usual = {"drone": "drone1", "phase": "en_route", "battery_fraction": 0.5, "position": Point(x=1.0, y=2.0, z=30.0)}
    return DroneStatus(**usual | changes)


def test_each_kind_of_message_is_a_record(records, view):
    records.take_status("drone1", status())
    records.take_heartbeat(Heartbeat(node=NODE))
    records.take_fleet(FleetStatus(simulated=True, missions=[MissionStatus(run="run-1", mission="Crossroads")]))
    records.take_coverage(CoverageStatus(run="run-1", blind_area_m2=100.0, seen_fraction=0.25))
    found = shown(view)
    assert set(found) == {"drone/drone1", f"node/{NODE}", "stack", "run/run-1", "seen/run-1"}
    assert (found["stack"]["simulated"], found["seen/run-1"]["seen_fraction"]) == (True, 0.25)
    lon_deg, lat_deg = found["drone/drone1"]["at"]
    assert (round(lon_deg), round(lat_deg)) == (2, 47)


def test_impossible_numbers_are_unknown(records, view):
    nan = math.nan
    records.take_status(
        "drone1",
        status(battery_fraction=nan, heading_deg=math.inf, hold_ends_s=nan, position=Point(x=nan, y=nan, z=nan)),
    )
    records.take_coverage(CoverageStatus(run="r", blind_area_m2=math.inf, seen_area_m2=nan, oldest_view_age_s=nan))
    drone = shown(view)["drone/drone1"]
    assert {drone[name] for name in ("battery_fraction", "heading_deg", "hold_ends_s", "up_m", "at")} == {None}
    assert {shown(view)["seen/r"][name] for name in ("blind_area_m2", "seen_area_m2", "oldest_view_age_s")} == {None}


@pytest.mark.parametrize(
    "give",
    [
        lambda records: records.take_status("drone1", status(drone="drone2")),
        lambda records: records.take_status("drone1", status(phase="<script>")),
        lambda records: records.take_status("drone1", status(reason=LONG)),
        lambda records: records.take_fleet(FleetStatus(missions=[MissionStatus(run="run-1", reason=LONG)])),
        lambda records: records.take_fleet(FleetStatus(lost_nodes=["x" * 600] * 100)),
        lambda records: records.take_coverage(CoverageStatus(run=LONG)),
        lambda records: records.take_heartbeat(Heartbeat(node="/a/stranger")),
    ],
)
def test_foreign_names_and_long_texts_change_nothing(records, view, give):
    records.take_status("drone1", status())
    number = view.number
    with pytest.raises(BlindspotError) as refused:
        give(records)
    assert len(str(refused.value)) < 300
    assert (view.number, set(shown(view))) == (number, {"drone/drone1"})


def test_a_refused_message_is_counted(records, view):
    records.refuse()
    assert view.refused == 1


def test_a_mission_that_the_stack_forgot_leaves_the_page(records, view):
    records.take_fleet(FleetStatus(missions=[MissionStatus(run="run-1"), MissionStatus(run="run-2")]))
    records.take_coverage(CoverageStatus(run="run-1"))
    records.take_fleet(FleetStatus(missions=[MissionStatus(run="run-2")]))
    assert set(shown(view)) == {"stack", "run/run-2"}


def test_a_run_outside_the_stack_s_folder_draws_nothing(records, view):
    records.take_fleet(FleetStatus(missions=[MissionStatus(run="../../etc")]))
    assert not any(key.startswith("plan/") for key in shown(view))


def test_the_routes_of_a_run_are_drawn_from_its_plan(records, view, plan, tmp_path):
    (tmp_path / "run-1").mkdir()
    (tmp_path / "run-1" / "plan.json").write_text(plan.to_json())
    records.take_fleet(FleetStatus(missions=[MissionStatus(run="run-1")]))
    drawn = shown(view)["plan/run-1"]
    assert set(drawn["routes"]) == {route.drone for route in plan.routes}
    for route in plan.routes:
        assert len(drawn["routes"][route.drone]) == len(route.steps) + 2  # from the pad and back


def test_the_clock_of_a_real_drone_is_compared_once_its_messages_are_fresh(records, view, monkeypatch):
    now = SimpleNamespace(s=1000.0)
    monkeypatch.setattr(console_records.time, "time", lambda: now.s)
    behind = status()
    behind.header.stamp.sec = 910
    records.take_status("drone1", behind)
    assert "clock_off_s" not in shown(view)["drone/drone1"]  # it may be the last word of long ago
    now.s += 0.5
    records.take_status("drone1", behind)
    assert shown(view)["drone/drone1"]["clock_off_s"] == -90


def test_the_trouble_of_a_recorder_is_a_record_and_other_nodes_are_none(records, view):
    def said(name, level, message="no picture since 6 s"):
        records.take_diagnostics(DiagnosticArray(status=[DiagnosticStatus(name=name, level=level, message=message)]))

    for name in ("/drone1/camera: pictures", "/stranger/recorder: recording", "/drone1/recorder", LONG):
        said(name, DiagnosticStatus.ERROR)
    assert view.number == 0
    said("/drone1/recorder: recording", DiagnosticStatus.ERROR)
    assert shown(view)["recording/drone1"] == {"trouble": "no picture since 6 s"}
    said("/drone1/recorder: recording", DiagnosticStatus.OK, "recording")
    assert shown(view)["recording/drone1"] == {"trouble": ""}
