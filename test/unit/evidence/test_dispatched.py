"""The look of a dispatch in the summary: its times count from the order, on the clock of the run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from blindspot.evidence.dispatched import DISPATCH_FILE, dispatches_of, keep_dispatch
from blindspot.evidence.observed.event_log import EVENTS_FILE, EventLog, RunEvent
from blindspot.evidence.observed.picture_poses import POSES_FILE
from blindspot.evidence.observed.track import Track

PLACE = {"lat_deg": 47.0, "lon_deg": 2.0}
HEADING = "stamp_s,drone,east_m,north_m,up_m,heading_deg,pitch_deg,roll_deg\n"


@pytest.fixture
def run(tmp_path):
    """A run that was ordered at 10 s, judged from 12 to 14 s, and looked from 70 to 190 s."""
    keep_dispatch(tmp_path, place=PLACE, drone="drone1", from_="pad", planned_looking_s=72.2, asked_s=10.0)
    log = EventLog(tmp_path / EVENTS_FILE)
    for stamp_s, phase in ((12.0, "authorising"), (14.0, "flying")):
        log.write(RunEvent(stamp_s, "blindspot.mission_manager", "log", f"{tmp_path.name}: {phase}"))
    log.close()
    rows = [f"{stamp_s},drone1,0,0,60,0,-50,0\n" for stamp_s in (70.0, 190.0)]
    (tmp_path / POSES_FILE).write_text(HEADING + "".join(rows) + "60.0,drone2,0,0,60,0,-50,0\n")
    return tmp_path


def track(up):
    stamps_s = np.array([10.0, 30.0, 40.0])
    flags = np.array(up)
    return Track(stamps_s, np.zeros((3, 3)), np.ones(3), flags, flags, np.array(["takeoff"] * 3))


def test_times_count_from_the_order(run):
    [found] = dispatches_of(run, {"drone1": track([False, True, True])})
    assert found == {
        "place": PLACE, "drone": "drone1", "from": "pad", "asked": 10.0, "planned_looking_s": 72.2,
        "judged_s": 2.0, "wheels_up_s": 20.0, "looking_s": 60.0, "looked_s": 120.0,
    }  # fmt: skip


def test_a_drone_that_never_looked_has_no_times(run):
    for name in (POSES_FILE, EVENTS_FILE):
        (run / name).unlink()
    [found] = dispatches_of(run, {"drone1": track([False] * 3)})
    assert [found[name] for name in ("judged_s", "wheels_up_s", "looking_s", "looked_s")] == [None] * 4


@pytest.mark.parametrize("text", [None, "nothing", json.dumps({"drone": "drone1"})])
def test_another_run_has_no_such_entry(tmp_path, text):
    if text is not None:
        (tmp_path / DISPATCH_FILE).write_text(text)
    assert dispatches_of(tmp_path, {}) == []


FROM_AIR = {"place": PLACE, "drone": "drone1", "from_": "air", "planned_looking_s": 22.0}
ENDS = {
    "whole": "hold: A. Martin inspects 60 m east, 40 m north; inspected and back on the route: goes on",
    "pilot": "pilot: the pilot has it (mode POSCTL)",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_look_from_the_air_counts_the_pictures_of_its_inspection_alone(tmp_path, end):
    """Asked for at 100 s, on its way from 106 s, looks from 118 s; the pilot takes the drone on the way."""
    keep_dispatch(tmp_path, **FROM_AIR, asked_s=100.0)
    ended_s = {"whole": 165.0, "pilot": 112.0}[end]
    log = EventLog(tmp_path / EVENTS_FILE)
    for stamp_s, source, text in (
        (90.0, "drone1", "inspect: an earlier one"), (101.0, "drone1", "hold: A. Martin inspects"),
        (104.0, "drone2", "inspect: of another drone"), (106.0, "drone1", "inspect: A. Martin inspects"),
        (ended_s, "drone1", ENDS[end]), (166.0, "drone1", "en_route: resumed by the order of A. Martin"),
    ):  # fmt: skip
        log.write(RunEvent(stamp_s, f"{source}.flight_control", "log", text))
    log.close()
    stamps_s = (95.0, 118.0, 148.0, 180.0)
    (tmp_path / POSES_FILE).write_text(HEADING + "".join(f"{stamp_s},drone1,0,0,60,0,-50,0\n" for stamp_s in stamps_s))
    [found] = dispatches_of(tmp_path, {})
    looked = {"looking_s": 18.0, "looked_s": 30.0} if end == "whole" else {"looking_s": None, "looked_s": None}
    assert found == {
        "place": PLACE, "drone": "drone1", "from": "air", "asked": 100.0, "planned_looking_s": 22.0,
        "moving_s": 6.0, "ended": ENDS[end], **looked,
    }  # fmt: skip


def test_each_look_of_a_run_counts_up_to_the_next_order(tmp_path):
    """The gate refuses the first view; the second order flies another one."""
    keep_dispatch(tmp_path, **FROM_AIR, asked_s=100.0)
    keep_dispatch(tmp_path, **FROM_AIR, asked_s=103.0)
    log = EventLog(tmp_path / EVENTS_FILE)
    log.write(RunEvent(107.0, "drone1.flight_control", "log", "inspect: A. Martin inspects"))
    log.close()
    assert [look["moving_s"] for look in dispatches_of(tmp_path, {})] == [None, 4.0]


def test_a_prolonged_look_counts_from_its_order_on(tmp_path):
    """The drone looks since 106 s; at 150 s a person prolongs the look, and it ends at 210 s."""
    keep_dispatch(tmp_path, **FROM_AIR, asked_s=100.0)
    keep_dispatch(tmp_path, **FROM_AIR | {"planned_looking_s": 0.0}, asked_s=150.0)
    log = EventLog(tmp_path / EVENTS_FILE)
    for stamp_s, text in ((106.0, "inspect: A. Martin inspects"), (210.0, ENDS["whole"])):
        log.write(RunEvent(stamp_s, "drone1.flight_control", "log", text))
    log.close()
    stamps_s = (118.0, 148.0, 151.0, 205.0, 220.0)
    (tmp_path / POSES_FILE).write_text(HEADING + "".join(f"{stamp_s},drone1,0,0,60,0,-50,0\n" for stamp_s in stamps_s))
    prolonged = dispatches_of(tmp_path, {})[1]
    times = {name: prolonged[name] for name in ("moving_s", "looking_s", "looked_s", "ended")}
    assert times == {"moving_s": 0.0, "looking_s": 1.0, "looked_s": 54.0, "ended": ENDS["whole"]}
