"""Thousands of damaged and hostile files of every kind: each is read, or refused by one sentence of ours, within a
bound of time and of memory. Seeded: kind and number identify a case."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import resource
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
import yaml
from pyogrio.raw import write as write_layer
from rasterio.transform import from_bounds

from blindspot.camera.optics import Lens
from blindspot.core.config_file import read_yaml
from blindspot.core.errors import BlindspotError
from blindspot.evidence.observed.track import read_tracks
from blindspot.evidence.summary import summarise
from blindspot.flight.missions.qgc import qgc_plan
from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.signatures.authorisation import load_authorisation, load_authorised_area, slot_end
from blindspot.mission.ground_masks import GroundMasks
from blindspot.mission.in_flight.situation import load_situation, occupied
from blindspot.mission.mission_file import load_mission
from blindspot.mission.plan import load_plan
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_seen import ground_of
from blindspot.planning.papers.export import plan_geojson
from blindspot.planning.planner import make_sorties
from blindspot.site.importers.bdtopo_files import read_bdtopo_buildings
from blindspot.site.importers.camera_list import CameraList, read_camera_list
from blindspot.site.importers.cityjson import read_cityjson
from blindspot.site.importers.detect import kind_of
from blindspot.site.importers.elevation import write_terrain
from blindspot.site.importers.osm.osm import read_osm
from blindspot.site.importers.surface import read_surface
from blindspot.site.load import load_area, load_frame, load_site
from blindspot.stack.params_file import check_params_file
from blindspot.stack.parts.px4_params import read_parameters
from blindspot.vision.capture.calibration import load_calibration
from blindspot.vision.events.settings import load_events
from blindspot.vision.events.watch import event_watch

CONFIG = Path(__file__).resolve().parents[2] / "config"
LIMIT_S, LIMIT_BYTES = 20, 1_200_000_000
"""Far above the needs of these small files. They stop endless reads and files that unpack to gigabytes."""
IN_CI, IN_ALL = 20, 130
"""Mutations of each kind of file."""

HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 1e6, 1e300, -1e300, 10**30, 10**400, 1e-300, float("nan"), float("inf"),
    float("-inf"),
    "", " ", "x" * 3000, "../../evil/x", "/etc/passwd", "a\0b", "\x1b[2J\x1b]0;x\x07", "\u202eevil\u2066",
    "[/ops] [bold]x",
    "\ud800", "NaN", "Infinity", "1e999", "0x10", "1_000", "１２", "2026-11-31", "2026-13-01T00:00:00Z", "Europe",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "24:00", [], {}, [[]], [None], {"": 0}, {"schema": None},
    [1e300] * 3, [0] * 2000, "!!python/name:os.system",
)  # fmt: skip
NUMBERS: tuple[float, ...] = (0, -1, 1, 180, 359.99, 1e4, 1e6, 1e9, 1e12, -1e9, 1e300, -1e300, 1e-300, 2**63)
FACTORS = (-1, 0, 0.5, 2, 10, 1e3, 1e6)
NOISE = (
    b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b[31m", b"\xe2\x80\xae", b"[" * 3000, b"{" * 3000, b"9" * 5000, b"NaN",
    b"-Infinity", b"1e999", b"\n", b",", b'"', b"\r", b"&a [*a]", b"!!binary x", b"<<: *x", b"null", b"\xef\xbb\xbf",
)  # fmt: skip


class OverTimeError(Exception):
    """The time limit is exceeded."""


@contextmanager
def bounded() -> Iterator[None]:
    """A bound of time and of additional memory for the code inside."""

    def over(*_: object) -> None:
        raise OverTimeError(f"took over {LIMIT_S} s")

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before, handler = resource.getrlimit(resource.RLIMIT_AS), signal.signal(signal.SIGPROF, over)
    resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGESIZE") + LIMIT_BYTES, before[1]))
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)  # CPU time, independent of other processes
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.signal(signal.SIGPROF, handler)


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of nested mappings and lists."""
    yield path
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(value, (*path, key))


