"""Replay of the recorded scenarios on the PX4 and MAVROS of this machine, with the simulated vehicle's criteria.

The simulated vehicle conforms to the recordings (`test/unit/lab/recordings/test_conformance.py`). A pass here shows
that PX4 and MAVROS still behave like it.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from blindspot_lab.recordings.conformance import differences
from blindspot_lab.recordings.recording import Trace, first_input_s, read_trace
from blindspot_sim.airframe.vehicle_config import HEARTBEAT_PERIOD_S

pytestmark = [pytest.mark.sitl, pytest.mark.timeout(1200)]

SCENARIOS = (
    "arm_authorisation", "arming_refused", "fence_and_rally_push", "gcs_loss", "geofence", "geofence_excludes_home",
    "gps_loss", "low_battery", "mavros_killed_in_mission", "mission", "mission_gimbal_items", "mission_push_in_flight",
    "offboard", "offboard_loss_default", "offboard_loss_return", "pilot_rtl_in_offboard", "pilot_takeover",
    "rtl_from_far", "takeoff_land",
)  # fmt: skip

UNLIKE_ITSELF = {
    "": (
        r"landed [1-4]: after .*",  # PX4 notices a take-off or a touch-down 1 to 30 s late, from flight to flight
        r"state \('[A-Z.]+', False, 3\): after .*",  # so it disarms
        r"current 0: after .*",  # published again with the take-off
        r"reply after [0-4]\.\d+ s, recorded 0\..*",  # a busy machine
        r"horizontal speed .*, recorded 2.88 m/s",  # adrift without satellites
    ),
    "offboard_loss_default": (r"state \('OFFBOARD', False, 0\): after .*",),  # it disarms, as above
    "mavros_killed_in_mission": (  # ten times a second until MAVROS dies
        r"item 1 published [1-9] times as reached, recorded 1",
    ),
    "mission_gimbal_items": (  # one of the command items is published by chance
        r"reached: .*, recorded \[0, 1, 2, 5, 7\]",
        r"current: .*, recorded \[0, 1, 3, 6, 7\]",
        r"current [37]: after .*",
    ),
    "low_battery": (  # it may take off without the altitude that was just set: then the battery is low elsewhere
        r"reached 0: after .*",
        r"highest altitude .*",
        r"state \('AUTO.LOITER', True, [45]\): after .*",
    ),
}
"""Differences that one PX4 has from another flight of its own, in every scenario ("") and in one."""

OTHERWISE = {
    (1, 15): {
        "": (
            r"reached: (\[.*), 3\], recorded \1, 4\]",  # the RTL item itself is never published
            r"item [47] published 0 times as reached, .*",
            r"item [12] published 1[01] times as reached, .*",  # again and again, until another is reached
            r"state: (\[.*)\('AUTO.MISSION', False, 3\)\], recorded \1\('AUTO.LOITER', False, 3\)\]",  # once landed
            r"current: (\[.*), 0\], recorded \1\]",
        ),
        "geofence_excludes_home": (  # arming is refused
            r"state: \[(\('AUTO.LOITER', False, 3\), )\('AUTO.LOITER', False, 0\)\], "
            r"recorded \[\1\('AUTO.LOITER', True, 4\)\]",
            r"reply: .*\('cmd/arming', '{\"result\": 1, \"success\": false}'\).*, recorded .*",
        ),
        "mavros_killed_in_mission": (  # the item that came while it died
            r"current: \[0, 1, (2, )?3, 4, 0\], recorded \[0, 1, 3, 4\]",
        ),
        "offboard": (  # a minute on the ground, and its estimator calls its velocity unstable for seven seconds
            r"state: (\[.*)(\('AUTO.TAKEOFF', False, 3\), )\('AUTO.TAKEOFF', False, 0\), \2(.*), recorded \1\2\3",
        ),
        "pilot_takeover": (  # the loss of the sticks counts on, whatever is chosen then
            r"state: (.*)\('AUTO.RTL', True, 5\)(.*), recorded \1\('AUTO.RTL', True, 4\)\2",
        ),
        "pilot_rtl_in_offboard": (  # in a return, too, which 1.17 leaves alone: hold, and return again, and land later
            r"state: (\[.*\('AUTO.RTL', True, 4\), )\('AUTO.LOITER', True, 5\), \('AUTO.RTL', True, 5\)"
            r"(, \('OFFBOARD', False, 0\))?\], recorded \1\('OFFBOARD', False, 0\)\]",
        ),
        "geofence": (r"horizontal speed 4.\d+ m/s, recorded 5.36 m/s",),
        "low_battery": (  # its simulated battery stays above 10 %: low, not critical
            r"state: (\[.*\('AUTO.MISSION', True, 4\)), \('AUTO.MISSION', True, 5\)\], recorded \1, .*",
            r"landed: (\[1, 3, 2)\], recorded \1, 4, 1\]",
            r"reached: \[0, 1\], recorded \[0\]",  # and it flies on to the next item
            r"current: \[0, 1, 2\], recorded \[0, 1\]",
        ),
        "arm_authorisation": (  # it asks the authoriser continuously, and becomes ready only after a "yes"
            r"authorisation: .*",
            r"state: \[(\('AUTO.LOITER', False, 3\), )\('AUTO.LOITER', False, 0\), \1?(\('AUTO.LOITER', True, 4\), )"
            r"\('AUTO.LOITER', False, [03]\)\], recorded \[\1\2\('AUTO.LOITER', False, 3\)\]",
            r"reply(:| after) .*",
        ),
    },
}
"""Differences of PX4 versions from the recorded 1.17, in every scenario ("") and in one."""


OF_CHANCE = ("vehicle_info_get", "param/set")
SHORTEST_S = 1.2 * HEARTBEAT_PERIOD_S
"""A mode of shorter duration is published only if a heartbeat falls into it."""


def comparable(trace: Trace, input_s: float) -> Trace:
    """A trace from the first input on, with the state known then.

    The comparison leaves out PX4's boot, its version, refusals of parameters by a busy PX4, and the number of MAVROS's
    own mission pulls.
    """
    known = {line["topic"]: line for line in trace if "topic" in line and line["t"] < input_s}
    lines = [*sorted(known.values(), key=lambda line: line["t"]), *(line for line in trace if line["t"] >= input_s)]
    lines = [line | {"response": None} if line.get("call") in OF_CHANCE else line for line in lines]
    changes = _changes(lines, "state", "mode", "armed", "system_status")
    short = [(a["t"], b["t"]) for a, b in pairwise(changes[1:]) if b["t"] - a["t"] < SHORTEST_S]
    missed = [line for line in lines if line.get("topic") == "state" and any(a <= line["t"] < b for a, b in short)]
    missions = [line for line in lines if line.get("topic") == "mission/waypoints"]
    again = [line for line in missions if line not in _changes(lines, "mission/waypoints", "current_seq")]
    return [line for line in lines if line not in missed and line not in again]


def _changes(trace: Trace, topic: str, *keys: str) -> Trace:
    """The lines of a topic in which one of the values changed."""
    lines = [line for line in trace if line.get("topic") == topic]
    return lines[:1] + [b for a, b in pairwise(lines) if [a["msg"][k] for k in keys] != [b["msg"][k] for k in keys]]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_px4_and_mavros_do_as_recorded(shared_data: Path, tmp_path: Path, real_flight, scenario: str) -> None:
    trace = read_trace(shared_data / "traces" / f"{scenario}.jsonl.gz")
    played, version = real_flight(trace)
    (tmp_path / "replay.jsonl").write_text("".join(json.dumps(line) + "\n" for line in played.trace))
    shown = replace(played, trace=comparable(played.trace, played.inputs[0].simulated_s))
    otherwise = OTHERWISE.get(version, {})
    usual = [known for rules in (UNLIKE_ITSELF, otherwise) for key in ("", scenario) for known in rules.get(key, ())]
    found = differences(comparable(trace, first_input_s(trace)), shown, phase_s=HEARTBEAT_PERIOD_S)
    surprising = [line for line in found if not any(re.fullmatch(known, line) for known in usual)]
    assert not surprising, "\n".join(surprising)
