"""Several plans are cleared at the same time, and none of them ever changes another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from blindspot.core.errors import BlindspotError
from blindspot.law.clearances.clearances import Clearances
from blindspot.law.clearances.ledger import DayMeter, Ledger
from blindspot.law.clearances.looks import EXPIRED_AFTER_S
from blindspot.law.clearances.one_clearance import cameras_beside
from blindspot.mission.plan_figures import WatchedTarget

LATER_S = 1.0 + EXPIRED_AFTER_S
"""Time at which the gate gives rights to look."""


@pytest.fixture
def clear(clearances, asked, now_utc):
    """Ask for a plan; the rules that refuse it."""

    def clear(plan, *who, later_s=0.0):
        found = clearances.authorise(asked(plan, *who), now_utc + timedelta(seconds=later_s), lambda _: None)
        assert all(verdict.source and verdict.reason and verdict.remedy for verdict in found)
        return [verdict.rule for verdict in found]

    return clear


@pytest.fixture
def leased(clearances, now_utc):
    """The hashes of the plans for which a drone gets leases now."""

    def leased(drone):
        found = clearances.of_drone(drone)
        if found is None or not found.gate.lease(drone, now_utc).granted:
            return ""
        return found.gate.cleared.sha256

    return leased


@pytest.fixture
def north(plans):
    return plans["drone1"]


@pytest.fixture
def south(plans):
    return plans["drone2"]


@pytest.mark.parametrize(("early_s", "rules"), [(3599.0, []), (3601.0, ["PLN-06"])])
def test_a_flight_long_before_the_missions_start_is_refused(clear, north, early_s, rules):
    """Its town lacks the crane that stands now and is taken down before the start."""
    assert clear(north, "A", later_s=-early_s) == rules


def test_two_plans_are_cleared_beside_each_other(clear, leased, north, south):
    assert clear(north, "A") == [] and clear(south, "B") == []
    assert (leased("drone1"), leased("drone2")) == (north.sha256, south.sha256)


def test_the_end_of_one_is_not_the_end_of_the_other(clear, clearances, leased, north, south):
    clear(north, "A")
    clear(south, "B")
    clearances.withdraw(clearances.of_plan(north.sha256))
    assert (leased("drone1"), leased("drone2")) == ("", south.sha256)
    assert clear(north, "C") == [], "and its drone is free"


def test_a_drone_has_at_most_one_clearance(clear, leased, north, south):
    clear(north, "A")
    both = north.model_copy(update={"id": "both", "routes": (*north.routes, *south.routes)})
    for requester in ("A", "B"):
        assert clear(both, requester) == ["AUT-09"]
        assert clear(north.model_copy(update={"id": "another"}), requester) == ["AUT-09"]
    assert (leased("drone1"), leased("drone2")) == (north.sha256, "")


def test_only_its_requester_asks_again_for_a_cleared_plan(clear, leased, north):
    clear(north, "A")
    assert clear(north, "B") == ["AUT-09"]
    assert clear(north, "A", "b" * 64) == ["AUT-09"], "nor for another mission"
    assert clear(north, "A") == [] and leased("drone1") == north.sha256


def test_a_requester_that_waits_for_long_asks_again_and_goes_on_waiting(clear, clearances, north):
    """As in a long pre-flight."""

    def lapses(now_s):
        return clearances.of_drone("drone1").lapse.why(["drone1"], [], ["drone1"], now_s)

    clear(north)
    assert not lapses(0.0) and not lapses(599.0)
    assert clear(north) == []
    assert not lapses(601.0) and not lapses(1200.0) and lapses(1201.0)


def test_pur_04_a_drone_that_has_landed_does_not_fly_again_because_its_requester_asks_again(clear, clearances, north):
    """Its places were counted once, for one flight."""
    clear(north)
    lapse = clearances.of_drone("drone1").lapse
    assert not lapse.why(["drone1"], ["drone1"], [], 0.0)
    assert not lapse.why(["drone1"], [], ["drone1"], 10.0) and not lapse.why(["drone1"], [], ["drone1"], 15.0)
    assert lapse.landed == {"drone1"}
    assert clear(north) == []
    after = clearances.of_drone("drone1").lapse
    assert (after.landed, after.flown) == ({"drone1"}, {"drone1"})


@pytest.mark.parametrize("requester", ["", "x" * 201])
def test_a_request_without_a_requester_is_none(clear, north, requester):
    assert clear(north, requester) == ["AUT-09"]


def test_a_refusal_carries_no_earlier_judgement(clear, clearances, north):
    """Nobody judges the law of a request without a requester."""
    assert clear(north) == [] and clearances.judgement.go
    assert "AUT-09" in clear(north, "") and clearances.judgement is None


def test_only_its_requester_flies_a_rest_of_a_plan(clear, clearances, leased, north, south, rest):
    clear(north, "A")
    clear(south, "B")
    assert clear(rest(north), "B") == ["AUT-09"]
    assert leased("drone1") == north.sha256
    assert clear(rest(north), "A") == []
    assert (leased("drone1"), leased("drone2")) == (rest(north).sha256, south.sha256)
    found = clearances.of_plan(north.sha256)
    assert found is not None and found is clearances.of_plan(rest(north).sha256), "both hashes give it back"


def test_a_rest_of_two_plans_or_of_none_is_refused(clear, leased, north, south, rest):
    assert clear(rest(north)) == ["AUT-08"]
    clear(north)
    clear(south)
    both = rest(north).model_copy(update={"routes": (*rest(north).routes, *rest(south).routes)})
    assert set(clear(both)) == {"AUT-09"}
    assert (leased("drone1"), leased("drone2")) == (north.sha256, south.sha256)


def test_a_refused_rest_leaves_the_plan_in_force(clear, leased, north, rest):
    """The rest is not flown, since the leases name the plan; its drones come home under the plan."""
    clear(north)
    assert "AUT-08" in clear(rest(north, home=north.routes[0].steps[0].to))
    assert leased("drone1") == north.sha256


@pytest.mark.parametrize(("south_end_m", "rules"), [(5.0, []), (4.9, ["PLN-05"])])
def test_fences_of_two_plans_keep_the_separation(clear, leased, with_fence, north, south, south_end_m, rules):
    """The fence in the south ends at -10 m, and drones keep 15 m."""
    clear(south, "B")
    assert clear(with_fence(north, south_end_m, 75.0)) == rules
    assert leased("drone2") == south.sha256


def test_a_drone_that_flies_home_after_its_clearance_keeps_its_airspace(clear, clearances, with_fence, north, south):
    close = with_fence(north, 0.0, 75.0)
    clear(south, "B")
    clearances.in_the_air(["drone2"])
    clearances.withdraw(clearances.of_plan(south.sha256))
    assert clear(close) == ["PLN-05"]
    clearances.in_the_air([])
    assert clear(close) == []


def test_a_drone_in_the_air_without_any_clearance_lets_nobody_start(clear, clearances, north, south):
    """After a restart of the gate: its way is unknown until it is cleared again."""
    clearances.in_the_air(["drone2"])
    assert clear(north) == ["PLN-05"]
    assert clear(south, "B") == [], "it is cleared anew in the air"
    assert clear(north) == []


def test_drones_in_the_air_are_cleared_anew_after_a_restart_whoever_asks_first(clear, clearances, north, south):
    clearances.in_the_air(["drone1", "drone2"])
    assert clear(north, "A", later_s=300.0) == [] and clear(south, "B", later_s=300.0) == []


def changed(mission, old, new):
    path = mission.authorisation_path
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_cameras_of_one_authorisation_count_together(clear, leased, mission, north, south):
    changed(mission, "max_simultaneous_cameras: 2", "max_simultaneous_cameras: 1")
    assert clear(north) == []
    assert clear(south, "B") == ["SEN-02"]
    changed(mission, "id: SIM-CROSSROADS", "id: ANOTHER")
    assert clear(south, "B") == [], "the other plan was cleared under another authorisation"
    assert leased("drone1") == north.sha256


def in_turn(plan):
    return plan.model_copy(update={"watch": WatchedTarget(target="stage", target_m2=100.0, seen_m2=99.0)})


@pytest.fixture
def looking(clearances, now_utc):
    """The drones whose lease has the right to look now."""

    def looking():
        pairs = [(each, drone) for each in clearances.now for drone in each.drones]
        return sorted(drone for each, drone in pairs if clearances.lease(each, drone, now_utc).may_look)

    return looking


def test_two_turns_of_a_watch_fly_side_by_side_and_one_looks(clear, clearances, leased, looking, mission, north, south):
    changed(mission, "max_simultaneous_cameras: 2", "max_simultaneous_cameras: 1")
    assert clear(in_turn(north)) == [] and clear(in_turn(south)) == []
    assert leased("drone1") and leased("drone2") and looking() == []
    clearances.looks.step(1.0)
    assert clearances.looks.pass_look("drone1", "", "A", LATER_S) == "" and looking() == ["drone1"]
    assert clearances.looks.pass_look("drone2", "", "A", LATER_S) != "" and looking() == ["drone1"]
    assert clear(in_turn(north)) == [] and looking() == ["drone1"], "a request again changes no right"
    clearances.withdraw(clearances.of_drone("drone1"))
    assert clear(in_turn(north)) == [] and looking() == [], "the next turn begins without the right"


def test_sen_02_a_mission_beside_a_watch_is_counted_with_all_its_drones(
    clear, clearances, looking, mission, north, south
):
    changed(mission, "max_simultaneous_cameras: 2", "max_simultaneous_cameras: 1")
    assert clear(in_turn(north)) == []
    clearances.looks.step(1.0)
    clearances.looks.pass_look("drone1", "", "A", LATER_S)
    assert clear(south, "B") == ["SEN-02"]
    clearances.looks.leased("drone1", LATER_S + 3.0)
    clearances.looks.pass_look("", "drone1", "A", LATER_S)
    assert clear(south, "B") == ["SEN-02"], "its last lease with the right holds for moments"
    clearances.looks.step(2 * LATER_S)
    assert clear(south, "B") == [] and looking() == ["drone2"]
    assert "drone2 would look beside drone1" in clearances.looks.pass_look("drone1", "", "A", 20.0)


def test_sen_02_of_two_that_look_the_later_turn_ends_when_the_authorisation_permits_one(
    clear, clearances, looking, now_utc, mission, north, south
):
    clear(in_turn(north))
    clear(in_turn(south))
    clearances.looks.step(1.0)
    for drone in ("drone1", "drone2"):
        clearances.looks.pass_look(drone, "", "A", LATER_S)
    assert looking() == ["drone1", "drone2"]
    changed(mission, "max_simultaneous_cameras: 2", "max_simultaneous_cameras: 1")
    ended = [clearances.look(each, now_utc) for each in reversed(clearances.now)]
    assert [verdict and verdict.rule for verdict in ended] == ["SEN-02", None] and looking() == ["drone1"]


def test_cameras_on_a_test_range_count_together_however_many_files_authorise_them(clearances, clear, north, south):
    """One person watches all of them."""
    clear(north)
    [cleared] = clearances.now
    auth = cleared.gate.authorisation

    def file(name, profile):
        return replace(auth, file=auth.file.model_copy(update={"id": name, "profile": profile}))

    def beside_one_under(name, profile):
        cleared.gate = SimpleNamespace(in_force=north, authorisation=file(name, profile))
        return cameras_beside(clearances.looks.looking, file("TWO", "TEST-RANGE"), south, None)

    assert beside_one_under("ONE", "TEST-RANGE") == 1
    assert beside_one_under("ONE", "SIM-ONLY") == 0


def test_the_way_home_without_an_authorisation_counts_towards_the_day(
    clear, clearances, mission, now_utc, north, tmp_path
):
    clear(north)
    fly(clearances, north, now_utc, 10)
    mission.authorisation_path.unlink()
    [found] = clearances.now
    assert clearances.look(found, now_utc).rule == "AUT-05"
    before_s = Ledger(tmp_path / "state").flown_s(found.count.day)
    clearances.count(found, {"drone1"}, now_utc + timedelta(seconds=300))
    assert Ledger(tmp_path / "state").flown_s(found.count.day) >= before_s + 270.0


def test_a_new_name_of_the_run_renews_no_clearance(clear, clearances, asked, leased, now_utc, north):
    """In a simulation a run has a legal time of its own: under another name the plan would begin anew."""
    clear(north)
    found = clearances.authorise(replace(asked(north), run="another"), now_utc, lambda _: None)
    assert [verdict.rule for verdict in found] == ["AUT-09"] and leased("drone1") == north.sha256


def test_the_minutes_that_another_plan_still_flies_are_taken(clear, mission, north, south):
    """Each takes ten minutes."""
    changed(mission, "max_flight_min_per_day: 60", "max_flight_min_per_day: 19")
    assert clear(north) == []
    assert clear(south, "B") == ["PUR-04"]
    changed(mission, "max_flight_min_per_day: 19", "max_flight_min_per_day: 20")
    assert clear(south, "B") == []


def fly(clearances, plan, now_utc, seconds):
    """Count the flight of a plan's drones for so long."""
    found = clearances.of_plan(plan.sha256)
    clearances.count(found, set(found.drones), now_utc)
    return clearances.count(found, set(found.drones), now_utc + timedelta(seconds=seconds))


