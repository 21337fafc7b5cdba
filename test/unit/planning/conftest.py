"""Small random towns to plan over: streets, blocks, crowns, terrain and a perimeter, all drawn from one seed."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import rasterio
import shapely
from rasterio.transform import Affine
from shapely.geometry import LineString, Point, Polygon, box

from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import feature_collection

FRAME = LocalFrame(47.0, 2.0, 150.0, 48.0)
SITE_YAML = """\
schema: blindspot.site/1
name: Random town
origin: {lat_deg: 47.0, lon_deg: 2.0, datum_amsl_m: 150.0, geoid_m: 48.0}
terrain: {file: dem.tif, format: dem-geotiff, attribution: invented}
buildings: {file: buildings.geojson, format: bdtopo-geojson, attribution: invented}
roads: {file: roads.geojson, format: bdtopo-geojson, attribution: invented}
cameras: {file: cameras.geojson, format: osm-geojson, attribution: invented}
trees: {file: trees.geojson, format: osm-geojson, attribution: invented}
places: {area_of_interest: area.geojson, launch_pads: pads.geojson}
"""
PADS = {"north": (0.0, 22.0), "south": (0.0, -22.0)}


def random_town(folder, like, seed, *, trees, slope, turn_deg, pads=PADS):
    """Writes a small town into a folder, a crossing with blocks, crowns, terrain and a crooked perimeter, all drawn
    from one seed; the mission over it, otherwise as `like`."""
    chance = np.random.default_rng(seed)

    def turned(shape):
        return shapely.affinity.rotate(shape, turn_deg, origin=(0, 0))

    def write(name, *items):
        document = feature_collection([(turned(shape), tags) for shape, tags in items], FRAME)
        (folder / name).write_text(json.dumps(document))

    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE_YAML)
    blocks = []
    for number, (x, y) in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1))):
        near_m, far_m = chance.uniform(12, 16, 2), chance.uniform(25, 50, 2)
        east, north = sorted((x * near_m[0], x * far_m[0])), sorted((y * near_m[1], y * far_m[1]))
        block = box(east[0], north[0], east[1], north[1])
        blocks.append((block, {"ID": f"block{number}", "HAUTEUR": round(float(chance.uniform(6, 18)), 1)}))
    write("buildings.geojson", *blocks)
    ways = [LineString([(0, -90), (0, 90)]), LineString([(-90, 0), (90, 0)])]
    road = {"NATURE": "Route à 1 chaussée", "LARGEUR": 14.0, "POS_SOL": 0, "PRIVE": "Non"}
    write("roads.geojson", *((way, {"ID": f"way{number}", **road}) for number, way in enumerate(ways)))
    camera = {"man_made": "surveillance", "camera:type": "fixed", "camera:direction": "200", "height": "6"}
    write("cameras.geojson", (Point(9, 9), camera))
    crowns = []
    for _ in range(10 * trees):
        at, width_m = Point(chance.uniform(-55, 55, 2)), float(chance.uniform(3, 9))
        if len(crowns) < trees and all(at.distance(Point(pad)) > width_m / 2 + 9 for pad in pads.values()):
            tags = {"natural": "tree", "height": f"{chance.uniform(4, 14):.1f}", "diameter_crown": f"{width_m:.1f}"}
            crowns.append((at, tags))
    write("trees.geojson", *crowns)
    write("area.geojson", (box(-80, -80, 80, 80), {"name": "town"}))
    write("pads.geojson", *((Point(at), {"name": name}) for name, at in pads.items()))
    corners = [(chance.uniform(36, 52), 360 * (k + chance.uniform(0.3, 0.7)) / 5) for k in range(5)]
    ring = [(far_m * np.sin(np.radians(deg)), far_m * np.cos(np.radians(deg))) for far_m, deg in corners]
    write("perimeter.geojson", (Polygon(ring).union(box(-12, -34, 12, 34)), {"name": "perimeter"}))
    _write_terrain(folder / "dem.tif", chance, slope)
    file = like.file.model_copy(update={"fleet": like.file.fleet[: int(chance.integers(1, 3))]})
    return replace(like, file=file, site_dir=folder, perimeter_path=folder / "perimeter.geojson")


def _write_terrain(path, chance, slope):
    """A plane that rises into any direction, with bumps, up to `slope` metres a metre."""
    step_m, side = 5.0, 120
    at = step_m * (np.arange(side) + 0.5) - side * step_m / 2
    heading = chance.uniform(0, 2 * np.pi)
    plane = slope * (np.cos(heading) * at[None, :] + np.sin(heading) * at[::-1, None])
    heights_m = FRAME.datum_amsl_m + plane + 2 * slope * chance.uniform(-1, 1, plane.shape)
    with rasterio.open(
        path, "w", driver="GTiff", height=side, width=side, count=1, dtype="float32", crs=FRAME.proj4,
        transform=Affine(step_m, 0.0, -side * step_m / 2, 0.0, -step_m, side * step_m / 2),
    ) as file:  # fmt: skip
        file.write(heights_m.astype("float32"), 1)


def square_of_streets(folder, like, seed, *, drones, side_m=150.0, slope=0.0, trees=10, measured=0.7, limits=None):
    """Writes a square of a town with three streets each way, houses of one to six storeys, crowns and terrain, and
    drones on pads at random places of the streets; the mission over the square, otherwise as `like`. A share of the
    houses is `measured`: the file has their heights, and of the others the storeys."""
    chance, half_m, away_m = np.random.default_rng(seed), side_m / 2, side_m / 2 + 60.0
    lines_m = [np.array([-0.5, 0.0, 0.5]) * side_m * 0.66 + chance.uniform(-6, 6, 3) for _ in range(2)]
    kerbs_m = [[-away_m, *np.sort(np.concatenate([at - 9.0, at + 9.0])), away_m] for at in lines_m]

    def write(name, *items):
        (folder / name).write_text(json.dumps(feature_collection(list(items), FRAME)))

    folder.mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE_YAML)
    houses = []
    for west, east in zip(kerbs_m[0][::2], kerbs_m[0][1::2], strict=True):
        for south, north in zip(kerbs_m[1][::2], kerbs_m[1][1::2], strict=True):
            count = max(1, round((east - west) / 14.0))
            edges_m = np.linspace(west, east, count + 1)
            for a, b in pairwise(edges_m):
                storeys = int(chance.integers(1, 7))
                tags = {"HAUTEUR": 3.0 * storeys} if chance.random() < measured else {"NB_ETAGES": storeys}
                houses.append((box(a, south, b, north), {"ID": f"house{len(houses)}", **tags}))
    write("buildings.geojson", *houses)
    road = {"NATURE": "Route à 1 chaussée", "LARGEUR": 14.0, "POS_SOL": 0, "PRIVE": "Non"}
    ways = [LineString([(at, -away_m), (at, away_m)]) for at in lines_m[0]]
    ways += [LineString([(-away_m, at), (away_m, at)]) for at in lines_m[1]]
    write("roads.geojson", *((way, {"ID": f"way{number}", **road}) for number, way in enumerate(ways)))
    camera = {"man_made": "surveillance", "camera:type": "fixed", "camera:direction": "200", "height": "6"}
    write("cameras.geojson", (Point(lines_m[0][1] + 7.0, lines_m[1][1] + 7.0), camera))
    pads = dict[str, tuple[float, float]]()
    while len(pads) < drones:
        at = chance.uniform(20.0 - half_m, half_m - 20.0, 2)
        axis = int(chance.integers(2))
        at[axis] = lines_m[axis][chance.integers(3)]
        at = np.clip(at, 15.0 - half_m, half_m - 15.0)
        if all(np.hypot(*(at - other)) > 24.0 for other in pads.values()):
            pads[f"pad{len(pads) + 1}"] = (float(at[0]), float(at[1]))
    crowns = []
    for _ in range(10 * trees):
        at, width_m = Point(chance.uniform(-half_m, half_m, 2)), float(chance.uniform(3, 7))
        if len(crowns) < trees and all(at.distance(Point(pad)) > width_m / 2 + 9 for pad in pads.values()):
            tags = {"natural": "tree", "height": f"{chance.uniform(4, 14):.1f}", "diameter_crown": f"{width_m:.1f}"}
            crowns.append((at, tags))
    write("trees.geojson", *crowns)
    write("area.geojson", (box(*(2 * (-away_m,)), *(2 * (away_m,))), {"name": "town"}))
    write("pads.geojson", *((Point(at), {"name": name}) for name, at in pads.items()))
    write("perimeter.geojson", (box(*(2 * (-half_m,)), *(2 * (half_m,))), {"name": "perimeter"}))
    _write_terrain(folder / "dem.tif", chance, slope)
    data = like.file.model_dump(by_alias=True)
    data["fleet"] = [{"name": f"drone{k}", "model": "reference", "pad": pad} for k, pad in enumerate(pads, 1)]
    data["limits"] |= limits or {}
    file = type(like.file).model_validate(data)
    return replace(like, file=file, site_dir=folder, perimeter_path=folder / "perimeter.geojson")
