import pytest
import shapely

from blindspot.core.errors import InputError
from blindspot.site.importers.bdtopo_files import read_bdtopo_buildings, read_bdtopo_roads

OFFICIAL = ["ID", "NATURE", "HAUTEUR", "NB_ETAGES", "Z_MIN_SOL", "Z_MAX_TOIT", "ETAT"]
LOWER = [
    "cleabs", "nature", "hauteur", "nombre_d_etages", "altitude_minimale_sol", "altitude_maximale_toit",
    "etat_de_l_objet",
]  # fmt: skip
ROAD = ["cleabs", "nature", "largeur_de_chaussee", "prive", "position_par_rapport_au_sol", "nom_collaboratif_gauche"]
A = {"id": "A", "nature": "Indifférenciée", "height_m": 9.5, "storeys": 3.0, "ground_amsl_m": 12.0, "ridge_m": 13.0}


@pytest.fixture
def rows(files):
    return [
        (files.block(0, 0), "A", "Indifférenciée", 9.5, 3.0, 12.0, 25.0, "En service"),
        (files.block(30, 0), "B", "Église", None, 2.0, None, None, "En service"),
        (files.block(60, 0), "C", "Indifférenciée", 12.0, 4.0, 12.0, None, "En projet"),
    ]


@pytest.mark.parametrize(
    ("name", "driver", "columns"),
    [
        ("bdtopo.gpkg", "GPKG", LOWER),
        ("batiment.shp", "ESRI Shapefile", OFFICIAL),
        ("batiment.geojson", "GeoJSON", OFFICIAL),
    ],
)
def test_each_format_and_spelling_gives_the_same(files, rows, tmp_path, name, driver, columns):
    crs = "EPSG:2154"
    if driver == "GeoJSON":
        crs, rows = "EPSG:4326", [(files.degrees(shape), *values) for shape, *values in rows]
    read = read_bdtopo_buildings(files.layer(tmp_path / name, "batiment", columns, rows, driver=driver, crs=crs))
    (first, own), (_, second) = read.buildings
    assert own == A
    assert second == {"id": "B", "nature": "Église", "storeys": 2.0}
    assert not first.has_z
    assert first.hausdorff_distance(files.degrees(files.block(0, 0))) < 1e-7
    assert [(f.feature, f.problem, f.action) for f in read.findings] == [
        ("C", "is not there yet (En projet)", "left out")
    ]
    assert read.attribution == "IGN BD TOPO, Licence Ouverte 2.0"


def test_a_building_that_is_being_built_is_in_the_way(files, rows, tmp_path):
    rows.append((files.block(90, 0), "D", "Indifférenciée", 12.0, 4.0, 12.0, None, "En construction"))
    read = read_bdtopo_buildings(files.layer(tmp_path / "b.gpkg", "batiment", OFFICIAL, rows))
    assert [own["id"] for _, own in read.buildings] == ["A", "B", "D"]


def test_chimneys_pylons_and_water_towers_beside_the_buildings_are_obstacles(files, rows, tmp_path):
    path = files.layer(tmp_path / "b.gpkg", "batiment", LOWER, rows)
    at = shapely.Point(files.east_m + 200, files.north_m)
    points = [(at, "chimney", "Cheminée", 80.0), (at, "mast", "Antenne", None), (at, "cross", "Calvaire", None)]
    files.points(path, "construction_ponctuelle", ["cleabs", "nature", "hauteur"], points)
    tank = [(files.block(300, 0, 20, 20), "tank", "Château d'eau", 40.0)]
    files.layer(path, "reservoir", ["cleabs", "nature", "hauteur"], tank, append=True)
    read = read_bdtopo_buildings(path)
    standing = {own["id"]: (own["height_m"], shape) for shape, own in read.buildings[2:]}
    assert {name: height_m for name, (height_m, _) in standing.items()} == {
        "chimney": 80.0,
        "mast": 120.0,
        "tank": 40.0,
    }
    chimney = standing["chimney"][1]
    assert chimney.covers(files.degrees(at))
    assert chimney.area == pytest.approx(files.degrees(at.buffer(2, cap_style="square")).area, rel=0.02)
    assert ("mast", "is of construction_ponctuelle, without height", "assumed") in [
        (f.feature, f.problem, f.action) for f in read.findings
    ]


