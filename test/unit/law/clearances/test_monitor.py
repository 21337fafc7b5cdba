"""Each exposure is judged by the rules of the flight; a breach withholds the lease of its drone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.law.clearances.monitor import FlightMonitor, ground_density
from blindspot.law.rules.facts import Masked
from blindspot.mission.plan_figures import WatchedTarget

LENS = Lens(35.0, 1920, 1080)


@pytest.fixture
def cleared(clearances, asked, plans, now_utc):
    assert clearances.authorise(asked(plans["drone1"]), now_utc, lambda _: None) == ()
    return clearances.of_drone("drone1")


@pytest.fixture
def pose_of():
    def pose_of(cleared):
        [route] = cleared.flown.routes
        to = route.steps[0].to
        return CameraPose(0.0, to.east_m, to.north_m, to.up_m, 0.0, -90.0)

    return pose_of


@pytest.fixture
def pose(cleared, pose_of):
    return pose_of(cleared)


@pytest.fixture
def monitor():
    return FlightMonitor(simulated=True)


def rule_of(monitor, cleared, pose, now_s=10.0):
    monitor.heard("drone1", pose, now_s)
    found = monitor.breach(cleared, "drone1", now_s)
    return found.rule if found is not None else ""


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, ""), ({"east_m": 5_000.0}, "GEO-01"), ({"up_m": 120.0}, ""), ({"up_m": 120.1}, "AVI-01"),
        ({"pitch_deg": -39.0}, ""), ({"pitch_deg": -38.9}, "SEN-03"), ({"up_m": 47.8}, ""), ({"up_m": 47.6}, "SEN-03"),
        ({"up_m": -4.0}, "SEN-03"),
    ],
)  # fmt: skip
def test_an_exposure_outside_a_limit_is_a_breach(monitor, cleared, pose, changes, rule):
    assert rule_of(monitor, cleared, replace(pose, **changes)) == rule


def test_the_next_lawful_exposure_ends_the_breach(monitor, cleared, pose):
    assert rule_of(monitor, cleared, replace(pose, up_m=130.0)) == "AVI-01"
    assert rule_of(monitor, cleared, pose, 10.2) == ""


def test_a_camera_that_is_off_breaks_no_rule(monitor, cleared, pose):
    """Before the first exposure, and between two views after a lawful one, however long."""
    assert monitor.breach(cleared, "drone1", 10.0) is None
    assert rule_of(monitor, cleared, pose, 10.0) == ""
    for now_s in (10.5, 11.1, 100.0, 1_000.0):
        assert monitor.breach(cleared, "drone1", now_s) is None


def test_a_breach_holds_while_the_inhibited_camera_is_silent(monitor, cleared, pose):
    assert rule_of(monitor, cleared, replace(pose, up_m=130.0), 10.0) == "AVI-01"
    for now_s in (11.0, 11.1, 21.0, 41.0, 1_000.0):
        assert monitor.breach(cleared, "drone1", now_s).rule == "AVI-01"
    assert rule_of(monitor, cleared, replace(pose, east_m=5_000.0), 1_001.0) == "GEO-01", "the latest one"
    assert rule_of(monitor, cleared, pose, 1_002.0) == ""
    assert monitor.breach(cleared, "drone1", 1_010.0) is None


def test_a_breach_of_one_drone_ends_with_no_other_s_exposure_and_with_its_clearance(
    monitor, cleared, pose, clearances, asked, plans, now_utc
):
    assert rule_of(monitor, cleared, replace(pose, up_m=130.0), 10.0) == "AVI-01"
    monitor.heard("drone2", pose, 20.0)
    assert monitor.breach(cleared, "drone1", 20.0).rule == "AVI-01"
    clearances.withdraw(cleared)
    assert clearances.authorise(asked(plans["drone1"]), now_utc, lambda _: None) == ()
    assert monitor.breach(clearances.of_drone("drone1"), "drone1", 30.0) is None


def test_a_breach_holds_when_the_other_cameras_go_off(monitor, cleared, pose):
    """The same exposure never ends the breach that it began."""
    for name in ("drone2", "drone3"):
        monitor.heard(name, pose, 9.5)
    assert rule_of(monitor, cleared, pose, 10.4) == "SEN-02"
    assert monitor.breach(cleared, "drone1", 10.8).rule == "SEN-02"
    assert rule_of(monitor, cleared, pose, 10.9) == ""


def test_an_invalid_pose_is_a_breach(monitor, cleared):
    assert rule_of(monitor, cleared, None) == "GEO-01"


def test_the_cameras_of_the_fleet_count_together(monitor, cleared, pose):
    for name in ("drone2", "drone3"):
        monitor.heard(name, pose, 9.5)
    assert rule_of(monitor, cleared, pose) == "SEN-02"
    assert rule_of(monitor, cleared, pose, 11.0) == ""


def test_a_lost_area_is_a_breach(monitor, cleared, pose):
    cleared.gate.authorisation.area_path.unlink()
    assert rule_of(monitor, cleared, pose) == "AUT-01"


def test_the_density_is_highest_at_the_steepest_ray():
    """Straight down the depth is the height; at -60 deg the nearest ground is at the picture's lower edge."""
    assert ground_density(LENS, 51.0, -90.0) == pytest.approx(LENS.f_px / 51.0)
    half = math.radians(LENS.vfov_deg / 2)
    depth_m = 60.0 / math.sin(math.radians(60.0) + half) * math.cos(half)
    assert ground_density(LENS, 60.0, -60.0) == pytest.approx(LENS.f_px / depth_m)
    assert ground_density(LENS, 60.0, -85.0) == pytest.approx(LENS.f_px / (60.0 * math.cos(math.radians(5.0))))
    assert ground_density(LENS, 0.0, -90.0) == math.inf


