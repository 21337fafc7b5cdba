"""Each exposure is judged by the rules of the flight; a breach withholds the lease of its drone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.law.clearances.monitor import FlightMonitor, ground_density

LENS = Lens(35.0, 1920, 1080)


@pytest.fixture
def cleared(clearances, asked, plans, now_utc):
    assert clearances.authorise(asked(plans["drone1"]), now_utc, lambda _: None) == ()
    return clearances.of_drone("drone1")


@pytest.fixture
def pose(cleared):
    [route] = cleared.flown.routes
    to = route.steps[0].to
    return CameraPose(0.0, to.east_m, to.north_m, to.up_m, 0.0, -90.0)


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
        ({}, ""), ({"east_m": 5_000.0}, "GEO-01"), ({"up_m": 123.0}, ""), ({"up_m": 123.1}, "AVI-01"),
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
