"""A finished run for the console's page: the records of any moment, from the files of the run's folder.

The records have the keys and contents of a running stack, so that one page shows both.
"""

from __future__ import annotations

import base64
import gzip
import json
import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindspot.console.plan_drawing import degrees, drawn_plan
from blindspot.core import InputError, one_line
from blindspot.evidence.observed import EVENTS_FILE, RunEvent, Summary, Track, read_events, read_tracks
from blindspot.mission import GroundMasks, load_plan
from blindspot.site import LocalFrame

TRACK_FILE, PLAN_FILE, GROUND_FILE, SEEN_FILE, SUMMARY_FILE = (
    "track.csv", "plan.json", "ground.npz", "seen.npz", "summary.json",
)  # fmt: skip
TRAIL_POINTS, TRAIL_READ = 300, 1500
"""Points of a drawn trail, and positions of the track that the trail covers."""
NEVER = 65535
"""In the times of the ground's cells: blind ground that the run did not see. 0 is ground that is not blind."""
PHASES_BY, CAMERA_BY = ".flight_control", ".camera"
"""Ends of the names of the nodes whose log holds a drone's phase and camera."""


class FlownRun:
    """A finished run, read once.

    Parameters
    ----------
    run_dir
        Folder of the run, with `plan.json` and `track.csv`. A missing `events.jsonl`, `seen.npz` or `summary.json`
        leaves its part of the page unknown.

    Raises
    ------
    InputError
        Without a readable plan or a track.
    """

    def __init__(self, run_dir: Path) -> None:
        self.name, self._dir = run_dir.name, run_dir
        self._plan = load_plan(run_dir / PLAN_FILE)
        origin = self._plan.origin
        self._frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
        self._tracks = {drone: track for drone, track in read_tracks(run_dir / TRACK_FILE).items() if drone}
        if not self._tracks:
            problem = "holds no place of a drone: nothing was flown"
            raise InputError(run_dir / TRACK_FILE, "", problem, "choose a run with a flight: blindspot runs list")
        self.site_dir = Path(self._plan.site)
        self.begin_s = min(float(track.stamp_s[0]) for track in self._tracks.values())
        self.end_s = max(float(track.stamp_s[-1]) for track in self._tracks.values())
        events = [event for event in read_events(run_dir / EVENTS_FILE) or () if math.isfinite(event.stamp_s)]
        self._events = sorted(events, key=lambda event: event.stamp_s)
        self._summary = Summary.of(_json_of(run_dir / SUMMARY_FILE))
        self._masks, self._first_s, self._last_s = self._ground()
        self._seen_at_s = np.sort(self._first_s[~np.isnan(self._first_s)])
        self._said = {drone: self._logged(drone, PHASES_BY) for drone in self._tracks}
        self._camera = {drone: self._logged(drone, CAMERA_BY) for drone in self._tracks}
        self._lines = {drone: self._degrees(track) for drone, track in self._tracks.items()}
        self._drawn = drawn_plan(self._plan, self._frame)

    def records(self, time_s: float) -> dict[str, Mapping[str, Any]]:
        """The records of the moment `time_s` of the run's clock, by key."""
        name = one_line(self._plan.id, 100)
        return {
            "stack": {"name": name, "mode": "replay", "simulated": bool(self._summary.simulated),
                      "lost_nodes": [], "notices": []},
            **{f"drone/{drone}": self._drone(drone, time_s) for drone in self._tracks},
            f"run/{self.name}": self._mission(time_s),
            f"seen/{self.name}": self._seen(time_s),
            f"plan/{self.name}": self._drawn,
        }  # fmt: skip

    def jumps(self) -> list[dict[str, Any]]:
        """The events to which a person jumps: phases of drones, warnings, the words of manager and authority."""
        chosen = [event for event in self._events if _is_jump(event)]
        return [
            {"at_s": round(event.stamp_s, 2), "who": one_line(event.source, 60), "text": one_line(event.text, 160),
             "warns": event.kind == "warning"}
            for event in chosen if self.begin_s <= event.stamp_s <= self.end_s
        ]  # fmt: skip

    def ground(self) -> bytes:
        """The blind ground with the time of the first and the last view of each cell: JSON, compressed with gzip.

        `first` and `last` are base64 of little-endian 16-bit numbers, northernmost row first: units of `unit_s`
        since `begin_s`, plus 1; 0 for ground that is not blind, `NEVER` for unseen ground.
        """
        grid = self._masks.grid
        west, south, east, north = grid.bounds_m
        corners = [(west, north), (east, north), (east, south), (west, south)]
        unit_s = max(1.0, (self.end_s - self.begin_s) / (NEVER - 2))
        content = {
            "rows": grid.rows, "columns": grid.cols, "begin_s": self.begin_s, "unit_s": unit_s, "never": NEVER,
            "corners": [degrees(self._frame, *corner) for corner in corners],
            "first": self._coded(self._first_s, unit_s), "last": self._coded(self._last_s, unit_s),
        }  # fmt: skip
        return gzip.compress(json.dumps(content).encode(), mtime=0)

    def _coded(self, times_s: NDArray[np.float64], unit_s: float) -> str:
        since = np.nan_to_num((times_s - self.begin_s) / unit_s).clip(0, NEVER - 2) + 1
        units = np.where(np.isnan(times_s), NEVER, since).astype("<u2")
        units[~self._masks.blind] = 0
        return base64.b64encode(units[::-1].tobytes()).decode()

    def _ground(self) -> tuple[GroundMasks, NDArray[np.float64], NDArray[np.float64]]:
        """The masks, and the times of first and last views. A run that kept no first views has the last ones."""
        masks = GroundMasks.load(self._dir / GROUND_FILE, with_peaks=False)
        never = np.full(masks.grid.shape, np.nan)
        try:
            with np.load(self._dir / SEEN_FILE) as data:
                last_s = data["last_seen_s"].astype(np.float64)
                first_s = data["first_seen_s"].astype(np.float64) if "first_seen_s" in data else last_s
        except Exception:  # zipfile, zlib and numpy raise unrelated types for a broken file
            return masks, never, never
        is_right = first_s.shape == last_s.shape == masks.grid.shape
        return (masks, first_s, last_s) if is_right else (masks, never, never)

    def _drone(self, drone: str, time_s: float) -> dict[str, Any]:
        track = self._tracks[drone]
        index = max(bisect_right(track.stamp_s, time_s) - 1, 0)
        (east_m, north_m, up_m), battery = track.position_m[index], float(track.battery_fraction[index])
        phase, _, reason = _before(self._said[drone], time_s, "idle").partition(": ")
        camera = _before(self._camera[drone], time_s, "")
        line = self._lines[drone]
        trail = line[max(0, index - TRAIL_READ) : index + 1]
        return {
            "phase": phase, "reason": reason, "at": line[index], "up_m": round(float(up_m), 1),
            "east_m": round(float(east_m), 2), "north_m": round(float(north_m), 2), "hold_ends_s": None,
            "battery_fraction": round(battery, 3) if math.isfinite(battery) else None, "route_fraction": None,
            "sensor_inhibited": camera != "capturing", "heading_deg": None,
            "trail": trail[:: math.ceil(len(trail) / TRAIL_POINTS)],
        }  # fmt: skip

    def _mission(self, time_s: float) -> dict[str, Any]:
        order, is_over = self._summary.order, time_s >= self.end_s
        return {
            "run": self.name, "mission": one_line(self._plan.id, 100), "drones": sorted(self._tracks),
            "person": one_line(order.person, 100) if order else "", "phase": "flying",
            "outcome": one_line(self._summary.outcome, 100) if is_over else "",
            "reason": one_line(self._summary.reason, 300) if is_over else "", "watch": {},
        }  # fmt: skip

    def _seen(self, time_s: float) -> dict[str, Any]:
        cell_m2 = self._masks.grid.cell_area_m2
        seen, blind = int(np.searchsorted(self._seen_at_s, time_s, "right")), int(self._masks.blind.sum())
        return {
            "blind_area_m2": round(blind * cell_m2, 1), "seen_area_m2": round(seen * cell_m2, 1),
            "seen_fraction": round(seen / blind, 4) if blind else 1.0, "oldest_view_age_s": None,
        }  # fmt: skip

    def _logged(self, drone: str, by: str) -> list[tuple[float, str]]:
        """(time, text) of what a node of a drone logged, without its warnings."""
        name = f"{drone}{by}"
        return [(one.stamp_s, one.text) for one in self._events if one.source == name and one.kind == "log"]

    def _degrees(self, track: Track) -> list[list[float]]:
        lon_deg, lat_deg = self._frame.to_wgs84(track.position_m[:, 0], track.position_m[:, 1])
        return np.round(np.column_stack([lon_deg, lat_deg]), 7).tolist()  # type: ignore[no-any-return]


def _is_jump(event: RunEvent) -> bool:
    return event.kind != "log" or event.source.endswith((PHASES_BY, "mission_manager", "authority"))


def _before(said: Sequence[tuple[float, str]], time_s: float, else_: str) -> str:
    """The last text up to `time_s`."""
    index = bisect_right(said, time_s, key=lambda one: one[0])
    return said[index - 1][1] if index else else_


def _json_of(path: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
