import numpy as np
import pytest
import rasterio
import rasterio.shutil
import rasterio.warp
import shapely
from rasterio.transform import Affine
from shapely.geometry import Point, box

from blindspot.core.errors import InputError
from blindspot.site.relief import elevation
from blindspot.site.relief.elevation import from_feet, read_dem
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.model import Building

FRAME = LocalFrame(47.0, 2.0, 150.0, 48.0)
AROUND = (-100.0, -100.0, 100.0, 100.0)
LAMBERT = "EPSG:2154"
WORKSHOP = 'LOCAL_CS["workshop",UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'


def house(name, east_m, north_m, foot_m):
    return Building(str(name), Point(east_m, north_m).buffer(4), 0.0, 6.0, False, foot_m=foot_m)


def slope_of_houses(rise=lambda east, north: 0.1 * east + 0.02 * north):
    places = [(e, n) for e in range(-100, 101, 20) for n in range(-100, 101, 20)]
    return [house(k, e, n, rise(e, n)) for k, (e, n) in enumerate(places)]


def test_between_feet_on_a_plane_lies_the_plane(tmp_path):
    terrain, findings = from_feet(slope_of_houses(), tmp_path / "b.geojson")
    assert findings == ()
    for east_m, north_m in ((0, 0), (33, -71), (-80.5, 12.25)):
        assert terrain.at(east_m, north_m) == pytest.approx(0.1 * east_m + 0.02 * north_m, abs=0.01)
    assert terrain.at(400, 0) == pytest.approx(10, abs=0.6)  # beyond the houses the nearest


def test_a_foot_far_from_its_neighbours_is_reported_and_left_out(tmp_path):
    houses = slope_of_houses()
    houses[60] = house("cellar", 0, 0, -6.0)
    terrain, (finding,) = from_feet(houses, tmp_path / "b.geojson")
    assert (finding.file, finding.feature, finding.action) == ("b.geojson", "cellar", "left out")
    assert finding.detail == "of the terrain: -6.0 m off the median within 50 m"
    assert terrain.at(0, 0) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("places", [[(3, 4)], [(0, 0), (30, 0)], [(0, 0), (20, 20), (40, 40)]])
def test_few_feet_or_feet_in_a_row_still_make_a_ground(tmp_path, places):
    houses = [house(k, e, n, 2.0 + k) for k, (e, n) in enumerate(places)]
    terrain, _ = from_feet(houses, tmp_path / "b.geojson")
    assert terrain.at(*places[0]) == pytest.approx(2.0, abs=0.51)
    assert np.isfinite(terrain.posts_m).all()


def test_a_town_of_any_size_is_laid_piece_by_piece_with_the_same_result(tmp_path, monkeypatch):
    houses = slope_of_houses()
    houses[60] = house("cellar", 0, 0, -6.0)
    whole, reported = from_feet(houses, tmp_path / "b.geojson")
    monkeypatch.setattr(elevation, "MOST_POSTS", 37)
    monkeypatch.setattr(elevation, "MOST_FEET", 7)
    pieces, the_same = from_feet(houses, tmp_path / "b.geojson")
    assert (pieces.posts_m == whole.posts_m).all()
    assert the_same == reported


def test_no_foot_at_all_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no usable building foot; give Z_MIN_SOL"):
        from_feet([Building("a", box(0, 0, 5, 5), 0.0, 6.0, False)], tmp_path / "b.geojson")


def write_dem(path, heights_m, half_m=150.0, crs=LAMBERT, **extra):
    """A square model around the frame's origin, rows from north to south, in a CRS of its own."""
    east, north = rasterio.warp.transform("EPSG:4326", LAMBERT, [2.0], [47.0])
    heights_m = np.asarray(heights_m)
    rows, cols = heights_m.shape
    corner = Affine(2 * half_m / cols, 0.0, east[0] - half_m, 0.0, -2 * half_m / rows, north[0] + half_m)
    profile = {"driver": "GTiff", "height": rows, "width": cols, "count": 1, "dtype": heights_m.dtype, "crs": crs}
    with rasterio.open(path, "w", transform=corner, **profile, **extra) as file:
        file.write(heights_m, 1)
    return path


