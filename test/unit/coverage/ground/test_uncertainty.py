from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from test.factories import flat_town

from blindspot.coverage.ground.uncertainty import UNKNOWNS, extremes, farthest_m, possible, uncertainty
from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.site.town.lens import vfov_deg
from blindspot.site.town.model import FixedCamera

KNOWN = FixedCamera(
    id="known", east_m=40.5, north_m=40.5, height_m=5.0, kind="fixed", heading_deg=90.0, tilt_deg=-15.0, hfov_deg=60.0,
    vfov_deg=vfov_deg(60.0, 1920, 1080), width_px=1920, height_px=1080, range_m=20.0,
)  # fmt: skip
AIMLESS = replace(KNOWN, id="aimless", heading_deg=None, assumptions=("heading",))
DOME = replace(
    KNOWN, id="dome", kind="dome", heading_deg=None, tilt_deg=-45.0, hfov_deg=360.0, vfov_deg=90.0, width_px=3840
)


def look(*cameras, field=None, min_px_per_m=25.0, public=None):
    field, town = field or flat_town(81, 81), SimpleNamespace(cameras=cameras)
    fixed = fixed_coverage(town, field)
    public = ~field.is_building if public is None else public
    return uncertainty(town, field, fixed, public, min_px_per_m), fixed


def stakes_of(found):
    return {(stake.camera, stake.unknown): stake.area_m2 for stake in found.stakes}


def test_known_values_give_equal_bounds():
    found, fixed = look(KNOWN, replace(DOME, east_m=10.5))
    assert (found.pessimistic_px_per_m == fixed.density_px_per_m).all()
    assert (found.optimistic_px_per_m == fixed.density_px_per_m).all()
    assert found.stakes == ()


def test_an_unknown_direction_is_nothing_at_worst_and_a_disc_at_best():
    """At 25 px/m nothing but the range of 20 m limits it, and the ground at its foot below the picture."""
    found, _ = look(AIMLESS)
    assert not found.pessimistic_px_per_m.any()
    row, col = np.nonzero(found.optimistic_px_per_m)
    away_m = np.hypot(row - 40, col - 40)
    assert away_m.max() <= 20
    ring = np.hypot(*np.mgrid[-40:41, -40:41])
    assert (found.optimistic_px_per_m[(ring <= 20) & (ring >= 6)] >= 25).all()
    assert stakes_of(found) == {("aimless", "heading"): float((found.optimistic_px_per_m >= 25).sum())}


def test_with_an_unknown_height_only_ground_seen_from_every_height_is_certain():
    """Behind a 4 m wall that ends 9.5 m away, a 1.7 m head is hidden up to 9.5 x (h - 1.7) / (h - 4): from 5 m up to
    31.4 m, from 10 m up to 13.1 m, from 3 m everywhere."""
    field = flat_town(81, 81, [(35, 46, 46, 50, 4.0)])
    camera = replace(KNOWN, range_m=39.0, tilt_deg=0.0, vfov_deg=90.0, assumptions=("height",))
    found, fixed = look(camera, field=field, min_px_per_m=1.0)
    beyond = slice(50, 80)
    assert not found.pessimistic_px_per_m[40, beyond].any()
    assert (np.flatnonzero(fixed.density_px_per_m[40, beyond]) + 50).min() == 72
    assert (np.flatnonzero(found.optimistic_px_per_m[40, beyond]) + 50).min() == 54


def test_an_unknown_field_of_view_is_as_narrow_and_as_coarse_as_may_be():
    found, _ = look(replace(KNOWN, assumptions=("hfov",)), min_px_per_m=1.0)
    row, col = np.nonzero(found.pessimistic_px_per_m)
    assert np.degrees(np.arctan2(np.abs(row - 40), col - 40)).max() < 17  # 30 deg wide, a bit more as it is tilted
    widest = replace(KNOWN, hfov_deg=110.0, vfov_deg=vfov_deg(110.0, 1920, 1080))
    _, coarse = look(widest, min_px_per_m=1.0)
    assert found.pessimistic_px_per_m[40, 55] == coarse.density_px_per_m[40, 55]


