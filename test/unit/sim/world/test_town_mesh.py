import numpy as np
import pytest
import shapely

from blindspot.site.ground.grid import Grid
from blindspot.vision.town.seen_town import Prism, Town
from blindspot_sim.world.town_mesh import BELOW_GROUND_M, TILE_M, buildings, ground, tiles

OUTLINE = np.array([(0.0, 0.0), (30.0, 0.0), (30.0, 20.0), (12.0, 20.0), (12.0, 12.0), (0.0, 12.0)])
YARD = np.array([(15.0, 5.0), (15.0, 15.0), (25.0, 15.0), (25.0, 5.0)])
BLOCK = Prism((OUTLINE, YARD), base_m=3.0, eaves_m=15.0, top_m=18.0)
FOOTPRINT = shapely.Polygon(OUTLINE, [YARD])


@pytest.fixture(scope="module")
def parts():
    found = {part.material[:4]: part for part in buildings([BLOCK], seed=1)}
    assert set(found) == {"wall", "roof"}
    return found


def normals_of(part):
    a, b, c = (part.corners_m[part.triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    return across / np.linalg.norm(across, axis=1)[:, None], (a + b + c) / 3.0, np.linalg.norm(across, axis=1) / 2.0


def test_every_wall_faces_away_from_its_building(parts):
    """The yard's walls face into the yard."""
    outward, middle, _ = normals_of(parts["wall"])
    assert np.abs(outward[:, 2]).max() < 1e-9
    assert np.allclose(outward, parts["wall"].normals[parts["wall"].triangles[:, 0]])
    before, behind = (shapely.points((middle + s * 0.1 * outward)[:, :2]) for s in (1.0, -1.0))
    assert not shapely.contains(FOOTPRINT, before).any()
    assert shapely.contains(FOOTPRINT, behind).all()


def test_walls_stand_from_below_the_ground_to_the_eaves(parts):
    up = parts["wall"].corners_m[:, 2]
    assert (up.min(), up.max()) == (3.0 - BELOW_GROUND_M, 15.0)
    _, _, area_m2 = normals_of(parts["wall"])
    assert area_m2.sum() == pytest.approx(FOOTPRINT.length * (12.0 + BELOW_GROUND_M))


def test_the_roof_covers_the_footprint_and_leaves_the_yard_open(parts):
    outward, middle, area_m2 = normals_of(parts["roof"])
    assert np.allclose(outward, (0.0, 0.0, 1.0))
    assert np.allclose(middle[:, 2], 15.0)
    assert area_m2.sum() == pytest.approx(FOOTPRINT.area)
    assert shapely.contains(FOOTPRINT, shapely.points(middle[:, :2])).all()


def test_the_ground_is_the_terrain_in_tiles_without_gaps():
    grid = Grid(-400.0, -10.0, 1.0, 300, 800)
    slope = np.tile((np.arange(800) * 0.05).astype(np.float32), (300, 1))
    nowhere = np.zeros((300, 800), bool)
    town = Town(grid, slope, nowhere, nowhere, (), ())
    made = ground(town)
    assert tiles(town) == (1, 2)
    assert [part.material for part in made] == ["ground_0_0", "ground_0_1"]
    outward, _, area_m2 = zip(*(normals_of(part) for part in made), strict=True)
    assert (np.concatenate(outward)[:, 2] > 0.99).all()
    assert np.concatenate(area_m2).sum() == pytest.approx(800 * 300 * np.hypot(1.0, 0.05), rel=1e-3)
    seam = [part.corners_m[np.isclose(part.corners_m[:, 0], -400.0 + TILE_M)] for part in made]
    assert len(seam[0]) == len(seam[1]) > 10 and np.allclose(seam[0], seam[1])
    east, up = made[0].corners_m[:, 0], made[0].corners_m[:, 2]
    assert np.abs(up - (east + 400.0) * 0.05).max() <= 0.06
    assert made[0].texture.min() == 0.0 and made[0].texture[:, 0].max() == 1.0
