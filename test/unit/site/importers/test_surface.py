"""Roofs made by hand, 0.5 m cells: which blocks stand for them is known."""

import numpy as np
import pytest
import shapely

from blindspot.core.errors import InputError
from blindspot.site.importers import surface
from blindspot.site.importers.surface import estimated_ground, read_surface

GROUND_M = 20.0


@pytest.fixture
def read(files, tmp_path):
    """Blocks out of a surface (row 0 = south), as (polygon in Lambert 93, properties), and the findings."""

    def read(heights, ground=None, cell_m=0.5, **profile):
        path = files.raster(tmp_path / "dsm.tif", heights[::-1], cell_m, **profile)
        dem = files.raster(tmp_path / "dem.tif", ground[::-1], cell_m) if ground is not None else None
        size_m = heights.shape[0] * cell_m
        town = read_surface(path, files.degrees(files.block(0, 0, size_m, size_m)).bounds, dem)
        blocks = [(lambert(files, shape), own) for shape, own in town.buildings]
        return blocks, town.findings

    return read


def lambert(files, shape):
    return shapely.transform(shape, lambda xy: np.column_stack(files.to_lambert.transform(*xy.T)))


@pytest.fixture
def plain():
    return np.full((300, 300), GROUND_M)


def test_a_flat_roof_is_one_block(files, read, plain):
    roof = plain.copy()
    roof[60:120, 80:120] += 8.2  # 20 x 30 m
    ((shape, own),), _ = read(roof, plain)
    assert own["ground_amsl_m"] == pytest.approx(GROUND_M)
    assert own["height_m"] == own["ridge_m"] == pytest.approx(8.2, abs=0.01)
    truth = files.block(40, 30, 20, 30)
    assert shape.symmetric_difference(truth).area < 0.06 * truth.area  # a cell's edge, 0.5 m, at most


def test_a_sloping_roof_is_kept_within_half_a_metre(read, plain):
    """From 4 m at the eaves to 9 m, and every cell of it under a block."""
    roof = plain.copy()
    roof[100:200, 100:200] += np.linspace(4, 9, 100)[:, None]
    blocks, _ = read(roof, plain)
    assert 5 <= len(blocks) <= 12  # some steps in two parts: the rows of cells are turned by 3 degrees
    south = min(shape.bounds[1] for shape, _ in blocks)
    for shape, own in blocks:
        low, high = shape.bounds[1] - south, shape.bounds[3] - south
        for along_m in (low + 0.5, high - 0.5):
            assert own["height_m"] == pytest.approx(4 + along_m / 10, abs=0.6)
    assert shapely.union_all([shape for shape, _ in blocks]).area == pytest.approx(2500, rel=0.03)


def test_a_roof_on_a_slope_stays_one_block(read, plain):
    """The ground falls by 5 m along the roof, whose top is level: the wall is highest where the ground is lowest."""
    ground = plain - np.linspace(0, 15, 300)[:, None]
    roof = ground.copy()
    roof[100:200, 100:200] = GROUND_M + 3.3
    ((_, own),), _ = read(roof, ground)
    assert own["ground_amsl_m"] + own["height_m"] == pytest.approx(GROUND_M + 3.3, abs=0.05)
    assert own["height_m"] == pytest.approx(3.3 + 10, abs=0.2)


def test_small_things_are_left_out_and_counted_but_the_ridge_knows_a_mast(read, plain):
    roof = plain.copy()
    roof[60:120, 80:120] += 8.2
    roof[100:102, 100:102] += 6.0  # a mast of 1 m2 on the roof
    roof[200:202, 200:202] += 5.0  # a post
    roof[220:240, 220:240] += 2.0  # a hedge
    ((_, own),), findings = read(roof, plain)
    assert own["height_m"] == pytest.approx(8.2, abs=0.05)
    assert own["ridge_m"] == pytest.approx(14.2, abs=0.05)
    details = {f.problem: f.detail for f in findings}
    assert details["has patches under 4 m2"] == "1 of them, such as posts and cars"
    assert details["does not separate trees and bridges from houses"] == "all that stands over 2.5 m is solid"


@pytest.mark.parametrize("cell_m", [0.5, 1.0])
def test_a_tall_thin_object_stays_an_obstacle(read, plain, cell_m):
    """A mast of one cell, and a wire that runs at 45 degrees, so that its cells only touch at their corners."""
    plain[50, 50] += 60.0
    plain[100 + np.arange(100), 100 + np.arange(100)] += 30.0
    blocks, findings = read(plain, np.full_like(plain, GROUND_M), cell_m)
    assert sorted({round(own["ridge_m"]) for _, own in blocks}) == [30, 60]
    assert all(own["height_m"] == own["ridge_m"] for _, own in blocks)
    wire = shapely.union_all([shape for shape, own in blocks if own["ridge_m"] < 40])
    assert shapely.length(shapely.minimum_rotated_rectangle(wire)) / 2 > 100 * 2**0.5 * cell_m
    assert wire.area < 700 * cell_m**2
    assert any("over 15 m high" in f.problem for f in findings)


def test_without_a_ground_model_the_ground_is_estimated_and_reported(read, plain):
    roof = plain.copy()
    roof[60:120, 80:120] += 8.2
    ((_, own),), findings = read(roof)
    assert own["height_m"] == pytest.approx(8.2, abs=0.1)
    assert any(f.problem == "comes without a ground model" for f in findings)


def test_the_estimated_ground_is_never_above_the_surface(plain):
    rough = plain + np.random.default_rng(3).uniform(0, 30, plain.shape)
    rough[:40] = np.nan
    ground = estimated_ground(rough.astype(np.float32), 0.5)
    known = np.isfinite(rough)
    assert (ground[known] <= rough[known] + 1e-4).all()


def test_a_hole_becomes_a_block_and_is_reported(read, plain):
    plain[100:140, 100:140] = -9999
    ((shape, own),), findings = read(plain, np.full_like(plain, GROUND_M), nodata=-9999)
    assert own["height_m"] == pytest.approx(3.0, abs=0.01)
    assert shape.area == pytest.approx(400, rel=0.06)
    assert any(f.problem.startswith("has no height on 4") for f in findings)


def test_tiles_make_no_gap(read, plain, monkeypatch):
    roof = plain.copy()
    roof[40:260, 40:260] += 7.3
    roof[100:160, 100:160] += 4.0
    whole, _ = read(roof, plain)
    monkeypatch.setattr(surface, "TILE", 64)
    tiled, _ = read(roof, plain)
    assert len(tiled) > len(whole) == 2
    for height_m in (7.3, 11.3):
        one, many = (
            shapely.union_all([s.buffer(1e-4) for s, own in blocks if abs(own["height_m"] - height_m) < 0.1])
            for blocks in (whole, tiled)
        )
        assert one.symmetric_difference(many).area < 0.5


def test_a_coarse_surface_is_refused(read):
    with pytest.raises(InputError, match=r"has cells of 5\.0 m; give 2 m or finer"):
        read(np.full((60, 60), GROUND_M), cell_m=5.0)