def changed(chance: random.Random, tree: Any) -> Any:
    """The tree with one value replaced, removed or doubled, or with an unknown key. Often the value is a number."""
    every = [path for path in places(tree) if path]
    numbers = [path for path in every if type(value_at(tree, path)) in (int, float)]
    if numbers and chance.randrange(2):
        *above, last = chance.choice(numbers)
        inside = value_at(tree, above)
        inside[last] = chance.choice([*NUMBERS, *(inside[last] * factor for factor in FACTORS)])
        return tree
    *above, last = chance.choice(every)
    inside = value_at(tree, above)
    match chance.randrange(6):
        case 0:
            del inside[last]
        case 1:
            inside[last] = [inside[last]] * chance.choice([1, 2, 40])
        case 2 if isinstance(inside, dict):
            inside[chance.choice(["x", "", "\u202e", "schema ", "__class__"])] = chance.choice(HOSTILE)
        case _:
            inside[last] = chance.choice(HOSTILE)
    return tree


def value_at(tree: Any, path: Sequence[Any]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def damaged(chance: random.Random, data: bytes) -> bytes:
    """Flipped bits, a cut, noise put in, a piece doubled or taken out."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        if not out:
            break
        at, to = sorted(chance.randrange(len(out)) for _ in range(2))
        match chance.randrange(6):
            case 0:
                del out[at:]
            case 1:
                out[at:at] = chance.choice(NOISE)
            case 2:
                out[at:at] = out[at:to]
            case 3:
                del out[at : min(to, at + 40)]
            case _:
                out[at] ^= 1 << chance.randrange(8)
    return bytes(out)


def as_yaml(chance: random.Random, tree: Any) -> bytes:
    """The tree as text, sometimes with special YAML features: bombs, loops, merges, tags, double keys, deep nesting."""
    text = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    if chance.randrange(5):
        return text.encode(errors="surrogatepass")
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + k)}: &{chr(98 + k)} [{','.join([f'*{chr(97 + k)}'] * 9)}]\n" for k in range(8)
    )
    first = text.split(":")[0]
    return (chance.choice([
        bomb, "loop: &l [*l]\n", "map: &m {<<: *m}\n", "x: &x {a: 1}\ny:\n  <<: [*x, *x]\n",
        f"{first}: &r\n  name: *r\n", f"{first}: 1\n", "x: " + "[" * 2000 + "\n", "x: " + "{a: " * 900 + "\n",
        "x: !!python/object/apply:os.getcwd []\n", "x: !!int 99999999999999999999x\n", "x: !!timestamp 2026-99-99\n",
        "x: 2026-11-31\n", "x: !!binary é\n", "? [a]\n: b\n", "x: 0x" + "f" * 5000 + "\n",
        "x: 1:" + "59:" * 3000 + "1\n",
    ]) + text).encode(errors="surrogatepass")  # fmt: skip


def mutated(kind: str, number: int, data: bytes, form: str) -> bytes:
    """One case of a kind of file. Half of the cases are well formed, so that they reach the code behind the parser."""
    chance = random.Random(f"{kind} {number}")
    with suppress(ValueError, KeyError, TypeError, OverflowError):
        if number % 3 and form in ("json", "yaml", "json.gz"):
            plain = gzip.decompress(data) if form == "json.gz" else data
            as_words = chance.randrange(3) == 0
            loader = yaml.BaseLoader if as_words else yaml.SafeLoader
            tree = json.loads(plain) if form.startswith("json") else yaml.load(plain, loader)
            for _ in range(chance.choice([1, 1, 1, 2, 4])):
                tree = changed(chance, tree)
            text = json.dumps(tree).encode() if form.startswith("json") else as_yaml(chance, tree)
            return gzip.compress(text) if form == "json.gz" else text
        if number % 3 and form == "csv":
            rows = list(csv.reader(io.StringIO(data.decode())))
            for _ in range(chance.choice([1, 1, 3])):
                row = chance.choice(rows)
                row[chance.randrange(len(row))] = str(chance.choice(HOSTILE))
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            return text.getvalue().encode(errors="surrogatepass")
        if form == "json.gz" and chance.randrange(2):
            return gzip.compress(damaged(chance, gzip.decompress(data)))
    return damaged(chance, data)


class Town:
    """Copies of the crossroads, its plan and one file of each kind, in a folder that a test may damage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(CONFIG, folder / "config", ignore=shutil.ignore_patterns("nantes*", "models", "dds"))
        self.mission_path = folder / "config" / "missions" / "crossroads.yaml"
        self.site_dir = folder / "config" / "sites" / "crossroads"
        self.mission = load_mission(self.mission_path)
        self.site = load_site(self.site_dir, self.mission.file.start)
        self.plan = make_sorties(self.mission, site=self.site)[0]
        self.ground = ground_of(self.plan, self.site)
        self.authorisation = load_authorisation(self.mission.authorisation_path)
        self.frame = load_frame(self.site_dir)
        self._write()

    def _write(self) -> None:
        folder, files = self.folder, {
            "plan.json": self.plan.to_json(),
            "situation.yaml": yaml.safe_dump({
                "schema": "blindspot.situation/1",
                "drones": [{"drone": "drone1", "steps_done": 1, "down": False, "hover": {
                    "at": {"east_m": 0.0, "north_m": 40.0, "up_m": 70.0}, "battery_fraction": 0.7, "flown_s": 60.0}}],
                "closed": [{"name": "fire", "ring": [[0.0, 0.0], [20.0, 0.0], [20.0, 20.0]], "ceiling_m": 80.0}],
            }),
            "events.yaml": "schema: blindspot.events/1\nzone_entered: {zones: zones.geojson, labels: [person]}\n"
            "vehicle_stopped: {inertia_s: 30.0}\nwrong_way: {lanes: lanes.geojson}\ncrowd_density: {people: 8}\n",
            "camera.yaml": yaml.safe_dump({
                "image_width": 1920, "image_height": 1080, "camera_name": "c", "distortion_model": "plumb_bob",
                "camera_matrix": {
                    "rows": 3, "cols": 3, "data": [3045.0, 0.0, 959.5, 0.0, 3045.0, 539.5, 0.0, 0.0, 1.0]},
                "distortion_coefficients": {"rows": 1, "cols": 5, "data": [0.01, 0.0, 0.0, 0.0, 0.0]},
            }),
            "params.yaml": "/drone1/detector:\n  ros__parameters:\n    min_score: 0.4\n"
            "/**:\n  ros__parameters: {jpeg_quality: 70}\n",
            "track.csv": "stamp_s,drone,east_m,north_m,up_m,battery_fraction,armed,in_air,mode\n" + "".join(
                f"{t:.2f},drone{1 + t % 2},{t}.000,{5 * (t % 2)}.000,{60 + t}.000,0.9{t % 10},1,1,AUTO.MISSION\n"
                for t in range(40)),
            "cameras.csv": "lat;lon;dir;h\n" + "".join(f"47.000{k};2.000{k};N;{k},5\n" for k in range(9)),
            "list.yaml": "schema: blindspot.camera_list/1\nattribution: x\n"
            "columns: {x: lon, y: lat, heading: dir, height: h}\n",
            "town.osm": '<osm version="0.6">' + "".join(
                f'<node id="{k}" lat="47.000{k}" lon="2.000{k * 7 % 9}"><tag k="natural" v="tree"/></node>'
                for k in range(1, 9))
            + '<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="building" v="yes"/>'
            '<tag k="height" v="9"/></way>'
            '<way id="2"><nd ref="4"/><nd ref="5"/><tag k="highway" v="residential"/></way></osm>',
            "model.json": json.dumps({
                "type": "CityJSON", "version": "2.0", "transform": {"scale": [0.001] * 3, "translate": [0, 0, 0]},
                "metadata": {"referenceSystem": "urn:ogc:def:crs:EPSG::28992"},
                "vertices": [[85_000_000 + x, 447_000_000 + y, z]
                             for z in (0, 6000) for x, y in ((0, 0), (9, 0), (9, 9), (0, 9))],
                "CityObjects": {"h": {"type": "Building", "geometry": [
                    {"type": "Solid", "lod": "1", "boundaries": [[[[0, 1, 2, 3]], [[4, 5, 6, 7]], [[0, 1, 5, 4]]]]}]}},
            }),
        }  # fmt: skip
        for name, text in files.items():
            (folder / name).write_text(text)
        packed = (self.site_dir / "buildings.geojson").read_bytes()
        (self.site_dir / "buildings.geojson.gz").write_bytes(gzip.compress(packed))
        site = (self.site_dir / "site.yaml").read_text()
        (self.site_dir / "site.yaml").write_text(site.replace("file: buildings.geojson", "file: buildings.geojson.gz"))
        shutil.copy(self.site_dir / "private_zones.geojson", folder / "zones.geojson")
        lane = {"type": "Feature", "properties": {"name": "l", "width_m": 3.5},
                "geometry": {"type": "LineString", "coordinates": [[2.0, 46.9999], [2.0, 47.0001]]}}  # fmt: skip
        (folder / "lanes.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [lane]}))
        self.ground.masks.save(folder / "ground.npz")
        heights = np.full((40, 40), 150.0, np.float32)
        heights[10:20, 10:20] = 162.0
        bounds = (1.998, 46.998, 2.002, 47.002)
        shape = {"width": 40, "height": 40, "count": 1, "dtype": "float32", "nodata": -9999.0}
        where = {"crs": "EPSG:4326", "transform": from_bounds(*bounds, 40, 40)}
        with rasterio.open(folder / "dem.tif", "w", driver="GTiff", **shape, **where) as raster:
            raster.write(heights, 1)
        houses = np.array([shapely.box(2.0 + k / 1e4, 47.0, 2.00005 + k / 1e4, 47.0001) for k in range(4)])
        columns = [np.array([f"B{k}" for k in range(4)], object), np.full(4, 9.0)]
        write_layer(folder / "houses.gpkg", shapely.to_wkb(houses), columns, ["ID", "HAUTEUR"], layer="batiment",
                    driver="GPKG", crs="EPSG:4326", geometry_type="Polygon")  # fmt: skip

    # The reading functions, each with the cheap work behind it

    def read_mission(self, _: Path) -> None:
        file = load_mission(self.mission_path).file
        assert file.window_s > 0
        file.start.timestamp()

    def read_authorisation(self, path: Path) -> None:
        found = load_authorisation(path)
        assert found.camera.max_px_per_m >= 0
        judge_plan(found, self.plan, self.mission.file.start, simulated=True)
        slot_end(found.file.window, self.mission.file.start)
        load_authorised_area(found, self.frame)

    def read_plan(self, path: Path) -> None:
        plan = load_plan(path)
        check_plan(plan, self.mission, self.site, self.ground)
        judge_plan(self.authorisation, plan, self.mission.file.start, simulated=True)
        plan_geojson(plan)
        for route in plan.routes:
            qgc_plan(route, plan.origin, 6.0)

    def read_site(self, _: Path) -> None:
        load_site(self.site_dir, self.mission.file.start)

    def read_situation(self, path: Path) -> None:
        situation = load_situation(path)
        assert occupied(self.plan, situation) is not None
        assert all(zone.zone() is not None for zone in situation.closed)

    def read_events(self, path: Path) -> None:
        event_watch(load_events(self.folder / "events.yaml"), self.folder, self.frame)

    def read_track(self, path: Path) -> None:
        limits = self.mission.file.limits
        summary = summarise(
            self.plan, limits, self.site.solids, read_tracks(path), outcome="completed", reason="",
            seen_blind_fraction=0.5, detections=0, wall_time_s=1.0, sim_time_s=1.0,
        )  # fmt: skip
        summary.to_json()

    def read_terrain(self, path: Path) -> None:
        write_terrain(path, self.folder / "terrain.tif", (1.999, 46.999, 2.001, 47.001))

    def read_list(self, _: Path) -> None:
        read_camera_list(self.folder / "cameras.csv", read_yaml(self.folder / "list.yaml", CameraList))


Reads = tuple[str, str, Callable[[Town, Path], Any]]
"""The file below the town's folder, its form, and the function that reads it."""
SITE = "config/sites/crossroads/"
KINDS: dict[str, Reads] = {
    "mission": ("config/missions/crossroads.yaml", "yaml", Town.read_mission),
    "drone": ("config/drones/reference.yaml", "yaml", Town.read_mission),
    "authorisation": ("config/authorisations/crossroads_sim.yaml", "yaml", Town.read_authorisation),
    "perimeter": (
        "config/missions/crossroads_perimeter.geojson", "json", lambda town, path: load_area(path, town.frame)),
    "plan": ("plan.json", "json", Town.read_plan),
    "site": (SITE + "site.yaml", "yaml", Town.read_site),
    "buildings": (SITE + "buildings.geojson.gz", "json.gz", Town.read_site),
    "roads": (SITE + "roads.geojson", "json", Town.read_site),
    "fixed cameras": (SITE + "cameras_invented.geojson", "json", Town.read_site),
    "pads": (SITE + "launch_pads.geojson", "json", Town.read_site),
    "situation": ("situation.yaml", "yaml", Town.read_situation),
    "events": ("events.yaml", "yaml", Town.read_events),
    "lanes": ("lanes.geojson", "json", Town.read_events),
    "calibration": ("camera.yaml", "yaml", lambda _, path: load_calibration(path, Lens(35.0, 1920, 1080))),
    "parameters": ("params.yaml", "yaml", lambda _, path: check_params_file(path, {"/drone1/detector": ()}, [])),
    "autopilot": ("config/px4/simulation.yaml", "yaml", lambda _, path: read_parameters(path)),
    "track": ("track.csv", "csv", Town.read_track),
    "camera list": ("cameras.csv", "csv", Town.read_list),
    "mapping": ("list.yaml", "yaml", Town.read_list),
    "openstreetmap": ("town.osm", "xml", lambda _, path: (kind_of(path), read_osm(path))),
    "cityjson": ("model.json", "json", lambda _, path: (kind_of(path), read_cityjson(path))),
    "table": ("houses.gpkg", "bytes", lambda _, path: (kind_of(path), read_bdtopo_buildings(path))),
    "terrain": ("dem.tif", "bytes", Town.read_terrain),
    "surface": ("dem.tif", "bytes", lambda _, path: read_surface(path, (1.999, 46.999, 2.001, 47.001))),
    "ground": ("ground.npz", "bytes", lambda _, path: GroundMasks.load(path)),
}  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    return Town(tmp_path_factory.mktemp("town"))


def faults(town: Town, kind: str, numbers: range) -> list[str]:
    """Failures other than a refusal by one sentence of ours, one line per case."""
    name, form, read = KINDS[kind]
    path, found = town.folder / name, []
    whole = path.read_bytes()
    try:
        for number in numbers:
            path.write_bytes(mutated(kind, number, whole, form))
            try:
                with bounded():
                    read(town, path)
            except BlindspotError as error:
                if "\n" in str(error):
                    found.append(f"{kind} {number}: more than a line: {error!r}")
            except Exception as error:
                found.append(f"{kind} {number}: {type(error).__name__}: {str(error)[:200]}")
    finally:
        path.write_bytes(whole)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_or_refused_in_one_sentence(town: Town, kind: str) -> None:
    assert faults(town, kind, range(IN_CI)) == []


@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_many_more_damaged_files(town: Town, kind: str) -> None:
    assert faults(town, kind, range(IN_CI, IN_ALL)) == []
