"""The independent observer: it judges a flight by its true track and by the messages that reached the autopilot.

It shares no code with the flight logic; distances and the way home are the plan checker's. It excludes exactly the
following situations, which no flight logic can prevent:

- From the loss of the position on (`blind`) the drone drifts with the air. Its place is then not judged any more.
- A person may order a landing on the spot anywhere. The plan proves this landing on the route alone: the way home leads
  over roofs. So a drone that comes down on a roof from above, in such a landing, stands there from then on. A wall, and
  a landing that the flight begins by itself, are judged as ever.
- A drone that another mission led astray may come down at an unchecked place, if it is ordered to land or is disarmed
  there.
- While no message of the autopilot reaches the companion computer, or that computer is dead, commands are impossible.
  Reserve and lease are judged again `REACT_S` after that.
- While the pilot has control, the pilot is responsible. Reserve and lease are judged again once a resume is executed.
- A position is too inaccurate to detect the first metre beyond an edge. If the pilot chooses a mode that is already
  ours, the choice can't be detected either.
- A battery that a fault emptied to less than one and a half ways home may run out in the air. If the pilot has control
  then, the drone may come down anywhere.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import inf
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.mission.drone_model import DroneModel
from blindspot.mission.plan import Point, Route
from blindspot.mission.return_path import ALONG_MISSION, positions_of
from blindspot.mission.timing import land, move
from blindspot.planning.checker.check_air import gap_to_buildings
from blindspot.planning.checker.check_track import FlightTrack, home_wh, xyz
from blindspot_lab.campaign.faulty_fleet import Record
from blindspot_lab.campaign.random_town import RandomTown

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Command = tuple[float, str, Mapping[str, Any]]
"""(stamp, service, fields) of a request to MAVROS."""

DENSE = 8
"""Judged places between two samples of the track, which are 0.5 s apart."""
SPAN_M = 0.6
POSITION_ERROR_M = 1.0
"""Three times the error of a GNSS position: a drone can't detect that it is this far beyond an edge."""
NEAR_M = 5.0
"""Least distance of two drones of a fleet. Their plans keep 15 m; drones sent to one place must stop before this."""
RESERVE = 0.12
REACT_S = 10.0
"""Allowed time from a battery below the reserve, or an expired lease, to the way home: a report every 2 s, 2 s of
confirmation, execution."""
INHIBIT_S, HOLD_S, RETURN_S = 3.0, 10.0, 30.0
HEARD_S = 3.0
HOPELESS = 1.5
"""A battery that a fault empties below this many ways home may run out, since wind and cells differ from the model."""
ASKED_S = 15.0
COMMANDS = frozenset({
    "set_mode", "cmd/arming", "cmd/takeoff", "cmd/land", "cmd/command", "cmd/command_int", "mission/push",
    "mission/clear", "mission/set_current", "gimbal_control/manager/configure", "gimbal_control/manager/pitchyaw",
})  # fmt: skip
HOMEWARD = ("AUTO.RTL", "AUTO.LAND")


@dataclass(frozen=True, slots=True)
class Breach:
    rule: str
    drone: str
    at_s: float
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.drone} at {self.at_s:.1f} s: {self.detail}"


@dataclass(slots=True)
class Margins:
    """The smallest margins over all flights."""

    buildings_m: float = inf
    zones_m: float = inf
    fence_m: float = inf
    drones_m: float = inf
    landed_wh: float = inf
    """Only batteries that no fault had emptied."""

    def note(self, what: str, left: Floats) -> None:
        setattr(self, what, min(getattr(self, what), float(left.min(initial=inf))))

    def note_all(self, other: Margins) -> None:
        for what in self.__slots__:
            self.note(what, np.array([getattr(other, what)]))


