"""The components of a drone's tour: places in its sector, the ways between them, views there and legs on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Aim, Mission, return_path, timing
from blindspot.planning.airspace.air import Air
from blindspot.planning.drones.patrols import Drone, Patrol
from blindspot.planning.drones.stations import turns
from blindspot.planning.tours.covering_tour import Rates, TourChoice
from blindspot.planning.views.candidates import (
    Fineness,
    Position,
    Views,
    aims_for,
    at_most,
    pictures,
    positions,
    survey,
)
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.legs import LEG_MAX_M, LEG_MIN_M, aiming_m, joined, sweep_legs
from blindspot.planning.views.picture import Picture, aim_axes
from blindspot.site.ground import HeightField

FINENESS, WIDER = Fineness(4.0, 20, 10.0), 1.15
"""Smallest spacing of the places and of the aims; factor by which blocks widen until places are few enough."""
BESIDE = 8
STRIDE = 12
FAR_S = 1e6


@dataclass(frozen=True, slots=True)
class Parts:
    """`choice` in numbers, with its places and aims. The number after the last aim is that of bends: straight down."""

    places: list[Position]
    aims: tuple[Aim, ...]
    choice: TourChoice
    rates: Rates


def parts_of(
    mission: Mission, patrol: Patrol, field: HeightField, targets: Targets, weight: NDArray[np.float32],
    most_places: int, *, is_timed: bool = True,
) -> Parts:  # fmt: skip
    """All parts and legs that the drone could fly over its sector, with the targets of each part and leg. `is_timed`
    False saves the flight times between places, and leaves these times 0."""
    drone = patrol.drone
    places = _places(patrol, most_places)
    aims, views = _views(mission, patrol, field, targets, places)
    counts_in, _ = pictures(drone.model, mission.file.band)
    at = np.array(places)
    straight = _straight(patrol.air.open, *_cells(patrol.air, at), patrol.air.grid.cell_m)
    if not straight[0, 1:].any():  # the pad lies in a cell that the edge of its sector cuts
        straight[0, 1:] = straight[1:, 0] = [patrol.air.holds((places[0], place)) for place in places[1:]]
    go_s = _times(at, straight, drone) if is_timed else np.zeros(straight.shape, dtype=np.float32)
    leg, legs_first, legs_seen = _legs(at, straight, drone, field, targets, counts_in, mission)
    legs_seen.insert(0, views.seen)
    count, bends = len(views.place), len(places)
    heading = np.array([aim.heading_deg for aim in aims], dtype=np.float32)
    pitch = np.array([aim.pitch_deg for aim in aims], dtype=np.float32)
    first = np.concatenate([views.first, np.full(bends, views.first[-1]), views.first[-1] + legs_first[1:]])
    choice = TourChoice(
        go_s=go_s,
        bearing_deg=_bearings(at),
        leg=leg,
        place=np.concatenate([views.place, np.arange(bends, dtype=np.int32)]),
        aim=np.concatenate([views.aim, np.full(bends, len(aims), dtype=np.int32)]),
        heading_deg=np.concatenate([heading[views.aim], np.zeros(bends, dtype=np.float32)]),
        pitch_deg=np.concatenate([pitch[views.aim], np.full(bends, -90.0, dtype=np.float32)]),
        stay_s=np.concatenate([np.full(count, timing.LOOK_S + timing.AIM_S), np.zeros(bends)]).astype(np.float32),
        first=first,
        seen=joined(legs_seen),
        weight=weight,
        beside=_beside(at),
    )
    performance, camera = drone.model.performance, drone.model.camera
    rates = Rates(performance.yaw_rate_dps, camera.gimbal_slew_dps, timing.SETTLE_S - timing.LOOK_S, bend_s(drone))
    return Parts(places, aims, choice, rates)


def bend_s(drone: Drone) -> float:
    """Time that a bend costs between two of the shortest legs, s: the drone slows down and speeds up again."""
    one_s, both_s = (
        timing.level_s(metres, drone.leg_mps, drone.model.performance.acceleration_mps2)
        for metres in (LEG_MIN_M, 2 * LEG_MIN_M)
    )
    return max(0.0, 2.0 * one_s - both_s - timing.PASS_BY_S)


def in_view(
    mission: Mission, patrol: Patrol, field: HeightField, targets: Targets, most_places: int
) -> NDArray[np.bool_]:
    """Which targets the drone can see from some place. Every `STRIDE`th place comes first: it sees most targets, which
    are then skipped for the other places."""
    seen, places = np.zeros(len(targets), dtype=bool), _places(patrol, most_places)
    for start in range(STRIDE):
        left = np.flatnonzero(~seen)
        views = _views(mission, patrol, field, targets.part(left), places[start::STRIDE])[1]
        seen[left[views.seen]] = True
    return seen


def view_area_m2(
    mission: Mission, patrol: Patrol, field: HeightField, targets: Targets, most_places: int
) -> NDArray[np.float64]:
    """For each target about the area, m2, from which the drone sees it, once for each aim."""
    places, grid = _places(patrol, most_places), patrol.air.grid
    views = _views(mission, patrol, field, targets, places)[1]
    flown_m2 = np.count_nonzero(patrol.reachable & patrol.air.open) * grid.cell_area_m2
    return np.bincount(views.seen, minlength=len(targets)) * (flown_m2 / len(places))


def _views(
    mission: Mission, patrol: Patrol, field: HeightField, targets: Targets, places: list[Position]
) -> tuple[tuple[Aim, ...], Views]:
    """Returns (aims, targets seen from the places)."""
    drone = patrol.drone
    aims = aims_for(drone.model, mission.file.limits, FINENESS)
    return aims, survey(field, places, drone.up_m, aims, targets, pictures(drone.model, mission.file.band))


def _places(patrol: Patrol, most: int) -> list[Position]:
    """The place where the route begins, one place per block, and turns that join the others to it. If few cells are in
    reach, as in thinned air, each one is a place."""
    begin, few = patrol.entry or patrol.drone.home_2d, patrol.reachable & patrol.air.open
    if np.count_nonzero(few) <= most:
        cells = patrol.air.grid.centres(np.flatnonzero(few))
        return [begin, *((float(east_m), float(north_m)) for east_m, north_m in cells)]
    fineness = at_most(patrol.air, patrol.reachable, FINENESS, most, WIDER)
    places = positions(patrol.air, patrol.reachable, fineness)
    return [begin, *places, *turns(patrol, places)]


def _cells(air: Air, at: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places in cells of the air's grid: (rows, columns), with fractions."""
    grid = air.grid
    return (at[:, 1] - grid.north_min_m) / grid.cell_m, (at[:, 0] - grid.east_min_m) / grid.cell_m


