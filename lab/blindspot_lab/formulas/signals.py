"""The signals of a campaign's record at 10 Hz: arrays with one value a tick, NaN where a value is unknown.

Truth comes from the simulator and from the messages that reached the autopilot, never from the flight logic. The
exclusions of the observer are signals: `aloft` (in the air, and commandable for 10 s), `placed`, `hopeless`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, Polygon

from blindspot.mission.plan import Route
from blindspot_lab.campaign.faulty_fleet import Record, Tick
from blindspot_lab.campaign.observer import (
    HEARD_S,
    HOMEWARD,
    Floats,
    Mask,
    Seen,
    commands_against,
    depth_m,
    gap_m,
    held_by_pilot,
    last_before,
    leased,
    of_others,
)
from blindspot_lab.campaign.random_town import RandomTown

TICK_S = 0.1
JUMP_MPS = 20.0
"""No drone nears an edge so fast: it has come to the height at which a zone begins."""
REACT_S = 1.5
"""Reaction time of the way to brake, as the ladder's `react_s`."""


def signals_of_flights(town: RandomTown, records: Sequence[Record]) -> dict[str, dict[str, NDArray[Any]]]:
    """The signals of each drone by its name. A drone that never took off has signals without a value."""
    made = {record.route.drone: _Flight(town, record) for record in records}
    for name, flight in made.items():
        flight.signals["fellow_m"] = _apart_m(flight, [other for key, other in made.items() if key != name])
    return {name: flight.signals for name, flight in made.items()}


