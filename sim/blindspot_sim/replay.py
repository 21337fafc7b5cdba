"""Replay a recorded PX4 + MAVROS flight on the simulated vehicle, and judge how alike the two are.

A trace is a list of lines as `{"t": s, "topic", "msg"}`, `{"t", "call", "request", "response", "latency_s"}` and
`{"t", "note"}`. The recorded calls are fed at the times when they were asked, OFFBOARD set-points at 20 Hz while the
recording had them; what the vehicle then says becomes a trace of the same form.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, hypot
from pathlib import Path
from typing import Any

from blindspot_sim.config import HEARTBEAT_PERIOD_S, NoiseConfig, Origin, VehicleConfig
from blindspot_sim.mavros import SimulatedMavros

Line = dict[str, Any]
Trace = list[Line]

LEAST_TOLERANCE_S = 0.3
TOLERANCE_FRACTION = 0.2
_FIRST_HEARTBEAT_S = 0.9
_SETPOINT_PERIOD_S = 0.05
_LINK_S = 0.02
_BEAT_RACE_S = 0.1
_NOTICED_S = 0.1
_PATIENCE_S = 20.0
_WAITED = {"state": "mode", "mission/reached": "wp_seq"}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a client can see change, at `t` seconds."""

    value: object
    t: float


@dataclass(frozen=True, slots=True)
class Wait:
    """What a recording's driver waited for: `key` of a `topic`'s message being `value`, seen at `t` seconds."""

    topic: str
    key: str
    value: object
    t: float


@dataclass(frozen=True, slots=True)
class Input:
    """A call, or the end of the set-points: when it came in the recording, and when in the simulation."""

    name: str
    recorded_s: float
    simulated_s: float


@dataclass(frozen=True, slots=True)
class Replay:
    """What the simulated vehicle said, and the inputs that it was given."""

    trace: Trace
    inputs: list[Input]


@dataclass(frozen=True, slots=True)
class Story:
    """What a trace tells: its events by stream, the answers' latencies, how often items were reached, how it flew."""

    events: dict[str, list[Event]]
    latencies_s: list[float]
    reached_counts: dict[int, int]
    highest_m: float
    plateau_mps: float


