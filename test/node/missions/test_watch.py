"""A watch in the manager: turns of two drones, with a relay whose acts the test chooses."""

from __future__ import annotations

from pathlib import Path

import pytest
from blindspot_msgs.srv import PassLook as PassLookService
from test.factories import with_dwell
from test.node.conftest import CONFIG

from blindspot.mission import load_mission, parse_plan
from blindspot.mission.plan_figures import WatchedTarget
from blindspot.nodes.missions import one_watch
from blindspot.nodes.watches import look_passes
from blindspot.operations.watches.exchange import Leave, PassLook, Start, TargetStatus

RUN = "market-1"


class ChosenRelay:
    """Returns the acts of `now` at each step, as a relay does until it sees their effect."""

    acts: tuple[object, ...] = ()
    state = "watched"
    preflight_s = 45.0
    latest = None

    def __init__(self, posts, **settings) -> None:
        self.posts, self.settings = list(posts), settings
        self.drones: dict[str, object] = {}
        self.is_ended, self.begins_s = False, settings["starts_s"]
        type(self).latest = self

    def step(self, now_s, drones):
        self.drones = dict(drones)
        return type(self).acts

    def targets(self):
        return (TargetStatus("stage", type(self).state, looking="drone1", due_s=400.0, reliefs=1),)

    def begin(self, starts_s, ends_s):
        self.begins_s = starts_s

    def end(self, now_s):
        self.is_ended = True


@pytest.fixture(scope="session")
def mission_path() -> Path:
    """The watch over the tutorial's crossroads."""
    return CONFIG / "missions" / "crossroads_watch.yaml"


@pytest.fixture
def watch(bare, monkeypatch):
    """A stack whose gate hears requests to pass the right to look, and the posts of two drones in a run's folder."""
    monkeypatch.setattr(ChosenRelay, "acts", ())
    monkeypatch.setattr(ChosenRelay, "state", "watched")
    monkeypatch.setattr(ChosenRelay, "preflight_s", 45.0)
    monkeypatch.setattr(one_watch, "Relay", ChosenRelay)
    monkeypatch.setattr(one_watch, "HEARD_WITHIN_S", 1.0)
    monkeypatch.setattr(look_passes, "AGAIN_S", 0.2)
    monkeypatch.setattr(look_passes, "ANSWER_LIMIT_S", 0.5)
    seen = WatchedTarget(target="stage", target_m2=600.0, seen_m2=590.0)
    bare.posts = [plan.model_copy(update={"watch": seen}) for plan in (bare.plan, bare.plan2)]
    (bare.folder / RUN).mkdir()
    for name, post in zip(("plan.json", "post-2.json"), bare.posts, strict=True):
        (bare.folder / RUN / name).write_text(post.to_json())
    bare.passed, bare.may_pass = [], True

    def on_pass(request, response):
        bare.passed.append(request)
        response.accepted, response.message = bare.may_pass, "" if bare.may_pass else "drone2 has no clearance"
        return response

    bare.graph.peer.create_service(PassLookService, "pass_look", on_pass)
    bare.with_gate()
    return bare


def act(stack, *acts) -> None:
    ChosenRelay.acts = acts


def relay(stack) -> ChosenRelay:
    return ChosenRelay.latest


def state(stack, drone: str) -> str:
    known = ChosenRelay.latest.drones if RUN in stack.manager.missions else {}
    return known[drone].state if drone in known else ""


def begin(stack):
    plans = [post.sha256 for post in stack.posts]
    return stack.start(stack.posts[0], run=RUN, plans=plans)