class _Flight:
    """One drone's record, read once."""

    def __init__(self, town: RandomTown, record: Record) -> None:
        self.record, self.seen = record, Seen(record)
        rows = np.array(record.ticks, dtype=float).reshape(-1, len(Tick._fields))
        self._of = {name: rows[:, column] for column, name in enumerate(Tick._fields)}
        self.time_s = self._of["stamp_s"]
        self.at_m = rows[:, 1:4]
        self.mode = np.array(record.tick_modes, dtype=str)
        self.flying: Mask = (self._of["landed"] < 0.5) & (self._of["armed"] > 0.5)
        self._sample = np.clip(np.searchsorted(self.seen.time_s, self.time_s + 1e-6) - 1, 0, None)
        self.placed: Mask = self._sampled(self.seen.placed) & self.flying
        self.signals: dict[str, NDArray[Any]] = {}
        if not self.flying.any():
            self.signals = dict.fromkeys(NAMES, np.full(len(self.time_s), np.nan))
            return
        for part in (self._states(), self._silences(), self._energy(), self._space(town), self._events()):
            self.signals |= part

    def _sampled(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Values of the record's slow samples at each tick."""
        return np.asarray(values)[self._sample] if len(values) else np.zeros(len(self.time_s), dtype=bool)

    def _states(self) -> Mapping[str, NDArray[Any]]:
        mode, over_pad = self.mode, self._over_pad()
        homeward = np.isin(mode, HOMEWARD) | over_pad
        alive = self._of["alive"] > 0.5
        aloft = self.flying & self._sampled(self.seen.answerable()) & alive & (self.time_s < self.record.ended_s)
        heard_s = last_before(self.time_s, [stamp for stamp, _, _ in self.record.heard])
        silent_s = self.time_s - heard_s
        resumed_s = [stamp for stamp, what, _ in self.record.deeds if what in ("resume", "pilot")]
        was_lost = _latched(self.flying & (silent_s >= 33.0) & (silent_s < inf), self.time_s, resumed_s)
        return {
            "aloft": aloft, "flying": self.flying, "placed": self.placed, "homeward": homeward,
            "held": homeward | (mode == "AUTO.LOITER"), "lands": (mode == "AUTO.LAND") | over_pad,
            "on_mission": (mode == "AUTO.MISSION") & ~over_pad, "returns": mode == "AUTO.RTL",
            "hopeless": self._sampled(self.seen.hopeless), "blind": self._of["blind"] > 0.5,
            "was_lost": was_lost, "heard": silent_s <= HEARD_S,
            "barred": (self._of["pad_m"] < 8.0) | (self._of["near_m"] < 40.0) | (self._of["aircraft_m"] < 3000.0),
            "moves": np.hypot(self._of["velocity_east_mps"], self._of["velocity_north_mps"]) > 2.0,
            "pad_taken": self._of["pad_m"] < 8.0, "pad_m": self._of["pad_m"],
            "hold_s": self._lasts_s(mode == "AUTO.LOITER"),
        }  # fmt: skip

    def _over_pad(self) -> Mask:
        home = self.record.route.home
        return np.asarray(np.hypot(self.at_m[:, 0] - home.east_m, self.at_m[:, 1] - home.north_m) < 3.0)

    def _silences(self) -> Mapping[str, NDArray[Any]]:
        of = self._of
        granted_s = [stamp for stamp, until_s in self.record.leases if until_s > stamp]
        return {
            "lease_silent_s": self.time_s - last_before(self.time_s, granted_s),
            "camera_silent_s": of["camera_silent_s"], "ground_silent_s": of["ground_silent_s"],
            "place_silent_s": self._lasts_s((of["place_muted"] > 0.5) & (of["blind"] < 0.5)),
            "motion_silent_s": self._lasts_s(of["motion_muted"] > 0.5),
            "gimbal_silent_s": self._lasts_s(of["gimbal_muted"] > 0.5),
            "battery_silent_s": self._lasts_s(of["battery_muted"] > 0.5),
            "hot_s": self._lasts_s(of["temperature_c"] > 85.0),
            "disk_low_s": self._lasts_s(of["disk_free_mb"] < 500.0),
            "gale_s": self._lasts_s(of["gale"] > 0.5),
            "fellow_silent_s": of["fellow_silent_s"], "near_m": of["near_m"],
            "aircraft_m": np.where(np.abs(of["aircraft_up_m"]) < 70.0, of["aircraft_m"], inf),
            "landing_spare_s": np.full(len(self.time_s), np.nan),  # no mission of a campaign has a latest landing
            "home_moved_m": np.full(len(self.time_s), np.nan),  # the simulated autopilot never moves its home
        }  # fmt: skip

    def _energy(self) -> Mapping[str, NDArray[Any]]:
        usable_wh = self.record.settings.model.energy.usable_wh()
        left_wh = self._of["battery"] * usable_wh
        needed_wh = np.interp(self.time_s, self.seen.time_s, self.seen.needed_wh)
        return {"left_wh": left_wh, "home_over_share": (left_wh - needed_wh) / usable_wh}

    def _space(self, town: RandomTown) -> Mapping[str, NDArray[Any]]:
        route, at_m, placed = self.record.route, self.at_m, self.placed
        points = shapely.points(at_m[placed, :2])
        failsafe, up_m = route.failsafe, at_m[placed, 2]
        edge_m = depth_m(Polygon(failsafe.fence), points)
        fence_m = np.minimum(edge_m, route.home.up_m + failsafe.fence_max_alt_m - up_m)
        zone_m = np.full(len(points), inf)
        for zone in town.site.zones:
            within = (up_m >= zone.floor_m) & (up_m <= zone.ceiling_m)
            zone_m = np.minimum(zone_m, np.where(within, -depth_m(zone.polygon, points), inf))
        building_m = gap_m(town, self.seen, self.time_s[placed], at_m[placed])
        known = {"fence_m": fence_m, "edge_m": edge_m, "zone_m": zone_m, "building_m": building_m,
                 "off_route_m": shapely.distance(_way(route), points)}  # fmt: skip
        spread = {name: self._spread(values) for name, values in known.items()}
        brake_mps2 = route.failsafe.parameters.get("MPC_ACC_HOR", 3.0)
        edge_m = spread.pop("edge_m")
        for name, values in (("fence", edge_m), ("zone", spread["zone_m"])):
            with np.errstate(invalid="ignore"):
                nearing_mps = -np.gradient(values, TICK_S)
            nearing_mps = np.where((nearing_mps > 0.0) & (nearing_mps < JUMP_MPS), nearing_mps, 0.0)
            way_m = nearing_mps * REACT_S + nearing_mps**2 / (2.0 * brake_mps2)
            spread[f"{name}_ahead_m"] = np.where(np.isinf(values), values, values - way_m)
        return spread

    def _spread(self, values: Floats) -> Floats:
        """Values of the placed ticks among all ticks."""
        out = np.full(len(self.time_s), np.nan)
        out[self.placed] = values
        return out

    def _events(self) -> Mapping[str, NDArray[Any]]:
        record = self.record
        armed = [t for t, service, fields in record.commands if service == "cmd/arming" and fields["value"]]
        against = [
            stamp
            for _, mode, heard_s, until_s in held_by_pilot(record)
            for stamp, _, _ in commands_against(record, mode, heard_s, until_s)
        ]
        has = np.zeros(len(self.time_s), dtype=bool)
        for _, _, heard_s, until_s in held_by_pilot(record):
            has |= (self.time_s >= heard_s) & (self.time_s < until_s)
        ended = self.time_s >= record.ended_s if record.outcome else np.zeros(len(self.time_s), dtype=bool)
        heard_s = max((stamp for stamp, _, _ in record.heard if stamp <= record.ended_s), default=-inf)
        ends = ended & (self.time_s < record.ended_s + 0.5) & (record.ended_s - heard_s <= HEARD_S)
        return {
            "arms_unleased": self._at([t for t in armed if not leased(record, t)]), "arms": self._at(armed),
            "looks": self._at(record.captures),
            "looks_unleased": self._at([t for t in record.captures if not leased(record, t)]),
            "pilot_has": has, "commanded_against_pilot": self._at(against),
            "asks_foreign_mission": self._at(list(of_others(record))), "ended": ended, "ends_heard": ends,
        }  # fmt: skip

    def _at(self, stamps: Sequence[float]) -> Mask:
        """Ticks with one of the stamps."""
        out = np.zeros(len(self.time_s), dtype=bool)
        out[np.clip(np.searchsorted(self.time_s, np.array(stamps) - 1e-6), 0, len(out) - 1)] = len(stamps) > 0
        return out

    def _lasts_s(self, holds: NDArray[np.bool_]) -> Floats:
        """Time for which a condition has held at each tick, s; 0 while it does not."""
        return np.where(holds, self.time_s - last_before(self.time_s, self.time_s[~holds]), 0.0).clip(0.0, 1e4)


def _way(route: Route) -> LineString:
    places = [route.home, route.start, *(step.to for step in route.steps), route.home]
    return LineString([(place.east_m, place.north_m) for place in places])


def _latched(mask: Mask, time_s: Floats, ends_s: Sequence[float]) -> Mask:
    """True from the first tick of the mask to the next end."""
    return np.asarray(last_before(time_s, time_s[mask]) > last_before(time_s, sorted(ends_s)))


def _apart_m(flight: _Flight, others: Sequence[_Flight]) -> NDArray[np.float64]:
    """Distance of the nearest other drone, where both are placed."""
    apart_m = np.full(len(flight.time_s), inf if flight.flying.any() else np.nan)
    for other in others:
        n = min(len(apart_m), len(other.time_s))
        both = flight.placed[:n] & other.placed[:n]
        here_m = np.linalg.norm(flight.at_m[:n] - other.at_m[:n], axis=1)
        apart_m[:n][both] = np.minimum(apart_m[:n][both], here_m[both])
    return apart_m


NAMES = (
    "aloft", "flying", "placed", "homeward", "held", "lands", "on_mission", "returns", "hopeless", "blind", "was_lost",
    "heard", "barred", "pad_taken", "pad_m", "hold_s", "moves", "lease_silent_s", "camera_silent_s", "ground_silent_s",
    "place_silent_s", "motion_silent_s", "gimbal_silent_s", "battery_silent_s", "hot_s", "disk_low_s", "gale_s",
    "fellow_silent_s", "near_m", "aircraft_m", "landing_spare_s", "home_moved_m", "left_wh", "home_over_share",
    "fence_m", "zone_m", "building_m", "off_route_m", "fence_ahead_m", "zone_ahead_m", "fellow_m", "arms_unleased",
    "arms", "looks", "looks_unleased", "pilot_has", "commanded_against_pilot", "asks_foreign_mission", "ended",
    "ends_heard",
)  # fmt: skip
"""All signals that a formula may name."""
