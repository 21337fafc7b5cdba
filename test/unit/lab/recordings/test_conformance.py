"""The simulated vehicle against recorded flights of PX4 + MAVROS, and proof that the comparison can fail."""

import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import pytest

from blindspot.flight.watch.support import MATRIX
from blindspot_lab.recordings import recording
from blindspot_lab.recordings.conformance import differences
from blindspot_lab.recordings.recording import Trace, read_trace
from blindspot_lab.recordings.replay import Replay, replay
from blindspot_sim.autopilot import (
    arm_authorisation,
    auto_mission as mission,
    autopilot,
    commander,
    dynamics,
    navigator,
    px4_parameters as parameters,
)
from blindspot_sim.autopilot.commander import Commander
from blindspot_sim.mavros import lists, simulated_mavros as mavros

SCENARIOS = (
    "arm_authorisation", "arming_refused", "fence_and_rally_push", "gcs_loss", "geofence", "geofence_excludes_home",
    "gps_loss", "low_battery", "mavros_killed_in_mission", "mission", "mission_gimbal_items", "mission_push_in_flight",
    "offboard", "offboard_loss_default", "offboard_loss_return", "pilot_rtl_in_offboard", "pilot_takeover",
    "rtl_from_far", "takeoff_land",
)  # fmt: skip


@cache
def recorded(folder: Path, scenario: str) -> Trace:
    return read_trace(folder / "traces" / f"{scenario}.jsonl.gz")


@cache
def played(folder: Path, scenario: str, seed: int = 1) -> Replay:
    return replay(recorded(folder, scenario), seed=seed)


def test_every_recording_is_replayed(shared_data):
    assert {path.name.partition(".")[0] for path in (shared_data / "traces").glob("*.gz")} == set(SCENARIOS)


def test_the_table_of_support_calls_exactly_the_recorded_pair_recorded(shared_data):
    pairs = set()
    for scenario in SCENARIOS:
        head = next(line for line in recorded(shared_data, scenario) if {"autopilot", "mavros"} <= line.keys())
        px4, mavros = (re.findall(r"(\d+)\.(\d+)", head[name])[0] for name in ("autopilot", "mavros"))
        pairs.add((tuple(map(int, px4)), tuple(map(int, mavros))))
    recorded_pairs = [pair for pair in MATRIX if pair.state == "recorded"]
    assert pairs == {(pair.px4, pair.mavros) for pair in recorded_pairs}
    assert all(f"{len(SCENARIOS)} scenarios" in pair.evidence for pair in recorded_pairs)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (2, 3))])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_vehicle_conforms_to_the_recording(shared_data, scenario, seed):
    assert differences(recorded(shared_data, scenario), played(shared_data, scenario, seed)) == []


def battery_acts_at_once(self, cause, action, now_s, fail=Commander._fail):
    fail(self, cause, action, now_s)
    if cause.startswith("battery"):
        self._act_s = now_s


def keeps_us_from_the_pilot(self, mode, now_s, can_run=Commander.can_run):
    return can_run(self, mode, now_s) and not (self.manual_control and self.mode == "POSCTL")


def takes_an_empty_list(self, kind, waypoints, push=lists.Lists.push):
    return not waypoints or push(self, kind, waypoints)


def silence_is_yes(self, now_s, step=arm_authorisation.ArmAuthorisation.step):
    if self._answer is None and self.is_asking:
        self._answer, self._until_s, self._round = True, now_s, 2
    step(self, now_s)


MUTANTS = {
    "answers at once": ("takeoff_land", mavros, "_ACK_S", (0.0, 0.0)),
    "publishes a reached item once": ("mission", mavros, "_REACHED_REPEATS", 0),
    "shows a mode at once": ("takeoff_land", recording, "_heartbeat_s", lambda trace: 0.05),
    "takes off without spooling up": ("takeoff_land", autopilot, "_SPOOLED_UP_S", 0.0),
    "lands too soon": ("rtl_from_far", recording, "_land_detection_s", lambda trace: 0.0),
    "flies too slowly": ("rtl_from_far", dynamics, "_KI_HORIZONTAL", 0.0),
    "leans too little": ("pilot_rtl_in_offboard", dynamics, "_MAX_TILT_MPS2", 6.0),
    "forgets that a mission ended": ("mission", mission, "MissionRunner._do", lambda self, item: None),
    "flies a new mission unchecked": ("mission_push_in_flight", commander, "_MISSION_CHECK_S", 0.0),
    "arms in a mode that can't run": ("offboard", Commander, "can_run", lambda self, mode, now_s: True),
    "arms without its ground station": ("gcs_loss", Commander, "can_arm", lambda self, now_s: self.ready),
    "takes an empty fence": ("geofence_excludes_home", lists, "Lists.push", takes_an_empty_list),
    "ignores the fence": ("geofence", Commander, "_breaches", lambda self: False),
    "acts on a failsafe without holding": ("geofence", parameters.DEFAULTS, "COM_FAIL_ACT_T", 0.0),
    "acts on its battery at once": ("low_battery", Commander, "_fail", battery_acts_at_once),
    "never sees its battery empty": ("low_battery", Commander, "_watch_battery", lambda self, now_s: None),
    "returns home past its rally points": ("fence_and_rally_push", navigator, "Navigator._safe_place",
                                           lambda self: self.home),
    "flies on without a position": ("gps_loss", Commander, "position_changed", lambda self, has_position: None),
    "never finds its position again": ("gps_loss", autopilot, "_POSITION_FOUND_S", 100.0),
    "lands when set-points are lost": ("offboard_loss_return", commander, "_OFFBOARD_LOSS", {3: "AUTO.LAND"}),
    "holds with nobody at the sticks": ("offboard_loss_default", Commander, "is_out_of_hand", False),
    "ignores the pilot": ("pilot_takeover", mavros, "SimulatedMavros.pilot", lambda self, mode: False),
    "keeps us from taking it from the pilot": ("pilot_takeover", Commander, "can_run", keeps_us_from_the_pilot),
    "does not mind lost sticks": ("pilot_takeover", commander, "_LINK_ACTION", {}),
    "ignores another ground station": ("pilot_rtl_in_offboard", mavros, "SimulatedMavros.pilot",
                                       lambda self, mode: False),
    "arms while its authoriser is silent": ("arm_authorisation", arm_authorisation, "ArmAuthorisation.step",
                                            silence_is_yes),
    "arms without asking": ("arm_authorisation", arm_authorisation, "ArmAuthorisation.is_required", False),
    "loses its mission with MAVROS": ("mavros_killed_in_mission", mavros, "SimulatedMavros.kill_mavros",
                                      lambda self: self._lists.clear("mission")),
}  # fmt: skip


