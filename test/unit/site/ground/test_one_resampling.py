"""The ground of a site is that of its terrain file, however coarse: random grounds, cells, and coordinate systems."""

import math
from itertools import product

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings, strategies as st
from pyproj import Transformer
from rasterio.transform import Affine

from blindspot.planning.checker.check_air import ground_under
from blindspot.site.importers.imported import Imported
from blindspot.site.load import load_site
from blindspot.site.relief.elevation import read_dem
from blindspot.site.relief.raster import height_field
from blindspot.site.site_writer import Place, write_site
from blindspot.site.sources import Sources, Town
from blindspot.site.town.frame import LocalFrame

LAT_DEG, LON_DEG = 43.6, 1.44
FRAME = LocalFrame(LAT_DEG, LON_DEG, 150.0, 49.0)
SIDE_M = 200.0
AROUND_M = (-SIDE_M, -SIDE_M, SIDE_M, SIDE_M)
PLACES_M = np.random.default_rng(7).uniform(-SIDE_M, SIDE_M, (200, 2))
grounds = given(
    st.integers(0, 2**32 - 1), st.sampled_from(["EPSG:4326", "EPSG:2154", "EPSG:32631"]), st.floats(2.5, 120.0)
)


def write_ground(path, seed, crs, cell_m, half_m=600.0):
    """Random hills with cells of about this size around the frame's origin, with cliffs of 30 m from cell to cell."""
    chance = np.random.default_rng(seed)
    to_file = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = to_file.transform(LON_DEG, LAT_DEG)
    across, along = (cell_m, cell_m) if crs != "EPSG:4326" else (
        cell_m / 111_320 / math.cos(math.radians(LAT_DEG)), cell_m / 111_320
    )  # fmt: skip
    count = 2 * math.ceil(half_m / cell_m)
    heights_m = (150.0 + chance.uniform(-15.0, 15.0, (count, count))).astype(np.float32)
    corner = Affine(across, 0.0, x - (count / 2 + chance.random()) * across, 0.0, -along, y + count / 2 * along)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": crs, "transform": corner}
    with rasterio.open(path, "w", width=count, height=count, **profile) as file:
        file.write(heights_m, 1)
    return path


def of_file(path, places_m):
    """(heights, difference of heights in the cell) of the file's own ground at places in metres, above the datum."""
    with rasterio.open(path) as file:
        heights_m, inverse = file.read(1).astype(float), ~file.transform
        to_file = Transformer.from_crs(FRAME.proj4, file.crs.to_wkt(), always_xy=True)
    col, row = inverse * np.array(to_file.transform(*places_m.T))
    col, row = col - 0.5, row - 0.5
    west, north = np.floor(col).astype(int), np.floor(row).astype(int)
    corners = np.array([[heights_m[north + j, west + i] for i in (0, 1)] for j in (0, 1)])
    x, y = col - west, row - north
    above, below = (corners[j, 0] * (1 - x) + corners[j, 1] * x for j in (0, 1))
    return above * (1 - y) + below * y - FRAME.datum_amsl_m, np.ptp(corners.reshape(4, -1), axis=0)


def within_its_cell(path, cell_m, found_m, share, places_m=PLACES_M):
    """Whether heights at places differ from the file's ground by a share of the heights around each at most."""
    sides_m = [(0.0, 0.0), *product((-cell_m, 0.0, cell_m), repeat=2)]
    heights_m, slopes_m = of_file(path, np.concatenate([places_m + side for side in sides_m]))
    truth_m, slope_m = heights_m[: len(places_m)], slopes_m.reshape(len(sides_m), -1).max(axis=0)
    return bool((np.abs(found_m - truth_m) <= share * slope_m + 0.05).all())