@numba.njit(cache=True, nogil=True)
def _straight(is_open, row, col, cell_m):  # type: ignore[no-untyped-def]
    """(n, n): whether the straight way between two places lies in open cells, sampled twice per cell."""
    n = len(row)
    clear = np.zeros((n, n), dtype=np.bool_)
    for i in range(n):
        clear[i, i] = True
        for j in range(i + 1, n):
            steps = int(2.0 * max(abs(row[i] - row[j]), abs(col[i] - col[j]))) + 1
            ok = True
            for k in range(steps + 1):
                s = k / steps
                r, c = int(row[i] + s * (row[j] - row[i])), int(col[i] + s * (col[j] - col[i]))
                if not is_open[r, c]:
                    ok = False
                    break
            clear[i, j] = clear[j, i] = ok
    return clear


def _times(at: NDArray[np.float64], straight: NDArray[np.bool_], drone: Drone) -> NDArray[np.float32]:
    """Flight times between all places, s: straight if that is legal, else through other places."""
    metres = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    table_m = np.arange(0.0, float(metres.max()) + 2.0, 0.5)
    acceleration_mps2 = drone.model.performance.acceleration_mps2
    saved_s = 0.0 if drone.rtl_type == return_path.ALONG_MISSION else timing.PASS_BY_S
    table_s = [max(0.0, timing.level_s(float(d), drone.leg_mps, acceleration_mps2) - saved_s) for d in table_m]
    direct = np.where(straight, np.interp(metres, table_m, table_s), FAR_S).astype(np.float32)
    return direct if straight.all() else _shortest(direct)


@numba.njit(cache=True, nogil=True)
def _shortest(direct):  # type: ignore[no-untyped-def]
    """All shortest ways over the direct ones: Dijkstra from every place, on a dense matrix."""
    n = len(direct)
    out = direct.copy()
    for s in range(n):
        distance = direct[s].copy()
        done = np.zeros(n, dtype=np.bool_)
        for _ in range(n):
            u, least = -1, np.float32(FAR_S)
            for k in range(n):
                if not done[k] and distance[k] < least:
                    u, least = k, distance[k]
            if u < 0:
                break
            done[u] = True
            for k in range(n):
                d = least + direct[u, k]
                if d < distance[k]:
                    distance[k] = d
        out[s] = distance
    return out


