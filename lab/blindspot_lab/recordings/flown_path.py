"""Comparison of the way of a recorded return with its replay: the path, the modes, and the items that it passes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import dist

from blindspot.flight.route import distance_to_path
from blindspot_lab.recordings.recording import Trace
from blindspot_lab.recordings.replay import Replay

PATH_M = 3.0
"""Largest distance of one path from the other: two flights of one PX4 differ by 1.5 m, and the replay may be late."""
LASTING_S = 2.5
"""A shorter current item is left out: PX4 publishes only some of the items that follow each other at one place."""
AIRBORNE_M = 1.5

Spot = tuple[float, float, float]


def path_differences(recorded: Trace, replayed: Replay) -> list[str]:
    """Differences between the way of a recorded flight and its replay; empty if the replay conforms.

    - The modes, with armed, are the same in the same order.
    - The current items that last for `LASTING_S` are the same in the same order, up to the landing.
    - From the first AUTO.RTL to the landing, no recorded place is further than `PATH_M` from the path of the replay.
      That path counts from the take-off on, because the vehicles are not equally far when the return is ordered.
    - Both land within `PATH_M` of each other.
    """
    ours = replayed.trace
    found = []
    for what, of in (("modes", _modes), ("lasting items", _lasting_items)):
        real, simulated = of(recorded), of(ours)
        if real != simulated:
            found.append(f"{what}: {simulated}, recorded {real}")
    real_way, our_way = (list(_way(trace, returns=True)) for trace in (recorded, ours))
    if not real_way or not our_way:
        return [*found, "no return was flown"]
    path = list(_way(ours, returns=False))
    off_m, at = max((distance_to_path(place, path), place) for place in real_way)
    if off_m > PATH_M:
        found.append(f"recorded place {tuple(round(x, 1) for x in at)} is {off_m:.1f} m off the replay's path")
    if dist(real_way[-1][:2], our_way[-1][:2]) > PATH_M:
        found.append(f"landed at {our_way[-1]}, recorded {real_way[-1]}")
    return found


def _modes(trace: Trace) -> list[tuple[str, bool]]:
    shown = ((line["msg"]["mode"], line["msg"]["armed"]) for line in trace if line.get("topic") == "state")
    known = (pair for pair in shown if pair[0].startswith("AUTO") or pair[0] in ("OFFBOARD", "POSCTL"))
    return [pair for pair, _ in groupby(known)]


def _lasting_items(trace: Trace) -> list[int]:
    """The current items that last, from the arming to the first report on the ground after the flight."""
    times = [line["t"] for line in trace if line.get("topic") == "state" and line["msg"]["armed"]]
    seqs = [
        (line["t"], line["msg"]["current_seq"])
        for line in trace
        if line.get("topic") == "mission/waypoints" and line["t"] <= times[-1]
    ]
    ends = [*(t for t, _ in seqs[1:]), times[-1]]
    lasting = [seq for (t, seq), end_s in zip(seqs, ends, strict=True) if end_s - max(t, times[0]) >= LASTING_S]
    return [seq for seq, _ in groupby(lasting)]


def _way(trace: Trace, *, returns: bool) -> Iterator[Spot]:
    """Places in the air, or only those from the first AUTO.RTL on."""
    counts = not returns
    for line in trace:
        if line.get("topic") == "state":
            counts = counts or line["msg"]["mode"] == "AUTO.RTL"
        elif counts and line.get("topic") == "local_position/pose":
            place = line["msg"]["pose"]["position"]
            if place["z"] >= AIRBORNE_M:
                yield place["x"], place["y"], place["z"]
