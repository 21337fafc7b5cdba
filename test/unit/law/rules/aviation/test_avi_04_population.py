"""AVI-04: the ground risk class by a raster of the population below the plan."""

import hashlib

import numpy as np
import pytest
import rasterio
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.transform import from_origin

from blindspot.law.judgement import judge

MOLLWEIDE = CRS.from_string("ESRI:54009")
LON_DEG, LAT_DEG = 2.2855, 48.9125
"""In the example's perimeter."""
SIDE = 40


def cells(value, **odd):
    """A square raster with one value; `odd` is that of the cell in its middle, or of one near its edge."""
    made = np.full((SIDE, SIDE), value, dtype=np.float32)
    if "middle" in odd:
        made[SIDE // 2, SIDE // 2] = odd["middle"]
    if "edge" in odd:
        made[1, 1] = odd["edge"]
    return made


@pytest.fixture
def ruling(question, tmp_path):
    """The ruling of AVI-04 with a raster of 100 m cells around the perimeter."""

    def judged(values, unit="people_per_km2", crs=MOLLWEIDE, shift_m=0.0, sha256="", aviation=(), **profile):
        from pyproj import Transformer

        x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(LON_DEG, LAT_DEG)
        side = 100.0 if crs.is_projected else 0.001
        step = from_origin(x - side * SIDE / 2 + shift_m, y + side * SIDE / 2, side, side)
        path = tmp_path / "people.tif"
        shape = {"height": values.shape[-2], "width": values.shape[-1], "count": 1 if values.ndim == 2 else len(values)}
        made = {"driver": "GTiff", "dtype": "float32", "crs": crs, "transform": step, "nodata": -200.0}
        with rasterio.open(path, "w", **(made | shape | profile)) as raster:
            raster.write(values if values.ndim == 3 else values[None])
        known = sha256 or hashlib.sha256(path.read_bytes()).hexdigest()
        doc = {
            "aviation.population": {"file": path.name, "sha256": known, "unit": unit},
            "aviation.population_per_km2": None, "aviation.population_source": None, **dict(aviation),
        }  # fmt: skip
        ctx = question(doc=doc, auth={"population_path": path})
        [applied] = judge(ctx, ["PL"], only=["AVI-04"]).applied
        assert "could not be applied" not in applied.ruling.evidence
        return applied.ruling

    return judged


def test_avi_04_takes_the_densest_cell_below_the_plan_and_its_buffer(ruling):
    assert ruling(cells(0.0, middle=49_999.0)).ok
    found = ruling(cells(0.0, middle=50_000.0))
    assert not found.ok and "the ground risk class is 7" in found.evidence
    assert ruling(cells(0.0, edge=50_000.0)).ok, "2 km away nobody is below"


@pytest.mark.parametrize("crs", [MOLLWEIDE, CRS.from_epsg(4326), CRS.from_epsg(3857)])
def test_avi_04_counts_people_per_true_area_of_a_cell(ruling, crs):
    """A cell of 100 m in Mollweide is 0.01 km2; in degrees or in Mercator its true size counts."""
    km2 = {None: 0.01, 4326: 0.00815, 3857: 0.00434}[crs.to_epsg()]
    assert ruling(cells(0.98 * 50_000.0 * km2), unit="people_per_cell", crs=crs).ok
    assert not ruling(cells(1.02 * 50_000.0 * km2), unit="people_per_cell", crs=crs).ok


@pytest.mark.parametrize("odd", [-200.0, -0.1, float("nan"), float("inf")])
def test_avi_04_refuses_a_cell_without_data(ruling, odd):
    found = ruling(cells(100.0, middle=odd))
    assert not found.ok and "has no data" in found.evidence
    assert ruling(cells(100.0, edge=odd)).ok


def test_avi_04_refuses_a_raster_that_does_not_cover_the_buffer(ruling):
    assert ruling(cells(100.0), shift_m=1000.0).ok
    for shift_m in (1990.0, -1990.0, 1e6):
        found = ruling(cells(100.0), shift_m=shift_m)
        assert not found.ok and "does not cover" in found.evidence


def test_avi_04_refuses_another_file_than_the_authorised_one(ruling):
    found = ruling(cells(100.0), sha256="0" * 64)
    assert not found.ok and "not the authorised file" in found.evidence


def test_avi_04_refuses_a_raster_of_an_unknown_form(ruling):
    turned = from_origin(0.0, 0.0, 100.0, 100.0) * rasterio.Affine.rotation(10.0)
    for raster in (ruling(np.stack([cells(100.0)] * 2)), ruling(cells(100.0), transform=turned)):
        assert not raster.ok and "one band" in raster.evidence


def test_avi_04_refuses_a_file_that_is_missing_or_no_raster(question, tmp_path):
    path = tmp_path / "people.tif"
    for content, why in ((None, "can't be read"), (b"no raster", "no raster")):
        if content is not None:
            path.write_bytes(content)
        named = {"file": path.name, "sha256": hashlib.sha256(content or b"").hexdigest(), "unit": "people_per_cell"}
        ctx = question(doc={"aviation.population": named}, auth={"population_path": path})
        [applied] = judge(ctx, ["PL"], only=["AVI-04"]).applied
        assert not applied.ruling.ok and why in applied.ruling.evidence


def test_avi_04_takes_the_larger_of_raster_and_statement(ruling):
    stated = {"aviation.population_per_km2": 50_000, "aviation.population_source": "a census"}
    assert "class is 7" in ruling(cells(100.0), aviation=stated.items()).evidence
    assert ruling(cells(100.0), aviation=(stated | {"aviation.population_per_km2": 49_999}).items()).ok


def test_avi_04_needs_a_raster_in_the_specific_category(ruling, question):
    eu = {"aviation.regime": "EU-SPECIFIC"}
    assert ruling(cells(100.0), aviation=eu.items()).ok
    [applied] = judge(question(doc=eu), ["PL"], only=["AVI-04"]).applied
    assert not applied.ruling.ok and "no raster gives the population below" in applied.ruling.evidence


def test_avi_04_takes_the_values_with_the_scale_that_the_raster_states(ruling, monkeypatch):
    assert ruling(cells(49.0)).ok
    written = rasterio.io.DatasetWriter.write

    def scaled(raster, *values):
        raster.scales = (1000.0,)
        raster.offsets = (2000.0,)
        written(raster, *values)

    monkeypatch.setattr(rasterio.io.DatasetWriter, "write", scaled)
    assert ruling(cells(47.0)).ok
    found = ruling(cells(48.0))
    assert not found.ok and "the ground risk class is 7" in found.evidence


def test_avi_04_refuses_a_virtual_raster_whose_cells_lie_in_a_file_that_no_hash_binds(ruling, question, tmp_path):
    from rasterio.shutil import copy

    assert ruling(cells(1.0)).ok
    virtual = tmp_path / "people.vrt"
    copy(tmp_path / "people.tif", virtual, driver="VRT")
    virtual.write_text(virtual.read_text().replace('relativeToVRT="1">', f'relativeToVRT="0">{tmp_path}/'))
    known = hashlib.sha256(virtual.read_bytes()).hexdigest()
    doc = {"aviation.population": {"file": "people.vrt", "sha256": known, "unit": "people_per_km2"}}
    ctx = question(doc=doc, auth={"population_path": virtual})
    [applied] = judge(ctx, ["PL"], only=["AVI-04"]).applied
    assert "it is no raster that can be read" in applied.ruling.evidence


def test_avi_04_refuses_a_raster_whose_coordinate_system_is_none_of_the_earth(ruling, monkeypatch):
    """The library for projections has errors of its own."""

    def fail(*_, **__):
        raise ProjError("no way from the earth")

    monkeypatch.setattr("pyproj.Geod.polygon_area_perimeter", fail)
    found = ruling(cells(102.0))
    assert not found.ok and "its coordinate system is none of the earth" in found.evidence


def test_avi_04_refuses_a_raster_that_does_not_fit_into_the_memory(ruling, monkeypatch):
    def fill(*_, **__):
        raise MemoryError

    monkeypatch.setattr("rasterio.features.geometry_mask", fill)
    found = ruling(cells(101.0))
    assert not found.ok and "too many cells below the flight for this computer" in found.evidence
