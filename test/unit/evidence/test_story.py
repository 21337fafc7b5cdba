"""The story of a run: its own causes, its events, its batteries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from test.factories import cost_of, coverage_of, masks_over, plan_of, route_of, view_at

from blindspot.evidence.battery_chart import battery_chart
from blindspot.evidence.masks.miss_rate import MODEL_LINE
from blindspot.evidence.observed.event_log import EVENTS_FILE, RunEvent
from blindspot.evidence.observed.track import Track
from blindspot.evidence.story import MOST, Line, Story, clock, story_of, timeline, with_chain
from blindspot.evidence.unseen_run import NO_PICTURE, NOT_FLOWN, NOT_PLANNED, causes_of
from blindspot.mission.ground_masks import GroundMasks
from blindspot.mission.plan import Plan
from blindspot.mission.plan_figures import UnseenGround
from blindspot.site.ground.grid import Grid

GRID = Grid(-100.0, -100.0, 1.0, 200, 200)


def track(*positions, battery=None):
    at_m = np.array(positions, float)
    in_air = at_m[:, 2] > 0
    left = np.linspace(1.0, 0.5, len(at_m)) if battery is None else np.array(battery)
    return Track(10.0 * np.arange(len(at_m), dtype=float), at_m, left, in_air, in_air, in_air.astype(str))


@pytest.fixture
def masks() -> GroundMasks:
    return masks_over(GRID)


@pytest.fixture
def plan() -> Plan:
    """Two views straight down, 100 m apart: each sees a rectangle of its own."""
    views = (view_at(east_m, 0, 80, id=f"v{east_m}", dwell_s=2) for east_m in (-50, 50))
    unseen = (UnseenGround(cause="left by the planner", area_m2=37000),)
    return plan_of(
        route_of(*views, pad="a", up_m=80, failsafe={"fence_max_alt_m": 100}, expected=cost_of(60, 140, 4)),
        coverage=coverage_of(40000, cell_m=1, planned_area_m2=3000, unseen=unseen),
    )


@pytest.fixture
def mission():
    camera = SimpleNamespace(
        hfov_deg=35.0,
        width_px=1920,
        height_px=1080,
        gimbal_slew_dps=60.0,
        gimbal_min_pitch_deg=-90.0,
        sensor="visible",
    )
    model = SimpleNamespace(camera=camera, performance=SimpleNamespace(yaw_rate_dps=60.0, acceleration_mps2=2.0))
    return SimpleNamespace(model_of=lambda _: model)


def causes(plan, mission, masks, seen, flown):
    found = causes_of(plan, (), mission, masks, seen, {"drone1": flown})
    return {cause.cause: cause.area_m2 for cause in found}


def test_the_causes_of_an_early_return_add_up_to_the_unseen_ground(plan, mission, masks):
    seen = np.zeros(GRID.shape, bool)
    found = causes(plan, mission, masks, seen, track((0, 0, 0), (0, 0, 80), (-50, 0, 80), (0, 0, 80), (0, 0, 0)))
    assert found.keys() == {NOT_FLOWN, NO_PICTURE, NOT_PLANNED}
    assert found[NOT_FLOWN] == pytest.approx(found[NO_PICTURE], rel=0.05), "each view sees as much"
    assert sum(found.values()) == pytest.approx(40_000)


def test_seen_ground_is_in_no_cause(plan, mission, masks):
    seen = np.zeros(GRID.shape, bool)
    seen[:, :100] = True  # the west, with the view that was flown
    found = causes(plan, mission, masks, seen, track((0, 0, 80), (-50, 0, 80)))
    assert found.keys() == {NOT_FLOWN, NOT_PLANNED} and sum(found.values()) == pytest.approx(20_000)
    assert causes(plan, mission, masks, ~np.zeros(GRID.shape, bool), track((0, 0, 80))) == {}


def test_a_drone_that_never_flew_came_to_no_view(plan, mission, masks):
    found = causes(plan, mission, masks, np.zeros(GRID.shape, bool), track((0, 0, 0)))
    assert found.keys() == {NOT_FLOWN, NOT_PLANNED}
    reported = causes_of(plan, (), mission, masks, np.zeros(GRID.shape, bool), {})
    assert "left by the planner 37000 m²" in next(cause.note for cause in reported if cause.cause == NOT_PLANNED)


def test_a_real_flight_starts_when_it_took_off_and_a_simulated_one_by_its_mission(tmp_path, plan, mission, masks):
    wind = SimpleNamespace(gust_mps=0.0, speed_mps=0.0, from_deg=0.0)
    mission.file = SimpleNamespace(name="m", wind=wind, start=datetime(2026, 11, 6, 19, tzinfo=UTC))
    auth = SimpleNamespace(file=SimpleNamespace(window=SimpleNamespace(tz="Europe/Paris")))
    flown, seen = track((0, 0, 0), (0, 0, 80), (0, 0, 0)), np.zeros(GRID.shape, bool)
    flown.stamp_s[:] += datetime(2027, 3, 1, 21, 30, tzinfo=UTC).timestamp()
    starts = [
        story_of(tmp_path, mission, plan, (), auth, masks, seen, tracks, simulated=simulated).start
        for tracks, simulated in (({"drone1": flown}, False), ({"drone1": flown}, True), ({}, False))
    ]
    assert starts == ["Monday 1 March 2027, 22:30 (Europe/Paris)", "Friday 6 November 2026, 20:00 (Europe/Paris)", ""]


@pytest.mark.parametrize(
    ("hour", "sensor", "said"),
    [(12, "visible", "nanodet by day"), (17, "visible", "nanodet by dusk"), (19, "visible", "25 to 60 px/m, night"),
     (12, "thermal", "25 to 60 px/m, thermal"), (12, None, "The light in the pictures is unknown")],
)  # fmt: skip
def test_the_miss_rate_is_that_of_the_light_at_the_flight_s_time_and_place(
    tmp_path, plan, mission, masks, hour, sensor, said
):
    """On 6 November at 47 degrees north the sun sets at 16:35 UTC."""
    wind = SimpleNamespace(gust_mps=0.0, speed_mps=0.0, from_deg=0.0)
    mission.file = SimpleNamespace(name="m", wind=wind, start=datetime(2026, 11, 6, hour, tzinfo=UTC))
    mission.model_of("drone1").camera.sensor = sensor
    auth = SimpleNamespace(file=SimpleNamespace(window=SimpleNamespace(tz="Europe/Paris")))
    log = {"stamp_s": 1.0, "source": "drone1.detector", "kind": "log", "text": f"{MODEL_LINE}nanodet"}
    (tmp_path / EVENTS_FILE).write_text(json.dumps(log) + "\n")
    tracks = {"drone1": track((0, 0, 0), (0, 0, 80), (0, 0, 0))}
    missed = story_of(tmp_path, mission, plan, (), auth, masks, None, tracks, simulated=True).missed
    assert said in missed.note


def test_without_the_seen_ground_no_cause_is_named_and_without_a_take_off_the_times_say_their_begin(
    tmp_path, plan, mission, masks
):
    wind = SimpleNamespace(gust_mps=0.0, speed_mps=0.0, from_deg=0.0)
    mission.file = SimpleNamespace(name="m", wind=wind, start=datetime(2026, 11, 6, 19, tzinfo=UTC))
    auth = SimpleNamespace(file=SimpleNamespace(window=SimpleNamespace(tz="Europe/Paris")))

    def story(seen, tracks):
        return story_of(tmp_path, mission, plan, (), auth, masks, seen, tracks, simulated=True)

    known = story(np.zeros(GRID.shape, bool), {"drone1": track((0, 0, 0), (0, 0, 80), (0, 0, 0))})
    assert known.causes and known.times == "Time since the first take-off; negative before it."
    unknown = story(None, {})
    assert unknown.causes is None and unknown.times == "Time since the first event: no take-off is known."


def test_the_timeline_shows_transitions_and_warnings_in_order_of_time():
    events = [
        RunEvent(30.0, "drone1.flight_control", "log", "takeoff"),
        RunEvent(20.0, "blindspot.authority", "log", "plan p is cleared"),
        RunEvent(31.0, "drone1.camera", "log", "capturing"),
        RunEvent(32.0, "drone1.camera", "warning", "no picture"),
        RunEvent(33.0, "authority", "lease", "drone1: no lease any more", {"granted": False}),
        RunEvent(33.0, "authority", "lease", "drone1: no lease any more", {"granted": False}),
        RunEvent(float("nan"), "x", "log", "when?"),
    ]
    reported = [(line.when, line.who, line.what, line.warns) for line in timeline(events, 30.0)]
    assert reported == [
        ("−0:10", "authority", "plan p is cleared", False),
        ("0:00", "drone1 flight control", "takeoff", False),
        ("0:02", "drone1 camera", "no picture", True),
        ("0:03", "authority", "drone1: no lease any more", False),
    ]


def test_a_long_timeline_keeps_its_ends_and_counts_the_omitted_events():
    reported = timeline([RunEvent(float(n), "a", "log", f"event {n}") for n in range(500)])
    assert len(reported) == MOST + 1 and reported[0].what == "event 0" and reported[-1].what == "event 499"
    assert any(f"{500 - MOST} more" in line.what for line in reported)
    assert timeline([]) == () and clock(-0.2) == "0:00" and clock(750) == "12:30"


def test_a_warning_in_the_middle_of_a_long_timeline_stays():
    events = [RunEvent(float(n), "blindspot.authority", "log", f"event {n}") for n in range(3 * MOST)]
    events += [RunEvent(1.5 * MOST + n / 100, "drone1.flight_control", "warning", f"gust {n}") for n in range(2 * MOST)]
    lines = timeline(events)
    kept = [line.what for line in lines if line.warns]
    assert kept == [f"gust {n}" for n in range(MOST)]
    assert f"{3 * MOST} more events in events.jsonl" in [line.what for line in lines]


def test_batteries_are_drawn_for_drones_that_flew_each_with_a_free_name():
    flew = {"a": track((0, 0, 5), (0, 0, 50)), "b": track((0, 0, 5), (0, 0, 50)), "parked": track((0, 0, 0))}
    chart = battery_chart(flew, {"a": 0, "b": 1, "parked": 2})
    assert chart is not None and {curve.text for curve in chart.curves} == {"a 50 %", "b 50 %"}
    assert len({(curve.colour, curve.dash) for curve in chart.curves}) == 2
    first, second = (curve.end[1] for curve in chart.curves)
    assert second - first >= 12
    assert battery_chart({"parked": flew["parked"]}, {}) is None
    almost = battery_chart({"a": track((0, 0, 5), (0, 0, 9), battery=[0.7, 0.676])}, {"a": 0})
    assert almost is not None and almost.curves[0].text == "a 67 %", "rounded down, as in the table beside it"
    unknown = battery_chart({"a": track((0, 0, 5), (0, 0, 9), battery=[np.nan, np.nan])}, {"a": 0})
    assert unknown is not None and unknown.curves[0].text == "a unknown"


def test_events_that_the_command_noted_stand_at_the_end_of_the_table():
    told = with_chain(Story(events=(Line("0:01", "authority", "cleared"),)), ["the manager did not answer"])
    assert [line.what for line in told.events] == ["cleared", "the manager did not answer"]
    assert [line.what for line in with_chain(Story(), ["a"]).events] == ["a"] and with_chain(Story(), ()) == Story()
