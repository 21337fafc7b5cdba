import gzip
import json
import struct
from dataclasses import replace

import numpy as np
import pyproj
import pytest
import shapely

from blindspot.core.errors import InputError
from blindspot.site.importers.imported import Imported
from blindspot.site.load import load_site
from blindspot.site.site_writer import (
    Place,
    check_heights,
    geoid_m,
    named_by_source,
    refuse_filled,
    write_records,
    write_report,
    write_site,
)
from blindspot.site.sources import Sources, Town

AT = (2.0, 48.0)
HERE = Place(48.0, 2.0, 100.0, 44.0)


def square(east, north, size=10):
    """Tens of microdegrees from the middle: about a metre each."""
    return shapely.box(*(AT[k % 2] + d * 1e-5 for k, d in enumerate((east, north, east + size, north + size))))


@pytest.fixture
def town():
    houses = Imported(
        buildings=((square(20, 20), {"id": "a", "height_m": 9.0, "nature": "Église"}), (square(-40, 20), {"id": "b"})),
        attribution="houses",
    )
    street = shapely.LineString([(AT[0] - 0.001, AT[1]), (AT[0] + 0.001, AT[1])])
    ways = Imported(roads=((street, {"id": "r", "width_m": 4.0, "private": False, "level": 0, "name": "Rue"}),))
    speck = square(-50, -50, 0.5)
    squares = Imported(squares=tuple((s, {"name": "Place"}) for s in (square(-10, -10), square(30, -30), speck)))
    return Town(square(-100, -100, 200), houses, ways, squares, Imported(), Imported(), ())


def test_a_town_across_the_180th_meridian_is_refused_in_its_own_words(town, tmp_path):
    across = replace(town, area=shapely.box(-179.999, -16.81, 179.999, -16.8))
    with pytest.raises(InputError, match=r"b\.osm: gives an area on both sides of the 180th meridian; import the side"):
        write_site(tmp_path, "Here", across, Sources(osm=tmp_path / "b.osm"), HERE)


def test_the_site_loads_and_every_gap_is_reported(town, tmp_path):
    reported = write_site(tmp_path, "Here", town, Sources(roads=tmp_path / "ways.gpkg"), HERE)
    site = load_site(tmp_path)
    assert (site.name, site.frame.datum_amsl_m, site.frame.geoid_m) == ("Here", 100.0, 44.0)
    assert [(b.id, b.height_m, b.assumed) for b in site.buildings] == [("a", 9.0, False), ("b", 15.0, True)]
    assert [(road.name, road.width_m, road.is_public) for road in site.roads] == [("Rue", 4.0, True)]
    assert [zone.name for zone in site.zones_of("public")] == ["Place", "Place (2)"]
    assert site.cameras == site.pads == ()
    assert {f.problem for f in reported} == {"holds no camera", "is not known", "has no area", "is not given"}
    (level,) = [f for f in reported if f.feature == "terrain"]
    assert level.detail.startswith("level at 100 m: if the ground rises, flights are too low")
    assert any(f.problem == "holds no launch pad" for f in site.findings)
    assert site.attribution == "houses; ways.gpkg (publisher not named)"


