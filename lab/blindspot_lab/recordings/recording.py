"""A recorded PX4 + MAVROS flight: its lines, and the inputs to the autopilot in it.

A trace is a list of lines as `{"t": s, "topic", "msg"}`, `{"t", "call", "request", "response", "latency_s"}`,
`{"t", "mavlink"}` and `{"t", "note"}`. The calls lack the acts of the pilot and of a second ground station, and faults.
These follow from the notes of the recording's driver and from the autopilot's later state.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from blindspot_sim.airframe.vehicle_config import HEARTBEAT_PERIOD_S, DatumOrigin, NoiseConfig, VehicleConfig
from blindspot_sim.autopilot.autopilot import LANDING, ON_GROUND
from blindspot_sim.autopilot.px4_parameters import DEFAULTS

Line = dict[str, Any]
Trace = list[Line]

STREAMS = frozenset({"state", "landed", "current", "reached", "reply", "authorisation"})
BUT_THE_CURRENT_ITEM = STREAMS - {"current"}

_LINK_S = 0.02
_LATCHED_S = 0.3
_NEAR_GROUND_M, _SLOWED_MPS = 1.5, 0.42
_NOTICED_S = 0.1
_WAITED = {"state": "mode", "mission/reached": "wp_seq"}
_CURRENT = "reached: current item "
_RC_BIT = 1 << 16
_SEEN_S = 0.1
"""`sys_status` comes five times a second."""
_LOST_S = 0.6
"""For lost sticks COM_RC_LOSS_T more."""
_SHOWN_S = 0.3
"""From the pilot's choice of a mode to the heartbeat that shows it (by the flown path 0.1 to 0.4 s)."""
_GRID_M = 5.0
_ON_THE_WAY_S = 4.0
_NOTHING: frozenset[str] = frozenset()
_MODES_ONLY = frozenset({"state"})
_MAVROS_ONLY = frozenset({"state", "current"})
_RECORDED_PX4 = {"SIM_BAT_DRAIN": 60.0}


class Played(Protocol):
    """A drone that can replay a recording: the simulated one, or a real PX4 and MAVROS (`test/sitl`)."""

    @property
    def now_s(self) -> float:
        """The drone's time, on the recording's scale."""

    def step(self, until_s: float) -> None:
        """Advance to `until_s`."""

    def drain(self) -> list[tuple[float, str, dict[str, Any]]]:
        """Messages since the last drain: (seconds, relative topic, fields)."""

    def call(self, service: str, request: Mapping[str, object], reply: Callable[[dict[str, object]], None]) -> None:
        """Call a service. `reply` gets the response's fields during a later `step`."""

    def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        """Publish a client's message."""

    def pilot(self, mode: str) -> bool:
        """A ground station chooses a mode."""

    def joystick(self, is_there: bool) -> None:
        """A ground station's sticks appear or disappear."""

    def kill_mavros(self) -> None:
        """Kill the drone's MAVROS."""

    def start_mavros(self) -> None:
        """Start a new MAVROS."""

    def refuse_parameters(self, seconds: float) -> None:
        """Make the autopilot too busy to set parameters for a while."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A condition that the recording's driver waited for: `key` of a `topic`'s message is `value`, seen at `t` s."""

    topic: str
    key: str
    value: object
    t: float


@dataclass(frozen=True, slots=True)
class Done:
    """An input at `t` seconds: a call (`line`), an act of the pilot, a fault, or the start of set-points.

    `causes` are the streams of events that it may cause.
    """

    t: float
    line: Line | None = None
    act: Callable[[Played], object] | None = None
    setpoint: Line | None = None
    causes: frozenset[str] = BUT_THE_CURRENT_ITEM

    @property
    def sets_item(self) -> int | None:
        """The current item that a call of `mission/...` asks for; a new or empty mission begins at 0."""
        if self.line is None or "current" not in self.causes:
            return None
        return int(self.line["request"].get("wp_seq", 0))