GOOD = Masked(10.0, outside=True, private=True, clear_bytes=0)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({}, ""), ({"outside": False}, "GEO-01"), ({"private": False}, "DWL-01"), ({"clear_bytes": 3}, "REC-02")],
)
def test_a_report_that_a_picture_still_shows_something_is_a_breach_that_holds(monitor, cleared, pose, changes, rule):
    assert rule_of(monitor, cleared, pose, 10.0) == ""
    monitor.masked("drone1", replace(GOOD, **changes))
    for now_s in (10.4, 60.0, 1_000.0):
        found = monitor.breach(cleared, "drone1", now_s)
        assert (found.rule if found is not None else "") == rule


def test_a_bad_report_that_arrives_after_the_camera_went_off_is_a_breach(monitor, cleared, pose):
    assert rule_of(monitor, cleared, pose, 10.0) == ""
    monitor.masked("drone1", replace(GOOD, private=False))
    assert monitor.breach(cleared, "drone1", 13.0).rule == "DWL-01"


class Wall:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def wall():
    return Wall()


def exposures(monitor, cleared, pose, wall, times):
    """The rules broken at exposures at these times of (node, wall)."""
    found = []
    for now_s, wall.now_s in times:
        found.append(rule_of(monitor, cleared, pose, now_s))
    return found


def test_a_camera_whose_masks_nobody_reports_is_in_breach_after_ten_seconds(cleared, pose, wall):
    monitor = FlightMonitor(simulated=True, wall_s=wall)
    [route] = cleared.flown.routes
    monitor.lens("drone1", lens_of(cleared, route))
    seconds = [(0.5 * step, 0.5 * step) for step in range(23)]
    found = exposures(monitor, cleared, pose, wall, seconds)
    assert found[:21] == [""] * 21 and found[21:] == ["GEO-01", "GEO-01"]
    assert "unknown" in monitor.breach(cleared, "drone1", 11.5).reason


def test_silence_counts_by_both_clocks_and_anew_after_each_report_and_while_the_camera_is_off(cleared, pose, wall):
    [route] = cleared.flown.routes
    for times, reports in (
        ([(0.9 * step, 0.1 * step) for step in range(60)], {}),  # a fast simulation
        ([(0.1 * step, 0.9 * step) for step in range(60)], {}),  # a slow one
        ([(0.9 * step, 0.9 * step) for step in range(60)], {step: 0.9 * step for step in range(0, 60, 8)}),
        ([(9.0 * step, 9.0 * step) for step in range(60)], {}),  # one exposure at each of many views
    ):
        monitor = FlightMonitor(simulated=True, wall_s=wall)
        monitor.lens("drone1", lens_of(cleared, route))
        for step, (now_s, wall.now_s) in enumerate(times):
            assert rule_of(monitor, cleared, pose, now_s) == ""
            if step in reports:
                monitor.masked("drone1", replace(GOOD, at_s=reports[step]))


