"""Each reason of unseen ground over random towns, judged by straight rays that this file computes from the outlines of
the town by itself: ground that is said to be hidden is hidden, and ground that is said to be in sight has a free ray.

The product's rays cross a raster of 0.5 m. So a ray counts as clear here if it misses all solids by `EDGE_M`, and as
barred if it passes through one by more than that; between them both answers are right.
"""

import os
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from shapely.geometry.polygon import orient
from test.unit.planning.conftest import square_of_streets

from blindspot.core.errors import PlanningError
from blindspot.mission import mission_file
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.views import reachable as reach
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.load import load_site

EDGE_M, DENSITY = 0.8, 0.03
"""Width of the raster's doubt at an edge, m, and share of a density by which nine pitches differ from all of them."""
LATTICE_M, BEYOND_M, HEAD_M = 5.0, 60.0, 1.7
"""Of the guide: places 5 m apart; up to 60 m outside; ground counts with a head above it."""
CELLS = 6
"""Cells of each reason that are judged in a town."""
FOCAL_PX = 3045
"""Of the reference camera."""
IN_REACH = "in reach of a view"


@dataclass(frozen=True)
class Rays:
    """Straight lines from a cell of ground to places at one height, past convex solids that stand on the ground or hang
    in the air."""

    site: object
    mission: object
    model: object
    up_m: float
    perimeter: shapely.Polygon

    def are_clear(self, foot, places, edge_m):
        """For each place, whether the line to it misses all solids, grown by `edge_m` (shrunk if it is negative)."""
        east, north, foot_m = foot
        way = places - (east, north)
        clear = np.ones(len(places), dtype=bool)
        for solid in self.site.opaque:
            corners = np.array(orient(solid.footprint).exterior.coords)
            side = np.diff(corners, axis=0)
            inward = np.column_stack([-side[:, 1], side[:, 0]]) / np.hypot(*side.T)[:, None]
            at = ((np.array((east, north)) - corners[:-1]) * inward).sum(axis=1)[:, None] + edge_m
            along = inward @ way.T
            with np.errstate(divide="ignore", invalid="ignore"):
                crossed = -at / along
            enters = np.where(along > 0, crossed, np.where((along == 0) & (at < 0), np.inf, -np.inf)).max(axis=0)
            leaves = np.where(along < 0, crossed, np.inf).min(axis=0)
            enters, leaves = np.maximum(enters, 0.0), np.minimum(leaves, 1.0)
            lower_m, upper_m = (foot_m + share * (self.up_m - foot_m) for share in (enters, leaves))
            hangs = solid.min_height_m > 0
            base_m = solid.ground_m + solid.min_height_m - edge_m if hangs else -np.inf
            clear &= ~((enters < leaves) & (lower_m < solid.top_m + edge_m / 2) & (upper_m > base_m))
        return clear

    def px_per_m(self, target, places):
        """For each place, the least and the greatest density at which a picture holds the ground and a head above it,
        at any allowed pitch; nan if none holds both."""
        limits, camera = self.mission.file.limits, self.model.camera
        f_px = camera.width_px / 2 / np.tan(np.radians(camera.hfov_deg / 2))
        half_deg = np.degrees(np.arctan(camera.height_px / 2 / f_px))
        pitches = np.linspace(
            max(limits.min_pitch_deg, camera.gimbal_min_pitch_deg),
            min(limits.max_pitch_deg, camera.gimbal_max_pitch_deg), 200,
        )  # fmt: skip
        flat_m, depths_m, held = np.hypot(*(places - target[:2]).T)[:, None], [], np.ones((len(places), 200), bool)
        for above_m in (0.0, HEAD_M):
            below_m = self.up_m - target[2] - above_m
            off_deg = -np.degrees(np.arctan2(below_m, flat_m)) - pitches
            held &= np.abs(off_deg) <= half_deg
            depths_m.append(np.hypot(flat_m, below_m) * np.cos(np.radians(off_deg)))
        far_m, near_m = np.where(held, depths_m[0], np.nan), np.where(held, depths_m[1], np.nan)
        return f_px / far_m, f_px / near_m

    def best_px_per_m(self, target, places, *, sure, below_cap=True):
        """The density of the best picture of the target from one of the places; 0 if it is hidden from all of them.
        `sure` decides about doubts."""
        doubt, edge_m = (-1.0, EDGE_M) if sure else (1.0, -EDGE_M)
        least, greatest = self.px_per_m(target, places)
        if below_cap:
            least[greatest > self.mission.file.band.max_px_per_m * (1 + doubt * DENSITY)] = 0.0
        best = np.nan_to_num(least).max(axis=1, initial=0.0)
        for above_m in (0.0, HEAD_M):
            seen = np.flatnonzero(best)
            best[seen] *= self.are_clear((*target[:2], target[2] + above_m), places[seen], edge_m)
        return best.max(initial=0.0)

    def see(self, target, places, *, sure, dense=True, below_cap=True):
        """Whether some picture from one of the places shows the target; `sure` decides about doubts."""
        least = self.mission.file.band.min_px_per_m * (1 + (DENSITY if sure else -DENSITY)) if dense else 0.0
        best = self.best_px_per_m(target, places, sure=sure, below_cap=below_cap)
        return best > 0.0 and best >= least

    def places(self):
        """(reached, legal, inside, around): places of the lattice in ever wider parts of the air."""
        limits, pads = self.mission.file.limits, [shapely.Point(pad.east_m, pad.north_m) for pad in self.site.pads]
        speed_mps = min(self.model.performance.cruise_mps, limits.max_speed_mps)
        inside = self.perimeter.buffer(-(speed_mps**2) / 2 / self.model.performance.acceleration_mps2)
        solids = [] if limits.over_roofs else [solid.footprint for solid in self.site.solids]
        legal = inside.difference(shapely.union_all(shapely.buffer(solids, limits.building_clearance_m)))
        reached = shapely.union_all([p for p in shapely.get_parts(legal) if any(p.covers(pad) for pad in pads)])
        west, south, east, north = np.array(self.perimeter.bounds) + BEYOND_M * np.array([-1, -1, 1, 1])
        lattice = np.stack(np.meshgrid(np.arange(west, east, LATTICE_M), np.arange(south, north, LATTICE_M)), -1)
        lattice = lattice.reshape(-1, 2)
        parts = (reached, legal, inside, self.perimeter.buffer(BEYOND_M))
        return [lattice[shapely.contains_xy(part, *lattice.T)] for part in parts]