def read_trace(path: Path) -> Trace:
    """Read the lines of a recorded trace."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def what_was_done(trace: Trace) -> list[Done]:
    """Inputs in order: calls as they reached MAVROS, OFFBOARD set-points, acts of pilot and ground station, faults.

    A client's first call of a service took up to 0.1 s. Most of that was the client's discovery of the service, so it
    is not part of MAVROS's latency.
    """
    done = [*_calls(trace), *_setpoints(trace), *_deaths(trace), *_sticks(trace), *_pilot(trace)]
    return sorted(done, key=lambda one: one.t)


def first_input_s(trace: Trace) -> float:
    """Time of the first input, s."""
    return what_was_done(trace)[0].t


def what_was_waited_for(trace: Trace) -> list[Wait]:
    """The driver's waits: each is the change seen at most 0.1 s before one of its "reached" notes.

    A note that names the current item waits for that item.
    """
    waits: list[Wait] = []
    latest: Wait | None = None
    values: dict[str, object] = {}
    current_s: dict[int, float] = {}
    for line in trace:
        topic = line.get("topic", "")
        if topic == "mission/waypoints":
            current_s[line["msg"]["current_seq"]] = line["t"]
        if line.get("note", "").startswith(_CURRENT):
            seq = int(line["note"].removeprefix(_CURRENT).split()[0])
            waits.append(Wait("mission/waypoints", "current_seq", seq, current_s[seq]))
            latest = None
        if topic in _WAITED:
            key = _WAITED[topic]
            value = line["msg"][key]
            if values.get(topic) != value:
                latest = Wait(topic, key, value, line["t"])
            values[topic] = value
        noticed = line.get("note", "").startswith("reached:")
        if noticed and latest is not None and latest.t >= line["t"] - _NOTICED_S:
            waits.append(latest)
            latest = None
    return waits


def authoriser(trace: Trace) -> list[tuple[float, bool | None]]:
    """The answers of the recording's authoriser, each with its start time. None means that it did not answer."""
    said = {"authoriser: silent": None, "authoriser: deny": False, "authoriser: accept": True}
    return [(line["t"], said[line["note"]]) for line in trace if line.get("note") in said]


def vehicle_like(trace: Trace, first_input_s: float, step_s: float) -> VehicleConfig:
    """A vehicle on the recorded home (which is its origin), with the recorded battery and zero noise and wind."""
    homes = [line["msg"]["geo"] for line in trace if line.get("topic") == "home_position/home"]
    times = [line["t"] for line in trace if line.get("topic") == "home_position/home"]
    home = next(geo for t, geo in reversed(list(zip(times, homes, strict=True))) if t <= first_input_s)
    amsl_m = next(line["msg"]["amsl"] for line in trace if line.get("topic") == "altitude")
    origin = DatumOrigin(home["latitude"], home["longitude"], amsl_m, home["altitude"] - amsl_m)
    return VehicleConfig(
        origin=origin, noise=NoiseConfig(0.0, 0.0), step_s=step_s, parameters=_RECORDED_PX4,
        heartbeat_s=_heartbeat_s(trace), land_detection_s=_land_detection_s(trace),
    )  # fmt: skip


def first_heartbeat_s(trace: Trace) -> float:
    """Time of the recorded MAVROS's first heartbeat, by the stamp of the message (latched, so it was received late).

    The live heartbeats correct the phase.
    """

    def stamp_s(line: Line) -> float:
        stamp = line["msg"]["header"]["stamp"]
        return float(stamp["sec"] + 1e-9 * stamp["nanosec"])

    live = next(line for line in trace if line.get("topic") == "local_position/pose")
    first = next(line for line in trace if line.get("topic") == "state" and line["msg"]["connected"])
    first_s = float(live["t"] + stamp_s(first) - stamp_s(live))
    period_s = _heartbeat_s(trace)
    return first_s + median((t - first_s + 0.5) % period_s - 0.5 for t in _live_heartbeats_s(trace)[:5])


def _land_detection_s(trace: Trace) -> float:
    """From the touchdown, where the estimated descent slows, to "landed": 2 to 23 s.

    The time depends on the estimator's drift, which is not an input.
    """
    up_m, landing, touched_s = inf, False, inf
    for line in trace:
        topic = line.get("topic")
        if topic == "local_position/pose":
            up_m = line["msg"]["pose"]["position"]["z"]
        elif topic == "extended_state":
            landing = line["msg"]["landed_state"] == LANDING
            if line["msg"]["landed_state"] == ON_GROUND and line["t"] > touched_s:
                return float(line["t"]) - touched_s
        elif topic == "local_position/velocity_local" and landing and up_m < _NEAR_GROUND_M:
            slowed = line["msg"]["twist"]["linear"]["z"] > -_SLOWED_MPS
            touched_s = min(touched_s, line["t"]) if slowed else touched_s
    return VehicleConfig().land_detection_s


def _heartbeat_s(trace: Trace) -> float:
    """The recorded heartbeat's period. The recording machine's clock and load change it a little."""
    live_s = _live_heartbeats_s(trace)
    took_s = live_s[-1] - live_s[0]
    return took_s / round(took_s / HEARTBEAT_PERIOD_S)


def _live_heartbeats_s(trace: Trace) -> list[float]:
    """Times of the live heartbeats. The latched ones at the recording's start are left out."""
    live_s = [line["t"] for line in trace if line.get("topic") == "state"]
    return [t for t in live_s if t > live_s[0] + _LATCHED_S]