def test_a_report_that_is_sent_again_counts_for_nothing(cleared, pose, wall):
    monitor = FlightMonitor(simulated=True, wall_s=wall)
    monitor.lens("drone1", lens_of(cleared, cleared.flown.routes[0]))
    found = []
    for step in range(40):
        wall.now_s = 0.5 * step
        found.append(rule_of(monitor, cleared, pose, 0.5 * step))
        monitor.masked("drone1", replace(GOOD, at_s=0.0))
    assert "GEO-01" in found


def lens_of(cleared, route, zoom=1.0):
    camera = cleared.asked.mission.models[route.model].camera
    half = math.tan(math.radians(camera.hfov_deg / 2)) / zoom
    return Lens(2 * math.degrees(math.atan(half)), camera.width_px, camera.height_px)


@pytest.mark.parametrize(("zoom", "rule"), [(1.0, ""), (0.8, ""), (1.04, ""), (1.06, "SEN-03"), (3.0, "SEN-03")])
def test_the_zoom_is_that_of_the_lens_that_the_camera_reports(monitor, cleared, pose, zoom, rule):
    high = replace(pose, up_m=118.0)
    monitor.lens("drone1", lens_of(cleared, cleared.flown.routes[0], zoom))
    assert rule_of(monitor, cleared, high) == rule


def test_a_longer_lens_also_counts_for_the_density(monitor, cleared, pose):
    monitor.lens("drone1", lens_of(cleared, cleared.flown.routes[0], 1.04))
    assert rule_of(monitor, cleared, replace(pose, up_m=47.8)) == "SEN-03", "allowed with the planned lens"


def test_a_camera_that_reports_no_lens_is_in_breach_after_ten_seconds(cleared, pose, wall):
    monitor = FlightMonitor(simulated=True, wall_s=wall)
    found = []
    for step in range(25):
        wall.now_s = 0.5 * step
        found.append(rule_of(monitor, cleared, pose, 0.5 * step))
        monitor.masked("drone1", replace(GOOD, at_s=0.5 * step))
    assert found[:21] == [""] * 21 and found[21] == "SEN-03"


@pytest.fixture
def turn(clearances, asked, plans, now_utc):
    """A cleared turn of a watch, without the right to look."""
    plan = plans["drone1"].model_copy(update={"watch": WatchedTarget(target="stage", target_m2=9.0, seen_m2=9.0)})
    assert clearances.authorise(asked(plan), now_utc, lambda _: None) == ()
    return clearances.of_drone("drone1")


def test_sen_02_an_exposure_without_the_right_to_look_is_a_breach_of_its_drone_alone(clearances, turn, pose_of):
    monitor, looks, pose = FlightMonitor(simulated=True, looks=clearances.looks), clearances.looks, pose_of(turn)
    looks.step(1.0)
    looks.pass_look("drone1", "", "A", 10.0)
    assert rule_of(monitor, turn, pose, 10.0) == ""
    looks.pass_look("", "drone1", "A", 10.1)
    assert rule_of(monitor, turn, pose, 10.3) == "", "a lease of before may hold"
    looks.reported("drone1", 10.4, inhibited=True)
    looks.step(11.5)
    monitor.heard("drone1", pose, 11.6, age_s=0.4)
    assert monitor.breach(turn, "drone1", 11.6) is None, "an exposure of before comes late"
    assert rule_of(monitor, turn, pose, 11.7) == "SEN-02"
    for name in ("drone2", "drone3"):
        monitor.heard(name, pose, 11.7)
    looks.step(13.0)
    looks.pass_look("drone1", "", "A", 13.0)
    assert rule_of(monitor, turn, pose, 13.1) == ""


def test_just_after_the_start_of_the_gate_a_lease_of_before_may_hold(clearances, turn, pose_of):
    monitor = FlightMonitor(simulated=True, looks=clearances.looks)
    clearances.looks.step(100.0)
    assert rule_of(monitor, turn, pose_of(turn), 101.0) == ""
    clearances.looks.step(106.0)
    assert rule_of(monitor, turn, pose_of(turn), 107.0) == "SEN-02"
