"""Figures of a whole town: time and memory of its coverage and blind spots, as a whole and in tiles.

Each is measured in its own process, so that the peak memory is that of the work.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import shapely
from shapely.geometry import box

from blindspot.core.folders import CONFIG_DIR
from blindspot.coverage.ground.blind_ground import blind_spots, patches_of
from blindspot.coverage.ground.levels import EN_62676_4_2014
from blindspot.coverage.ground.site_survey import bounds_for
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.coverage.tiles.tiled_town import Question, write_town
from blindspot.site.load import load_site
from blindspot.site.relief.raster import height_field
from blindspot.site.town.model import Site
from blindspot_lab.bench.tools.target import Target
from blindspot_lab.bench.tools.workers import fresh_processes

TOWN = CONFIG_DIR / "sites" / "nantes"
MIN_PX_PER_M = 25.0
COPIES = 2
"""Copies of the town in a region, from west to east and from south to north."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of one piece of work. The peak memory of its process includes libraries and the site."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run() -> list[Target]:
    whole, tiles, large = (apart(work) for work in (whole_town, town_in_tiles, region_in_tiles))
    name, nine = "Nantes, all cameras", f"{COPIES} x {COPIES} times Nantes"
    return [
        Target(f"{name}: raster to blind-spot polygons", "<= 5", whole.wall_s, "s", whole.wall_s <= 5),
        Target(f"{name}: CPU time of it", "", whole.cpu_s, "s", None),
        Target(f"{name}: peak memory", "<= 2500", whole.peak_mb, "MB", whole.peak_mb <= 2500),
        Target(f"{name}, in tiles, with GeoTIFF: CPU time", "", tiles.cpu_s, "s", None),
        Target(f"{name}, in tiles: peak memory", "", tiles.peak_mb, "MB", None),
        Target(f"{nine}, in tiles: CPU time", "", large.cpu_s, "s", None),
        Target(f"{nine}, in tiles: peak memory", "", large.peak_mb, "MB", None),
    ]


def apart(work: Callable[[], Cost]) -> Cost:
    """Do the work in a fresh process."""
    with fresh_processes(1) as pool:
        return pool.submit(work).result()


def whole_town() -> Cost:
    """Cost of the second of two runs; the first warms up."""
    site = load_site(TOWN)
    _survey(site)
    return _measured(partial(_survey, site))


def _survey(site: Site) -> None:
    area = site.area_of_interest
    field = height_field(site, bounds_for([site], area))
    spots = blind_spots(site, field, fixed_coverage(site, field), area, MIN_PX_PER_M)
    list(patches_of(field.grid, spots.blind))


def town_in_tiles() -> Cost:
    return _measured(partial(_tiles, load_site(TOWN)))


def region_in_tiles() -> Cost:
    return _measured(partial(_tiles, region(load_site(TOWN), COPIES)))


def _tiles(site: Site) -> None:
    question = Question(site.area_of_interest, MIN_PX_PER_M, EN_62676_4_2014)
    with tempfile.TemporaryDirectory() as folder:
        write_town(site, question, Path(folder), Provenance(site.attribution, {}))


def _measured(work: Callable[[], None]) -> Cost:
    wall_s, cpu_s = time.monotonic(), time.process_time()
    work()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return Cost(time.monotonic() - wall_s, time.process_time() - cpu_s, peak_mb)


def region(site: Site, copies: int) -> Site:
    """A grid of `copies` x `copies` copies of a town."""
    west, south, east, north = site.area_of_interest.bounds
    wide, tall = east - west, north - south
    shifts = [(column * wide, row * tall) for row in range(copies) for column in range(copies)]

    def moved(geometry: shapely.Geometry, by: tuple[float, float]) -> shapely.Geometry:
        return shapely.transform(geometry, lambda points: points + by)

    return replace(
        site,
        area_of_interest=box(west, south, west + copies * wide, south + copies * tall),
        buildings=tuple(replace(b, footprint=moved(b.footprint, by)) for by in shifts for b in site.buildings),
        roads=tuple(replace(road, axis=moved(road.axis, by)) for by in shifts for road in site.roads),
        cameras=tuple(
            replace(c, id=f"{c.id} {k}", east_m=c.east_m + by[0], north_m=c.north_m + by[1])
            for k, by in enumerate(shifts)
            for c in site.cameras
        ),
        zones=tuple(replace(zone, polygon=moved(zone.polygon, by)) for by in shifts for zone in site.zones),
    )