class Seen:
    """One drone's record as arrays over its samples."""

    def __init__(self, record: Record) -> None:
        rows = np.array(record.samples, dtype=float).reshape(-1, 8)
        self.record, self.name = record, record.route.drone
        self.time_s, self.at_m = rows[:, 0], rows[:, 1:4]
        self.left_wh = rows[:, 4] * record.settings.model.energy.usable_wh()
        self.mode = np.array(record.modes)
        self.airborne: Mask = rows[:, 6] < 0.5
        self.flying: Mask = self.airborne & (rows[:, 5] > 0.5)
        self.needed_wh = self._needed_wh()
        self.drained: Mask = np.concatenate([[False], np.diff(self.left_wh) < -1.0])
        self.hopeless: Mask = np.logical_or.accumulate(self.drained & (self.left_wh < HOPELESS * self.needed_wh))
        astray_s = min((stamp for stamp, what, _ in record.deeds if what == "astray"), default=inf)
        unchecked = (self.time_s > astray_s) | (self.hopeless & self._piloted())
        comes_down = unchecked & self.airborne & (~self.flying | (self.mode == "AUTO.LAND"))
        self.placed: Mask = self.airborne & ~np.logical_or.accumulate((rows[:, 7] > 0.5) | comes_down)
        self.over_pad: Mask = np.hypot(*(self.at_m[:, :2] - xyz(record.route.home)[:2]).T) < 3.0
        self.homeward: Mask = np.isin(self.mode, HOMEWARD) | self.over_pad

    def _needed_wh(self) -> Floats:
        """Energy for the way home from every sample, by the plan's energy model."""
        route, model = self.record.route, self.record.settings.model
        if route.failsafe.rtl_type == ALONG_MISSION:
            return home_along_wh(route, model, self.at_m)
        track = FlightTrack(self.time_s, self.at_m, self.left_wh, np.zeros(len(self.time_s), dtype=np.int64))
        rtl_up_m = route.home.up_m + route.failsafe.rtl_return_alt_m
        return home_wh(model, track, xyz(route.home), rtl_up_m, route.failsafe.parameters["MPC_XY_CRUISE"])

    def _piloted(self) -> Mask:
        has = np.zeros(len(self.time_s), dtype=bool)
        for since_s, _, until_s in possessions(self.record):
            has |= (self.time_s >= since_s) & (self.time_s <= until_s)
        return has

    def answerable(self) -> Mask:
        """Samples at which the flight logic has seen the drone, with the right to command it, for at least REACT_S."""
        record = self.record
        mute = self.time_s - last_before(self.time_s, [stamp for stamp, _, _ in record.heard]) > HEARD_S
        mute |= (np.array(record.phases) == "") | (self.time_s >= record.ended_s)
        for since_s, mode, resumed_s in possessions(record):
            obeyed_s = (stamp for stamp, shown, _ in record.heard if stamp > resumed_s and shown != mode)
            mute |= (self.time_s >= since_s) & (self.time_s <= min(obeyed_s, default=inf))
        return self.time_s - last_before(self.time_s, self.time_s[mute]) > REACT_S


def home_along_wh(route: Route, model: DroneModel, at_m: Floats) -> Floats:
    """Energy for the way home along the mission, from each place (n, 3): to the closest item, then to the pad on the
    side with fewer items."""
    places = positions_of(route.home, route.takeoff_up_m, route.steps)
    speed_mps = route.failsafe.parameters["MPC_XY_CRUISE"]
    spots = np.array([xyz(place.at) for place in places])
    ways_wh = [move(model, a.at, b.at, speed_mps).energy_wh for a, b in pairwise(places[:-1])]
    behind_wh = np.concatenate([[0.0], np.cumsum(ways_wh), [0.0]])
    ahead_wh = np.concatenate([np.cumsum(ways_wh[::-1])[::-1], [0.0, 0.0]])
    items = np.array([place.item for place in places])
    way_wh = np.where(items[-1] - items < items, ahead_wh, behind_wh)
    off_m = np.linalg.norm(at_m[:, None, :] - spots[None, :, :], axis=2)
    closest = off_m.argmin(axis=1)
    far = Point(east_m=100.0, north_m=0.0, up_m=0.0)
    per_m_wh = move(model, Point(east_m=0.0, north_m=0.0, up_m=0.0), far, speed_mps).energy_wh / 100.0
    down_wh = land(model, route.takeoff_up_m - route.home.up_m).energy_wh
    return np.asarray(way_wh[closest] + per_m_wh * off_m[np.arange(len(at_m)), closest] + down_wh)


