"""A finished run for the page: its records at any time, its ground, its clock."""

import base64
import gzip
import json
import math
from threading import Lock

import numpy as np
import pytest
from test.factories import masks_over, plan_of, route_of, view_at

from blindspot.console import FlownRun, ReplayClock, View
from blindspot.core.errors import InputError
from blindspot.site.ground import Grid

TRACK = """\
stamp_s,drone,east_m,north_m,up_m,battery_fraction,armed,in_air,mode
100.00,drone1,0.000,0.000,0.000,0.9900,0,0,AUTO.LOITER
110.00,drone1,0.000,0.000,50.000,0.9500,1,1,AUTO.MISSION
120.00,drone1,10.000,0.000,50.000,0.9000,1,1,AUTO.MISSION
"""
EVENTS = (
    (101.0, "drone1.flight_control", "log", "takeoff"),
    (112.0, "drone1.camera", "log", "capturing"),
    (115.0, "drone1.flight_control", "log", "hold: a crane moves"),
    (115.5, "drone1.camera", "log", "inhibited by flight_control"),
    (116.0, "drone1.detector", "log", "a detail for nobody"),
    (117.0, "drone1.recorder", "warning", "the disk is nearly full"),
)


def times(*first_row):
    return np.array([first_row, [math.nan] * 3])