OPENED = {reach.NO_WAY: 1, reach.NO_FAILSAFE: 2, reach.PERIMETER: 3}
"""The part of `Rays.places` from which ground of a reason is seen, while it is not from the part before."""


def assert_true(rays, parts, cause, target):
    """Asserts that the reason for a target is what the rays say."""

    def someone_sees(part, **how):
        return rays.see(target, parts[part], **how)

    if cause == IN_REACH:
        assert someone_sees(0, sure=False)
    elif cause in OPENED:
        assert someone_sees(OPENED[cause], sure=False)
        assert not someone_sees(OPENED[cause] - 1, sure=True)
    else:
        assert not someone_sees(3, sure=True)
        if cause in (reach.TOO_COARSE, reach.TOO_DENSE):
            is_capped = cause == reach.TOO_COARSE
            assert someone_sees(0, sure=False, dense=False, below_cap=is_capped)
            assert is_capped or not someone_sees(0, sure=True, dense=False)
        else:
            assert not someone_sees(0, sure=True, dense=False, below_cap=False)
        if cause == reach.BELOW:
            crowns = shapely.union_all([one.footprint for one in rays.site.opaque if one.min_height_m > 0])
            assert crowns.buffer(EDGE_M).covers(shapely.Point(target[:2]))


def judged(mission, with_file, folder, seed):
    """Judges the reasons in a random town; the number of cells by reason."""
    chance = np.random.default_rng(seed)
    steepest, flattest = [(-90.0, -40.0), (-90.0, -55.0), (-90.0, -70.0), (-65.0, -45.0)][chance.integers(4)]
    limits = {
        "min_up_m": float(chance.uniform(36.0, 60.0)), "max_up_m": float(chance.choice([76.0, 90.0, 120.0])),
        "over_roofs": bool(chance.integers(2)), "min_pitch_deg": steepest, "max_pitch_deg": flattest,
        "building_clearance_m": float(chance.uniform(5.0, 7.0)),
    }  # fmt: skip
    least = FOCAL_PX / (limits["min_up_m"] + 2.0) / float(chance.uniform(1.02, 1.8))
    band = {"min_px_per_m": least, "max_px_per_m": least * float(chance.uniform(1.1, 2.5))}
    town = {"drones": int(chance.integers(1, 4)), "slope": float(chance.choice([0.0, 0.05, 0.2]))}
    town |= {"trees": int(chance.integers(0, 25)), "side_m": float(chance.uniform(90.0, 130.0))}
    asked = square_of_streets(folder, with_file(mission, band=band), seed, **town, limits=limits)
    site = load_site(folder)
    try:
        ground = survey_ground(asked, site)
        (model, up_m), *_ = {(drone.model_name, drone.up_m) for drone in drones_of(asked, ground)}
    except PlanningError:
        return Counter()
    cells, field = np.flatnonzero(ground.spots.blind), ground.field
    town = (site, ground.perimeter, asked, {model: up_m})
    is_reached = reach.reachable_cells(field, cells, *town)
    cause = np.full(len(cells), IN_REACH, dtype=object)
    cause[~is_reached] = reach.why_unseen(field, cells[~is_reached], *town)
    rays, number = Rays(site, asked, asked.models[model], up_m, ground.perimeter), Counter()
    parts = rays.places()
    for name in sorted(set(cause)):
        some = chance.permutation(cells[cause == name])[:CELLS]
        for east_m, north_m in field.grid.centres(some):
            assert_true(rays, parts, name, (east_m, north_m, site.terrain.at(east_m, north_m)))
            number[name] += 1
        if name == reach.TOO_COARSE:
            assert_remedy(rays, parts, with_file, ground, some)
    return number


