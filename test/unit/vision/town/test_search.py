"""A picture is searched within its time, and where it matters first."""

import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.site.ground.grid import Grid
from blindspot.vision.models.detector import Detections
from blindspot.vision.town.search import BLIND_TIMES, BlindGround, Search, affordable, ground_in_view

POSE = CameraPose(5.0, 0, -40, 40, heading_deg=0, pitch_deg=-45)


class Costs:
    """A detector whose searches take 50 ms for the whole picture and 20 ms for a tile, on a clock of its own."""

    enough_px = 48.0

    def __init__(self):
        self.now_s = 0.0
        self.searches = []

    def shown(self, shape, max_side_px=None):
        height_px, width_px = shape[:2]
        scale = (max_side_px or 640) / max(shape[:2])
        return round(width_px * scale), round(height_px * scale), scale

    def detect(self, bgr, max_side_px=None):
        self.searches.append((bgr.shape[:2], max_side_px))
        whole = bgr.shape[1] >= 640
        self.now_s += 0.050 * ((max_side_px or 640) / 640) ** 2 if whole else 0.020
        return Detections.none()


def searched(town, lens, budget_ms, pictures=1):
    costs = Costs()
    search = Search(costs, town, lens, budget_ms, lambda: costs.now_s)
    for _ in range(pictures):
        costs.searches.clear()
        search.detect(np.zeros((lens.height_px, lens.width_px, 3), np.uint8), POSE, np.full((90, 160), 255, np.uint8))
    return costs.searches


def test_without_a_budget_the_whole_picture_is_looked_at_once(town, lens):
    assert searched(town, lens, 0.0) == [((360, 640), None)]


@pytest.mark.parametrize(("budget_ms", "tiles"), [(49.0, 0), (69.0, 0), (91.0, 2), (131.0, 4)])
def test_the_budget_is_spent_on_tiles_by_their_cost(town, lens, budget_ms, tiles):
    searches = searched(town, lens, budget_ms, pictures=20)
    assert searches[0] == ((360, 640), None)
    assert len(searches) == 1 + tiles
    assert all(side for _, side in searches[1:])


@pytest.mark.parametrize(("budget_ms", "side_px"), [(199.0, None), (201.0, 1280)])
def test_the_whole_picture_is_searched_at_its_own_size_where_the_budget_pays_for_it(town, budget_ms, side_px):
    """At half the size it takes 50 ms, so 200 at its own; a tile at that scale would show nothing more."""
    searches = searched(town, Lens(35.0, 1280, 720), budget_ms, pictures=3)
    assert searches[0] == ((720, 1280), side_px)


def test_before_the_first_tile_its_cost_is_its_share_of_the_whole():
    assert affordable(200.0, [50.0], [], 0.5) == 6
    assert affordable(200.0, [50.0, 50.0, 500.0], [30.0, 10.0, 500.0], 0.5) == 5
    assert affordable(200.0, [250.0], [], 0.5) == 0


def test_the_worth_of_ground_is_its_share_that_may_be_shown(town, lens):
    keep = np.zeros((90, 160), np.uint8)
    keep[:, 80:] = 255
    ground = ground_in_view(POSE, lens, town, keep, None)
    assert ground.worth.shape == (9, 16)
    assert (ground.worth[:, :8] == 0).all()
    assert (ground.worth[:, 8:] == 1).all()


def test_blind_ground_is_worth_more(town, lens):
    blind = np.zeros(town.grid.shape, np.bool_)
    blind[:, 100:] = True  # east of the middle
    ground = ground_in_view(POSE, lens, town, np.full((90, 160), 255, np.uint8), BlindGround(town.grid, blind))
    assert (ground.worth[:, :8] == 1).all()
    assert (ground.worth[:, 8:] == BLIND_TIMES).all()


def test_a_person_is_as_tall_as_the_lens_shows_her(town, lens):
    ground = ground_in_view(POSE, lens, town, np.full((90, 160), 255, np.uint8), None)
    (foot, head), _ = project([(0.0, 0.0, 0.0), (0.0, 0.0, 1.7)], POSE, lens)
    assert ground.person_px[4, 8] == pytest.approx(np.hypot(*(head - foot)), rel=0.02)


def test_farther_people_are_smaller(town, lens):
    flat = CameraPose(5.0, 0, -40, 20, heading_deg=0, pitch_deg=-25)
    ground = ground_in_view(flat, lens, town, np.full((90, 160), 255, np.uint8), None)
    assert (np.diff(ground.person_px[2:], axis=0) > 0).all()


def test_the_sky_is_worth_nothing(town, lens):
    level = CameraPose(5.0, 0, -40, 40, heading_deg=0, pitch_deg=0)
    ground = ground_in_view(level, lens, town, np.full((90, 160), 255, np.uint8), None)
    assert (ground.worth[:4] == 0).all()
    assert np.isfinite(ground.person_px).all()


def test_ground_outside_the_masks_is_not_blind():
    blind = BlindGround(Grid(0.0, 0.0, 1.0, 2, 2), np.ones((2, 2), np.bool_))
    points = np.array([(0.5, 0.5), (1.5, 1.5), (2.5, 0.5), (-0.5, 0.5), (np.nan, 0.5), (1e12, 0.0)])
    assert blind.at(points).tolist() == [True, True, False, False, False, False]