def read_trace(path: Path) -> Trace:
    """The lines of a recorded trace."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def replay(trace: Trace, *, seed: int = 1, step_s: float = 0.01) -> Replay:
    """Give the recorded inputs to a simulated vehicle that stands where the recorded one stood; what it says.

    The recording's driver waited for what it saw (its "reached" notes) before going on. So does the replay: an input
    is fed as long after the event that was waited for as in the recording, rounded up to whole heartbeats, which keeps
    the phase of the 1 Hz streams. It also waited for every answer before the next call.
    """
    inputs = sorted(_inputs(trace), key=lambda pair: pair[0])
    waits = [wait for wait in _waits(trace) if wait.t > inputs[0][0]]
    config = _vehicle_like(trace, inputs[0][0], step_s)
    vehicle = SimulatedMavros(config, seed=seed, start_s=_first_heartbeat_s(trace) - _FIRST_HEARTBEAT_S)
    told: Trace = []
    given: list[Input] = []
    offset_s = 0.0
    for asked_s, line in inputs:
        while waits and waits[0].t <= asked_s:
            wait = waits.pop(0)
            since_s = given[-1].simulated_s
            late_s = _run_until_seen(vehicle, told, wait, since_s, wait.t + _PATIENCE_S) - wait.t
            offset_s = ceil(late_s / HEARTBEAT_PERIOD_S - 1e-6) * HEARTBEAT_PERIOD_S
        _advance(vehicle, told, asked_s + offset_s)
        if "setpoint" in line:
            vehicle.publish("setpoint_raw/local", line["setpoint"])
            continue
        given.append(Input(line.get("call", "set-points end"), asked_s, vehicle.now_s))
        if "call" in line:
            _ask(vehicle, line, told)
    _advance(vehicle, told, trace[-1]["t"] + offset_s + TOLERANCE_FRACTION * trace[-1]["t"])
    told.sort(key=lambda line: float(line["t"]))
    return Replay(told, given)


def differences(recorded: Trace, replayed: Replay) -> list[str]:
    """How a replay departs from its recording; empty if it conforms.

    - Order: per stream (modes with armed and system_status; landed states; replies with their fields; current items;
      items reached) the values must be the same in the same order.
    - Times, from the first input on: an event's cause is the later of the last input (a call, or the end of the
      set-points; for the current item only the mission's own calls) and the event before it in its own stream. The time
      since the cause may differ by at most 0.3 s or 20 % of the recorded time, whichever is more. Modes are told by the
      autopilot's heartbeat, about once a second: a change within 0.1 s of a heartbeat may be told by it or the next.
    - Replies come after 2 ms at least, as no real link is faster, and within 0.3 s of the recorded latency.
    - A reached item is told as often as recorded, give or take two (inputs are fed up to a heartbeat late).
    - Path: highest altitude within 1 m or 5 %; typical fast horizontal speed (80th percentile) within 0.5 m/s or 10 %.
    """
    real, ours = _story(recorded), _story(replayed.trace)
    found: list[str] = []
    for stream, events in real.events.items():
        found += _compare_stream(stream, events, ours.events[stream], replayed.inputs)
    for real_s, our_s in zip(real.latencies_s, ours.latencies_s, strict=False):
        if our_s < 0.002 or abs(our_s - real_s) > LEAST_TOLERANCE_S:
            found.append(f"reply after {our_s:.3f} s, recorded {real_s:.3f} s")
    for seq, count in real.reached_counts.items():
        if abs(ours.reached_counts.get(seq, 0) - count) > 2:
            found.append(f"item {seq} told {ours.reached_counts.get(seq, 0)} times as reached, recorded {count}")
    if abs(ours.highest_m - real.highest_m) > max(1.0, 0.05 * real.highest_m):
        found.append(f"highest altitude {ours.highest_m:.1f} m, recorded {real.highest_m:.1f} m")
    if abs(ours.plateau_mps - real.plateau_mps) > max(0.5, 0.1 * real.plateau_mps):
        found.append(f"horizontal speed {ours.plateau_mps:.2f} m/s, recorded {real.plateau_mps:.2f} m/s")
    return found


def _compare_stream(
    stream: str, real: Sequence[Event], ours: Sequence[Event], inputs: Sequence[Input]
) -> list[str]:
    if [e.value for e in real] != [e.value for e in ours]:
        return [f"{stream}: {[e.value for e in ours]}, recorded {[e.value for e in real]}"]
    found = []
    for index, (event, our) in enumerate(zip(real, ours, strict=True)):
        if event.t < inputs[0].recorded_s or stream == "reply":
            continue
        cause_s, our_cause_s = inputs[0].recorded_s, inputs[0].simulated_s
        if index:
            cause_s, our_cause_s = real[index - 1].t, ours[index - 1].t
        for given in inputs:
            matters = stream != "current" or given.name.startswith("mission/")
            if matters and cause_s <= given.recorded_s <= event.t:
                cause_s, our_cause_s = given.recorded_s, given.simulated_s
        took_s, our_took_s = event.t - cause_s, our.t - our_cause_s
        late_s = abs(our_took_s - took_s)
        if stream == "state" and min(took_s, our_took_s) < _BEAT_RACE_S:
            late_s = min(late_s, abs(late_s - HEARTBEAT_PERIOD_S))
        if late_s > max(LEAST_TOLERANCE_S, TOLERANCE_FRACTION * took_s):
            found.append(f"{stream} {event.value}: after {our_took_s:.2f} s, recorded {took_s:.2f} s")
    return found


def _story(trace: Trace) -> Story:
    events: dict[str, list[Event]] = {"state": [], "landed": [], "current": [], "reached": [], "reply": []}
    counts: dict[int, int] = {}
    latencies_s: list[float] = []
    speeds: list[float] = []
    highest_m = 0.0
    for line in trace:
        topic, msg, t = line.get("topic"), line.get("msg", {}), line.get("t", 0.0)
        if "call" in line:
            latencies_s.append(line["latency_s"])
            events["reply"].append(Event((line["call"], json.dumps(line["response"], sort_keys=True)), t))
        elif topic == "mission/waypoints":
            events["current"].append(Event(msg["current_seq"], t))
        elif topic == "mission/reached":
            counts[msg["wp_seq"]] = counts.get(msg["wp_seq"], 0) + 1
            _note_change(events["reached"], msg["wp_seq"], t)
        elif topic == "state":
            _note_change(events["state"], (msg["mode"], msg["armed"], msg["system_status"]), t)
        elif topic == "extended_state":
            _note_change(events["landed"], msg["landed_state"], t)
        elif topic == "local_position/pose":
            highest_m = max(highest_m, msg["pose"]["position"]["z"])
        elif topic == "local_position/velocity_local":
            speeds.append(hypot(msg["twist"]["linear"]["x"], msg["twist"]["linear"]["y"]))
    fast = sorted(s for s in speeds if s > 1.0)
    return Story(events, latencies_s, counts, highest_m, fast[int(0.8 * len(fast))] if fast else 0.0)


def _note_change(events: list[Event], value: object, t: float) -> None:
    if not events or events[-1].value != value:
        events.append(Event(value, t))


def _waits(trace: Trace) -> list[Wait]:
    """What the recording's driver waited for: the change seen at most 0.1 s before one of its "reached" notes."""
    waits: list[Wait] = []
    latest: Wait | None = None
    values: dict[str, object] = {}
    for line in trace:
        topic = line.get("topic", "")
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