def assert_remedy(rays, parts, with_file, ground, cells):
    """A lower `band.min_px_per_m`, that of its best picture, from no higher up shows the ground. Without the ceiling a
    coarser picture may lead to a higher flight."""
    ceiling_m = min(mission_file.HIGHEST_M, rays.up_m - ground.relief.lowest_m + mission_file.VERTICAL_ERROR_M + 0.02)
    for cell in cells:
        east_m, north_m = ground.field.grid.centres(np.array([cell]))[0]
        foot = (east_m, north_m, rays.site.terrain.at(east_m, north_m))
        best = rays.best_px_per_m(foot, parts[0], sure=True)
        if not best:
            continue
        band, limits = {"min_px_per_m": (1 - DENSITY) * best}, {"max_up_m": ceiling_m}
        lower = with_file(rays.mission, band=band, limits=limits)
        again = survey_ground(lower, rays.site)
        heights_m = {drone.model_name: drone.up_m for drone in drones_of(lower, again)}
        is_seen = reach.reachable_cells(again.field, np.array([cell]), rays.site, rays.perimeter, lower, heights_m)[0]
        assert is_seen or not again.spots.blind.flat[cell]


@pytest.mark.parametrize("seed", [15, 17])
def test_reasons_are_what_straight_rays_say(mission, with_file, tmp_path, seed):
    assert sum(judged(mission, with_file, tmp_path / "town", seed).values()) > CELLS


@pytest.mark.thorough
@pytest.mark.timeout(3600)
def test_reasons_of_many_towns_are_what_straight_rays_say(mission, with_file, tmp_path):
    """Each reason occurs in some of the towns."""
    number = Counter[str]()
    for seed in range(int(os.environ.get("BLINDSPOT_RANDOM_TOWNS", "100"))):
        number += judged(mission, with_file, tmp_path / f"town{seed}", seed)
    assert {*number} == {IN_REACH, *reach.OUT_OF_REACH}