def test_the_same_files_give_the_same_bytes(town, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_site(tmp_path / name, "Here", town, Sources(), HERE)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_drawn_files_are_kept(town, tmp_path):
    pad = {"type": "Feature", "properties": {"name": "yard"}, "geometry": {"type": "Point", "coordinates": list(AT)}}
    drawn = json.dumps({"type": "FeatureCollection", "features": [pad]})
    (tmp_path / "launch_pads.geojson").write_text(drawn)
    with pytest.raises(InputError, match="is not empty; name a new folder, or add --force"):
        refuse_filled(tmp_path, force=False)
    refuse_filled(tmp_path, force=True)
    reported = write_site(tmp_path, "Here", town, Sources(), HERE)
    assert (tmp_path / "launch_pads.geojson").read_text() == drawn
    assert [pad.name for pad in load_site(tmp_path).pads] == ["yard"]
    assert any((f.file, f.detail) == ("launch_pads.geojson", "kept as it is") for f in reported)


def test_an_area_near_a_pole_is_refused_by_the_name_of_the_source(town, tmp_path):
    swapped = replace(town, area=shapely.box(33.6, -84.6, 33.7, -84.5))
    with pytest.raises(InputError, match=r"b\.osm: gives an area at latitude -84\.\d, longitude 33\.\d; .* swap"):
        write_site(tmp_path, "Here", swapped, Sources(osm=tmp_path / "b.osm"), Place())


def test_an_origin_far_from_the_area_is_refused(town, tmp_path):
    for swapped in (Place(AT[0], AT[1], 100.0, 44.0), Place(float("nan"), AT[0], 100.0, 44.0)):
        with pytest.raises(InputError, match=r"--origin: .* from the area; give latitude first, as 48\.0000,2\.0000"):
            write_site(tmp_path, "Here", town, Sources(), swapped)


def test_an_error_in_a_written_file_names_its_source(tmp_path):
    sources = Sources(cameras=tmp_path / "list.csv", osm=tmp_path / "town.osm")
    for written, source in (("cameras.geojson.gz", "list.csv"), ("roads.geojson.gz", "town.osm")):
        with pytest.raises(InputError, match=rf"{source}: 7: is odd; fix it$"), named_by_source(sources):
            raise InputError(tmp_path / "site" / written, "7", "is odd", "fix it")


def test_the_datum_is_the_median_ground_of_the_area(town, tmp_path):
    feet = [(square(20 * k, 20), {"id": str(k), "height_m": 5.0, "ground_amsl_m": 50.0 + k}) for k in range(5)]
    far = (square(5000, 0), {"id": "far", "height_m": 5.0, "ground_amsl_m": 900.0})
    places = Town(town.area, Imported(buildings=(*feet, far)), town.roads, *(Imported(),) * 3, ())
    write_site(tmp_path, "Here", places, Sources(), Place(None, None, None, 44.0))
    site = load_site(tmp_path)
    assert site.frame.datum_amsl_m == 52.0
    assert (site.frame.lon_deg, site.frame.lat_deg) == pytest.approx(AT)
    assert not site.terrain.is_flat  # laid through the feet
    with pytest.raises(InputError, match="--datum-m: is needed"):
        write_site(tmp_path, "Here", town, Sources(), Place(None, None, None, 44.0))


def test_a_datum_missing_in_openstreetmap_is_requested_before_any_reading(tmp_path):
    path = tmp_path / "town.osm"
    path.write_text("<osm> cut off")
    unknown, known = Place(None, None, None, 44.0), Place(None, None, 12.0, 44.0)
    with pytest.raises(InputError, match="--datum-m: is needed"):
        check_heights(Sources(osm=path), unknown)
    check_heights(Sources(osm=path), known)
    check_heights(Sources(osm=path, terrain=tmp_path / "ground.tif"), unknown)


@pytest.mark.parametrize(("known_rows", "is_refused"), [(45, True), (55, False)])
def test_a_ground_that_is_mostly_a_guess_is_refused(files, town, tmp_path, known_rows, is_refused):
    heights = np.full((100, 100), 30.0)
    heights[known_rows:] = -9999.0
    dem = files.raster(tmp_path / "dem.tif", heights, 10.0, nodata=-9999.0)
    area = files.degrees(files.block(0, 0, 1000, 1000))
    here = replace(town, area=area)
    if is_refused:
        with pytest.raises(
            InputError, match=r"dem\.tif: has no height for 5\d % of the area; give another ground model"
        ):
            write_site(tmp_path, "Here", here, Sources(terrain=dem), Place(None, None, None, 44.0))
    else:
        write_site(tmp_path, "Here", here, Sources(terrain=dem), Place(None, None, None, 44.0))


def test_the_geoid_comes_from_proj_or_from_the_user(tmp_path, monkeypatch):
    """A grid of PROJ's with 48 m at 47 N 2 W and 2 m more a degree to the east; none of it is invented."""
    monkeypatch.setenv("GEOGRAPHICLIB_GEOID_PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"--geoid-m: is needed.*GeoidEval"):
        geoid_m(47.0, -1.0)
    header = struct.pack(">ddddii", 46.0, -3.0, 1.0, 1.0, 3, 4)
    rows = np.tile(np.array([46.0, 48.0, 50.0, 52.0], dtype=">f4"), 3)
    (tmp_path / "egm96_15.gtx").write_bytes(header + rows.tobytes())
    before = pyproj.datadir.get_data_dir()
    pyproj.datadir.append_data_dir(str(tmp_path))
    try:
        assert geoid_m(47.0, -1.5) == 49.0
    finally:
        pyproj.datadir.set_data_dir(before)


def test_the_geoid_comes_from_the_grid_that_the_doctor_finds(tmp_path, monkeypatch):
    header = b"P5\n# Offset -108\n# Scale 0.003\n4320 2161\n65535\n"
    with (tmp_path / "egm96-5.pgm").open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 4320 * 2161 * 2)
    monkeypatch.setenv("GEOGRAPHICLIB_GEOID_PATH", str(tmp_path))
    assert geoid_m(47.0, -1.0) == -108.0
    check_heights(Sources(), Place())


def test_datum_and_geoid_are_asked_for_at_once(town, tmp_path, monkeypatch):
    monkeypatch.setenv("GEOGRAPHICLIB_GEOID_PATH", str(tmp_path))
    (tmp_path / "town.osm").write_text("<osm> cut off")
    with pytest.raises(InputError) as refusal:
        check_heights(Sources(osm=tmp_path / "town.osm"), Place(47.2, -1.5))
    for words in ("--datum-m and --geoid-m: are needed", "or a --terrain", '--input-string "47.2 -1.5"'):
        assert words in str(refusal.value)
    cases = ((Sources(osm=tmp_path / "town.osm"), 26.0), (Sources(terrain=tmp_path / "ground.tif"), None))
    for sources, datum_m in cases:  # a large file is read for minutes
        with pytest.raises(InputError, match=r"^--geoid-m: is needed: this machine has no EGM96 grid"):
            check_heights(sources, Place(47.2, -1.5, datum_m))
        check_heights(sources, Place(47.2, -1.5, datum_m, 48.2))
    with pytest.raises(InputError, match="--datum-m and --geoid-m: are needed"):
        write_site(tmp_path, "Here", town, Sources(), Place())


def test_numbers_that_are_none_are_not_written(tmp_path):
    write_records(tmp_path / "a.geojson.gz", [(square(0, 0), {"id": "a", "height_m": float("nan"), "storeys": 2})])
    (feature,) = json.loads(gzip.decompress((tmp_path / "a.geojson.gz").read_bytes()))["features"]
    assert feature["properties"] == {"id": "a", "storeys": 2}
    assert feature["geometry"]["coordinates"][0][0] == [2.0001, 48.0]


def test_the_report_names_every_file_by_its_hash(town, tmp_path):
    source = tmp_path / "houses.gpkg"
    source.write_bytes(b"abc")
    path = write_report(tmp_path, "Here", Sources(buildings=source), {"buildings": 2}, ())
    report = json.loads(path.read_text())
    assert report["sources"] == [
        {
            "option": "--buildings", "file": "houses.gpkg", "bytes": 3,
            "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        }
    ]  # fmt: skip
    assert (report["schema"], report["counts"]) == ("blindspot.import/1", {"buildings": 2})
