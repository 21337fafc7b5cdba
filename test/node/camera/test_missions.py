"""The camera from mission to mission: their limits, their towns and their leases."""

from __future__ import annotations

import threading
import weakref

import yaml
from test.node.conftest import order_of

from blindspot.camera.projection import CameraPose
from blindspot.mission.fleet_file import load_fleet
from blindspot.mission.mission_file import load_mission
from blindspot.nodes import camera as camera_node
from blindspot.vision.capture.sources import Exposure
from blindspot.vision.town import town_of_mission
from blindspot_sim.nodes.camera import rendered_camera


def test_without_a_mission_the_camera_is_well_and_exposes_nothing(drone):
    """`flight_control` waits for its heartbeat before the flight."""
    seen = drone(mission=None, picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: len(seen.infos) >= 5, act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == "no capture: no mission"
    assert (seen.poses, seen.given) == ([], [])


def test_a_mission_with_another_hash_captures_nothing(drone, mission_path):
    seen = drone(mission=None, picture_rate_hz=20.0)
    seen.take_pictures()
    seen.order = order_of(mission_path)
    seen.order.sha256 = "f" * 64
    seen.mission.publish(seen.order)
    refused = "no capture: the mission can't be loaded"
    seen.spin_until(lambda: seen.camera.why_not() == refused, act=lambda: seen.fly(inhibited=False))
    heard = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
    assert (seen.poses, seen.given) == ([], [])


def test_leases_of_another_mission_inhibit(drone, changed_mission, mission_path):
    seen = drone()
    seen.spin_until(lambda: seen.poses, act=lambda: seen.fly(inhibited=False))
    leased = seen.order
    seen.begin(changed_mission(people=3))
    seen.order = leased
    seen.poses.clear()
    heard = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == "inhibited: no lease" and seen.poses == []


def test_an_order_for_another_run_than_the_flown_one_inhibits(drone, mission_path):
    seen = drone(mission=None)
    seen.order = order_of(mission_path, run="forged")
    seen.mission.publish(seen.order)
    inhibited = "inhibited: flight_control flies another run"
    seen.spin_until(lambda: seen.camera.why_not() == inhibited, act=lambda: seen.fly(inhibited=False))
    heard = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
    assert seen.poses == []


def test_leases_under_another_authorisation_inhibit(drone, changed_mission):
    """This computer's copy of the authorisation is another one than the gate's."""
    seen = drone(changed_mission(law={"SIM-CROSSROADS": "SIM-OTHER"}))
    inhibited = "inhibited: no lease"
    seen.spin_until(lambda: seen.camera.why_not() == inhibited, act=lambda: seen.fly(inhibited=False))
    heard = len(seen.infos)
    seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
    assert seen.camera.why_not() == inhibited and seen.poses == []


def test_until_the_town_is_drawn_nothing_is_exposed(drone, mission_path, monkeypatch):
    drawing, town = threading.Event(), camera_node.town_of_mission
    monkeypatch.setattr(camera_node, "town_of_mission", lambda mission: drawing.wait() and town(mission))
    seen = drone(mission=None)
    seen.order = order_of(mission_path)
    seen.mission.publish(seen.order)
    try:
        loading = "no capture: the mission is being loaded"
        seen.spin_until(lambda: seen.camera.why_not() == loading, act=lambda: seen.fly(inhibited=False))
        heard = len(seen.infos)
        seen.spin_until(lambda: len(seen.infos) >= heard + 3, act=lambda: seen.fly(inhibited=False))
        assert seen.poses == []
    finally:
        drawing.set()
    seen.spin_until(lambda: seen.poses, act=lambda: seen.fly(inhibited=False))


def test_each_mission_has_its_own_limits_and_names_its_pictures(drone, changed_mission, mission_path):
    seen = drone(picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False))
    limits = yaml.safe_load(mission_path.read_text())["limits"]
    seen.begin(changed_mission(limits=limits | {"max_pitch_deg": -70.0}), run="second")
    seen.given.clear()
    seen.spin_until(lambda: seen.camera.beyond_pitch >= 3, act=lambda: seen.fly(inhibited=False))
    assert seen.given == []
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False, pitch_deg=-80.0))
    assert {picture.mission for picture in seen.given} == {f"second {seen.order.sha256}"}


def test_a_picture_that_was_drawn_while_the_mission_changed_goes_nowhere(drone, changed_mission, monkeypatch):
    seen, other, drawn = drone(picture_rate_hz=20.0), changed_mission(people=3), []
    first, draw = seen.order.sha256, seen.camera.mission.made.source.expose(0.0).picture

    def slowly(pose):
        seen.camera.mission.drop("the mission is being loaded")
        drawn.append(pose)
        return draw(pose)

    monkeypatch.setattr(seen.camera.mission.made.source, "expose", lambda now_s: Exposure(now_s, slowly))
    seen.take_pictures()
    seen.spin_until(lambda: drawn, act=lambda: seen.fly(inhibited=False))
    seen.begin(other)
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False))
    assert first not in " ".join(picture.mission for picture in seen.given)


def test_a_former_missions_town_is_forgotten(drone, changed_mission):
    seen = drone(picture_rate_hz=20.0)
    seen.take_pictures()
    seen.spin_until(lambda: seen.given, act=lambda: seen.fly(inhibited=False))
    town = weakref.ref(seen.camera.mission.made.source.expose(0.0).picture.__self__)
    seen.begin(changed_mission(people=3))
    seen.spin_until(lambda: town() is None)


def test_the_simulated_people_are_the_fleets_and_the_same_for_the_same_seed(changed_mission, mission_path):
    """Whatever the mission says of people: every camera of the fleet, and the simulator's truth, see the same ones."""
    fleet = load_fleet(mission_path)
    many, few = (load_mission(changed_mission(f"m{people}", people=people)) for people in (40, 0))
    pose = CameraPose(100.0, 0.0, 0.0, 60.0, 0.0, -90.0, 0.0, 0.1, 0.1)

    def picture(mission, seed):
        source = rendered_camera(fleet, "drone1", 4, seed).source_in(town_of_mission(mission))
        return source.expose(100.0).picture(pose)

    assert (picture(many, 1) == picture(few, 1)).all()
    assert (picture(many, 1) != picture(many, 2)).any()