def possessions(record: Record) -> Iterator[tuple[float, str, float]]:
    """(since, mode or "disarms", until): the pilot has control from the act until a named person resumes."""
    resumed_s = [stamp for stamp, what, _ in record.deeds if what == "resume"]
    for stamp, what, mode in record.deeds:
        if what == "pilot":
            yield stamp, mode, min((s for s in resumed_s if s > stamp), default=inf)


def judge(town: RandomTown, records: Sequence[Record]) -> tuple[list[Breach], Margins]:
    """All broken rules, and the smallest margins."""
    seen, margins = [Seen(record) for record in records], Margins()
    breaches: list[Breach] = []
    for drone in seen:
        for found in (
            _space(town, drone, margins),
            _energy(drone, margins),
            _lease(drone),
            _sensor(drone),
            _pilot(drone),
            _mission(drone),
            _outcome(drone),
        ):
            breaches += found
    for a, b in combinations(seen, 2):
        breaches += _apart(a, b, margins)
    return breaches, margins


def _space(town: RandomTown, drone: Seen, margins: Margins) -> Iterator[Breach]:
    """Breaches of buildings, no-fly zones and the fence."""
    stamps, at_m = densely(drone)
    failsafe, home = drone.record.route.failsafe, drone.record.route.home
    points = shapely.points(at_m[:, :2])
    apart_m = gap_m(town, drone, stamps, at_m)
    yield from _less(drone, "building", stamps, apart_m, SPAN_M / 2.0)
    margins.note("buildings_m", apart_m)
    for zone in town.site.zones:
        within = (at_m[:, 2] >= zone.floor_m) & (at_m[:, 2] <= zone.ceiling_m)
        beside_m = np.where(within, -depth_m(zone.polygon, points), inf)
        yield from _less(drone, "no-fly zone", stamps, beside_m, -POSITION_ERROR_M)
        margins.note("zones_m", beside_m)
    room_m = np.minimum(depth_m(Polygon(failsafe.fence), points), home.up_m + failsafe.fence_max_alt_m - at_m[:, 2])
    yield from _less(drone, "fence", stamps, room_m, -POSITION_ERROR_M)
    margins.note("fence_m", room_m)


def gap_m(town: RandomTown, drone: Seen, stamps: Floats, at_m: Floats) -> Floats:
    """Distance of places from the nearest building, m; infinite for a drone that stands on a roof after a landing that
    a person ordered."""
    buildings = list(town.site.buildings)
    apart_m = gap_to_buildings(at_m, buildings, 50.0)
    for since_s, until_s in _ordered_landings(drone):
        touches = (stamps >= since_s) & (stamps < until_s) & (apart_m < SPAN_M / 2.0)
        if not touches.any():
            continue
        first = int(touches.argmax())
        if gap_to_buildings(at_m[[first]] + [0.0, 0.0, SPAN_M / 2.0], buildings, 50.0) >= SPAN_M / 2.0:
            apart_m[(stamps >= stamps[first]) & (stamps < until_s)] = inf
    return apart_m


def _ordered_landings(drone: Seen) -> Iterator[tuple[float, float]]:
    """(since, until) of each landing on the spot that began at the order of a person."""
    orders_s = [
        at_s for at_s, what, on in drone.record.deeds if what == "lands" or (what, on) == ("pilot", "AUTO.LAND")
    ]
    lands = np.concatenate([[False], drone.mode == "AUTO.LAND", [False]])
    edges = np.flatnonzero(lands[1:] != lands[:-1])
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        since_s = float(drone.time_s[first])
        if any(since_s - ASKED_S <= at_s <= since_s for at_s in orders_s):
            yield since_s, float(drone.time_s[end]) if end < len(drone.time_s) else inf


def depth_m(area: Polygon, points: NDArray[np.object_]) -> Floats:
    """Distance of places from the area's edge, m: positive inside, negative outside."""
    edge_m: Floats = shapely.distance(points, area.exterior)
    return np.where(shapely.contains(area, points), edge_m, -edge_m)