def test_an_unknown_range_or_resolution_is_a_matter_of_scale():
    found, fixed = look(replace(KNOWN, range_m=60.0, assumptions=("range", "resolution")), min_px_per_m=1.0)
    assert found.pessimistic_px_per_m[40, 70] == pytest.approx(fixed.density_px_per_m[40, 70] * 1280 / 1920)
    assert found.optimistic_px_per_m[40, 70] == pytest.approx(fixed.density_px_per_m[40, 70] * 2)
    near, _ = look(replace(KNOWN, range_m=20.0, assumptions=("range",)), min_px_per_m=1.0)
    assert near.pessimistic_px_per_m[40, 62] == 0 < near.optimistic_px_per_m[40, 62]


def test_a_dome_that_only_may_see_all_round_sees_nothing_for_sure_unless_its_direction_is_known():
    found, fixed = look(replace(DOME, assumptions=("hfov",)))
    assert not found.pessimistic_px_per_m.any()
    assert found.optimistic_px_per_m[40, 50] == pytest.approx(2 * fixed.density_px_per_m[40, 50], rel=2e-4)
    aimed, _ = look(replace(DOME, heading_deg=90.0, assumptions=("hfov",)))
    assert aimed.pessimistic_px_per_m[40, 50] > 0 == aimed.pessimistic_px_per_m[40, 30]


def test_a_camera_of_unknown_kind_may_turn():
    found, _ = look(replace(KNOWN, assumptions=("kind",)))
    assert not found.pessimistic_px_per_m.any()
    assert found.optimistic_px_per_m[40, 30] > 0  # as a dome
    assert found.optimistic_px_per_m[40, 50] > found.optimistic_px_per_m[40, 30]


def test_a_camera_that_turns_counts_for_nothing():
    found, _ = look(replace(KNOWN, kind="panning", heading_deg=None, assumptions=("panning", "height")))
    assert not found.optimistic_px_per_m.any()


def test_ground_that_another_camera_sees_for_certain_is_not_at_stake():
    alone, _ = look(AIMLESS)
    sure = replace(KNOWN, hfov_deg=150.0, vfov_deg=vfov_deg(150.0, 1920, 1080), width_px=9000)
    both, fixed = look(AIMLESS, sure)
    doubtful, _ = look(AIMLESS, replace(sure, assumptions=("heading",), heading_deg=None))
    seen = (fixed.density_px_per_m >= 25) & (alone.optimistic_px_per_m >= 25)
    assert seen.any()
    lost = stakes_of(alone)["aimless", "heading"] - stakes_of(both)["aimless", "heading"]
    assert lost == seen.sum()
    assert stakes_of(doubtful)["aimless", "heading"] == stakes_of(alone)["aimless", "heading"]


def test_only_public_ground_is_at_stake():
    public = np.zeros((81, 81), bool)
    public[48:50, 39:42] = True
    found, _ = look(AIMLESS, public=public)
    assert stakes_of(found) == {("aimless", "heading"): 6.0}


def test_other_unknowns_of_a_camera_of_unknown_direction_have_no_stake():
    found, _ = look(replace(AIMLESS, assumptions=("heading", "height", "tilt", "hfov")))
    assert {unknown for _, unknown in stakes_of(found)} == {"heading"}


blocks = st.lists(
    st.tuples(st.integers(0, 75), st.integers(1, 6), st.integers(0, 75), st.integers(1, 6), st.floats(1, 20)),
    max_size=6,
)
unknowns = st.lists(st.sampled_from(sorted(UNKNOWNS)), max_size=4, unique=True).map(tuple)
cameras = st.builds(
    lambda camera, k, e, n, heading, unknown: replace(
        camera, id=str(k), east_m=e, north_m=n, assumptions=unknown,
        heading_deg=None if "heading" in unknown or camera is DOME else heading,
    ),
    st.sampled_from([KNOWN, DOME]), st.uuids(), st.floats(1, 80), st.floats(1, 80), st.floats(0, 360), unknowns,
)  # fmt: skip