def test_the_cap_of_the_day_ends_the_plan_that_reaches_it(clear, clearances, leased, now_utc, north, south):
    clear(north)
    clear(south, "B")
    assert fly(clearances, north, now_utc, 3590) is None
    assert fly(clearances, south, now_utc, 5) is None
    assert fly(clearances, south, now_utc, 20).rule == "PUR-04"
    assert (leased("drone1"), leased("drone2")) == (north.sha256, "")


def test_a_lower_limit_in_flight_ends_the_newest_plan_first(clear, clearances, leased, mission, now_utc, north, south):
    clear(north)
    clear(south, "B")
    changed(mission, "max_simultaneous_cameras: 2", "max_simultaneous_cameras: 1")
    ended = [clearances.look(each, now_utc) for each in reversed(clearances.now)]
    assert [verdict and verdict.rule for verdict in ended] == ["SEN-02", None]
    assert (leased("drone1"), leased("drone2")) == (north.sha256, "")


def test_an_authorisation_that_is_taken_away_ends_all_its_plans_until_they_are_cleared_anew(
    clear, clearances, leased, mission, now_utc, north, south
):
    clear(north)
    clear(south, "B")
    text = mission.authorisation_path.read_text()
    mission.authorisation_path.unlink()
    assert [clearances.look(each, now_utc).rule for each in clearances.now] == ["AUT-05", "AUT-05"]
    mission.authorisation_path.write_text(text)
    assert [clearances.look(each, now_utc) for each in clearances.now] == [None, None]
    assert (leased("drone1"), leased("drone2")) == ("", "")
    assert clear(north) == [] and leased("drone1") == north.sha256


