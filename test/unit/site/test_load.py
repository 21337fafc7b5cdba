"""The towns that ship load; what a user may get wrong is refused or repaired by name."""

from dataclasses import replace

import pytest
import shapely
from shapely.geometry import Point

from blindspot.core.errors import InputError
from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.site.load import load_site, load_terrain
from blindspot.site.relief import elevation
from blindspot.site.relief.raster import height_field
from blindspot.site.town.geojson import load_area

CLEARANCE_M = 0.4


def reported(town) -> str:
    with pytest.raises(InputError) as refusal:
        town.load()
    return str(refusal.value)


def test_the_crossroads_is_what_it_is(crossroads):
    assert crossroads.area_of_interest.area == pytest.approx(180 * 180, rel=1e-3)
    assert [pad.name for pad in crossroads.pads] == ["north", "south"]
    assert (crossroads.pad("north").east_m, crossroads.pad("north").north_m) == pytest.approx((0, 40), abs=0.02)
    assert [(zone.name, zone.kind) for zone in crossroads.zones] == [
        ("Roof garden", "no_fly"),
        ("Front garden", "private"),
    ]


def test_nantes_is_what_it_is(nantes):
    assert len(nantes.buildings) == 8639 + 9  # five features of two polygons and two of three
    assert len(nantes.roads) == 3696 - 2 + 1  # two ferries, one axis in two parts
    assert "IGN BD TOPO, Licence Ouverte 2.0" in nantes.attribution
    assert all(nantes.area_of_interest.contains(zone.polygon) for zone in nantes.zones)


@pytest.mark.parametrize("name", ["nantes", "crossroads"])
def test_invented_data_says_so(request, name):
    site = request.getfixturevalue(name)
    assert any(f.file == "cameras_invented.geojson" and f.problem == "are invented" for f in site.findings)
    assert "invented" in site.attribution


def test_the_evening_perimeter_suits_two_drones(nantes, request):
    missions = request.config.rootpath / "config" / "missions"
    perimeter = load_area(missions / "nantes_evening_perimeter.geojson", nantes.frame)
    assert 140_000 < perimeter.area <= 150_000
    pads = [Point(pad.east_m, pad.north_m) for pad in nantes.pads if perimeter.contains(Point(pad.east_m, pad.north_m))]
    assert len(pads) >= 2
    assert all(a is b or a.distance(b) >= 40 for a in pads for b in pads)
    assert all(building.footprint.distance(pad) >= 10 for building in nantes.buildings for pad in pads)
    assert max(b.highest_m for b in nantes.buildings if b.footprint.intersects(perimeter)) < 40
    assert all(perimeter.contains(area.polygon) for area in nantes.emergency_areas)
    assert not any(perimeter.intersects(zone.polygon) for zone in nantes.zones_of("no_fly"))


def test_no_camera_stands_in_a_wall(nantes):
    walls = shapely.union_all([building.footprint for building in nantes.buildings])
    masts = shapely.points([(camera.east_m, camera.north_m) for camera in nantes.cameras])
    assert shapely.distance(walls, masts).min() >= CLEARANCE_M - 1e-6


def test_a_camera_in_a_wall_is_moved_out_and_reported(town):
    features = town.features("cameras_invented.geojson")
    lon_deg, lat_deg = town.load().frame.to_wgs84(16.0, 40.0)  # one metre inside the north-eastern block
    features[0]["geometry"]["coordinates"] = [lon_deg, lat_deg]
    town.write("cameras_invented.geojson", features)
    site = town.load()
    assert (site.cameras[0].east_m, site.cameras[0].north_m) == pytest.approx((15 - CLEARANCE_M, 40), abs=0.02)
    (moved,) = [f for f in site.findings if f.action == "repaired"]
    assert (moved.feature, moved.problem) == ("corner", "stands in a building")
    assert moved.detail == "north-east: moved 1.40 m, to 0.4 m off the nearest facade"


def test_a_camera_deep_in_a_block_is_moved_out_of_the_whole_block(town):
    features = town.features("cameras_invented.geojson")
    lon_deg, lat_deg = town.load().frame.to_wgs84(45.0, 43.0)
    features[0]["geometry"]["coordinates"] = [lon_deg, lat_deg]
    town.write("cameras_invented.geojson", features)
    camera = town.load().cameras[0]
    assert (camera.east_m, camera.north_m) == pytest.approx((45, 15 - CLEARANCE_M), abs=0.02)


