"""Whole towns out of several files: which file counts for what, and that the site loads."""

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import mapping

from blindspot.core.errors import InputError
from blindspot.site.load import load_site
from blindspot.site.site_writer import Place, write_site
from blindspot.site.sources import Sources, area_m2, gather, read_area

COLUMNS = ["ID", "HAUTEUR", "NB_ETAGES", "Z_MIN_SOL"]
ROAD = ["ID", "NATURE", "LARGEUR", "PRIVE", "POS_SOL", "NOM_1_G"]
SHP = "ESRI Shapefile"
PLACE = Place(None, None, 12.0, 48.0)


def silently(step, done, total):
    pass


@pytest.fixture
def bdtopo(files, tmp_path):
    path = tmp_path / "bdtopo.gpkg"
    files.layer(path, "batiment", COLUMNS, [(files.block(30 * k, 10), f"B{k}", 9.0, 3.0, 12.0) for k in range(4)])
    street = shapely.LineString([files.block(-20, 0).centroid, files.block(130, 40).centroid])
    files.layer(path, "troncon_de_route", ROAD, [(street, "R", "Chemin", 3.0, "Non", "0", "Rue")], append=True)
    return path


def test_one_file_of_openstreetmap_makes_a_town(small_town, tmp_path):
    town = gather(Sources(osm=small_town.pbf(tmp_path / "town.osm.pbf")), None, silently)
    out = tmp_path / "site"
    out.mkdir()
    write_site(out, "Town", town, Sources(osm=tmp_path / "town.osm.pbf"), PLACE)
    site = load_site(out)
    assert (len(site.buildings), len(site.cameras), len(site.trees)) == (2, 1, 1)
    assert sorted(b.height_m for b in site.buildings) == [6.0, 15.0]  # 9 m less a roof of 3 m; 5 storeys
    assert "Rue du Port" in {road.name for road in site.roads}
    assert "Grand-Place" in {zone.name for zone in site.zones_of("public")}
    assert site.attribution == "© OpenStreetMap contributors, ODbL 1.0"


def test_a_file_named_for_one_kind_counts_before_the_one_that_has_all(bdtopo, small_town, tmp_path):
    osm = small_town.xml(tmp_path / "town.osm")
    area = shapely.box(-2, 47, -1, 48)
    (tmp_path / "area.geojson").write_text(json.dumps(mapping(area)))
    town = gather(Sources(osm=osm, buildings=bdtopo, roads=bdtopo), tmp_path / "area.geojson", silently)
    assert [own["id"] for _, own in town.buildings.buildings] == ["B0", "B1", "B2", "B3"]
    assert [own["name"] for _, own in town.roads.roads] == ["Rue"]
    assert town.area.equals(area)


def test_the_files_of_a_country_need_an_area(files, tmp_path):
    """Each building lay "54 km from the site's origin", as if its degrees were in the wrong order."""
    path = tmp_path / "country.gpkg"
    ends = [(0, "B0"), (80_000, "B1")]
    files.layer(path, "batiment", COLUMNS, [(files.block(m, m), name, 9.0, 3.0, 12.0) for m, name in ends])
    street = shapely.LineString([files.block(m, m).centroid for m, _ in ends])
    files.layer(path, "troncon_de_route", ROAD, [(street, "R", "Chemin", 3.0, "Non", "0", "Rue")], append=True)
    with pytest.raises(InputError, match=r"--area.*reach over 11\d km, and a site is a town; draw the town"):
        gather(Sources(buildings=path, roads=path), None, silently)


def test_without_an_area_it_is_where_all_is_known(bdtopo, files):
    town = gather(Sources(buildings=bdtopo, roads=bdtopo), None, silently)
    hulls = shapely.box(*files.degrees(files.block(-50, -50, 250, 250)).bounds)
    assert hulls.contains(town.area)
    assert 0 < area_m2(town.area) < 4000
    assert [f.problem for f in town.findings] == ["is not given"]