def test_turns_are_cleared_flown_relieved_and_kept_over_a_restart(watch):
    watch.with_manager(simulated=False)
    result, (drone1, drone2) = begin(watch), watch.drones.values()
    watch.until(lambda: state(watch, "drone1") == "ready")

    act(watch, Start("drone1"))
    watch.until(lambda: drone1.flown and watch.mission(RUN).phase == "flying")
    assert [request.plan.sha256 for request in watch.judged] == [watch.posts[0].sha256], "each turn has a clearance"
    act(watch, Start("drone2"), PassLook("drone2", "drone1"))
    watch.until(lambda: drone2.flown and watch.passed)
    [first] = {(each.requester, each.to_drone, each.from_drone) for each in watch.passed}
    assert first == (watch.judged[0].requester, "drone2", "drone1")
    status = watch.mission(RUN)
    assert list(status.drones) == ["drone1", "drone2"] and status.watch[0].looking == "drone1"

    watch.until(lambda: state(watch, "drone2") == "under_way")
    since_s = {drone: relay(watch).drones[drone].since_s for drone in ("drone1", "drone2")}
    watch.restart_manager(simulated=False)
    watch.until(lambda: watch.mission(RUN).phase == "flying" and relay(watch).drones)
    assert {drone: now.since_s for drone, now in relay(watch).drones.items()} == since_s, "no drone has just come"
    assert len(drone1.flown) == len(drone2.flown) == 1 and drone1.orders == drone2.orders == [], "they fly on"

    act(watch, Leave("drone1"), PassLook("drone2", "drone1"))
    watch.until(lambda: drone1.orders)
    assert [(each.order, each.person) for each in drone1.orders] == [("return_home", "A. Tester")]
    watch.until(lambda: watch.passed[-1].requester == watch.judged[0].requester and watch.journal("relief"))
    assert [entry["drone"] for entry in watch.journal("relief")] == ["drone1"] and not watch.journal("order")
    home = watch.posts[0].routes[0].home
    drone1.place = home.east_m, home.north_m, home.up_m
    drone1.land("returned", "called home")
    act(watch, Start("drone1"))
    watch.until(lambda: state(watch, "drone1") == "swapping" and watch.given_back)
    assert len(drone1.flown) == 1, "a person changes the pack first"
    watch.until(lambda: watch.order("swapped", "drone1").success)
    watch.until(lambda: len(drone1.flown) == 2)
    assert drone1.flown[1].plan.sha256 == watch.posts[0].sha256, "the same post again"

    act(watch)
    assert watch.order("return_home", "drone2").success
    watch.until(lambda: drone2.ordered == ["return_home"] and state(watch, "drone2") == "homeward")
    assert not relay(watch).is_ended, "the order of one drone ends its turn alone"
    assert watch.order("return_home").success and relay(watch).is_ended
    watch.until(lambda: "return_home" in drone1.ordered[1:])
    for drone in (drone1, drone2):
        drone.land("returned", "called home")
    watch.until(lambda: watch.mission(RUN).phase == "done")
    assert (watch.mission(RUN).outcome, result.done()) == ("returned", False), "the former process had the goal"
    assert "A. Martin ordered return home" in watch.mission(RUN).reason


def test_a_last_turn_is_shorter_than_ordered_and_goes_on_after_a_restart(watch, mission_path):
    mission = load_mission(mission_path)
    watch.posts[0] = with_dwell(watch.posts[0], mission.model_of("drone1"), 900.0)
    (watch.folder / RUN / "plan.json").write_text(watch.posts[0].to_json())
    ChosenRelay.preflight_s = mission.file.window_s - 600.0
    watch.with_manager()
    begin(watch)
    act(watch, Start("drone1"))
    drone1 = watch.drones["drone1"]
    watch.until(lambda: drone1.flown and watch.mission(RUN).phase == "flying")
    turn = parse_plan(watch.judged[0].plan.json)
    assert turn.ordered_sha256 == watch.posts[0].sha256 != turn.sha256
    assert 540.0 < turn.routes[0].expected.flight_time_s < 600.0, "it lands in time"
    assert drone1.flown[0].plan.sha256 == turn.sha256
    assert [entry["plan"] for entry in watch.journal("mission")] == [watch.posts[0].sha256], "a person ordered the post"

    act(watch)
    watch.restart_manager()
    watch.until(lambda: watch.mission(RUN).phase == "flying")
    assert watch.order("return_home").success
    watch.until(lambda: drone1.ordered == ["return_home"])
    drone1.land("returned", "called home")
    watch.until(lambda: watch.given_back)
    assert {request.plan for request in watch.given_back} == {turn.sha256}


def test_the_right_is_asked_for_until_the_gate_takes_the_request(watch):
    watch.with_manager()
    watch.may_pass = False
    begin(watch)
    act(watch, PassLook("drone2", ""))
    watch.until(lambda: len(watch.passed) >= 3)
    act(watch)
    ChosenRelay.state = "ended"
    watch.until(lambda: watch.mission(RUN).outcome == "completed")


def test_a_watch_whose_first_turn_is_refused_ends_as_refused(watch):
    watch.with_manager()
    watch.verdicts, watch.judged = ["TIM-03: outside the slot"], [None]
    act(watch, Start("drone1"))
    outcome, reason = watch.end(begin(watch))
    assert (outcome, reason) == ("refused", "TIM-03: outside the slot")
    assert relay(watch).begins_s > relay(watch).settings["starts_s"], "the begin follows the clearance"
