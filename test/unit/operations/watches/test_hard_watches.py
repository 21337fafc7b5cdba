"""Whole watches with the relay, played by times: what goes wrong is seen in the picture and in the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from blindspot.operations.watches import Leave, PassLook, Relay, Start
from blindspot_lab.bench.played_watch import PlayedDrone, PlayedWatch
from blindspot_lab.bench.watch_draws import watch_draws

from .conftest import post

STARTS_S, ENDS_S = 3600.0, 3600.0 * 3
Step = Callable[[float, Mapping[str, PlayedDrone]], None]


@pytest.fixture
def play() -> Callable[..., PlayedWatch]:
    """Plays a watch of two hours; `each_step` changes the drones, `drones` are their names."""

    def play(each_step: Step | None = None, *drones: str, cap: int = 2) -> PlayedWatch:
        posts = [post(drone) for drone in drones or ("drone1", "drone2")]
        relay = Relay(posts, starts_s=STARTS_S, ends_s=ENDS_S, cap=cap, overlap_s=15.0, swap_s=180.0)
        watch = PlayedWatch(posts, relay, cap)
        watch.seen_states = []  # type: ignore[attr-defined]

        def step(now_s: float, played: Mapping[str, PlayedDrone]) -> None:
            watch.seen_states.append((now_s, *relay.targets()))  # type: ignore[attr-defined]
            if each_step is not None:
                each_step(now_s, played)

        watch.play(STARTS_S, ENDS_S, step)
        return watch

    return play


def starts_of(watch: PlayedWatch, drone: str) -> list[float]:
    return [at_s for at_s, act in watch.acts if act == Start(drone)]


@pytest.mark.parametrize("cap", [1, 2])
def test_a_calm_watch_has_no_gap(play, cap):
    watch = play(cap=cap)
    assert (watch.gaps, watch.most_rights, watch.reliefs) == ([], cap, 6)


def test_a_battery_that_drains_faster_from_the_first_minute_shortens_the_turns(play):
    def drain(now_s, drones):
        for drone in drones.values():
            drone.power = 1.15

    watch = play(drain)
    assert watch.gaps == []
    assert watch.reliefs == 7


def test_more_wind_in_the_second_hour_shortens_the_turns(play):
    def wind(now_s, drones):
        speed_mps = 5.0 if now_s >= STARTS_S + 3600.0 else 0.0
        for drone in drones.values():
            drone.power = 1.0 + drone.post.cruise_w_per_mps3 * speed_mps**3 / drone.post.hover_w
            drone.now = replace(drone.now, wind_mps=speed_mps)

    watch = play(wind)
    assert watch.gaps == []
    lowest = [drone.now.battery_fraction for drone in watch.drones.values()]
    assert min(lowest) > 0.25


def test_a_relief_that_fails_its_checks_starts_again_and_the_short_gap_is_announced(play):
    watch = play(lambda now_s, drones: setattr(drones["drone2"], "fails_preflight", now_s < 4570.0))
    tries = starts_of(watch, "drone2")
    assert 40.0 + 15.0 <= tries[1] - tries[0] <= 60.0
    assert all(gap.foreseen and gap.length_s <= 20.0 for gap in watch.gaps)


def test_the_next_ready_drone_starts_in_the_place_of_one_that_failed(play):
    watch = play(lambda now_s, drones: setattr(drones["drone2"], "fails_preflight", True), "drone1", "drone2", "drone3")
    failed_s = starts_of(watch, "drone2")[0] + 40.0
    assert failed_s <= starts_of(watch, "drone3")[0] <= failed_s + 1.0
    assert watch.gaps == []


def test_a_swap_that_is_never_confirmed_is_announced_in_time_and_named(play):
    watch = play(lambda now_s, drones: setattr(drones["drone1"], "swap_s", 1e6))
    gap = watch.gaps[0]
    assert all(gap.foreseen for gap in watch.gaps)
    shown = next((at_s, status) for at_s, status in watch.seen_states if status.state == "short")
    assert gap.begins_s - shown[0] >= 180.0
    assert 0.0 <= gap.begins_s - shown[0] - shown[1].gap_s <= 90.0  # an unknown wind counts as the strongest
    assert "drone1 waits for a fresh battery" in shown[1].reason


def test_all_drones_are_down_at_the_latest_landing_and_none_starts_in_vain(play):
    watch = play()
    assert all(drone.now.state in ("ready", "swapping") for drone in watch.drones.values())
    last_s = max(at_s for at_s, act in watch.acts if isinstance(act, Start))
    assert last_s + 45.0 + post("drone1").way_s + 60.0 <= ENDS_S - post("drone1").home_s


def test_two_returns_in_the_same_second_end_both_turns_and_the_watch_goes_on(play):
    ordered = []

    def both_return(now_s, drones):
        if not ordered and all(drone.now.state == "on_post" for drone in drones.values()):
            ordered.append(now_s)
            for drone in drones.values():
                drone.take("homeward", now_s, "return by order of a person")

    watch = play(both_return)
    (gap,) = watch.gaps
    turnaround_s = post("drone1").home_s + 180.0 + 40.0 + post("drone1").way_s
    assert gap.length_s == pytest.approx(turnaround_s, abs=10.0)
    shown = next(status for at_s, status in watch.seen_states if at_s > ordered[0] and status.state == "gap")
    assert "return by order of a person" in shown.reason


def test_a_hold_of_the_looking_drone_starts_no_relief_and_moves_the_end_to_the_battery(play):
    def hold(now_s, drones):
        drone = drones["drone1"]
        if 4000.0 <= now_s < 4100.0 and drone.now.state == "on_post":
            drone.take("holding", now_s)
        elif now_s >= 4100.0 and drone.now.state == "holding":
            drone.take("on_post", now_s)

    watch, calm = play(hold), play()
    (gap,) = watch.gaps
    assert gap.length_s == pytest.approx(100.0, abs=15.0)
    assert starts_of(watch, "drone2")[0] == pytest.approx(starts_of(calm, "drone2")[0], abs=60.0)


def test_a_lost_drone_on_post_is_replaced_at_once_by_the_ready_one(play):
    def lose(now_s, drones):
        if now_s >= 4000.0 and drones["drone1"].now.state == "on_post":
            drones["drone1"].take("out", now_s, "drone1 is silent")

    watch = play(lose)
    assert starts_of(watch, "drone2")[0] == pytest.approx(4000.0, abs=10.5)
    assert watch.gaps[0].length_s <= 40.0 + post("drone1").way_s + 20.0
    reported = next((at_s, status) for at_s, status in watch.seen_states if status.state == "gap")
    assert reported[0] - watch.gaps[0].begins_s <= 5.0
    assert "drone1 is out of the watch (drone1 is silent)" in reported[1].reason


def test_an_autopilot_that_returns_by_itself_in_the_overlap_leaves_the_look_to_the_relief(play):
    returned: list[float] = []

    def fail(now_s, drones):
        if not returned and all(drone.now.state == "on_post" for drone in drones.values()):
            returned.append(now_s)
            drones["drone1"].take("homeward", now_s, "the autopilot's own failsafe")

    watch = play(fail, cap=1)
    assert returned and (watch.gaps, watch.most_rights) == ([], 1)
    assert next(act for at_s, act in watch.acts if at_s >= returned[0]).to == "drone2"
    assert watch.reliefs == 6, "the turns go on"


def test_a_relief_whose_camera_freezes_gives_the_right_back(play):
    def freeze(now_s, drones):
        drone = drones["drone2"]
        if drone.now.state == "on_post" and now_s - drone.now.since_s >= 5.0:
            drone.is_dark = True

    watch = play(freeze, "drone1", "drone2", "drone3")
    acts = [act for _, act in watch.acts]
    back = acts.index(PassLook("drone1", "drone2"))
    assert acts.index(PassLook("drone2", "drone1")) < back
    assert Leave("drone2") in acts[back:]
    assert all(gap.length_s <= 15.0 for gap in watch.gaps)


def test_lost_requests_leave_the_old_drone_looking_until_one_arrives(play):
    posts = [post("drone1"), post("drone2")]
    relay = Relay(posts, starts_s=STARTS_S, ends_s=ENDS_S, cap=2, overlap_s=15.0, swap_s=180.0)
    watch = PlayedWatch(posts, relay, 2)
    heard = []

    def deaf(now_s, drones):
        watch.is_deaf = drones["drone2"].now.state == "on_post" and now_s - drones["drone2"].now.since_s < 5.0
        heard.append(watch.is_deaf)

    watch.play(STARTS_S, ENDS_S, deaf)
    assert any(heard)
    assert watch.gaps == []


def test_no_relief_starts_while_a_drone_flies_without_a_clearance(play):
    def uncleared(now_s, drones):
        drone = drones["drone1"]
        if drone.now.state == "on_post":
            drone.now = replace(drone.now, cleared=False)

    watch = play(uncleared)
    left_s = next(
        at_s for at_s, status in watch.seen_states if at_s > STARTS_S and "drone1 flies home" in status.reason
    )
    assert [at_s for at_s in starts_of(watch, "drone2") if at_s < left_s - 10.0] == []
    shown = next(status for at_s, status in watch.seen_states if status.state in ("short", "gap"))
    assert "drone1: in the air without a clearance" in shown.reason


def test_seeded_draws_are_watched_without_an_unforeseen_gap(pair):
    result = watch_draws(pair, range(20), hours=1.0)
    assert result.without_unforeseen_gap == 1.0
    assert result.without_gap >= 0.9
    assert result.most_rights == 2
