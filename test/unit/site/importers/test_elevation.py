import numpy as np
import pytest
import rasterio
import shapely
from rasterio.enums import Resampling
from rasterio.warp import transform
from rasterio.windows import Window

from blindspot.core.errors import InputError
from blindspot.site.ground.heights import CHECKED
from blindspot.site.importers.elevation import (
    MetricGrid,
    check_covers,
    footprint,
    heights_on,
    native_cell_m,
    write_terrain,
)


@pytest.fixture
def slope():
    """120 x 100 m that rises by 1 m every 10 m to the north, from 20 m."""
    return np.tile(20 + 0.1 * (np.arange(100)[::-1, None] + 0.5), (1, 120))


def at(path, place):
    with rasterio.open(path) as file:
        x, y = transform("EPSG:4326", file.crs, [place.x], [place.y])
        return next(file.sample([(x[0], y[0])]))[0]


def test_the_ground_is_kept_where_it_lies(files, slope, tmp_path):
    source = files.raster(tmp_path / "dem.tif", slope)
    inside = files.degrees(files.block(20, 20, 80, 60))
    findings = write_terrain(source, tmp_path / "terrain.tif", inside.bounds)
    assert at(tmp_path / "terrain.tif", files.degrees(files.block(45, 65)).centroid) == pytest.approx(27.0, abs=0.06)
    assert [f.problem for f in findings] == ["does not state the reference of its heights"]
    with rasterio.open(tmp_path / "terrain.tif") as file:
        assert file.width * file.height <= 90 * 72  # cells of its own, one more on each side
        assert CHECKED.items() <= file.tags().items()  # spares each later load two more passes


def test_unknown_heights_are_reported_and_left_open(files, slope, tmp_path):
    slope[:50] = -9999.0  # undeclared
    slope[50:60] = -1.0  # declared
    source = files.raster(tmp_path / "dem.tif", slope, nodata=-1.0)
    area = files.degrees(files.block(10, 10, 100, 80))
    _, reported = write_terrain(source, tmp_path / "terrain.tif", area.bounds)
    assert reported.problem.startswith("has no height in 6")
    assert np.isnan(at(tmp_path / "terrain.tif", files.degrees(files.block(50, 80)).centroid))


@pytest.mark.parametrize("unknown", [-9999.0, -32768.0, 9999.0, 32767.0])
def test_an_undeclared_no_data_value_leaves_no_trace_beside_its_hole(files, tmp_path, unknown):
    """Between posts the height is a mixture, and 1 % of -32768 with 99 % of the ground looks like a height."""
    heights = np.full((100, 120), 50.0)
    heights[30:60, 40:80] = unknown
    source = files.raster(tmp_path / "dem.tif", heights)
    write_terrain(source, tmp_path / "terrain.tif", files.degrees(files.block(10, 10, 100, 80)).bounds)
    with rasterio.open(tmp_path / "terrain.tif") as file:
        found = file.read(1)
    assert np.nanmin(found) == pytest.approx(50.0, abs=0.01)
    assert np.nanmax(found) == pytest.approx(50.0, abs=0.01)
    assert 0.1 < np.isnan(found).mean() < 0.25


def test_a_coarse_ground_leaves_no_trace_of_a_no_data_value_on_fine_cells(files, tmp_path):
    heights = np.full((40, 40), 50.0)
    heights[18:22, 18:22] = -9999.0
    source = files.raster(tmp_path / "dem.tif", heights, 5.0)
    grid = MetricGrid.over(files.degrees(files.block(20, 20, 160, 160)).bounds, 0.5)
    with heights_on(source, grid, Resampling.bilinear) as read:
        found = read(Window(0, 0, grid.cols, grid.rows))
    assert (np.nanmin(found), np.nanmax(found)) == pytest.approx((50.0, 50.0), abs=0.01)


@pytest.mark.parametrize(
    ("values", "profile"),
    [
        ((500, 10), {"scale": 0.1}),
        ((164.042, 3.28084), {"unit": "ft"}),
        ((164.0417, 3.280833), {"unit": "US survey foot"}),
        ((164.0417, 3.280833), {"crs": "EPSG:2154+6360"}),  # heights of NAVD88 in US survey feet
    ],
)
def test_the_ground_is_in_metres_whatever_the_unit_of_its_values(files, tmp_path, values, profile):
    crs = {key: value for key, value in profile.items() if key == "crs"}
    heights = values[0] + values[1] * np.linspace(0, 10, 120)[None, :].repeat(100, axis=0)
    source = files.raster(tmp_path / "dem.tif", heights, **crs)
    with rasterio.open(source, "r+") as file:
        file.scales = [profile.get("scale", 1.0)]
        file.units = [profile.get("unit")]
    write_terrain(source, tmp_path / "terrain.tif", files.degrees(files.block(5, 5, 110, 90)).bounds)
    with rasterio.open(tmp_path / "terrain.tif") as file:
        found = file.read(1)
    assert (np.nanmin(found), np.nanmax(found)) == pytest.approx((50.3, 59.7), abs=0.35)