def _apart(a: Seen, b: Seen, margins: Margins) -> Iterator[Breach]:
    n = min(len(a.time_s), len(b.time_s))
    apart_m = np.linalg.norm(a.at_m[:n] - b.at_m[:n], axis=1)
    apart_m = np.where(a.placed[:n] & b.placed[:n], apart_m, inf)
    yield from _less(a, f"near {b.name}", a.time_s[:n], apart_m, NEAR_M)
    margins.note("drones_m", apart_m)


def _energy(drone: Seen, margins: Margins) -> Iterator[Breach]:
    """Breaches of energy by the plan's model: below the reserve and not on the way home, or empty in the air."""
    over_wh = drone.left_wh - drone.needed_wh - RESERVE * drone.record.settings.model.energy.usable_wh()
    below = _lasts(drone.flying & ~drone.homeward & (over_wh < 0.0), drone.time_s, REACT_S)
    yield from _first(drone, "reserve", below & drone.answerable(), over_wh, "Wh over it")
    empty = drone.flying & (drone.left_wh <= 0.0) & ~drone.hopeless
    yield from _first(drone, "empty in the air", empty, drone.needed_wh, "Wh short")
    if not drone.drained.any() and drone.flying.any():
        margins.note("landed_wh", drone.left_wh[drone.flying][-1:])


def _lease(drone: Seen) -> Iterator[Breach]:
    """Breaches of the lease: armed without one, or no hold and return after its loss."""
    granted_s = [stamp for stamp, until_s in drone.record.leases if until_s > stamp]
    for stamp, service, fields in drone.record.commands:
        if service == "cmd/arming" and fields["value"] and not leased(drone.record, stamp):
            yield Breach("armed without a lease", drone.name, stamp, "")
    silent_s = drone.time_s - last_before(drone.time_s, granted_s)
    away = drone.flying & ~drone.homeward & drone.answerable()
    on = away & (drone.mode == "AUTO.MISSION") & (silent_s > HOLD_S + REACT_S)
    yield from _first(drone, "flew on without a lease", on, silent_s, "s without")
    yield from _first(drone, "stayed without a lease", away & (silent_s > RETURN_S + REACT_S), silent_s, "s without")


def _sensor(drone: Seen) -> Iterator[Breach]:
    for stamp in drone.record.captures:
        if not leased(drone.record, stamp):
            yield Breach("sensor without a lease", drone.name, stamp, "")
            return


def leased(record: Record, stamp_s: float) -> bool:
    """True if the last lease that arrived is granted, valid, and younger than the time-out of the sensor."""
    index = bisect_right(record.leases, (stamp_s, inf)) - 1
    heard_s, until_s = record.leases[index] if index >= 0 else (-inf, -inf)
    return until_s > stamp_s and stamp_s - heard_s < INHIBIT_S


def held_by_pilot(record: Record) -> Iterator[tuple[float, str, float, float]]:
    """(since, mode or "disarms", heard, until) of each choice of the pilot that cannot be one of our own modes.

    A choice counts only if it differs from our own modes: the mode already flown, and a requested mode that is not yet
    active.
    """
    for since_s, mode, until_s in possessions(record):
        before = [shown for stamp, shown, _ in record.heard if stamp <= since_s][-1:]
        heard_s = next(
            (
                stamp
                for stamp, shown, armed in record.heard
                if stamp > since_s and (not armed if mode == "disarms" else shown == mode)
            ),
            inf,
        )
        ours = {fields["custom_mode"] for stamp, service, fields in record.commands
                if service == "set_mode" and since_s - ASKED_S <= stamp < heard_s}  # fmt: skip
        if before and mode not in {*before, *ours}:
            yield since_s, mode, heard_s, until_s


def commands_against(record: Record, mode: str, heard_s: float, until_s: float) -> Iterator[Command]:
    """Commands while the pilot has control, but a hold for a stopped drone, whose next arming then flies no mission."""
    for stamp, service, fields in record.commands:
        keeps_down = mode == "disarms" and fields.get("custom_mode") == "AUTO.LOITER"
        if heard_s <= stamp < until_s and service in COMMANDS and not keeps_down:
            yield stamp, service, fields