@settings(max_examples=40)
@given(blocks=blocks, town=st.lists(cameras, max_size=3))
def test_assumed_coverage_lies_between_the_bounds(blocks, town):
    field = flat_town(81, 81, [(r, r + h, c, c + w, m) for r, h, c, w, m in blocks])
    found, fixed = look(*town, field=field)
    assert (found.pessimistic_px_per_m <= fixed.density_px_per_m).all()
    assert (fixed.density_px_per_m <= found.optimistic_px_per_m).all()
    differs = (found.pessimistic_px_per_m < 25) & (found.optimistic_px_per_m >= 25)
    assert all(0 < stake.area_m2 <= differs.sum() for stake in found.stakes)
    areas = [stake.area_m2 for stake in found.stakes]
    assert areas == sorted(areas, reverse=True)


@settings(max_examples=40)
@given(blocks=blocks, camera=cameras, data=st.data())
def test_every_possible_camera_lies_between_the_worst_and_the_best(blocks, camera, data):
    field = flat_town(81, 81, [(r, r + h, c, c + w, m) for r, h, c, w, m in blocks])
    found, _ = look(camera, field=field)
    real = camera
    for unknown in (u for u in UNKNOWNS if u in camera.assumptions):
        real = data.draw(st.sampled_from(possible(real, unknown)))
    if "heading" in camera.assumptions:
        real = replace(real, heading_deg=data.draw(st.floats(0, 360)))
    density = fixed_coverage(SimpleNamespace(cameras=(real,)), field).density_px_per_m
    assert (density <= found.optimistic_px_per_m).all()
    assert (found.pessimistic_px_per_m <= density).all()


@settings(max_examples=20)
@given(blocks=blocks, camera=cameras)
def test_the_bounds_are_the_extremes_of_all_possible_cameras(blocks, camera):
    field = flat_town(81, 81, [(r, r + h, c, c + w, m) for r, h, c, w, m in blocks])
    found, _ = look(camera, field=field)
    if "heading" in camera.assumptions or "kind" in camera.assumptions:
        return
    variants = [camera]
    for unknown in (u for u in UNKNOWNS if u in camera.assumptions):
        variants = [variant for before in variants for variant in possible(before, unknown)]
    each = [fixed_coverage(SimpleNamespace(cameras=(one,)), field).density_px_per_m for one in variants]
    least, turned = np.min(each, axis=0), not all(one.always_sees for one in variants)
    assert (found.pessimistic_px_per_m == (0.0 if turned else least)).all()
    assert turned or (found.optimistic_px_per_m == np.max(each, axis=0)).all()


def test_cameras_that_differ_in_resolution_and_range_only_are_two_to_examine():
    """A camera of which nothing but its place is known has 405 variants, and each of them takes milliseconds."""
    unknown, variants = ("hfov", "tilt", "height", "resolution", "range"), [KNOWN]
    for one in unknown:
        variants = [variant for before in variants for variant in possible(before, one)]
    pairs = extremes(variants)
    assert (len(variants), len(pairs)) == (405, 45)
    assert {(poor.width_px, poor.range_m, best.width_px, best.range_m) for poor, best in pairs} == {
        (1280, 20.0, 3840, 150.0)
    }


def test_how_far_cameras_matter_is_how_far_they_may_look():
    doubtful, turning = replace(KNOWN, assumptions=("range",)), replace(KNOWN, kind="panning", range_m=900.0)
    assert farthest_m([KNOWN, doubtful, turning]) == 150
    assert farthest_m([]) == 0


def test_progress_is_reported_for_each_camera():
    town, reported = SimpleNamespace(cameras=(KNOWN, replace(KNOWN, id="far", east_m=900.0), DOME)), []
    field = flat_town(81, 81)
    fixed = fixed_coverage(town, field)
    uncertainty(town, field, fixed, ~field.is_building, 25.0, progress=lambda done, of: reported.append((done, of)))
    assert reported == [(2, 3), (3, 3)]