def test_without_its_entry_nothing_is_cleared(clearances, asked, now_utc, leased, north, rest):
    def fails(_):
        raise BlindspotError("the disk is full")

    with pytest.raises(BlindspotError):
        clearances.authorise(asked(north), now_utc, fails)
    assert clearances.now == () and leased("drone1") == ""
    assert clearances.authorise(asked(north), now_utc, lambda _: None) == ()
    with pytest.raises(BlindspotError):
        clearances.authorise(asked(rest(north)), now_utc, fails)
    assert leased("drone1") == north.sha256


def test_no_entry_is_written_for_a_refusal(clearances, asked, now_utc, north):
    entries: list[object] = []
    assert clearances.authorise(asked(north, ""), now_utc, entries.append) and not entries


def test_a_ledger_that_can_not_be_read_clears_nothing(clear, tmp_path, north):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "flown-2026-11.jsonl").write_text("nonsense\n")
    assert clear(north) == ["PUR-04"]


ACTS = ("authorise", "refused", "foreign", "rest", "wide rest", "give back", "fly")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(["drone1", "drone2"]), st.sampled_from(ACTS)), max_size=12))
def test_no_request_about_one_mission_ever_changes_the_leases_of_the_other(
    acts, tmp_path_factory, asked, now_utc, plans, rest
):
    clearances = Clearances(DayMeter(Ledger(tmp_path_factory.mktemp("state"))), simulated=True)
    other = {"drone1": "drone2", "drone2": "drone1"}

    def leases(drone):
        found = clearances.of_drone(drone)
        return None if found is None else (found.gate.cleared, found.gate.lease(drone, now_utc), found.plans)

    def act(drone, name):
        plan, sha256 = plans[drone], drone[-1] * 64
        wanted = {
            "authorise": plan,
            "refused": plan.model_copy(update={"perimeter": ((-900.0, 0.0), (900.0, 0.0), (0.0, 900.0))}),
            "foreign": plans[other[drone]],
            "rest": rest(plan),
            "wide rest": rest(plan, takeoff_up_m=81.0, home=plan.routes[0].steps[0].to),
        }
        found = clearances.of_drone(drone)
        if name in wanted:
            clearances.authorise(asked(wanted[name], drone, sha256), now_utc, lambda _: None)
        elif found is not None and name == "give back":
            clearances.withdraw(found)
        elif found is not None:
            clearances.count(found, {drone}, now_utc)

    for drone, name in acts:
        if name == "foreign" and clearances.of_drone(other[drone]) is None:
            continue  # then the drone is free, and its plan may be cleared
        before = leases(other[drone])
        act(drone, name)
        assert leases(other[drone]) == before
        assert len(clearances.now) <= 2