def test_an_unknown_unit_of_heights_is_refused(files, slope, tmp_path):
    source = files.raster(tmp_path / "dem.tif", slope)
    with rasterio.open(source, "r+") as file:
        file.units = ["fathom"]
    with pytest.raises(InputError, match=r"dem.tif: units: is 'fathom'; convert the heights to metres"):
        write_terrain(source, tmp_path / "terrain.tif", files.degrees(files.block(5, 5, 110, 90)).bounds)


def test_a_fine_ground_is_thinned_to_a_metre(files, tmp_path):
    source = files.raster(tmp_path / "dem.tif", np.full((200, 200), 5.0), 0.25)
    bounds = files.degrees(files.block(5, 5, 40, 40)).bounds
    assert native_cell_m(source, bounds) == pytest.approx(0.25, rel=0.01)
    write_terrain(source, tmp_path / "terrain.tif", bounds)
    with rasterio.open(tmp_path / "terrain.tif") as file:
        assert file.res == (1.0, 1.0)


def test_degrees_are_as_good_as_metres(files, tmp_path):
    """A raster whose cells are 1e-5 degrees: 1.1 m by 0.76 m at Nantes."""
    transform = rasterio.transform.from_origin(files.lon_deg, files.lat_deg, 1e-5, 1e-5)
    source = files.raster(tmp_path / "dem.tif", np.full((100, 100), 5.0), crs="EPSG:4326", transform=transform)
    outline = footprint(source)
    assert outline.bounds == pytest.approx((-1.556, 47.214, -1.555, 47.215), abs=1e-9)
    write_terrain(source, tmp_path / "terrain.tif", outline.buffer(-2e-4).bounds)
    assert at(tmp_path / "terrain.tif", outline.centroid) == 5.0


def test_a_raster_must_cover_the_area(files, slope, tmp_path):
    source = files.raster(tmp_path / "dem.tif", slope)
    check_covers(source, files.degrees(files.block(0, 0, 120, 100)))
    with pytest.raises(InputError, match="covers only 50 % of the area"):
        check_covers(source, files.degrees(files.block(60, 0, 120, 100)))


@pytest.mark.parametrize(
    ("lon_deg", "crs"), [(179.9985, "EPSG:32760"), (-179.9985, "EPSG:32760"), (-179.9985, "EPSG:32701")]
)
def test_a_raster_across_the_180th_meridian_covers_a_town_on_either_side(tmp_path, lon_deg, crs):
    """300 x 300 m about the town, whose middle lies 160 m from the meridian."""
    (east,), (north,) = transform("EPSG:4326", crs, [lon_deg], [-16.8])
    corner = rasterio.transform.from_origin(east - 300, north + 300, 10, 10)
    with rasterio.open(
        tmp_path / "dem.tif",
        "w",
        driver="GTiff",
        width=60,
        height=60,
        count=1,
        dtype="float32",
        crs=crs,
        transform=corner,
    ) as file:
        file.write(np.full((60, 60), 12.0, np.float32), 1)
    area = shapely.box(lon_deg - 1e-3, -16.801, lon_deg + 1e-3, -16.799)
    check_covers(tmp_path / "dem.tif", area)
    write_terrain(tmp_path / "dem.tif", tmp_path / "terrain.tif", area.bounds)
    assert at(tmp_path / "terrain.tif", area.centroid) == 12.0


def test_a_raster_of_the_whole_earth_covers_a_town(tmp_path):
    for crs, west, north, size in (("EPSG:4326", -180, 90, 1.0), ("EPSG:3857", -20037508.3, 20037508.3, 111_319.49)):
        corner = rasterio.transform.from_origin(west, north, size, size)
        with rasterio.open(
            tmp_path / "dem.tif", "w", driver="GTiff", width=360, height=180 if crs == "EPSG:4326" else 360, count=1,
            dtype="uint8", crs=crs, transform=corner,
        ) as file:  # fmt: skip
            file.write(np.full((file.height, file.width), 12, np.uint8), 1)
        check_covers(tmp_path / "dem.tif", shapely.box(2.0, 47.0, 2.1, 47.1))


def test_a_raster_of_nowhere_is_refused(files, slope, tmp_path):
    source = files.raster(tmp_path / "dem.tif", slope, crs=None)
    with pytest.raises(InputError, match="does not say its coordinate system"):
        footprint(source)
    assert footprint(source, "EPSG:2154").is_valid
    workshop = files.raster(tmp_path / "local.tif", slope, crs='LOCAL_CS["workshop",UNIT["metre",1]]')
    with pytest.raises(InputError, match="is no coordinate system of the earth; say which it is with --crs"):
        footprint(workshop)
    with pytest.warns(rasterio.errors.NotGeoreferencedWarning):
        loose = files.raster(tmp_path / "loose.tif", slope, transform=rasterio.Affine.identity())
    with pytest.raises(InputError, match="has no position on the earth"):
        footprint(loose)
    elsewhere = files.degrees(files.block(9000, 0)).bounds
    with pytest.raises(InputError, match="has no height in the area"):
        write_terrain(source, tmp_path / "terrain.tif", elsewhere, "EPSG:2154")
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(InputError, match="can't be read"):
        footprint(tmp_path / "text.tif")
