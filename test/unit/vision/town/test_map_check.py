"""A town that is drawn otherwise than the model has it, seen from several sides with poses that are a little wrong."""

from dataclasses import replace

import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.core.errors import InputError
from blindspot.site.ground.grid import Grid
from blindspot.vision.town.map_check import LEAST_VIEWS, MapCheck
from blindspot.vision.town.map_findings import MapFindings, load_map_findings
from blindspot.vision.town.outline_pose import moved
from blindspot.vision.town.seen_town import Prism, Town
from blindspot_sim.pictures.renderer import Renderer

LENS = Lens(35.0, 640, 360)
DOUBT = {"position_std_m": 0.3, "attitude_std_deg": 0.3, "heading_std_deg": 0.3}
CHANGED = 4
"""The house in the middle."""


def house(west_m, south_m, wide_m, deep_m, top_m):
    east_m, north_m = west_m + wide_m, south_m + deep_m
    ring = np.array([(west_m, south_m), (east_m, south_m), (east_m, north_m), (west_m, north_m)], float)
    return Prism((ring,), 0.0, top_m, top_m)


@pytest.fixture(scope="module")
def town():
    """Nine houses, none as the next one."""
    grid, rng = Grid(-40.0, -40.0, 0.5, 160, 160), np.random.default_rng(3)
    everywhere = np.ones(grid.shape, np.bool_)
    houses = tuple(
        house(13 * col - 18 + rng.uniform(-1, 1), 12 * row - 16 + rng.uniform(-1, 1), *rng.uniform(6, 9, 2),
              rng.uniform(4, 8))
        for row in range(3) for col in range(3)
    )  # fmt: skip
    return Town(grid, np.zeros(grid.shape, np.float32), everywhere, everywhere, houses, ())


def after_flying_over(reported, true, seed=1, views=LEAST_VIEWS):
    """A check of the town model after a flight over the true town."""
    check, renderer, rng = MapCheck(reported, LENS), Renderer(true, LENS, seed), np.random.default_rng(seed)
    for number in range(views):
        heading = np.radians(100.0 * number + 20.0 * seed)
        pose = CameraPose(float(number), -31 * np.sin(heading), -31 * np.cos(heading), 45.0, np.degrees(heading), -55.0,
                          0.0, **DOUBT)  # fmt: skip
        wrong = np.concatenate([rng.normal(0, 0.3, 3), np.radians(rng.normal(0, 0.2, 3))])
        assert check.look(renderer.render(pose), moved(pose, wrong))
    return check


def with_house(town, top_m):
    """The town with its middle house so high; None: without it."""
    houses = list(town.prisms)
    middle = houses.pop(CHANGED)
    if top_m is not None:
        houses.insert(CHANGED, replace(middle, eaves_m=top_m, top_m=top_m))
    return replace(town, prisms=tuple(houses))


def test_a_correct_town_has_no_disagreements(town):
    for seed in (1, 2):
        check = after_flying_over(town, town, seed)
        assert check.views == LEAST_VIEWS
        assert check.judged >= 3
        assert check.disagreements() == ()


@pytest.mark.parametrize("change_m", [3.0, -3.0])
def test_a_house_of_another_height_is_reported_with_place_and_height(town, change_m):
    model_m = town.prisms[CHANGED].eaves_m
    (one,) = after_flying_over(town, with_house(town, model_m + change_m)).disagreements()
    assert (one.east_m, one.north_m) == pytest.approx(town.prisms[CHANGED].rings[0].mean(axis=0))
    assert one.model_m == pytest.approx(model_m)
    assert one.seen_m == pytest.approx(model_m + change_m, abs=0.5)
    assert one.share_seen > one.share_model + 0.3


def test_a_missing_house_is_reported(town):
    (one,) = after_flying_over(town, with_house(town, None)).disagreements()
    assert (one.east_m, one.north_m) == pytest.approx(town.prisms[CHANGED].rings[0].mean(axis=0))
    assert one.seen_m == 0.0


def test_a_building_with_a_very_long_outline_is_compared_too(town):
    """A hall of 110 x 80 m whose yards show 1100 m of eaves: more points than OpenCV samples at one time."""
    hall = house(-55.0, -40.0, 110.0, 80.0, 10.0)
    yards = tuple(
        house(-52.0 + 12 * col, -37.0 + 12 * row, 9.0, 9.0, 10.0).rings[0][::-1] for row in range(6) for col in range(9)
    )
    true = replace(town, prisms=(replace(hall, rings=(*hall.rings, *yards)),))
    lens, pose = Lens(84.0, 640, 480), CameraPose(1.0, 0.0, -20.0, 90.0, 0.0, -75.0, 0.0, **DOUBT)
    assert MapCheck(true, lens).look(Renderer(true, lens, 1).render(pose), pose)


def test_two_views_are_not_enough_and_one_place_is_one_view(town):
    lower = with_house(town, 3.0)
    check = after_flying_over(town, lower, views=LEAST_VIEWS - 1)
    assert check.disagreements() == ()
    pose = CameraPose(9.0, 0.0, -31.0, 45.0, 0.0, -55.0, 0.0, **DOUBT)
    picture = Renderer(lower, LENS, 1).render(pose)
    assert [check.look(picture, replace(pose, stamp_s=9.0 + k)) for k in range(3)] == [True, False, False]


def test_findings_come_back_as_they_were_kept(tmp_path, town):
    lower = after_flying_over(town, with_house(town, 3.0))
    kept = MapFindings("drone1", lower.views, lower.judged, lower.disagreements())
    kept.save(tmp_path)
    assert load_map_findings(tmp_path) == (kept,)


def test_a_run_without_findings_or_with_a_broken_file_is_reported(tmp_path):
    with pytest.raises(InputError, match="name the folder of a run with pictures"):
        load_map_findings(tmp_path)
    (tmp_path / "map_findings.drone1.json").write_text('{"schema": "other"}')
    with pytest.raises(InputError, match=r"map_findings\.drone1\.json"):
        load_map_findings(tmp_path)