def _bearings(at: NDArray[np.float64]) -> NDArray[np.float32]:
    away = at[None] - at[:, None]
    return (np.degrees(np.arctan2(away[..., 0], away[..., 1])) % 360.0).astype(np.float32)


def _legs(
    at: NDArray[np.float64], straight: NDArray[np.bool_], drone: Drone, field: HeightField, targets: Targets,
    counts_in: Picture, mission: Mission,
) -> tuple[NDArray[np.int32], NDArray[np.int64], list[NDArray[np.int32]]]:  # fmt: skip
    """Returns (number of the leg between two places or -1, first, lists of targets seen): straight ways with the camera
    straight down.

    Each direction is a separate leg: the distance that the camera needs to turn is cut off at its start.
    """
    limits, camera = mission.file.limits, drone.model.camera
    number = np.full(straight.shape, -1, dtype=np.int32)
    none = (number, np.zeros(1, dtype=np.int64), list[NDArray[np.int32]]())
    if max(limits.min_pitch_deg, camera.gimbal_min_pitch_deg) > -90.0:
        return none
    away = at[None] - at[:, None]
    metres = np.hypot(away[..., 0], away[..., 1])
    low_enough = under_cap(field, drone.up_m - counts_in.nearest_m)
    i, j = np.nonzero(np.triu(straight & (metres >= LEG_MIN_M) & (metres <= LEG_MAX_M), 1))
    fits = low_enough(at[i], at[j])
    if not fits.any():
        return none
    i, j = np.concatenate([i[fits], j[fits]]), np.concatenate([j[fits], i[fits]])
    unit = away[i, j] / metres[i, j][:, None]
    cut_m = aiming_m(drone.model, drone.leg_mps)
    bearing = np.degrees(np.arctan2(unit[:, 0], unit[:, 1]))
    axes = aim_axes(np.column_stack([bearing, np.full(len(bearing), -90.0)]))
    first, seen = sweep_legs(field, at[i] + cut_m * unit, at[j], drone.up_m, axes, targets, counts_in, drone.leg_mps)
    number[i, j] = np.arange(len(i), dtype=np.int32)
    return number, first, seen


ROOF_SIDE_M = 30.0
"""Radius around the drone's foot that contains a picture straight down at the density cap's depth."""


def under_cap(
    field: HeightField, cap_up_m: float
) -> Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]:
    """A function of lines (starts, ends; (n, 2) m) that returns whether all surfaces near each are below `cap_up_m`."""
    grid, half, over = field.grid, math.ceil(ROOF_SIDE_M / field.grid.cell_m), field.surface_m > cap_up_m
    any_over = bool(over.any())
    if any_over:
        over = cv2.dilate(over.astype(np.uint8), np.ones((2 * half + 1, 2 * half + 1), np.uint8)) > 0

    corner, shares = np.array([grid.east_min_m, grid.north_min_m]), np.linspace(0.0, 1.0, 16)

    def check(starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.bool_]:
        if not any_over:
            return np.ones(len(starts), dtype=bool)
        return _none_on(over, starts, ends, shares, corner, grid.cell_m)  # type: ignore[no-any-return]

    return check


@numba.njit(cache=True, nogil=True)
def _none_on(marked, starts, ends, shares, corner, cell_m):  # type: ignore[no-untyped-def]
    """Whether no marked cell lies on each line at these shares of its length."""
    good = np.ones(len(starts), dtype=np.bool_)
    for k in range(len(starts)):
        for share in shares:
            east, north = starts[k] + share * (ends[k] - starts[k]) - corner
            if marked[int(north / cell_m), int(east / cell_m)]:
                good[k] = False
                break
    return good


def _beside(at: NDArray[np.float64]) -> NDArray[np.int32]:
    """(n, 8): the nearest place in each eighth of the compass; -1 beyond twice the median spacing."""
    out = np.full((len(at), BESIDE), -1, dtype=np.int32)
    if len(at) < 2:
        return out
    away = at[None] - at[:, None]
    metres = np.hypot(away[..., 0], away[..., 1])
    np.fill_diagonal(metres, np.inf)
    most_m = 2.0 * float(np.median(metres.min(axis=1)))
    eighth = np.floor((np.degrees(np.arctan2(away[..., 0], away[..., 1])) + 22.5) % 360.0 / 45.0).astype(int)
    for k in range(BESIDE):
        there = np.where(eighth == k, metres, np.inf)
        nearest = there.argmin(axis=1)
        near = there[np.arange(len(at)), nearest] <= most_m
        out[near, k] = nearest[near]
    return out