def _calls(trace: Trace) -> Iterator[Done]:
    for line in trace:
        if "call" not in line:
            continue
        asked_s = line["t"] - min(line["latency_s"], _LINK_S)
        if line["call"].startswith("cmd/") and line["latency_s"] > 1.0:
            asked_s = line["t"] - line["latency_s"]
        if line["call"] == "param/set" and line["request"]["param_id"] in DEFAULTS and not line["response"]["success"]:
            yield Done(asked_s, act=lambda drone: drone.refuse_parameters(0.3), causes=_NOTHING)
        causes = STREAMS if line["call"].startswith("mission/") else BUT_THE_CURRENT_ITEM
        yield Done(asked_s, line=line, causes=causes)


def _setpoints(trace: Trace) -> Iterator[Done]:
    """Set-points from the driver's note before its last OFFBOARD call to its note of their end, or to a mode change."""
    asked_s = [line["t"] for line in trace if "call" in line and line["request"].get("custom_mode") == "OFFBOARD"]
    if not asked_s:
        return
    notes = [(line["t"], line["note"]) for line in trace if "note" in line]
    start_s = max(t for t, _ in notes if t < asked_s[-1])
    stop_s = next((t for t, note in notes if note.startswith(("setpoints stop", "still streaming"))), None)
    modes = [(line["t"], line["msg"]["mode"]) for line in trace if line.get("topic") == "state"]
    begun_s = next(t for t, mode in modes if mode == "OFFBOARD" and t > asked_s[-1])
    left_s = next((t for t, mode in modes if t > begun_s and mode != "OFFBOARD"), inf)
    stop_s = left_s if stop_s is None else stop_s
    begin_s = [start_s, *(t for t, note in notes if note.startswith("setpoint goes"))]
    for t, until_s in zip(begin_s, [*begin_s[1:], stop_s], strict=True):
        causes = _NOTHING if t == start_s else BUT_THE_CURRENT_ITEM
        yield Done(t, setpoint=_goal(trace, min(until_s, left_s)), causes=causes)
    silent = any(note.startswith("setpoints stop") for _, note in notes)
    yield Done(stop_s, causes=BUT_THE_CURRENT_ITEM if silent else _NOTHING)


def _goal(trace: Trace, until_s: float) -> Line:
    """The set-point until then. The trace lacks it: it is the drone's place, or well ahead, on a grid of 5 m."""
    seen = {line.get("topic"): line["msg"] for line in trace if line["t"] <= until_s and "msg" in line}
    position = seen["local_position/pose"]["pose"]["position"]
    velocity = seen["local_position/velocity_local"]["twist"]["linear"]
    place = {axis: _GRID_M * round((position[axis] + _ON_THE_WAY_S * velocity[axis]) / _GRID_M) for axis in "xy"}
    place["z"] = _GRID_M * round(position["z"] / _GRID_M)
    return {"coordinate_frame": 1, "type_mask": 2552, "position": place, "yaw": 0.0}


def _deaths(trace: Trace) -> Iterator[Done]:
    acts: dict[str, Callable[[Played], object]] = {
        "mavros killed": lambda drone: drone.kill_mavros(),
        "mavros started again": lambda drone: drone.start_mavros(),
    }
    for line in trace:
        if line.get("note") in acts:
            yield Done(line["t"], act=acts[line["note"]], causes=_MAVROS_ONLY)


def _sticks(trace: Trace) -> Iterator[Done]:
    """The joystick of a ground station, by the autopilot's sensor state and the driver's note of its loss."""
    gone_s = [line["t"] for line in trace if line.get("note") == "the ground station is gone"]
    there = False
    for line in trace:
        if line.get("topic") != "sys_status" or bool(line["msg"]["sensors_present"] & _RC_BIT) == there:
            continue
        there = not there
        seen_s = line["t"] - (_SEEN_S if there else _LOST_S)
        live_s = [t for t in gone_s if not there and abs(t - seen_s) < 1.0]
        yield Done((live_s or [seen_s])[0], act=_sticks_are(there), causes=_MODES_ONLY)


def _sticks_are(there: bool) -> Callable[[Played], object]:
    return lambda drone: drone.joystick(there)


def _pilot(trace: Trace) -> Iterator[Done]:
    """After a note that a ground station takes over, the next mode shown is its request."""
    for note in trace:
        if note.get("note", "").startswith("a ground station"):
            states = [line for line in trace if line.get("topic") == "state"]
            mode = [line for line in states if line["t"] <= note["t"]][-1]["msg"]["mode"]
            taken = next(line for line in states if line["t"] > note["t"] and line["msg"]["mode"] != mode)
            yield Done(taken["t"] - _SHOWN_S, act=_chooses(taken["msg"]["mode"]))


def _chooses(mode: str) -> Callable[[Played], object]:
    return lambda drone: drone.pilot(mode)
