"""Two shipped towns, a small one that a test may spoil, and the files of map services in small."""

import gzip
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import osmium
import pytest
import rasterio
import shapely
from osmium.osm import mutable
from pyogrio.raw import write
from pyproj import Transformer
from rasterio.transform import Affine

from blindspot.site.load import load_site

SITES = Path(__file__).parents[3] / "config" / "sites"


@pytest.fixture(scope="session")
def nantes():
    return load_site(SITES / "nantes")


@pytest.fixture(scope="session")
def crossroads():
    return load_site(SITES / "crossroads")


class Town:
    """A copy of the crossroads on disk, with the edits that a test needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(SITES / "crossroads", folder)

    def features(self, name: str) -> list[dict]:
        return json.loads((self.folder / name).read_text())["features"]

    def write(self, name: str, features: list[dict], **root: object) -> None:
        document = {"type": "FeatureCollection", **root, "features": features}
        (self.folder / name).write_text(json.dumps(document))

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def load(self):
        return load_site(self.folder)


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path / "town")


@dataclass
class Osm:
    """`nodes`: id -> (lon, lat, tags); `ways`: id -> (node ids, tags); `areas`: relation id -> (members, tags).

    A member is (way id, role). `rings`: relation id -> the nodes of its outline and of each hole, for GeoJSON.
    """

    nodes: dict
    ways: dict
    areas: dict
    rings: dict = field(default_factory=dict)

    def xml(self, path, *, ways_first=False):
        def tags(pairs):
            return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in pairs.items())

        nodes = [f'<node id="{n}" lon="{x}" lat="{y}">{tags(t)}</node>' for n, (x, y, t) in self.nodes.items()]
        ways = [
            f'<way id="{n}">{"".join(f"""<nd ref="{k}"/>""" for k in refs)}{tags(t)}</way>'
            for n, (refs, t) in self.ways.items()
        ]
        areas = [
            f'<relation id="{n}">'
            + "".join(f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in members)
            + f"{tags(t)}</relation>"
            for n, (members, t) in self.areas.items()
        ]
        order = ways + areas + nodes if ways_first else nodes + ways + areas
        path.write_text(f'<osm version="0.6">{"".join(order)}</osm>', encoding="utf-8")
        return path

    def gzipped_xml(self, path):
        plain = self.xml(path.with_suffix(""))
        path.write_bytes(gzip.compress(plain.read_bytes()))
        return path

    def pbf(self, path):
        with osmium.SimpleWriter(str(path)) as writer:
            for n, (lon, lat, tags) in self.nodes.items():
                writer.add_node(mutable.Node(id=n, location=(lon, lat), tags=tags))
            for n, (refs, tags) in self.ways.items():
                writer.add_way(mutable.Way(id=n, nodes=refs, tags=tags))
            for n, (members, tags) in self.areas.items():
                writer.add_relation(mutable.Relation(id=n, members=[("w", *m) for m in members], tags=tags))
        return path

    def overpass_body(self, path):
        """`out body; >; out skel;`: what was asked for comes before its nodes."""
        elements = [{"type": "way", "id": n, "nodes": refs, "tags": tags} for n, (refs, tags) in self.ways.items()]
        elements += [
            {"type": "relation", "id": n, "members": [{"type": "way", "ref": r, "role": e} for r, e in members]}
            | {"tags": tags}
            for n, (members, tags) in self.areas.items()
        ]
        elements += [
            {"type": "node", "id": n, "lat": lat, "lon": lon} | ({"tags": tags} if tags else {})
            for n, (lon, lat, tags) in self.nodes.items()
        ]
        path.write_text(json.dumps({"version": 0.6, "elements": elements}))
        return path

    def overpass_geom(self, path):
        """`out geom`: each line carries its places, those of an area in its members; no node, no untagged way."""
        elements = [
            {"type": "node", "id": n, "lat": lat, "lon": lon, "tags": tags}
            for n, (lon, lat, tags) in self.nodes.items()
            if tags
        ]
        elements += [
            {"type": "way", "id": n, "nodes": refs, "geometry": self._places(refs), "tags": tags}
            for n, (refs, tags) in self.ways.items()
            if tags
        ]
        elements += [
            {"type": "relation", "id": n, "tags": tags}
            | {
                "members": [
                    {"type": "way", "ref": ref, "role": role, "geometry": self._places(self.ways[ref][0])}
                    for ref, role in members
                    if ref in self.ways
                ]
            }
            for n, (members, tags) in self.areas.items()
        ]
        path.write_text(json.dumps({"version": 0.6, "elements": elements}))
        return path

    def geojson(self, path, *, nested=False):
        """As osmtogeojson makes it: areas assembled, tags flat or beside the element's type and number."""
        items = [("node", n, "Point", [lon, lat], tags) for n, (lon, lat, tags) in self.nodes.items() if tags]
        for n, (refs, tags) in self.ways.items():
            is_area = refs[0] == refs[-1] and ("highway" not in tags or "area" in tags)
            kind, places = ("Polygon", [self._at(refs)]) if is_area else ("LineString", self._at(refs))
            if tags:
                items.append(("way", n, kind, places, tags))
        for n, (_, tags) in self.areas.items():
            own = {key: value for key, value in tags.items() if key != "type"}
            items.append(("relation", n, "Polygon", [self._at(ring) for ring in self.rings[n]], own))
        features = []
        for what, n, kind, places, tags in items:
            properties = {"type": what, "id": n, "tags": tags} if nested else tags | {"@id": f"{what}/{n}"}
            geometry = {"type": kind, "coordinates": places}
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path

    def tag(self, node, tags):
        self.nodes[node] = (*self.nodes[node][:2], tags)

    def _at(self, refs):
        return [list(self.nodes[ref][:2]) for ref in refs]

    def _places(self, refs):
        places = [self.nodes.get(ref) for ref in refs]
        return [None if place is None else {"lon": place[0], "lat": place[1]} for place in places]