def test_a_surface_stands_in_for_buildings(bdtopo, files, tmp_path):
    heights = np.full((100, 200), 12.0)
    heights[40:70, 50:90] = 20.0
    dsm = files.raster(tmp_path / "dsm.tif", heights, east_m=-30, north_m=-20)
    dem = files.raster(tmp_path / "dem.tif", np.full((100, 200), 12.0), east_m=-30, north_m=-20)
    (tmp_path / "area.geojson").write_text(json.dumps(mapping(files.degrees(files.block(-15, -5, 150, 60)))))
    sources = Sources(surface=dsm, terrain=dem, roads=bdtopo)
    town = gather(sources, tmp_path / "area.geojson", silently)
    out = tmp_path / "site"
    out.mkdir()
    write_site(out, "Town", town, sources, Place(None, None, None, 48.0))
    site = load_site(out)
    assert max(b.height_m for b in site.buildings) == pytest.approx(8.0, abs=0.01)
    assert (site.frame.datum_amsl_m, site.terrain.is_flat) == (12.0, False)
    assert site.terrain.at(0.0, 0.0) == pytest.approx(0.0, abs=1e-3)
    (tmp_path / "area.geojson").write_text(json.dumps(mapping(files.degrees(files.block(-15, -5, 400, 60)))))
    with pytest.raises(InputError, match=r"dem\.tif: covers only .* of the area"):
        gather(sources, tmp_path / "area.geojson", silently)


def test_a_list_of_cameras_needs_its_mapping(bdtopo, files, tmp_path):
    (tmp_path / "cameras.csv").write_text(f"lat;lon;dir\n{files.lat_deg};{files.lon_deg};90\n")
    text = "schema: blindspot.camera_list/1\nattribution: the town\ncolumns: {x: lon, y: lat, heading: dir}\n"
    (tmp_path / "mapping.yaml").write_text(text)
    sources = Sources(bdtopo, bdtopo, tmp_path / "cameras.csv", tmp_path / "mapping.yaml")
    ((_, tags),) = gather(sources, None, silently).cameras.cameras
    assert float(tags["camera:direction"]) == 90.0
    message = r"cameras\.csv: --cameras: needs a description of its columns; describe them with --mapping"
    with pytest.raises(InputError, match=message):
        gather(Sources(bdtopo, bdtopo, tmp_path / "cameras.csv"), None, silently)


def test_a_file_that_is_named_and_gives_nothing_is_refused(bdtopo, small_town, files, tmp_path):
    roads = {"type": "FeatureCollection", "features": []}
    (tmp_path / "roads.geojson").write_text(json.dumps(roads))
    for option, what in (("trees", "tree"), ("cameras", "camera")):
        sources = Sources(buildings=bdtopo, roads=bdtopo, **{option: tmp_path / "roads.geojson"})
        with pytest.raises(InputError, match=rf"roads\.geojson: gives no {what} in the area"):
            gather(sources, None, silently)


