"""Two missions at once, with different drones."""

from __future__ import annotations

import json

EVERYBODY = ["/drone1/camera", "/drone2/camera", "/blindspot/authority", "/blindspot/coverage_planner", "/simulator"]


def test_two_missions_with_different_drones_fly_at_once_and_end_apart(stack):
    stack.with_gate()
    first, second = stack.fly(run="north"), stack.fly(stack.plan2, run="south")
    stack.until(lambda: stack.mission("south").phase == "flying")
    assert stack.mission("north").phase == "flying"
    assert (stack.mission("north").drones, stack.mission("south").drones) == (["drone1"], ["drone2"])
    stack.drones["drone2"].land("returned", "battery low")
    assert stack.end(second)[0] == "returned"
    assert not first.done() and stack.drones["drone1"].orders == []
    stack.until(lambda: {back.plan for back in stack.given_back} == {stack.plan2.sha256})  # repeated if busy
    stack.drones["drone1"].land("completed")
    assert stack.end(first) == ("completed", "")


def test_a_mission_with_a_busy_drone_is_refused_and_names_it(stack):
    stack.with_gate()
    stack.fly(run="north")
    outcome, reason = stack.end(stack.start(stack.both, run="second"))
    assert outcome == "refused"
    assert reason == "drone1 flies mission Crossroads (run north): wait for its end, or leave drone1 out"
    assert len(stack.judged) == 1 and stack.drones["drone2"].flown == []


def test_a_run_in_progress_keeps_its_name(stack):
    stack.with_gate()
    stack.fly(run="north")
    outcome, reason = stack.end(stack.start(stack.plan2, run="north"))
    assert outcome == "refused" and "run north is in progress" in reason


def test_the_loss_of_a_drones_node_leaves_the_other_mission_untouched(stack):
    stack.with_gate()
    stack.alive = list(EVERYBODY)
    stack.until(lambda: not stack.manager.liveness.absent())
    first, second = stack.fly(run="north"), stack.fly(stack.plan2, run="south")
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    stack.alive.remove("/drone1/camera")
    stack.until(lambda: one.ordered == ["return_home"])
    one.land("returned")
    assert stack.end(first)[0] == "returned"
    assert two.orders == [] and stack.mission("south").reason == ""
    two.land("completed")
    assert stack.end(second) == ("completed", "")


def test_the_loss_of_a_town_wide_node_concerns_both(stack):
    stack.with_gate()
    stack.alive = list(EVERYBODY)
    stack.until(lambda: not stack.manager.liveness.absent())
    stack.fly(run="north"), stack.fly(stack.plan2, run="south")
    stack.alive.remove("/blindspot/authority")
    stack.until(lambda: all(drone.ordered == ["return_home"] for drone in stack.drones.values()))


def test_an_order_without_names_goes_to_the_drones_of_both_and_one_name_to_one(stack):
    stack.with_gate()
    stack.fly(run="north"), stack.fly(stack.plan2, run="south")
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    assert stack.order("hold").message == "hold is sent to drone1, drone2"
    stack.until(lambda: one.ordered == two.ordered == ["hold"])
    stack.until(lambda: {entry["run"] for entry in stack.journal("order")} == {"north", "south"})
    assert stack.order("resume", "drone2").success
    stack.until(lambda: two.ordered == ["hold", "resume"])
    assert one.ordered == ["hold"]


def test_to_cancel_one_mission_leaves_the_other_in_flight(stack):
    stack.with_gate()
    handle = stack.send(run="north")
    first, second = handle.get_result_async(), stack.fly(stack.plan2, run="south")
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    stack.until(lambda: one.phase == "en_route")
    handle.cancel_goal_async()
    stack.until(lambda: one.ordered == ["return_home"])
    one.land("returned")
    assert stack.end(first)[0] == "returned"
    assert two.orders == [] and not second.done()


def test_a_restarted_manager_continues_both_and_one_bad_entry_harms_no_other(stack):
    stack.with_gate()
    stack.fly(run="north"), stack.fly(stack.plan2, run="south")
    stack.process.stop()
    file = stack.folder / "missions.json"
    kept = json.loads(file.read_text())
    assert [mission["order"]["run"] for mission in kept["missions"]] == ["north", "south"]
    kept["missions"][0]["drones"] = ["drone9"]
    file.write_text(json.dumps(kept))
    stack.restart_manager()
    stack.until_phase("flying", "south")
    assert stack.mission("north").phase == ""
    stack.drones["drone2"].land("completed")
    stack.until(lambda: stack.mission("south").outcome == "completed")
