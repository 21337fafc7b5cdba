"""A town in tiles is the town, cell by cell."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from shapely.geometry import MultiPolygon, box

from blindspot.coverage.ground.causes import explain
from blindspot.coverage.ground.levels import EN_62676_4_2014
from blindspot.coverage.ground.site_survey import survey
from blindspot.coverage.records.geotiff import OF_FIXED, layers_of
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.records.summary import figures_of
from blindspot.coverage.tiles.tiled_town import Question, grid_for, tiles, work_out, write_town
from blindspot.site.load import load_site
from blindspot.site.town.model import Preset, Tree

NANTES = Path(__file__).resolve().parents[4] / "config" / "sites" / "nantes"
NOBODY = Provenance("nobody", {})
CROP = box(-420.0, 230.0, -250.0, 380.0)


@pytest.fixture(scope="module")
def crop():
    """A part of Nantes that its area of interest cuts through, with trees, and what is found of it whole."""
    trees = tuple(Tree(str(k), -400.0 + 13.0 * k, 380.0 - 14.0 * k, 3.0, 2.0, 2.5, 9.0) for k in range(10))
    site = replace(load_site(NANTES), area_of_interest=box(-400.0, 200.0, -270.0, 400.0), trees=trees)
    question = Question(CROP, 25.0, EN_62676_4_2014)
    return site, question, survey(site, question.area, question.min_px_per_m)


@pytest.mark.parametrize("tile_cells", [97, 256, 2048])
def test_tiles_and_the_whole_agree_in_every_cell_and_figure(crop, tmp_path, tile_cells):
    site, question, whole = crop
    reported = []
    figures, blind = write_town(
        site, question, tmp_path, NOBODY, progress=lambda *done: reported.append(done), tile_cells=tile_cells
    )
    for name in OF_FIXED:
        with rasterio.open(tmp_path / f"{name}.tif") as file:
            assert (file.read(1)[::-1] == layers_of(whole)[name]).all(), name
    assert whole.spots.blind.any()
    assert whole.spots.fixed_seen.any()
    assert figures == figures_of(whole, EN_62676_4_2014)
    assert reported == [("tiles", k + 1) for k in range(len(reported))]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{name}.tif" for name in OF_FIXED)
    assert sum(spot.area_m2 for spot in blind) == figures.blind_m2


def test_tours_count_in_tiles_as_in_the_whole(crop, tmp_path):
    """A camera on blind ground that turns between two directions: each is seen for 20 s of every 50."""
    site, question, whole = crop
    blind = np.flatnonzero(whole.spots.blind)
    east_m, north_m = whole.spots.field.grid.centre(*divmod(int(blind[blind.size // 2]), whole.spots.field.grid.cols))
    presets = tuple(Preset(heading_deg, -15.0, 90.0, 20.0) for heading_deg in (45.0, 225.0))
    touring = replace(site.cameras[0], id="tour", kind="panning", east_m=east_m, north_m=north_m, presets=presets)
    site = replace(site, cameras=(*site.cameras, touring))
    expected = survey(site, question.area, question.min_px_per_m, patrol_share=0.3)
    assert expected.spots.fixed_seen.sum() > whole.spots.fixed_seen.sum()
    figures, _ = write_town(site, replace(question, patrol_share=0.3), tmp_path, NOBODY, tile_cells=97)
    assert figures == figures_of(expected, EN_62676_4_2014)
    with rasterio.open(tmp_path / "time_share.tif") as file:
        assert (file.read(1)[::-1] == expected.time_share).all()


def test_blind_spots_have_no_seams(crop, tmp_path):
    """By street they agree to the metre by which streets are separated; without streets to the cell."""
    site, question, whole = crop
    _, blind = write_town(site, question, tmp_path, NOBODY, tile_cells=96)
    expected = explain(site, whole.spots, whole.causes)
    assert {(spot.street, spot.cause) for spot in blind} == {(spot.street, spot.cause) for spot in expected}
    for spot, other in zip(by_name(blind), by_name(expected), strict=True):
        assert isinstance(spot.ground, MultiPolygon)
        assert spot.ground.is_valid
        assert spot.ground.area == pytest.approx(spot.area_m2)
        assert spot.ground.symmetric_difference(other.ground).area < 2 + 0.05 * other.area_m2
        assert spot.camera_distance_m == pytest.approx(other.camera_distance_m, abs=1.0)


def test_without_streets_the_outlines_are_the_very_same(crop, tmp_path):
    site, question, _ = crop
    nameless = replace(site, roads=tuple(replace(road, name="street") for road in site.roads))
    _, blind = write_town(nameless, question, tmp_path, NOBODY, tile_cells=97)
    whole = survey(nameless, question.area, question.min_px_per_m)
    for spot, other in zip(by_name(blind), by_name(explain(nameless, whole.spots, whole.causes)), strict=True):
        assert (spot.street, spot.cause, spot.camera) == (other.street, other.cause, other.camera)
        assert spot.ground.equals(other.ground)


def test_the_order_in_which_tiles_end_changes_nothing(crop, tmp_path):
    site, question, _ = crop
    found = []
    for order in (iter, reversed):
        run = lambda work, tiles, order=order: order(list(map(work, tiles)))  # noqa: E731
        found.append(write_town(site, question, tmp_path, NOBODY, run, tile_cells=97))
    (figures, blind), (later_figures, later) = found
    assert figures == later_figures
    assert blind == later
    assert [spot.ground.wkb for spot in blind] == [spot.ground.wkb for spot in later]


def test_a_tile_carries_only_what_meets_it(crop):
    site, question, _ = crop
    grid = grid_for(site, question.area)
    tile = next(tiles(site, question, grid, 64))
    assert 0 < len(tile.site.buildings) < len(site.buildings) / 10
    assert len(tile.site.cameras) < len(site.cameras)
    assert work_out(tile).layers["ground"].shape == (64, 64)


def test_an_area_that_no_camera_reaches_is_blind_throughout(crop, tmp_path):
    site, question, _ = crop
    figures, _ = write_town(replace(site, cameras=()), question, tmp_path, NOBODY, tile_cells=150)
    assert figures.public_m2 == figures.blind_m2 > 0
    with rasterio.open(tmp_path / "density_px_per_m.tif") as file:
        assert not np.any(file.read(1))


def by_name(spots):
    return sorted(spots, key=lambda spot: (spot.street, spot.cause))
