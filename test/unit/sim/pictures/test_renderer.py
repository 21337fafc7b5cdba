"""The simulated camera: right where the projection says, the same for a seed, people of true size."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.site.ground.grid import Grid
from blindspot.vision.town.seen_town import Prism, Town, Tree
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.renderer import SKY, Renderer
from blindspot_sim.pictures.shading import NOISE, shadow_m
from blindspot_sim.pictures.simulated_camera import SimulatedCamera

LENS = Lens(35.0, 640, 360)
NADIR = CameraPose(0.0, 3.0, -2.0, 60, heading_deg=20, pitch_deg=-90)
OBLIQUE = CameraPose(0.0, 0, -60, 60, heading_deg=0, pitch_deg=-45)
TREE = Tree(0.0, 0.0, 3.0, 0.0, 3.0, 9.0)


def town_with(*prisms, public=None, slope=0.0):
    """`slope`: metres that the ground rises a metre north."""
    grid = Grid(-60.0, -60.0, 0.5, 240, 240)
    ground = np.zeros(grid.shape, bool) if public is None else public
    ground_m = np.broadcast_to(slope * (grid.north_min_m + 0.5 * (np.arange(240) + 0.5))[:, None], grid.shape)
    return Town(grid, ground_m.astype(np.float32), ground, ground, prisms, ())


def tower(east, north, half_m, top_m):
    corners = [(-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m)]
    return Prism((np.add(corners, (east, north)).astype(float),), 0.0, top_m, top_m)


def centre_of(changed):
    """Middle of the pixels that differ."""
    rows, cols = np.nonzero(changed.any(axis=2))
    return (cols.min() + cols.max()) / 2, (rows.min() + rows.max()) / 2


@pytest.mark.parametrize("pose", [NADIR, OBLIQUE])
@pytest.mark.parametrize("corner", [(-4.0, 4.0, 9.0), (4.0, 4.0, 9.0), (4.0, -4.0, 9.0)])
def test_a_corner_of_a_roof_falls_where_the_projection_says(pose, corner, monkeypatch):
    monkeypatch.setattr("blindspot_sim.pictures.renderer.cast_shadows", lambda *_: None)
    town = town_with(tower(0, 0, 4.0, 9.0))
    picture, bare = Renderer(town, LENS).render(pose), Renderer(town_with(), LENS).render(pose)
    changed = (picture != bare).any(axis=2).astype(np.uint8)
    outline = max(cv2.findContours(changed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=cv2.contourArea)
    (expected,), _ = project([corner], pose, LENS)
    distances = np.hypot(*(outline.reshape(-1, 2) - expected).T)
    assert distances.min() <= 1.0


@pytest.mark.parametrize("pose", [NADIR, OBLIQUE])
@pytest.mark.parametrize("slope", [0.0, 0.1, -0.3])
def test_a_place_on_the_ground_falls_where_the_projection_says(pose, slope):
    public = np.zeros((240, 240), bool)
    public[130:134, 124:128] = True  # 2 m square, middle at east 3, north 6
    marked = Renderer(town_with(public=public, slope=slope), LENS).render(pose)
    changed = marked != Renderer(town_with(slope=slope), LENS).render(pose)
    (expected,), _ = project([(3.0, 6.0, 6.0 * slope)], pose, LENS)
    assert centre_of(changed) == pytest.approx(expected, abs=1.0)


def test_a_person_has_her_true_size_and_place(monkeypatch):
    monkeypatch.setattr("blindspot_sim.pictures.renderer.darken_line", lambda *_: None)
    bare = Renderer(town_with(), LENS).render(OBLIQUE)
    seen = Renderer(town_with(), LENS).render(OBLIQUE, [Person(0, 2.0, 5.0, 0.0, 0.0, 1.7)])
    rows, cols = np.nonzero((seen != bare).any(axis=2))
    ends, _ = project([(2.0, 5.0, 0.0), (2.0, 5.0, 1.7)], OBLIQUE, LENS)
    assert rows.max() == pytest.approx(ends[0, 1], abs=6)  # one foot is 28 cm ahead of the middle
    assert rows.min() == pytest.approx(ends[1, 1], abs=2)
    assert (cols.min() + cols.max()) / 2 == pytest.approx(ends[0, 0], abs=2)


def test_a_persons_shadow_ends_where_the_sun_says():
    bare = Renderer(town_with(), LENS).render(NADIR).astype(int)
    seen = Renderer(town_with(), LENS).render(NADIR, [Person(0, 2.0, 5.0, 0.0, 0.0, 1.7)])
    (tip,), _ = project([(*(np.array([2.0, 5.0]) + 0.9 * shadow_m(1.7)), 0.0)], NADIR, LENS)
    col, row = np.rint(tip).astype(int)
    assert (seen[row, col] < 0.75 * bare[row, col]).all()


def test_a_building_darkens_the_ground_behind_it_from_the_sun():
    lit, shaded = (Renderer(town_with(*prisms), LENS).render(NADIR) for prisms in ((), (tower(12, -12, 3, 12),)))
    (at,), _ = project([(*(np.array([12.0, -12.0]) + 0.7 * shadow_m(12.0)), 0.0)], NADIR, LENS)
    col, row = np.rint(at).astype(int)
    part = (slice(row - 3, row + 4), slice(col - 3, col + 4))
    assert shaded[part].mean() == pytest.approx(0.6 * lit[part].mean(), rel=0.1)


def test_a_wall_has_windows_on_every_floor():
    wall = Renderer(town_with(tower(0, 0, 8.0, 12.0)), LENS).render(CameraPose(0.0, 0, -60, 30, 0, -20))
    (left, right), _ = project([(-8.0, -8.0, 6.0), (8.0, -8.0, 6.0)], CameraPose(0.0, 0, -60, 30, 0, -20), LENS)
    top, base = (project([(0.3, -8.0, up)], CameraPose(0.0, 0, -60, 30, 0, -20), LENS)[0][0, 1] for up in (12.0, 0.0))
    dark = wall[int(top) + 2 : int(base) - 2, int(left[0]) + 2 : int(right[0]) - 2, 2] < 110
    steps = np.diff(dark.any(axis=1).astype(int))
    assert (steps == 1).sum() >= 4
    assert 0.1 < dark.mean() < 0.4


def test_each_moment_has_its_own_noise_and_no_picture_is_the_one_before():
    renderer = Renderer(town_with(), LENS)
    one, again, later = (renderer.render(CameraPose(t, 3.0, -2.0, 60, 20, -90)) for t in (1.0, 1.0, 1.2))
    assert (one == again).all()
    difference = one.astype(int) - later
    assert difference.std() == pytest.approx(NOISE * 2**0.5, rel=0.2)


def test_a_person_behind_a_building_is_not_seen():
    town = town_with(tower(0, 0, 6.0, 20.0))
    hidden = Person(0, 0.0, 7.0, 0.0, 90.0, 1.7)
    assert (Renderer(town, LENS).render(OBLIQUE, [hidden]) == Renderer(town, LENS).render(OBLIQUE)).all()
    before = Person(0, 0.0, -7.0, 0.0, 90.0, 1.7)
    assert (Renderer(town, LENS).render(OBLIQUE, [before]) != Renderer(town, LENS).render(OBLIQUE)).any()


def test_a_crown_stands_where_the_projection_says(monkeypatch):
    monkeypatch.setattr("blindspot_sim.pictures.renderer.cast_shadows", lambda *_: None)
    planted, bare = (Renderer(replace(town_with(), trees=trees), LENS).render(NADIR) for trees in ((TREE,), ()))
    rows, cols = np.nonzero((planted != bare).any(axis=2))
    (middle,), (depth_m,) = project([(TREE.east_m, TREE.north_m, TREE.middle_m)], NADIR, LENS)
    radius_px = TREE.radius_m * LENS.f_px / depth_m
    off_px = np.hypot(cols - middle[0], rows - middle[1])
    assert 0.85 * radius_px < np.percentile(off_px, 99) < 1.2 * radius_px


@pytest.mark.parametrize(("north_m", "share"), [(4.0, 0.0), (-6.0, 1.0)])
def test_a_person_behind_a_crown_is_hidden_and_one_before_it_is_visible(north_m, share):
    renderer = Renderer(replace(town_with(), trees=(TREE,)), LENS)
    (box,) = renderer.true_boxes(OBLIQUE, [Person(0, 0.3, north_m, 0.0, 90.0, 1.7)])
    assert box.seen == pytest.approx(share, abs=0.02)


def test_a_crown_darkens_the_ground_in_its_shadow():
    lit, shaded = (Renderer(replace(town_with(), trees=trees), LENS).render(NADIR) for trees in ((), (TREE,)))
    (at,), _ = project([(*shadow_m(TREE.middle_m), 0.0)], NADIR, LENS)
    col, row = np.rint(at).astype(int)
    part = (slice(row - 3, row + 4), slice(col - 3, col + 4))
    assert shaded[part].mean() == pytest.approx(0.6 * lit[part].mean(), rel=0.1)


def test_the_nearer_building_hides_the_farther():
    both = Renderer(town_with(tower(0, 20, 4.0, 8.0), tower(0, -10, 8.0, 40.0)), LENS).render(OBLIQUE)
    near = Renderer(town_with(tower(0, 20, 4.0, 0.0), tower(0, -10, 8.0, 40.0)), LENS).render(OBLIQUE)
    assert (both == near).all()


def test_over_the_horizon_is_sky():
    picture = Renderer(town_with(), LENS).render(CameraPose(0.0, 0, 0, 20, 0, 0))
    assert np.abs(picture[100].astype(int) - SKY).max() < 6 * NOISE
    assert np.abs(picture[300].astype(int) - SKY).max() > 50


def test_the_same_seed_gives_the_same_pictures():
    public = np.ones((240, 240), bool)
    make = lambda seed: SimulatedCamera(town_with(tower(9, 9, 3, 9), public=public), LENS, 40, seed)  # noqa: E731
    late = CameraPose(77.7, 0, 0, 60, 0, -90)
    one, other = make(3), make(3)
    one.picture(NADIR)  # earlier pictures have no influence
    assert (one.picture(late) == other.picture(late)).all()
    assert (make(4).picture(late) != other.picture(late)).any()
