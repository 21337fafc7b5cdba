"""Power and motion in the air from a PX4 log (ULog), in steps of a few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pyulog import ULog

from blindspot.core import InputError, one_line

Array = NDArray[np.float64]

STEP_S = 3.0
"""Long enough that the errors of successive steps are nearly independent."""
ENDS_S = 3.0
"""Time left out after lift-off and before touchdown, to exclude motors that spin on the ground."""
LONGEST_S = 86_400.0
TOPICS = ("battery_status", "vehicle_local_position", "vehicle_land_detected")


@dataclass(frozen=True, slots=True)
class FlightLog:
    """Means over `STEP_S` each, shape (n,): electrical power, speed over ground, speeds upwards."""

    power_w: Array
    speed_mps: Array
    speed3: Array
    """Mean of the cube of the speed, (m/s)^3."""
    up_mps: Array
    climb_mps: Array
    """Mean of the upward speed with descents as 0."""


def read_flight_log(path: Path) -> FlightLog:
    """Read the flown part of a ULog file.

    Raises InputError if the file is not a ULog, or if a topic, a current or a flight is missing.
    """
    log = _read(path)
    battery = _topic(log, path, "battery_status", "voltage_v", "current_a")
    place = _topic(log, path, "vehicle_local_position", "vx", "vy", "vz")
    landed = _topic(log, path, "vehicle_land_detected", "landed")
    power_w, flights = battery["voltage_v"] * battery["current_a"], _flown(landed)
    if any(to_s - from_s > LONGEST_S for from_s, to_s in flights):
        raise InputError(path, "vehicle_land_detected", "contains a flight of days", "give the .ulg that PX4 wrote")
    in_the_air = np.zeros(len(power_w), dtype=bool)
    for from_s, to_s in flights:
        in_the_air |= (battery["s"] >= from_s) & (battery["s"] <= to_s)
    if not (power_w[in_the_air] > 0.0).all():
        raise InputError(path, "battery_status", "has no current", "calibrate the power module first")
    return _in_steps(battery["s"], power_w, place, flights)


def log_length_s(path: Path) -> float:
    """Time from the start of a ULog file to the last value of any of `TOPICS`, s. Raises InputError for another file.

    The drone of the log may have stood on the desk.
    """
    log = _read(path)
    return max(0.0, float(log.last_timestamp - log.start_timestamp) * 1e-6)


def _read(path: Path) -> ULog:
    if path.is_dir():
        raise InputError(path, "", "is a folder", "name the .ulg file of one flight in it")
    if not path.is_file():
        raise InputError(path, "", "does not exist", "copy the .ulg from the autopilot's card")
    try:
        return ULog(str(path), list(TOPICS))
    except Exception as error:  # a broken file raises unrelated exceptions in pyulog and numpy
        problem = f"is no ULog, or not a whole one ({one_line(error)})"
        raise InputError(path, "", problem, "give the .ulg that PX4 wrote") from error


def _topic(log: ULog, path: Path, name: str, *fields: str) -> dict[str, Array]:
    """Fields of a topic by name, and "s", the time; from the first of several instances."""
    found = [data.data for data in log.data_list if data.name == name]
    if not found or len(found[0]["timestamp"]) < 1 or any(field not in found[0] for field in fields):
        raise InputError(path, name, f"is not in the log with {', '.join(fields)}", "log the default topics")
    if name == "battery_status" and len(found) > 1:
        raise InputError(path, name, f"contains {len(found)} batteries", "one at a time: fly with a single battery")
    columns = {field: np.asarray(found[0][field], dtype=np.float64) for field in fields}
    return {"s": np.asarray(found[0]["timestamp"], dtype=np.float64) * 1e-6, **columns}


def _flown(landed: dict[str, Array]) -> list[tuple[float, float]]:
    """(from_s, to_s) of every flight whose start and end are in the log."""
    flights, since_s = [], None
    for time_s, is_down in zip(landed["s"], landed["landed"], strict=True):
        if not is_down and since_s is None:
            since_s = time_s
        elif is_down and since_s is not None:
            flights.append((since_s + ENDS_S, time_s - ENDS_S))
            since_s = None
    return flights


def _in_steps(
    battery_s: Array, power_w: Array, place: dict[str, Array], flights: list[tuple[float, float]]
) -> FlightLog:  # fmt: skip
    rows = []
    speed_mps = np.hypot(place["vx"], place["vy"])
    known = np.isfinite(speed_mps) & np.isfinite(place["vz"])
    for from_s, to_s in flights:
        for begin_s in np.arange(from_s, to_s - STEP_S, STEP_S):
            power = power_w[(battery_s >= begin_s) & (battery_s < begin_s + STEP_S)]
            here = known & (place["s"] >= begin_s) & (place["s"] < begin_s + STEP_S)
            if power.size and here.any():
                v, up = speed_mps[here], -place["vz"][here]
                rows.append((power.mean(), v.mean(), (v**3).mean(), up.mean(), np.maximum(up, 0.0).mean()))
    return FlightLog(*np.array(rows, dtype=np.float64).reshape(-1, 5).T)