def _inputs(trace: Trace) -> Iterator[tuple[float, Line]]:
    """Calls when they reached MAVROS, OFFBOARD set-points and their end.

    A client's first call of a service took up to 0.1 s, most of it spent on finding the service: that is not MAVROS's.
    """
    yield from ((line["t"] - min(line["latency_s"], _LINK_S), line) for line in trace if "call" in line)
    stop = next((line for line in trace if line.get("note", "").startswith("setpoints stop")), None)
    if stop is None:
        return
    yield stop["t"], stop
    offboard_s = next(
        line["t"] for line in trace if "call" in line and line["request"].get("custom_mode") == "OFFBOARD"
    )
    position = next(
        line["msg"]["pose"]["position"]
        for line in reversed(trace)
        if line.get("topic") == "local_position/pose" and line["t"] <= stop["t"]
    )
    setpoint = {"coordinate_frame": 1, "type_mask": 2552, "position": position, "yaw": 0.0}
    t = offboard_s - 1.0
    while t < stop["t"]:
        yield t, {"setpoint": setpoint}
        t += _SETPOINT_PERIOD_S


def _advance(vehicle: SimulatedMavros, told: Trace, until_s: float) -> None:
    vehicle.step(until_s)
    told.extend({"t": t, "topic": topic, "msg": fields} for t, topic, fields in vehicle.drain())


def _run_until_seen(
    vehicle: SimulatedMavros, told: Trace, wait: Wait, since_s: float, deadline_s: float
) -> float:
    """Go on until what was waited for comes about, after `since_s`; when it did (or the deadline)."""
    seen, value = 0, None
    while True:
        for line in told[seen:]:
            if line.get("topic") == wait.topic:
                before, value = value, line["msg"][wait.key]
                if value == wait.value != before and line["t"] > since_s:
                    return float(line["t"])
        seen = len(told)
        if vehicle.now_s >= deadline_s:
            return deadline_s
        _advance(vehicle, told, vehicle.now_s + 0.1)


def _ask(vehicle: SimulatedMavros, line: Line, told: Trace) -> None:
    """Call, and wait for the answer as the recorded client did."""
    asked_s = vehicle.now_s
    answers: list[Line] = []

    def answered(response: dict[str, object]) -> None:
        latency_s = vehicle.now_s - asked_s
        answers.append({"t": vehicle.now_s, "call": line["call"], "response": response, "latency_s": latency_s})

    vehicle.call(line["call"], line["request"], answered)
    while not answers and vehicle.now_s < asked_s + _PATIENCE_S:
        _advance(vehicle, told, vehicle.now_s + _SETPOINT_PERIOD_S)
    told.extend(answers)


def _vehicle_like(trace: Trace, first_input_s: float, step_s: float) -> VehicleConfig:
    """A vehicle on the recorded home, its origin there, without noise and wind."""
    homes = [line["msg"]["geo"] for line in trace if line.get("topic") == "home_position/home"]
    times = [line["t"] for line in trace if line.get("topic") == "home_position/home"]
    home = next(geo for t, geo in reversed(list(zip(times, homes, strict=True))) if t <= first_input_s)
    amsl_m = next(line["msg"]["amsl"] for line in trace if line.get("topic") == "altitude")
    origin = Origin(home["latitude"], home["longitude"], amsl_m, home["altitude"] - amsl_m)
    return VehicleConfig(origin=origin, noise=NoiseConfig(0.0, 0.0), step_s=step_s)


def _first_heartbeat_s(trace: Trace) -> float:
    """When the recorded MAVROS first heard the autopilot, by the stamp in the message (told late, being latched)."""

    def stamp_s(line: Line) -> float:
        stamp = line["msg"]["header"]["stamp"]
        return float(stamp["sec"] + 1e-9 * stamp["nanosec"])

    live = next(line for line in trace if line.get("topic") == "local_position/pose")
    first = next(line for line in trace if line.get("topic") == "state" and line["msg"]["connected"])
    return float(live["t"] + stamp_s(first) - stamp_s(live))
