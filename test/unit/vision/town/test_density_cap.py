"""The density cap, judged on board for the camera's own pose."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from blindspot.camera import CameraPose, Lens
from blindspot.coverage.sight import drone_view
from blindspot.mission import DensityBand
from blindspot.site.ground import HeightField
from blindspot.vision.town import Tree
from blindspot.vision.town.density_cap import DensityCap

LENS = Lens(35.0, 1920, 1080)
CAP_PX_PER_M = 60.0


def pose(**changes: float) -> CameraPose:
    """59 m over the street, straight down, known exactly."""
    exact = CameraPose(100.0, 0.0, 0.0, 59.0, 0.0, -90.0, 0.0, 0.0, 0.0)
    return replace(exact, **changes)


@pytest.fixture(scope="module")
def cap(town) -> DensityCap:
    return DensityCap(town, LENS, CAP_PX_PER_M)


def test_a_turn_about_the_vertical_brings_a_roof_into_the_picture(cap):
    """At the depth of a roof 12 m high the picture is 30 m wide and 17 m high. The block begins 10 m to the east:
    beside the picture whose top points east, inside the one whose top points north."""
    assert not cap.is_exceeded(pose(heading_deg=90.0))
    assert cap.is_exceeded(pose(heading_deg=0.0))


def test_the_cap_is_met_at_the_depth_of_a_roof(cap):
    """60 px/m are 50.75 m of depth, over a roof of 12 m."""
    assert LENS.depth_for(CAP_PX_PER_M) == pytest.approx(50.75, abs=0.01)
    assert cap.is_exceeded(pose(east_m=20.0, up_m=62.7))
    assert not cap.is_exceeded(pose(east_m=20.0, up_m=62.8))


def test_a_person_on_the_street_is_no_nearer_than_the_cap(cap):
    on_the_street = pose(east_m=-30.0, up_m=50.75 + 1.7)
    assert cap.is_exceeded(replace(on_the_street, up_m=on_the_street.up_m - 0.1))
    assert not cap.is_exceeded(replace(on_the_street, up_m=on_the_street.up_m + 0.1))


def test_an_error_of_the_pose_is_a_margin(cap):
    """One of the place, and one of the aim, at the depth of the cap: 1 deg is 0.9 m there."""
    beside = pose(heading_deg=90.0, east_m=0.6)
    assert not cap.is_exceeded(beside)
    assert cap.is_exceeded(replace(beside, position_std_m=1.5))
    assert cap.is_exceeded(replace(beside, attitude_std_deg=1.7))


def test_an_error_of_the_heading_is_a_margin_straight_down_too(cap):
    """It turns the picture about its own axis: at 8 deg a corner reaches the roof that lies 1.6 m beside the edge."""
    beside = pose(heading_deg=90.0)
    assert not cap.is_exceeded(replace(beside, attitude_std_deg=2.0, heading_std_deg=2.0))
    assert cap.is_exceeded(replace(beside, attitude_std_deg=8.0, heading_std_deg=8.0))


@pytest.mark.parametrize(
    "field", ["position_std_m", "heading_std_deg", "attitude_std_deg", "up_m", "east_m", "heading_deg", "roll_deg"]
)
def test_an_unknown_pose_exceeds_the_cap(cap, field):
    assert not cap.is_exceeded(pose(up_m=100.0))
    assert cap.is_exceeded(pose(**{"up_m": 100.0, field: math.nan}))


def test_a_picture_that_leaves_the_known_town_exceeds_the_cap(cap):
    assert cap.is_exceeded(pose(east_m=-45.0))
    assert not cap.is_exceeded(pose(east_m=-45.0, up_m=90.0))  # all that is near is higher than the town


def test_a_crown_counts(town):
    crown = Tree(-30.0, 0.0, 4.0, 0.0, 3.0, 15.0)
    assert not DensityCap(town, LENS, CAP_PX_PER_M).is_exceeded(pose(east_m=-30.0))
    assert DensityCap(replace(town, trees=(crown,)), LENS, CAP_PX_PER_M).is_exceeded(pose(east_m=-30.0))


@pytest.mark.parametrize("ridge_m", [12.0, 17.0])
def test_it_forbids_every_picture_that_the_coverage_kernel_finds_too_dense(town, ridge_m):
    """The report of a run judges the pictures with that kernel."""
    cap = DensityCap(replace(town, prisms=(replace(town.prisms[0], top_m=ridge_m),)), LENS, CAP_PX_PER_M)
    top_m, peak_m = town.ground_m.copy(), town.ground_m.copy()
    top_m[60:140, 120:160], peak_m[60:140, 120:160] = 12.0, ridge_m
    field = HeightField(town.grid, town.ground_m, top_m, peak_m=peak_m)
    band = DensityBand(min_px_per_m=25.0, max_px_per_m=60.0)
    rng, found = np.random.default_rng(4), {True: 0, False: 0}
    for _ in range(400):
        east_m, north_m, up_m = rng.uniform(-20, 20), rng.uniform(-20, 20), rng.uniform(50, 75)
        heading_deg, pitch_deg, roll_deg = rng.uniform(0, 360), rng.uniform(-90, -50), rng.uniform(-5, 5)
        looked = drone_view(
            field, LENS, east_m, north_m, up_m, heading_deg, pitch_deg, band, roll_deg=roll_deg,
            among=np.zeros(town.grid.shape, bool),
        )  # fmt: skip
        at = pose(east_m=east_m, north_m=north_m, up_m=up_m, heading_deg=heading_deg, pitch_deg=pitch_deg,
                  roll_deg=roll_deg)  # fmt: skip
        is_dense = looked.max_px_per_m > CAP_PX_PER_M
        found[is_dense] += 1
        assert cap.is_exceeded(at) or not is_dense
    assert min(found.values()) > 50


def test_a_ridge_counts_and_not_the_eaves_alone(town):
    """62.8 m over the ground keep the cap over eaves of 12 m; a ridge 6 m above them needs 68.8 m."""
    (flat,) = town.prisms
    gabled = DensityCap(replace(town, prisms=(replace(flat, top_m=18.0),)), LENS, CAP_PX_PER_M)
    assert gabled.is_exceeded(pose(east_m=20.0, up_m=62.8))
    assert gabled.is_exceeded(pose(east_m=20.0, up_m=68.7))
    assert not gabled.is_exceeded(pose(east_m=20.0, up_m=68.8))
