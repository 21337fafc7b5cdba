"""A network that changes a camera at a time against the whole town computed anew."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings, strategies as st

from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.site.ground.grid import Grid, HeightField
from blindspot.site.town.model import FixedCamera
from blindspot_lab.solvers.camera_network import Network

SIZE = 60
DOME = FixedCamera(
    id="0", east_m=10.5, north_m=10.5, height_m=6.0, kind="dome", heading_deg=None, tilt_deg=-45.0, hfov_deg=360.0,
    vfov_deg=90.0, width_px=3600, height_px=900, range_m=14.0,
)  # fmt: skip
FIXED = replace(DOME, kind="fixed", heading_deg=90.0, tilt_deg=-10.0, hfov_deg=60.0, vfov_deg=40.0)


def town():
    top = np.zeros((SIZE, SIZE), np.float32)
    for row, col, height_m in [(5, 20, 9), (22, 8, 4), (30, 30, 12), (45, 12, 3), (12, 44, 7)]:
        top[row : row + 9, col : col + 7] = height_m
    return HeightField(Grid(-3.0, 7.0, 1.0, SIZE, SIZE), np.zeros_like(top), top)


places_m = st.floats(0.1, SIZE - 0.1)
cameras = st.builds(
    lambda name, kind, east_m, north_m, heading_deg, height_m: replace(
        kind, id=str(name), east_m=east_m - 3, north_m=north_m + 7, heading_deg=heading_deg, height_m=height_m
    ),
    st.integers(0, 9),
    st.sampled_from([DOME, FIXED]),
    places_m | st.just(-1.0),
    places_m,
    st.floats(0, 359) | st.none(),
    st.floats(2, 9),
)


def assert_same(found, site, field):
    anew = fixed_coverage(site, field)
    assert (found.density_px_per_m == anew.density_px_per_m).all()
    assert (found.count == anew.count).all()
    assert found.area_m2 == anew.area_m2
    assert found.left_out == anew.left_out


@settings(deadline=None, max_examples=60)
@given(first=st.lists(cameras, max_size=8, unique_by=lambda camera: camera.id), changes=st.lists(cameras, max_size=5))
def test_after_every_change_it_is_as_computed_anew(first, changes):
    field, standing = town(), {camera.id: camera for camera in first}
    network = Network(SimpleNamespace(cameras=first), field)
    assert_same(network.coverage, SimpleNamespace(cameras=first), field)
    for camera in changes:
        standing[camera.id] = camera
        assert_same(network.changed(camera), SimpleNamespace(cameras=list(standing.values())), field)
    for name in list(standing):
        del standing[name]
        assert_same(network.removed(name), SimpleNamespace(cameras=list(standing.values())), field)


def test_a_camera_that_loses_its_direction_counts_for_nothing():
    field = town()
    network = Network(SimpleNamespace(cameras=[FIXED]), field)
    assert network.coverage.count.any()
    found = network.changed(replace(FIXED, heading_deg=None))
    assert not found.count.any()
    assert found.left_out == {"0": "no known direction"}


def test_taking_away_a_camera_that_is_not_there_changes_nothing():
    network = Network(SimpleNamespace(cameras=[DOME]), town())
    before = network.coverage.count.copy()
    assert (network.removed("another").count == before).all()