def rising_east(rows=60, cols=60):
    """170 m above the sea in the middle, a metre up every ten metres east; pixels of 5 m."""
    east_m = (np.arange(cols) + 0.5) * 5.0 - cols * 2.5
    return np.broadcast_to(170.0 + 0.1 * east_m, (rows, cols)).astype(np.float32)


def test_an_elevation_model_comes_from_its_crs_down_to_the_datum(tmp_path):
    terrain, findings = read_dem(write_dem(tmp_path / "dem.tif", rising_east()), FRAME, AROUND)
    assert findings == ()
    turned_deg = 0.73  # grid north of Lambert 93 at 2 degrees east, 1 degree west of its meridian
    for east_m, north_m in ((0, 0), (60, -30), (-80, 80)):
        along_m = east_m * np.cos(np.radians(turned_deg)) + north_m * np.sin(np.radians(turned_deg))
        assert terrain.at(east_m, north_m) == pytest.approx(20 + 0.1 * along_m, abs=0.1)


def test_an_unknown_height_is_replaced_by_the_nearest_and_reported(tmp_path):
    heights_m = rising_east().copy()
    heights_m[:, 40:] = -32768
    path = write_dem(tmp_path / "dem.tif", heights_m, nodata=-32768)
    terrain, (finding,) = read_dem(path, FRAME, AROUND)
    assert finding.action == "assumed" and finding.problem.startswith("has no height for 2")
    assert terrain.at(90, 0) == pytest.approx(20 + 4.75, abs=0.3)  # of the last known column, 47.5 m east


def test_an_undeclared_no_data_value_is_detected(tmp_path):
    heights_m = rising_east().copy()
    heights_m[:, 40:] = -9999
    terrain, (finding,) = read_dem(write_dem(tmp_path / "dem.tif", heights_m), FRAME, AROUND)
    assert finding.action == "assumed"
    assert terrain.posts_m.min() > 5


@pytest.mark.parametrize("unknown", [-9999, -32768, 9999, 32767])
def test_an_undeclared_no_data_value_leaves_no_trace_beside_its_hole(tmp_path, unknown):
    heights_m = np.full((300, 300), 170.0, np.float32)
    heights_m[100:160, 120:180] = unknown
    terrain, _ = read_dem(write_dem(tmp_path / "dem.tif", heights_m), FRAME, AROUND)
    assert (terrain.posts_m.min(), terrain.posts_m.max()) == pytest.approx((20.0, 20.0), abs=0.01)


def test_a_model_in_feet_becomes_metres(tmp_path):
    path = write_dem(tmp_path / "dem.tif", rising_east() / np.float32(0.3048))
    with rasterio.open(path, "r+") as file:
        file.units = ["ft"]
    terrain, _ = read_dem(path, FRAME, AROUND)
    assert terrain.at(0, 0) == pytest.approx(20.0, abs=0.1)


def test_a_fine_model_is_averaged(tmp_path):
    rough = 170.0 + np.random.default_rng(1).normal(0, 1, (1200, 1200)).astype(np.float32)
    terrain, _ = read_dem(write_dem(tmp_path / "dem.tif", rough), FRAME, AROUND)
    assert terrain.posts.cell_m == 1.0
    assert terrain.posts_m.std() < 0.5