@pytest.mark.parametrize(
    ("tags", "place", "message"),
    [
        ({}, (0, 0), "gives no road in the area; check the area; positions are degrees .* a road has the tag highway"),
        ({"highway": "residential"}, (84_900, 447_500), r"in the area \(#0: has no position on earth\); check"),
    ],
    ids=["no tag", "metres"],
)
def test_lines_that_are_no_roads_are_refused_with_the_tag_that_makes_a_road(bdtopo, tmp_path, tags, place, message):
    line = {"type": "LineString", "coordinates": [place, [place[0] + 0.001, place[1]]]}
    feature = {"type": "Feature", "properties": tags, "geometry": line}
    (tmp_path / "streets.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(InputError, match=message):
        gather(Sources(buildings=bdtopo, roads=tmp_path / "streets.geojson"), None, silently)


def test_unusable_options_are_refused_before_any_reading(bdtopo):
    with pytest.raises(InputError, match=r"--crs: 'Lambert' is no coordinate system; name one as EPSG:2154"):
        gather(Sources(buildings=bdtopo, roads=bdtopo, crs="Lambert"), None, silently)
    with pytest.raises(InputError, match=r"nope\.tif: --terrain: does not exist; name an existing file"):
        gather(Sources(buildings=bdtopo, roads=bdtopo, terrain=Path("nope.tif")), None, silently)
    with pytest.raises(InputError, match=r"--osm: is a folder; name a file in it"):
        gather(Sources(osm=bdtopo.parent), None, silently)
    with pytest.raises(InputError, match="nope: --area: is no file; name one with one polygon, or say auto"):
        gather(Sources(buildings=bdtopo, roads=bdtopo), Path("nope"), silently)


def test_an_area_is_one_sound_polygon(files, tmp_path):
    path = tmp_path / "area.gpkg"
    files.layer(path, "area", ["name"], [(files.block(0, 0), "a")])
    assert read_area(path, None).centroid.coords[0] == pytest.approx((files.lon_deg, files.lat_deg), abs=2e-4)
    files.layer(path, "area", ["name"], [(files.block(30, 0), "b")], append=True)
    with pytest.raises(InputError, match=r"holds 2 shapes \(a, b\); give exactly one polygon"):
        read_area(path, None)
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    (tmp_path / "bow.geojson").write_text(json.dumps(bow))
    point = {"type": "Polygon", "coordinates": [[[0, 0]] * 4]}
    (tmp_path / "point.geojson").write_text(json.dumps(point))
    with pytest.raises(InputError, match=r"Too few points .*; draw .* with three corners or more"):
        read_area(tmp_path / "point.geojson", None)
    with pytest.raises(InputError, match="draw the outline without crossings"):
        read_area(tmp_path / "bow.geojson", None)
    with pytest.raises(InputError, match="can't be read"):
        read_area(Path("nowhere.geojson"), None)


@pytest.mark.parametrize(
    ("shape", "reported"),
    [
        ({"type": "LineString", "coordinates": [[2, 47], [2.01, 47], [2.01, 47.01]]}, "a LineString, which has no"),
        (
            {"type": "Polygon", "coordinates": [[[2, 47], [2.01, 47.01], [2.01, 47], [2, 47.01], [2, 47]]]},
            r"crosses itself at latitude 47\.005000, longitude 2\.005000",
        ),
        (
            {"type": "Polygon", "coordinates": [[[179.9, 9], [-179.9, 9], [-179.9, 9.1], [179.9, 9.1], [179.9, 9]]]},
            "is 360 degrees of longitude wide; draw one town, on one side of the meridian of 180 degrees",
        ),
    ],
)
def test_an_invalid_area_is_reported_in_one_sentence(tmp_path, shape, reported):
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(shape))
    with pytest.raises(InputError, match=reported):
        read_area(path, None)


def test_a_shapefile_without_its_table_is_refused(bdtopo, files, tmp_path):
    shapefile = files.layer(tmp_path / "b.shp", "b", COLUMNS, [(files.block(0, 0), "B", 9.0, 3.0, 1.0)], driver=SHP)
    (tmp_path / "b.dbf").unlink()
    with pytest.raises(InputError, match=r"has no \.dbf beside it; put all parts of the Shapefile there"):
        gather(Sources(buildings=shapefile, roads=bdtopo), None, silently)


def houses(path, shapes):
    features = [
        {"type": "Feature", "properties": {"ID": "B", "HAUTEUR": 9.0}, "geometry": mapping(shape)} for shape in shapes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_crs_counts_for_geojson_that_holds_no_degrees(bdtopo, files, tmp_path):
    projected = houses(tmp_path / "houses.geojson", [files.block(0, 10)])
    town = gather(Sources(buildings=projected, roads=bdtopo, crs="EPSG:2154"), None, silently)
    ((shape, _),) = town.buildings.buildings
    assert shape.equals_exact(files.degrees(files.block(0, 10)), 1e-7)


def test_a_crs_option_that_contradicts_geojson_in_degrees_is_reported(bdtopo, files, tmp_path):
    in_degrees = houses(tmp_path / "houses.geojson", [files.degrees(files.block(0, 10))])
    town = gather(Sources(buildings=in_degrees, roads=bdtopo, crs="EPSG:2154"), None, silently)
    assert len(town.buildings.buildings) == 1
    reported = [finding.problem for finding in town.findings if finding.file == "houses.geojson"]
    assert reported == ["holds degrees, not EPSG:2154 as --crs says"]
