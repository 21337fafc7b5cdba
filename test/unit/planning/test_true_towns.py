"""Planner, checker and pads stand on the terrain file, among houses as high as their storeys: over random squares of
streets with slopes, trees, houses of which hardly any has a measured height, and one to four drones."""

import json

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from test.unit.planning.conftest import FRAME, square_of_streets

from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_air import ground_under
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site
from blindspot.site.relief.raster import height_field

TOWNS = [(seed, 1 + seed % 4) for seed in range(1, 13)]


@pytest.mark.parametrize(("seed", "drones"), TOWNS[:4])
def test_the_town_is_that_of_its_files(mission, tmp_path, seed, drones):
    asked_of(mission, tmp_path / "site", seed, drones)


@pytest.mark.thorough
@pytest.mark.usefixtures("searched_little")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("seed", "drones"), TOWNS)
def test_plans_over_many_towns_are_those_of_their_files(mission, tmp_path, seed, drones):
    """Homes and relief are the file's. The checker, which finds the ground by another way, agrees."""
    asked, site, ground = asked_of(mission, tmp_path / "site", seed, drones)
    plan = make_plan(asked, site=site)
    assert check_plan(plan, asked, site) == ()
    for route in plan.routes:
        ground.assert_near(route.home.up_m, np.array([[route.home.east_m, route.home.north_m]]))
    corners_m = np.array(plan.perimeter)
    ground.assert_near(np.clip(ground.heights_m(corners_m), plan.relief.lowest_m, plan.relief.highest_m), corners_m)


class Ground:
    """The terrain file, read without the product: heights between four cells, m above the datum."""

    def __init__(self, path):
        with rasterio.open(path) as file:
            self._cells_m, self._to_cell = file.read(1).astype(float) - FRAME.datum_amsl_m, ~file.transform
            assert Transformer.from_crs(FRAME.proj4, file.crs, always_xy=True).transform(30.0, 40.0) == pytest.approx(
                (30.0, 40.0)
            )

    def _around(self, places_m):
        col, row = self._to_cell * places_m.T
        col, row = col - 0.5, row - 0.5
        west, north = np.floor(col).astype(int), np.floor(row).astype(int)
        corners = np.array([[self._cells_m[north + j, west + i] for i in (0, 1)] for j in (0, 1)])
        return corners, col - west, row - north

    def heights_m(self, places_m):
        corners, x, y = self._around(places_m)
        north, south = (each[0] * (1 - x) + each[1] * x for each in corners)
        return north * (1 - y) + south * y

    def assert_near(self, found_m, places_m):
        """Heights differ from the file's by no more than a quarter of the slope of their cells."""
        slope_m = np.maximum.reduce(
            [np.ptp(self._around(places_m + side)[0], axis=(0, 1)) for side in (-5.0, 0.0, 5.0)]
        )
        assert (np.abs(found_m - self.heights_m(places_m)) <= 0.25 * slope_m + 0.05).all()


def asked_of(mission, folder, seed, drones):
    """(mission, site, its ground) of a random town, which is that of its files for planner, checker and pads."""
    asked = square_of_streets(
        folder, mission, seed, drones=drones, slope=(0.03, 0.08, 0.15)[seed % 3], trees=4 * (seed % 5), measured=0.05
    )
    site, ground = load_site(folder), Ground(folder / "dem.tif")
    places_m = np.random.default_rng(seed).uniform(-70.0, 70.0, (200, 2))
    ground.assert_near(ground_under(site, places_m), places_m)
    field = height_field(site, (-70.0, -70.0, 70.0, 70.0))
    cells = np.arange(0, field.ground_m.size, 997)
    ground.assert_near(field.ground_m.ravel()[cells], field.grid.centres(cells))
    for pad in site.pads:
        ground.assert_near(pad.up_m, np.array([[pad.east_m, pad.north_m]]))
    features = json.loads((folder / "buildings.geojson").read_text())["features"]
    own_m = {
        tags["ID"]: tags.get("HAUTEUR") or 3.0 * tags["NB_ETAGES"] for tags in (each["properties"] for each in features)
    }
    assert {house.id: house.height_m for house in site.buildings} == own_m
    assert len(site.pads) == drones
    return asked, site, ground