@pytest.mark.parametrize("kind", ["fixed", "dome"])
@pytest.mark.parametrize(("deep_m", "counts"), [(4.5, True), (4.7, False)])
def test_a_camera_from_deep_inside_a_building_never_counts_as_coverage(town, kind, deep_m, counts):
    """It may hang in a shop; at the facade it would make the street seen. Moved out, it is 0.4 m further."""
    features = town.features("cameras_invented.geojson")
    lon_deg, lat_deg = town.load().frame.to_wgs84(15.0 + deep_m, 40.0)
    features[0]["geometry"]["coordinates"] = [lon_deg, lat_deg]
    features[0]["properties"] |= {"camera:type": kind}
    town.write("cameras_invented.geojson", features)
    site = town.load()
    assert site.cameras[0].always_sees is counts
    assert any("may watch indoors" in f.problem for f in site.findings) is not counts


@pytest.mark.parametrize(("height_m", "stays"), [(11.9, False), (12.1, True)])
def test_a_camera_on_a_roof_stays_and_the_roof_hides_the_street_at_its_foot(town, height_m, stays):
    """The block is 12 m high. At its facade the camera would see the pavement that the edge of the roof hides."""
    features = town.features("cameras_invented.geojson")
    lon_deg, lat_deg = town.load().frame.to_wgs84(18.0, 40.0)  # three metres behind the facade
    features[0]["geometry"]["coordinates"] = [lon_deg, lat_deg]
    features[0]["properties"] |= {"height": height_m, "camera:direction": "270", "camera:tilt": -60}
    town.write("cameras_invented.geojson", features)
    site = town.load()
    assert bool(site.cameras[0].east_m == pytest.approx(18.0, abs=0.02)) is stays
    alone = replace(site, cameras=site.cameras[:1])
    field = height_field(alone, (0, 30, 60, 50))
    pavement = field.grid.index(11.0, 40.0)
    assert bool(fixed_coverage(alone, field).count[pavement] == 0) is stays


@pytest.mark.parametrize(("ground_amsl_m", "highest_m"), [(165.0, 27.0), (150.0, 12.0), (140.0, 12.0), (None, 12.0)])
def test_a_house_on_a_hill_is_as_high_as_it_is_where_the_town_has_no_terrain(town, ground_amsl_m, highest_m):
    """The ground is level at 150 m above the sea; a drone would fly into a house that really stands at 165 m."""
    features = town.features("buildings.geojson")
    features[0]["properties"] |= {"Z_MIN_SOL": ground_amsl_m}
    town.write("buildings.geojson", features)
    house = town.load().buildings[0]
    assert (house.highest_m, house.top_m) == (pytest.approx(highest_m), 12.0)


def test_a_missing_folder_or_file_is_named(town, tmp_path):
    with pytest.raises(InputError, match=r"nowhere: is no folder; give a site's"):
        load_site(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"site\.yaml: is a file; give the folder of a town's site\.yaml, as /"):
        load_site(town.folder / "site.yaml")
    (tmp_path / "mission.yaml").touch()
    with pytest.raises(InputError, match=r"mission\.yaml: is a file; .* as config/sites/nantes$"):
        load_site(tmp_path / "mission.yaml")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty/site\.yaml: does not exist; give a site's folder, or make one"):
        load_site(tmp_path / "empty")
    (town.folder / "roads.geojson").unlink()
    assert "roads.geojson: can't be read" in reported(town)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("terrain: flat", "terrain: flat\ncolour: blue", "colour: is an unknown key"),
        ("lat_deg: 47.0", "lat_deg: .nan", "origin.lat_deg"),
        ("lat_deg: 47.0", "lat_deg: 470", "origin.lat_deg"),
        ("  geoid_m: 48.0\n", "", "origin.geoid_m"),
        ("blindspot.site/1", "blindspot.site/9", "schema"),
        ("format: osm-geojson", "format: excel", "cameras.format: 'excel' is not known; known are osm-geojson"),
        ("lat_deg: 47.0", "lat_deg: 46.0", "km from the site's origin"),
    ],
)
def test_mistakes_in_site_yaml_are_named(town, old, new, message):
    town.replace("site.yaml", old, new)
    assert message in reported(town)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("launch_pads.geojson", '"name": "south"', '"name": "north"', "launch_pads.geojson: north: is there twice"),
        ("launch_pads.geojson", '"name": "south"', '"title": "south"', "title: is an unknown key"),
        ("launch_pads.geojson", '{"name": "south"}', "{}", "has no name"),
        ("no_fly_zones.geojson", '"Roof garden"', '"Roof garden", "ceiling_m": -5', "has its ceiling at -5 m"),
        ("no_fly_zones.geojson", '"Roof garden"', '"Roof garden", "floor_m": NaN', "has floor_m nan"),
        (
            "buildings.geojson",
            '"type": "FeatureCollection"',
            '"type": "FeatureCollection", "crs": "EPSG:2154"',
            "EPSG:2154",
        ),
    ],
)
def test_mistakes_in_drawn_files_are_named(town, file, old, new, message):
    town.replace(file, old, new)
    assert message in reported(town)


