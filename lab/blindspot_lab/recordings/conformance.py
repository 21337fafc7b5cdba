"""Comparison of a recorded flight of PX4 + MAVROS with its replay on the simulated vehicle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from blindspot_lab.recordings.recording import STREAMS, Line, Trace
from blindspot_lab.recordings.replay import Input, Replay
from blindspot_sim.airframe.vehicle_config import HEARTBEAT_PERIOD_S
from blindspot_sim.autopilot.autopilot import ON_GROUND

LEAST_TOLERANCE_S = 0.3
TOLERANCE_FRACTION = 0.2
AT_REST_MPS = 1.0
"""A hovering drone drifts this fast at most."""
_BEAT_RACE_S = 0.1
_SAME_S = 0.01

Times = tuple[float, float]
"""The time of one event in the recording and in the replay, s."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that a client can see, at `t` seconds."""

    value: object
    t: float


@dataclass(frozen=True, slots=True)
class Story:
    """The contents of a trace: events by stream, latencies of answers, counts of reached items, height and speed."""

    events: dict[str, list[Change]]
    latencies_s: list[float]
    reached_counts: dict[int, int]
    highest_m: float
    plateau_mps: float


def differences(recorded: Trace, replayed: Replay, *, phase_s: float = 0.0) -> list[str]:
    """Differences between a replay and its recording; empty if it conforms.

    - Order: per stream (modes with armed and system_status; landed states; replies with their fields; current items;
      items reached; requests to authorise an arming) the values must be the same in the same order. Stamps within a
      reply are left out (an adapter sets them), and so are events after the recording's end.
    - Times, from the first input on: an event's cause is the later of the last input that may cause it (see
      `recording.Done`) and the event before it in its own stream. The time
      since the cause may differ by at most 0.3 s or 20 % of the recorded time, whichever is more. The autopilot's
      heartbeat publishes modes about once a second: a change within 0.1 s of a heartbeat may come with it or the next.
      If the heartbeat's phase differs from the recorded one, modes may come up to `phase_s` earlier or later.
    - Replies come after at least 2 ms, as on the fastest real link, and within 0.3 s of the recorded latency.
    - A reached item is published as often as recorded, plus or minus two (inputs are fed up to a heartbeat late).
    - The current item is published with the item reached before it or up to a heartbeat later (both were seen). If the
      next input comes earlier, the message may be absent, or come until the item that the input sets.
    - Path: highest altitude above the place of the take-off within 1 m or 5 %; typical fast horizontal speed (80th
      percentile above 1 m/s; 1 m/s for a drone that is never faster) within 0.5 m/s or 10 %. In OFFBOARD altitudes are
      the estimator's own, as the set-points are: on the ground the estimate is off by half a metre, from flight to
      flight.
    """
    real, ours = _story(recorded), _story(replayed.trace)
    found: list[str] = []
    first = replayed.inputs[0]
    reached = [(r.t, our.t) for r, our in zip(real.events["reached"], ours.events["reached"], strict=False)]
    cuts = _cuts(reached, replayed.inputs)
    for story, at in ((real, 0), (ours, 1)):
        story.events["current"] = _not_cut_short(story, [(at_s[at], one.times_s[at], item) for at_s, one, item in cuts])
    for stream, events in real.events.items():
        given = [first, *(one for one in replayed.inputs[1:] if stream in one.causes)]
        causes = [(one.recorded_s, one.simulated_s) for one in given]
        causes += reached if stream == "current" else []
        kept = _within(ours.events[stream], len(events), replayed)
        found += _compare_stream(stream, events, kept, causes, phase_s if stream == "state" else 0.0)
    for real_s, our_s in zip(real.latencies_s, ours.latencies_s, strict=False):
        if our_s < 0.002 or abs(our_s - real_s) > LEAST_TOLERANCE_S:
            found.append(f"reply after {our_s:.3f} s, recorded {real_s:.3f} s")
    for seq, count in real.reached_counts.items():
        if abs(ours.reached_counts.get(seq, 0) - count) > 2:
            found.append(f"item {seq} published {ours.reached_counts.get(seq, 0)} times as reached, recorded {count}")
    if abs(ours.highest_m - real.highest_m) > max(1.0, 0.05 * real.highest_m):
        found.append(f"highest altitude {ours.highest_m:.1f} m, recorded {real.highest_m:.1f} m")
    if abs(ours.plateau_mps - real.plateau_mps) > max(0.5, 0.1 * real.plateau_mps):
        found.append(f"horizontal speed {ours.plateau_mps:.2f} m/s, recorded {real.plateau_mps:.2f} m/s")
    return found


def _cuts(reached: Sequence[Times], inputs: Sequence[Input]) -> list[tuple[Times, Input, int]]:
    """Each reached item that a new input soon followed in the recording, the input, and the item that it sets."""
    return [
        (at_s, one, one.sets_item)
        for at_s in reached
        for one in inputs
        if one.sets_item is not None and at_s[0] <= one.recorded_s < at_s[0] + HEARTBEAT_PERIOD_S
    ]