def test_a_model_of_the_whole_earth_keeps_its_cells_at_the_town(tmp_path):
    """Far from the town its projection stretches a cell to any size."""
    coarse = np.full((180, 360), 170.0, np.float32)
    with rasterio.open(
        tmp_path / "earth.tif", "w", driver="GTiff", width=360, height=180, count=1, dtype="float32", crs="EPSG:4326",
        transform=Affine(1.0, 0.0, -180.0, 0.0, -1.0, 90.0),
    ) as file:  # fmt: skip
        file.write(coarse, 1)
    at_the_town = LocalFrame(47.0, 150.0, 150.0, 48.0)
    terrain, _ = read_dem(tmp_path / "earth.tif", at_the_town, (-300_000.0, -300_000.0, 300_000.0, 300_000.0))
    assert terrain.posts.cell_m == pytest.approx(91_900 / 4, rel=0.02)  # 111 km north by 76 km east
    assert terrain.at(0, 0) == pytest.approx(20.0)


def test_a_model_that_would_fill_the_memory_is_refused(tmp_path):
    path = write_dem(tmp_path / "dem.tif", np.full((300, 300), 170.0, np.float32))
    with pytest.raises(InputError, match=r"dem\.tif: has 1\d+ million cells around the area of interest; thin it"):
        read_dem(path, FRAME, (-60_000.0, -60_000.0, 60_000.0, 60_000.0))


def test_a_model_that_does_not_fit_into_the_memory_after_all_is_refused_in_one_sentence(tmp_path, monkeypatch):
    def fill(*_, **__):
        raise MemoryError

    monkeypatch.setattr("rasterio.warp.reproject", fill)
    with pytest.raises(InputError, match=r"dem\.tif: has too many cells for the memory of this computer; cut it"):
        read_dem(write_dem(tmp_path / "dem.tif", rising_east()), FRAME, AROUND)


def test_a_useless_model_is_refused_by_name(tmp_path):
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(InputError, match="is no readable elevation model"):
        read_dem(tmp_path / "text.tif", FRAME, AROUND)
    with pytest.raises(InputError, match="crs: is missing"):
        read_dem(write_dem(tmp_path / "nowhere.tif", rising_east(), crs=None), FRAME, AROUND)
    with pytest.raises(InputError, match="crs: is no coordinate system of the earth"):
        read_dem(write_dem(tmp_path / "local.tif", rising_east(), crs=WORKSHOP), FRAME, AROUND)
    far = write_dem(tmp_path / "far.tif", rising_east())
    with pytest.raises(InputError, match="has no height around the site"):
        read_dem(far, LocalFrame(43.0, 2.0, 150.0, 48.0), AROUND)
    torn = tmp_path / "torn.tif"
    torn.write_bytes(far.read_bytes()[:6000])
    with pytest.raises(InputError):
        read_dem(torn, FRAME, AROUND)


def test_a_virtual_model_is_refused_because_its_heights_lie_in_a_file_that_no_hash_covers(tmp_path):
    """The hash of a mission covers the files of its site: masks and heights above ground hang on it."""
    rasterio.shutil.copy(write_dem(tmp_path / "real.tif", rising_east()), tmp_path / "dem.vrt", driver="VRT")
    with pytest.raises(InputError, match="is no readable elevation model"):
        read_dem((tmp_path / "dem.vrt").rename(tmp_path / "dem.tif"), FRAME, AROUND)


def test_a_file_beside_the_model_changes_no_height(tmp_path):
    path = write_dem(tmp_path / "dem.tif", rising_east())
    offset = "<PAMDataset><PAMRasterBand band='1'><Offset>100</Offset></PAMRasterBand></PAMDataset>"
    (tmp_path / "dem.tif.aux.xml").write_text(offset)
    assert read_dem(path, FRAME, AROUND)[0].at(0.0, 0.0) == pytest.approx(20.0, abs=0.1)


def test_the_ground_of_nantes_is_that_of_its_feet(nantes):
    feet = [b for b in nantes.buildings if b.foot_m is not None]
    at = shapely.get_coordinates(shapely.centroid([b.footprint for b in feet]))
    off_m = np.abs(nantes.terrain.heights_m(at[:, 0], at[:, 1]) - [b.foot_m for b in feet])
    assert np.median(off_m) < 0.3
    assert np.percentile(off_m, 95) < 1.2
    assert sum(f.problem == "has a foot far from the neighbours'" for f in nantes.findings) == 26