def _pilot(drone: Seen) -> Iterator[Breach]:
    """Commands to a drone after the pilot's choice was received."""
    for since_s, mode, heard_s, until_s in held_by_pilot(drone.record):
        for stamp, service, fields in commands_against(drone.record, mode, heard_s, until_s):
            asked = fields.get("custom_mode", fields.get("value", ""))
            yield Breach("against the pilot", drone.name, stamp, f"{service} {asked} after {mode} at {since_s:.1f} s")
            break


def of_others(record: Record) -> Iterator[float]:
    """Times of requests to fly a mission that a foreign client uploaded."""
    uploads = [(stamp, False) for stamp, service, _ in record.commands if service == "mission/push"]
    uploads = sorted([*uploads, *((stamp, True) for stamp, what, _ in record.deeds if what == "astray")])
    for stamp, service, fields in record.commands:
        flies = service == "set_mode" and fields["custom_mode"] == "AUTO.MISSION"
        if flies and [others for uploaded_s, others in uploads if uploaded_s < stamp][-1:] == [True]:
            yield stamp


def _mission(drone: Seen) -> Iterator[Breach]:
    for stamp in of_others(drone.record):
        yield Breach("another mission", drone.name, stamp, "asked for")
        return


def _outcome(drone: Seen) -> Iterator[Breach]:
    """Flights with no outcome, with an outcome in the air while the drone is heard, or in the air at the end."""
    record = drone.record
    if not record.outcome:
        yield Breach("no outcome", drone.name, float(drone.time_s[-1]), f"in phase {record.phases[-1]}")
        return
    sample = min(int(np.searchsorted(drone.time_s, record.ended_s)), len(drone.time_s) - 1)
    heard_s = max((stamp for stamp, _, _ in record.heard if stamp <= record.ended_s), default=-inf)
    if drone.flying[sample] and record.ended_s - heard_s <= HEARD_S:
        yield Breach("given up in the air", drone.name, record.ended_s, f"{record.outcome}: {record.reason}")
    if drone.flying[-1]:
        yield Breach("never came down", drone.name, float(drone.time_s[-1]), f"{record.outcome}: {record.reason}")


def densely(drone: Seen) -> tuple[Floats, Floats]:
    """(stamps, places) of the judged track, (n,) and (n, 3)."""
    time_s, at_m = drone.time_s, drone.at_m
    share = np.arange(DENSE) / DENSE
    stamps = time_s[:-1, None] + share * np.diff(time_s)[:, None]
    places = at_m[:-1, None, :] + share[None, :, None] * np.diff(at_m, axis=0)[:, None, :]
    placed = drone.placed[:-1] & drone.placed[1:]
    return stamps[placed].ravel(), places[placed].reshape(-1, 3)


def last_before(time_s: Floats, stamps: Sequence[float] | Floats) -> Floats:
    """The last of the (sorted) stamps at or before each time, or -inf."""
    padded = np.concatenate([[-inf], stamps])
    return np.asarray(padded[np.searchsorted(padded, time_s, side="right") - 1])


def _lasts(mask: Mask, time_s: Floats, for_s: float) -> Mask:
    """True at each sample at which the mask has held for `for_s`."""
    return mask & (time_s - last_before(time_s, time_s[~mask]) > for_s)


def _less(drone: Seen, rule: str, stamps: Floats, left_m: Floats, least_m: float) -> Iterator[Breach]:
    """One breach, at the smallest margin."""
    if len(left_m) and left_m.min() < least_m:
        worst = int(left_m.argmin())
        yield Breach(rule, drone.name, float(stamps[worst]), f"{left_m[worst]:.1f} m left")


def _first(drone: Seen, rule: str, mask: Mask, value: Floats, unit: str) -> Iterator[Breach]:
    """One breach, at its start."""
    if mask.any():
        k = int(mask.argmax())
        yield Breach(rule, drone.name, float(drone.time_s[k]), f"{value[k]:.1f} {unit}, in {drone.mode[k]}")