@settings(max_examples=15, deadline=None)
@grounds
def test_the_ground_of_a_site_is_that_of_its_file_within_the_slope_of_a_cell(tmp_path_factory, seed, crs, cell_m):
    path = write_ground(tmp_path_factory.mktemp("dem") / "dem.tif", seed, crs, cell_m)
    terrain, _ = read_dem(path, FRAME, AROUND_M)
    found_m = terrain.heights_m(*PLACES_M.T)
    assert within_its_cell(path, cell_m, found_m, 0.25 if cell_m >= 4.0 else 1.0)
    assert [terrain.at(*place) for place in PLACES_M[:20].tolist()] == pytest.approx(found_m[:20].tolist(), abs=1e-3)


def town_over(source, bounds, seed):
    """Houses of random storeys and trees, with this ground."""
    chance = np.random.default_rng(seed)
    area = shapely.box(*bounds)

    def at(east, north, size_m):
        lon, lat = (bounds[k] + share * (bounds[k + 2] - bounds[k]) for k, share in enumerate((east, north)))
        return shapely.box(lon, lat, lon + size_m / 80_000, lat + size_m / 111_320)

    houses = tuple(
        (at(east, north, 12.0), {"id": f"h{k}", "storeys": int(chance.integers(1, 8))} if k % 3 else {"id": f"h{k}"})
        for k, (east, north) in enumerate(chance.uniform(0.05, 0.9, (20, 2)))
    )
    trees = tuple(
        (at(east, north, 1.0).centroid, {"id": f"t{k}", "natural": "tree", "height": str(chance.integers(4, 20))})
        for k, (east, north) in enumerate(chance.uniform(0.1, 0.9, (10, 2)))
    )
    street = shapely.LineString([(bounds[0], bounds[1]), (bounds[2], bounds[3])])
    ways = Imported(roads=((street, {"id": "r", "width_m": 6.0, "private": False, "level": 0, "name": "Mill Street"}),))
    return Town(area, Imported(buildings=houses), ways, Imported(), Imported(), Imported(trees=trees), ())


@settings(max_examples=8, deadline=None)
@grounds
def test_every_part_of_a_random_town_stands_on_the_ground_of_the_source(tmp_path_factory, seed, crs, cell_m):
    """Planner and camera mask (the field), checker, cameras and trees: after an import, whose own file adds nothing."""
    folder = tmp_path_factory.mktemp("town")
    source = write_ground(folder / "dem.tif", seed, crs, cell_m)
    half = SIDE_M / 2 / 111_320
    bounds = (LON_DEG - half, LAT_DEG - half, LON_DEG + half, LAT_DEG + half)
    town = town_over(source, bounds, seed)
    (folder / "site").mkdir()
    place = Place(LAT_DEG, LON_DEG, FRAME.datum_amsl_m, FRAME.geoid_m)
    write_site(folder / "site", "Town", town, Sources(terrain=source, osm=source), place)
    site, share = load_site(folder / "site"), 0.25 if cell_m >= 4.0 else 1.0
    inside_m = PLACES_M / 2
    assert within_its_cell(source, cell_m, ground_under(site, inside_m), share, inside_m)
    field = height_field(site, (-50.0, -50.0, 50.0, 50.0))
    cells = np.arange(0, field.ground_m.size, 997)
    assert within_its_cell(source, cell_m, field.ground_m.ravel()[cells], share, field.grid.centres(cells))
    for tree in site.trees:
        assert within_its_cell(source, cell_m, tree.ground_m, share, np.array([[tree.east_m, tree.north_m]]))
    own_m = {f"h{k}": 3.0 * own["storeys"] for k, (_, own) in enumerate(town.buildings.buildings) if "storeys" in own}
    for building in site.buildings:
        guess = own_m.get(building.id)
        assert building.height_m == guess if guess else min(own_m.values()) <= building.height_m <= max(own_m.values())
        corners_m = shapely.get_coordinates(building.footprint)
        lowest_m = float(site.terrain.heights_m(*corners_m.T).min())
        assert building.ground_m <= lowest_m + 1e-3