USUAL = ("acts on its battery at once", "ignores the pilot", "arms without asking", "loses its mission with MAVROS")
"""Mutants of each run; a thorough run has all."""


@pytest.mark.parametrize(
    "name", [name if name in USUAL else pytest.param(name, marks=pytest.mark.thorough) for name in MUTANTS]
)
def test_comparison_notices_a_vehicle_that(shared_data, monkeypatch, name):
    scenario, owner, attribute, value = MUTANTS[name]
    if isinstance(owner, dict):
        monkeypatch.setitem(owner, attribute, value)
    else:
        *path, last = attribute.split(".")
        monkeypatch.setattr(getattr(owner, path[0]) if path else owner, last, value)
    trace = recorded(shared_data, scenario)
    assert differences(trace, replay(trace))


@pytest.mark.parametrize(("off_m", "is_alike"), [(-0.9, True), (-3.0, False)])
def test_an_estimator_that_is_off_on_the_ground_flies_to_its_setpoints_all_the_same(shared_data, off_m, is_alike):
    trace = recorded(shared_data, "offboard_loss_default")
    replayed = deepcopy(played(shared_data, "offboard_loss_default"))
    states = [line for line in replayed.trace if line.get("topic") == "extended_state"]
    starts_s = next(line["t"] for line in states if line["msg"]["landed_state"] == autopilot.TAKING_OFF)
    for line in replayed.trace:
        if line.get("topic") == "local_position/pose" and line["t"] < starts_s:
            line["msg"]["pose"]["position"]["z"] += off_m
    assert (differences(trace, replayed) == []) is is_alike


def test_comparison_accepts_no_missing_flight(shared_data):
    trace = recorded(shared_data, "takeoff_land")
    replayed = deepcopy(played(shared_data, "takeoff_land"))
    replayed.trace[:] = [line for line in replayed.trace if line["t"] < 15.0]
    assert differences(trace, replayed)


@pytest.mark.parametrize(("drift_mps", "is_alike"), [(1.02, True), (2.0, False)])
def test_a_hover_with_one_faster_sample_is_a_hover(shared_data, drift_mps, is_alike):
    trace = recorded(shared_data, "takeoff_land")
    replayed = deepcopy(played(shared_data, "takeoff_land"))
    speeds = [line for line in replayed.trace if line.get("topic") == "local_position/velocity_local"]
    speeds[len(speeds) // 2]["msg"]["twist"]["linear"]["x"] = drift_mps
    assert (differences(trace, replayed) == []) is is_alike


@pytest.mark.parametrize(("before_s", "is_alike"), [(0.04, True), (0.005, True), (-0.5, False)])
def test_the_item_after_a_reached_one_may_come_until_the_item_that_a_call_sets(shared_data, before_s, is_alike):
    """MAVROS publishes the next item even as the answer to `mission/set_current`; later the item stays set."""
    trace = recorded(shared_data, "mission_push_in_flight")
    answer = next(line for line in trace if line.get("call") == "mission/set_current")
    item_0 = [line for line in trace if line.get("topic") == "mission/waypoints" and line["t"] < answer["t"]][-1]
    between = {**item_0, "t": item_0["t"] - before_s, "msg": {**item_0["msg"], "current_seq": 2}}
    trace_with_it = sorted([*trace, between], key=lambda line: float(line["t"]))
    assert (differences(trace_with_it, played(shared_data, "mission_push_in_flight")) == []) is is_alike


@pytest.mark.parametrize("late_s", [0.01, 0.9])
def test_an_input_that_comes_a_heartbeat_later_than_recorded_may_follow_the_next_item(shared_data, late_s):
    """It was recorded 0.05 s after the reached item, and the replay's inputs keep the phase of the heartbeats."""
    trace = recorded(shared_data, "mission_push_in_flight")
    replayed = deepcopy(played(shared_data, "mission_push_in_flight"))
    reached = next(line for line in replayed.trace if line.get("msg", {}).get("wp_seq") == 1)
    reached["t"] -= 0.05
    item_2 = next(line for line in replayed.trace if line.get("msg", {}).get("current_seq") == 2)
    item_2["t"] = reached["t"] + late_s
    assert differences(trace, replayed) == []