def _not_cut_short(story: Story, cuts: Sequence[tuple[float, float, int]]) -> list[Change]:
    """The current items, except those published after a reached item that a new input soon followed.

    `cuts` are (time of the reached item, time of the input, current item that it sets). MAVROS takes any report of the
    current item for the answer to `mission/set_current`, and publishes it: the item after the reached one may come
    until the input's own item does.
    """
    current = story.events["current"]
    spans = []
    for reached_s, cut_s, item in cuts:
        own_s = (one.t for one in current if cut_s < one.t <= cut_s + LEAST_TOLERANCE_S and one.value == item)
        spans.append((reached_s - _SAME_S, next(own_s, cut_s + _SAME_S)))
    return [event for event in current if not any(since <= event.t < by for since, by in spans)]


def _within(events: Sequence[Change], recorded: int, replayed: Replay) -> list[Change]:
    """The events up to the recording's end, and later ones only up to the recorded number."""
    return [event for index, event in enumerate(events) if index < recorded or event.t <= replayed.recording_ended_s]


def _compare_stream(
    stream: str, real: Sequence[Change], ours: Sequence[Change], causes: Sequence[Times], phase_s: float
) -> list[str]:
    """Compare one stream. `causes` are (recorded, simulated) times of inputs; the previous event is a cause too."""
    if [e.value for e in real] != [e.value for e in ours]:
        return [f"{stream}: {[e.value for e in ours]}, recorded {[e.value for e in real]}"]
    found = []
    begun_s = min(causes)[0]
    before = [*causes]
    for event, our in zip(real, ours, strict=True):
        if event.t >= begun_s and stream != "reply":
            cause_s, our_cause_s = max(pair for pair in before if pair[0] <= event.t)
            took_s, our_took_s = event.t - cause_s, our.t - our_cause_s
            if not _alike(stream, took_s, our_took_s, phase_s):
                found.append(f"{stream} {event.value}: after {our_took_s:.2f} s, recorded {took_s:.2f} s")
        before.append((event.t, our.t))
    return found


def _alike(stream: str, took_s: float, our_took_s: float, phase_s: float) -> bool:
    """True if two delays agree within the tolerances, for modes with the heartbeat's phase."""
    late_s = max(0.0, abs(our_took_s - took_s) - phase_s)
    if stream == "state" and min(took_s, our_took_s) < _BEAT_RACE_S:
        late_s = min(late_s, abs(late_s - HEARTBEAT_PERIOD_S))
    if stream == "current" and max(took_s, our_took_s) <= HEARTBEAT_PERIOD_S:
        return min(took_s, our_took_s) >= -_SAME_S
    return late_s <= max(LEAST_TOLERANCE_S, TOLERANCE_FRACTION * took_s)


def _story(trace: Trace) -> Story:
    events: dict[str, list[Change]] = {stream: [] for stream in STREAMS}
    counts: dict[int, int] = {}
    latencies_s: list[float] = []
    speeds: list[float] = []
    highest_m = ground_m = 0.0
    mode = ""
    for line in trace:
        topic, msg, t = line.get("topic"), line.get("msg", {}), line.get("t", 0.0)
        if "call" in line:
            latencies_s.append(line["latency_s"])
            events["reply"].append(Change((line["call"], _unstamped(line)), t))
        elif topic == "mavlink_source" or line.get("mavlink", "").startswith("COMMAND_LONG"):
            events["authorisation"].append(Change("asked", t))
        elif topic == "mission/waypoints":
            events["current"].append(Change(msg["current_seq"], t))
        elif topic == "mission/reached":
            counts[msg["wp_seq"]] = counts.get(msg["wp_seq"], 0) + 1
            _note_change(events["reached"], msg["wp_seq"], t)
        elif topic == "state":
            mode = msg["mode"]
            _note_change(events["state"], (msg["mode"], msg["armed"], msg["system_status"]), t)
        elif topic == "extended_state":
            _note_change(events["landed"], msg["landed_state"], t)
        elif topic == "local_position/pose":
            up_m = msg["pose"]["position"]["z"]
            if not events["landed"] or events["landed"][-1].value == ON_GROUND:
                ground_m = up_m
            else:
                highest_m = max(highest_m, up_m if mode == "OFFBOARD" else up_m - ground_m)
        elif topic == "local_position/velocity_local":
            speeds.append(hypot(msg["twist"]["linear"]["x"], msg["twist"]["linear"]["y"]))
    fast = sorted(s for s in speeds if s > AT_REST_MPS)
    plateau_mps = fast[int(0.8 * len(fast))] if fast else AT_REST_MPS  # one sample just above rest changes little
    return Story(events, latencies_s, counts, highest_m, plateau_mps)


def _unstamped(line: Line) -> str:
    def strip(value: object) -> object:
        if isinstance(value, dict):
            return {name: strip(item) for name, item in value.items() if name != "stamp"}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return json.dumps(strip(line["response"]), sort_keys=True)


def _note_change(events: list[Change], value: object, t: float) -> None:
    if not events or events[-1].value != value:
        events.append(Change(value, t))