def test_only_records_that_meet_the_bounds_are_read(files, rows, tmp_path):
    rows.append((files.block(5000, 0), "far", "", 5.0, 1.0, 0.0, 6.0, ""))
    path = files.layer(tmp_path / "b.gpkg", "batiment", OFFICIAL, rows)
    bounds = files.degrees(files.block(-50, -50, 200, 200)).bounds
    assert [own["id"] for _, own in read_bdtopo_buildings(path, bounds).buildings] == ["A", "B"]


@pytest.fixture
def road(files):
    line = shapely.LineString([files.block(0, 0).centroid, files.block(100, 0).centroid])

    def road(name, nature="Route à 1 chaussée", private="false", level="0", street="Rue Crébillon"):
        return (line, name, nature, 5.0, private, level, street)

    return road


def test_roads_have_access_level_and_street(files, rows, road, tmp_path):
    roads = [road("r"), road("p", private="Oui"), road("n", private=None, level="Gué ou radier", street=None)]
    roads.append(road("f", nature="Bac ou liaison maritime"))
    path = files.layer(tmp_path / "b.gpkg", "troncon_de_route", ROAD, roads)
    files.layer(path, "batiment", OFFICIAL, rows, append=True)  # the layer is found by its name
    read = read_bdtopo_roads(path)
    r, p, n = (own for _, own in read.roads)
    assert (r["nature"], r["width_m"], r["level"], r["name"]) == ("Route à 1 chaussée", 5.0, "0", "Rue Crébillon")
    assert (r["private"], p["private"], "private" in n, n["level"]) == (False, True, False, "Gué ou radier")
    assert [(f.feature, f.problem) for f in read.findings] == [("f", "is a ferry line")]


def test_a_file_of_something_else_is_refused(files, tmp_path):
    path = files.layer(tmp_path / "b.gpkg", "haie", ["largeur"], [(files.block(0, 0), 1.0)])
    with pytest.raises(InputError, match="HAUTEUR: is missing or empty in every building"):
        read_bdtopo_buildings(path)
    files.layer(path, "zone", ["x"], [(files.block(0, 0), 1.0)], append=True)
    with pytest.raises(InputError, match="has none named 'batiment'; it has haie, zone"):
        read_bdtopo_buildings(path)


def test_a_shapefile_without_a_coordinate_system_needs_one(files, rows, tmp_path):
    path = files.layer(tmp_path / "b.shp", "b", OFFICIAL, rows, driver="ESRI Shapefile")
    path.with_suffix(".prj").write_bytes(b"PROJCS[\xd2")
    with pytest.raises(InputError, match="can't be read"):
        read_bdtopo_buildings(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match="does not say its coordinate system; say which it is with --crs"):
        read_bdtopo_buildings(path)
    assert len(read_bdtopo_buildings(path, fallback_crs="EPSG:2154").buildings) == 2
    with pytest.raises(InputError, match="'EPSG:0' is no coordinate system"):
        read_bdtopo_buildings(path, fallback_crs="EPSG:0")


def test_a_record_without_shape_is_left_out_by_name(files, rows, tmp_path):
    rows.append((shapely.MultiPolygon(), "empty", "", 5.0, 1.0, 0.0, 6.0, ""))
    read = read_bdtopo_buildings(files.layer(tmp_path / "b.gpkg", "batiment", OFFICIAL, rows))
    assert ("batiment 4", "has no usable geometry") in [(f.feature, f.problem) for f in read.findings]