@pytest.mark.parametrize(
    ("east_m", "north_m", "message"),
    [(20.0, 40.0, "0.0 m from building north-east"), (12.0, 40.0, "from building north-east"), (0.0, 95.0, "outside")],
)
def test_a_pad_that_stands_badly_is_a_finding_and_bars_no_mission_that_leaves_it(town, east_m, north_m, message):
    frame = town.load().frame
    features = town.features("launch_pads.geojson")
    features[0]["geometry"]["coordinates"] = list(frame.to_wgs84(east_m, north_m))
    town.write("launch_pads.geojson", features)
    (found,) = [finding for finding in town.load().findings if finding.file == "launch_pads.geojson"]
    assert (found.feature, found.action) == ("north", "left out")
    assert message in found.problem


def test_an_emergency_area_under_a_roof_is_refused(town):
    town.write("emergency_areas.geojson", town.features("no_fly_zones.geojson"))
    assert "emergency_areas.geojson: Roof garden: is 0.0 m from building" in reported(town)


def test_no_building_at_all_is_refused(town):
    town.write("buildings.geojson", [])
    assert "buildings.geojson: features: holds no building" in reported(town)


def pole(east_deg=2.0, **properties):
    return {
        "type": "Feature",
        "properties": {"name": "lamp", "height_m": 8, **properties},
        "geometry": {"type": "Point", "coordinates": [east_deg, 47.0]},
    }


def with_poles(town, *features):
    town.write("poles.geojson", list(features))
    town.replace("site.yaml", "  launch_pads:", "  poles: poles.geojson\n  launch_pads:")
    return town


def test_poles_that_can_bear_a_camera_are_read(town):
    (lamp,) = with_poles(town, pole(note="by the crossing")).load().poles
    assert (lamp.name, lamp.height_m) == ("lamp", 8.0)
    assert (lamp.east_m, lamp.north_m) == pytest.approx((0, 0), abs=0.02)


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        ([pole(height_m="tall")], "poles.geojson: lamp: has height_m 'tall'; give metres above the ground"),
        ([pole(height_m=None)], "has height_m None"),
        ([pole(floor_m=3)], "lamp.floor_m: is an unknown key"),
        ([pole(), pole()], "lamp: is there twice"),
        ([pole(2.01)], "lies outside the area of interest"),
    ],
)
def test_a_pole_that_can_not_be_used_is_refused_by_name(town, features, reason):
    assert reason in reported(with_poles(town, *features))


def test_the_ground_is_read_again_only_when_its_files_change(town, monkeypatch):
    """A plan asks several times for the ground of its town."""
    source = "\n  file: buildings.geojson\n  format: building-feet\n  attribution: invented, CC0"
    town.replace("site.yaml", "terrain: flat", f"terrain:{source}")
    houses = town.features("buildings.geojson")
    for house in houses:
        house["properties"]["Z_MIN_SOL"] = 153.0
    town.write("buildings.geojson", houses)
    first, read = town.load().terrain, []
    from_feet = elevation.from_feet
    monkeypatch.setattr(elevation, "from_feet", lambda *given: read.append(given) or from_feet(*given))
    assert load_terrain(town.folder) is first
    assert not read
    for house in houses:
        house["properties"]["Z_MIN_SOL"] = 157.0
    town.write("buildings.geojson", houses)
    assert (first.at(0.0, 0.0), load_terrain(town.folder).at(0.0, 0.0)) == pytest.approx((3.0, 7.0))
    assert len(read) == 1