@pytest.fixture
def osm_of():
    """Makes an `Osm` of ways and areas on a grid: node 10 x + y lies x times 0.001 deg east and y north of (2, 47)."""

    def make(ways, areas=()):
        xy = [(x, y) for x in range(1, 10) for y in range(1, 10)]
        nodes = {10 * x + y: (round(2 + x / 1000, 7), round(47 + y / 1000, 7), {}) for x, y in xy}
        return Osm(nodes, ways, dict(areas))

    return make


@pytest.fixture
def small_town(osm_of):
    """A house, flats around a yard, a street, two squares, a camera, a tree and a bench."""
    town = osm_of(
        {
            1: ([11, 31, 33, 13, 11], {"building": "house", "height": "9 m", "roof:height": "3"}),
            2: ([51, 91, 95], {}),
            3: ([95, 55, 51], {}),
            4: ([62, 82, 84, 64, 62], {}),
            5: ([16, 56, 96], {"highway": "residential", "name": "Rue du Port", "width": "5"}),
            6: ([17, 37, 38, 18, 17], {"place": "square", "name": "Grand-Place"}),
            7: ([47, 67, 68, 48, 47], {"highway": "pedestrian", "area": "yes"}),
        },
        {
            1: (
                [(2, "outer"), (3, "outer"), (4, "inner")],
                {"type": "multipolygon", "building": "apartments", "building:levels": "5"},
            )
        },
    )
    town.rings = {1: ([51, 91, 95, 55, 51], [62, 82, 84, 64, 62])}
    town.tag(19, {"man_made": "surveillance", "camera:type": "dome", "name": 'Café <1> & "2"'})
    town.tag(29, {"natural": "tree", "height": "8"})
    town.tag(39, {"amenity": "bench"})
    return town


class Files:
    """Small layers and rasters near Nantes in Lambert 93 (EPSG:2154), written by the tests that read them."""

    lon_deg, lat_deg = -1.556, 47.215
    to_lambert = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True)
    east_m, north_m = map(round, to_lambert.transform(lon_deg, lat_deg))

    def block(self, east_m, north_m, width_m=10.0, depth_m=10.0):
        """A rectangle whose south-western corner lies so far from the middle of the town, m."""
        west, south = self.east_m + east_m, self.north_m + north_m
        return shapely.box(west, south, west + width_m, south + depth_m)

    def degrees(self, shape):
        def project(xy):
            return np.column_stack(self.to_lambert.transform(*xy.T, direction="INVERSE"))

        return shapely.transform(shape, project)

    def layer(self, path, layer, columns, rows, *, driver="GPKG", crs="EPSG:2154", append=False):
        """`rows` are (geometry, value of each column ...); None is null."""
        areas = rows[0][0].geom_type.endswith("Polygon")
        gather = shapely.multipolygons if areas else shapely.multilinestrings
        shapes = [row[0] if row[0].is_empty else gather(list(shapely.get_parts(row[0]))) for row in rows]
        values = [np.array(column, dtype=object) for column in zip(*(row[1:] for row in rows), strict=True)]
        values = [v if any(isinstance(x, str) for x in v) else v.astype(float) for v in values]
        write(
            str(path), shapely.to_wkb(shapely.force_3d(shapes, 7.0), output_dimension=3), values, list(columns),
            layer=layer, driver=driver, crs=crs, append=append,
            geometry_type="MultiPolygon Z" if areas else "MultiLineString Z",
        )  # fmt: skip
        return path

    def points(self, path, layer, columns, rows):
        """Append a layer of points to a GeoPackage; `rows` are as in `layer`."""
        values = [np.array(column, dtype=object) for column in zip(*(row[1:] for row in rows), strict=True)]
        values = [v if any(isinstance(x, str) for x in v) else v.astype(float) for v in values]
        shapes = shapely.to_wkb(np.array([row[0] for row in rows], dtype=object))
        write(str(path), shapes, values, columns, layer=layer, crs="EPSG:2154", append=True, geometry_type="Point")
        return path

    def raster(self, path, heights, cell_m=1.0, *, east_m=0.0, north_m=0.0, **profile):
        """Row 0 of `heights` is the north; the south-western corner lies so far from the middle of the town."""
        rows, cols = heights.shape
        north = self.north_m + north_m + rows * cell_m
        transform = Affine(cell_m, 0, self.east_m + east_m, 0, -cell_m, north)
        profile = {"crs": "EPSG:2154", "transform": transform} | profile
        with rasterio.open(
            path, "w", driver="GTiff", width=cols, height=rows, count=1, dtype="float32", **profile
        ) as file:
            file.write(heights.astype("float32"), 1)
        return path


@pytest.fixture(scope="session")
def files():
    return Files()
