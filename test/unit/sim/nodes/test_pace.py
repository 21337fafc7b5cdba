import pytest

from blindspot_sim.nodes.pace import ASK_AGAIN_S, FORGET_SILENT_NODE_AFTER_S, SILENT_AFTER_S, TICK_S, UNHEARD_S, Pace


def ticks_over(pace, wall_times_s):
    return sum(pace.ticks_due(wall_s) for wall_s in wall_times_s)


def test_runs_at_the_factor_asked_for():
    pace = Pace(speed_factor=8.0, max_lag_s=0.1)
    ticks = ticks_over(pace, [n * 0.005 for n in range(200)])  # a second of wall time
    assert abs(ticks * TICK_S - 8.0) <= 2 * TICK_S


def test_waits_while_a_node_lags_and_goes_on_when_it_caught_up():
    pace = Pace(speed_factor=8.0, max_lag_s=0.1)
    pace.ticks_due(0.0)
    pace.heard("/drone1/camera", 0.5, wall_s=0.0)
    assert ticks_over(pace, [0.01, 0.02, 0.03]) == 0
    assert pace.laggard(0.03) == "/drone1/camera"
    pace.heard("/drone1/camera", 0.05, wall_s=0.04)
    assert ticks_over(pace, [0.04, 0.05, 0.06]) > 0


def test_lost_time_is_not_caught_up():
    pace = Pace(speed_factor=8.0, max_lag_s=0.1)
    pace.ticks_due(0.0)
    assert pace.ticks_due(10.0) <= 2


def test_a_node_that_fell_silent_does_not_stop_time_for_ever():
    pace = Pace(speed_factor=8.0, max_lag_s=0.1)
    pace.heard("/drone1/camera", 9.0, wall_s=0.0)
    assert pace.laggard(FORGET_SILENT_NODE_AFTER_S - 0.1) is not None
    assert pace.laggard(FORGET_SILENT_NODE_AFTER_S + 0.1) is None


def test_waits_for_a_node_that_fell_silent_until_it_is_forgotten():
    pace = Pace(speed_factor=8.0, max_lag_s=0.1)
    pace.ticks_due(0.0)
    pace.heard("/drone1/camera", 0.0, wall_s=0.0)
    assert pace.laggard(SILENT_AFTER_S) is None
    starved_s = SILENT_AFTER_S + 0.01
    assert pace.laggard(starved_s) == "/drone1/camera"
    assert ticks_over(pace, [starved_s, starved_s + 0.01, FORGET_SILENT_NODE_AFTER_S - 0.01]) == 0
    pace.heard("/drone1/flight_control", 0.0, wall_s=FORGET_SILENT_NODE_AFTER_S)
    assert pace.laggard(FORGET_SILENT_NODE_AFTER_S) is None


def test_little_simulated_time_passes_until_a_node_is_heard_again():
    pace = Pace(speed_factor=60.0, max_lag_s=0.1)
    pace.heard("/drone1/camera", 0.0, wall_s=0.0)
    within_s = [n * 0.001 for n in range(100)]
    assert within_s[-1] < SILENT_AFTER_S
    assert abs(ticks_over(pace, within_s) * TICK_S - UNHEARD_S) <= 2 * TICK_S
    pace.heard("/drone1/camera", 0.0, wall_s=0.1)
    assert ticks_over(pace, [0.101, 0.102]) > 0


@pytest.mark.parametrize(
    "phases", [[], ["authorising"], ["replanning"], ["done"], ["done", "done"], ["flying", "replanning"],
               ["authorising", "swapping"]],
)  # fmt: skip
def test_time_does_not_run_ahead_while_the_planner_may_work(phases):
    pace = Pace(speed_factor=8.0, max_lag_s=0.1)
    wall_times_s = [n * 0.005 for n in range(200)]
    pace.missions_are(phases)
    assert abs(ticks_over(pace, wall_times_s) * TICK_S - 1.0) <= 2 * TICK_S
    pace.missions_are(["standing_by"])
    assert ticks_over(pace, [1.0 + wall_s for wall_s in wall_times_s]) * TICK_S > 7.0


@pytest.mark.parametrize("phases", [["flying"], ["swapping"], ["done", "returning"], ["flying", "holding", "done"]])
def test_time_runs_ahead_while_every_mission_in_progress_flies_or_swaps_its_batteries(phases):
    pace = Pace(speed_factor=8.0, max_lag_s=0.1)
    pace.missions_are([])
    pace.missions_are(phases)
    assert ticks_over(pace, [n * 0.005 for n in range(200)]) * TICK_S > 7.0


def test_nodes_are_asked_how_far_they_are_while_time_waits_and_not_otherwise():
    pace = Pace(speed_factor=8.0, max_lag_s=0.1)
    pace.ticks_due(0.0)
    assert not pace.asks(0.0)
    pace.heard("/drone1/camera", 0.5, wall_s=0.01)
    pace.ticks_due(0.01)
    assert pace.asks(0.01)
    assert not pace.asks(0.01 + 0.5 * ASK_AGAIN_S), "they are given time to answer"
    assert pace.asks(0.01 + 1.5 * ASK_AGAIN_S)
    pace.heard("/drone1/camera", 0.0, wall_s=0.03)
    pace.ticks_due(0.03)
    assert not pace.asks(0.1)


@pytest.mark.parametrize(("phases", "factor"), [([], 8.0), (["done"], 8.0), (["authorising"], 1.0), (["flying"], 8.0)])
def test_a_stack_that_waits_for_the_next_start_waits_fast(phases, factor):
    pace = Pace(speed_factor=8.0, max_lag_s=0.1, waits_fast=True)
    pace.missions_are(phases)
    ticks = ticks_over(pace, [n * 0.005 for n in range(200)])
    assert abs(ticks * TICK_S - factor) <= 2 * TICK_S