@pytest.fixture
def folder(tmp_path):
    """A run of 20 s: two rows of three cells, the southern row blind."""
    grid = Grid(0.0, 0.0, 1.0, 2, 3)
    masks_over(grid, blind=np.array([[True] * 3, [False] * 3])).save(tmp_path / "ground.npz")
    (tmp_path / "plan.json").write_text(plan_of(route_of(view_at(0.0, 0.0, 60.0))).model_dump_json())
    (tmp_path / "track.csv").write_text(TRACK)
    lines = ({"stamp_s": at, "source": by, "kind": kind, "text": text} for at, by, kind, text in EVENTS)
    (tmp_path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    nan = math.nan
    np.savez(tmp_path / "seen.npz", first_seen_s=times(112.0, 114.0, nan), last_seen_s=times(118.0, 114.0, nan))
    (tmp_path / "summary.json").write_text(
        json.dumps({"simulated": True, "outcome": "completed", "order": {"person": "A. Martin"}})
    )
    return tmp_path


def drone(run, time_s):
    return run.records(time_s)["drone/drone1"]


@pytest.mark.parametrize(
    ("time_s", "phase", "reason", "inhibited", "up_m"),
    [
        (90.0, "idle", "", True, 0.0), (101.0, "takeoff", "", True, 0.0), (112.5, "takeoff", "", False, 50.0),
        (119.0, "hold", "a crane moves", True, 50.0), (500.0, "hold", "a crane moves", True, 50.0),
    ],
)  # fmt: skip
def test_a_drone_has_the_place_and_the_phase_of_the_time(folder, time_s, phase, reason, inhibited, up_m):
    state = drone(FlownRun(folder), time_s)
    assert (state["phase"], state["reason"], state["sensor_inhibited"], state["up_m"]) == (
        phase, reason, inhibited, up_m,
    )  # fmt: skip


def test_the_trail_ends_where_the_drone_is(folder):
    run = FlownRun(folder)
    assert [len(drone(run, time_s)["trail"]) for time_s in (100.0, 110.0, 125.0)] == [1, 2, 3]
    assert drone(run, 125.0)["trail"][-1] == drone(run, 125.0)["at"]


def test_the_ground_fills_in_time(folder):
    run = FlownRun(folder)
    shares = [run.records(time_s)[f"seen/{folder.name}"]["seen_fraction"] for time_s in (100.0, 112.0, 113.9, 120.0)]
    assert shares == pytest.approx([0.0, 1 / 3, 1 / 3, 2 / 3], abs=1e-3)


def test_each_cell_has_the_times_of_its_views_northernmost_row_first(folder):
    ground = json.loads(gzip.decompress(FlownRun(folder).ground()))
    first, last = (np.frombuffer(base64.b64decode(ground[name]), "<u2") for name in ("first", "last"))
    assert (ground["begin_s"], ground["unit_s"], ground["rows"], ground["columns"]) == (100.0, 1.0, 2, 3)
    assert first.tolist() == [0, 0, 0, 13, 15, ground["never"]]
    assert last.tolist() == [0, 0, 0, 19, 15, ground["never"]]
    north, south = ground["corners"][0][1], ground["corners"][2][1]
    assert north > south


def test_a_run_without_first_views_shows_the_last_ones(folder):
    np.savez(folder / "seen.npz", last_seen_s=times(118.0, 114.0, math.nan))
    run = FlownRun(folder)
    assert [run.records(time_s)[f"seen/{folder.name}"]["seen_fraction"] for time_s in (113.0, 120.0)] == [
        0.0,
        pytest.approx(2 / 3, abs=1e-3),
    ]


@pytest.mark.parametrize("content", [None, b"broken"])
def test_without_its_smaller_files_a_run_is_shown_with_less(folder, content):
    for name in ("events.jsonl", "seen.npz", "summary.json"):
        (folder / name).unlink()
        if content is not None:
            (folder / name).write_bytes(content)
    run = FlownRun(folder)
    records = run.records(119.0)
    assert (records["drone/drone1"]["phase"], records[f"seen/{folder.name}"]["seen_area_m2"]) == ("idle", 0.0)
    assert run.jumps() == []
    assert records["stack"]["simulated"] is False, "an unknown kind of flight counts as real"


@pytest.mark.parametrize("name", ["plan.json", "track.csv", "ground.npz"])
def test_without_a_file_that_the_page_needs_a_run_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        FlownRun(folder)


def test_a_run_in_which_nothing_flew_is_refused(folder):
    (folder / "track.csv").write_text(TRACK.splitlines()[0] + "\n")
    with pytest.raises(InputError, match=r"track\.csv: holds no place of a drone"):
        FlownRun(folder)


def test_people_jump_to_phases_and_warnings_alone(folder):
    jumps = FlownRun(folder).jumps()
    assert [(jump["at_s"], jump["warns"]) for jump in jumps] == [(101.0, False), (115.0, False), (117.0, True)]


@pytest.fixture
def played(folder):
    view = View()
    clock = ReplayClock(FlownRun(folder), view, Lock(), speed=2.0)

    def replay():
        return json.loads(view.since(0, 0.0))["set"]["replay"]

    return clock, replay


def test_a_replay_plays_at_its_speed_and_stops_at_the_end(played):
    clock, replay = played
    clock.step(3.0)
    assert (replay()["at_s"], replay()["plays"]) == (106.0, True)
    clock.step(30.0)
    assert (replay()["at_s"], replay()["plays"]) == (120.0, False)
    clock.take({"plays": True})
    assert (replay()["at_s"], replay()["plays"]) == (100.0, True), "play at the end begins anew"


def test_a_page_seeks_pauses_and_changes_the_speed(played):
    clock, replay = played
    assert clock.take({"seek_s": 115, "plays": False, "speed": 20})
    clock.step(1.0)
    assert (replay()["at_s"], replay()["plays"], replay()["speed"]) == (115.0, False, 20.0)


@pytest.mark.parametrize(
    "said", [{}, {"seek_s": "115"}, {"seek_s": math.nan}, {"speed": True}, {"plays": 1}, {"order": "hold"}]
)
def test_other_words_of_a_page_change_nothing(played, said):
    clock, replay = played
    before = replay()
    assert not clock.take(said)
    assert replay() == before


def test_a_seek_and_a_speed_beyond_the_bounds_are_taken_to_the_bounds(played):
    clock, replay = played
    clock.take({"seek_s": 1e9, "speed": 1e9})
    assert (replay()["at_s"], replay()["speed"]) == (120.0, 20.0)
    clock.take({"seek_s": -1e9, "speed": 0})
    assert (replay()["at_s"], replay()["speed"]) == (100.0, 1.0)
