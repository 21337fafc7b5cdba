"""A mission with battery swaps: its sorties follow each other by themselves."""

from __future__ import annotations

import pytest

from blindspot.mission.plan_figures import Sortie


def number(plan, of_all: int, number: int):
    sortie = Sortie(number=number, of=of_all, begins_s=200.0 * (number - 1), flown_s=100.0 * (number - 1))
    return plan.model_copy(update={"id": f"sortie-{number}", "sortie": sortie})


@pytest.fixture
def sorties(bare, mission_path):
    """Two sorties of drone1, their files in the run's folder, and a swap that takes no time."""
    folder = bare.folder / "evening-1"
    folder.mkdir()
    first, second = number(bare.plan, 2, 1), number(bare.plan, 2, 2)
    (folder / "plan.json").write_text(first.to_json())
    (folder / "sortie-2.json").write_text(second.to_json())
    bare.first, bare.second, bare.run_folder = first, second, folder
    bare.with_gate()
    return bare


def swap_in(stack, swap_s: float) -> None:
    """The time of a swap in the fleet that the manager has read, once it has compared the fleet with the mission."""
    fleet = stack.manager.fleet
    object.__setattr__(fleet, "file", fleet.file.model_copy(update={"swap_s": swap_s}))


def test_a_completed_sortie_is_followed_by_the_next_with_a_clearance_of_its_own(sorties):
    sorties.with_manager()
    future, drone = sorties.fly(sorties.first, run="evening-1"), sorties.drones["drone1"]
    swap_in(sorties, 0.5)
    drone.land("completed")
    sorties.until_phase("swapping", "evening-1")
    assert not future.done()
    sorties.until(lambda: len(drone.flown) == 2)
    assert drone.flown[1].plan.sha256 == sorties.second.sha256 and drone.flown[1].mission.run == "evening-1"
    assert [judged.plan.sha256 for judged in sorties.judged] == [sorties.first.sha256, sorties.second.sha256]
    # A computer that is busy repeats the request.
    assert {back.plan for back in sorties.given_back} == {sorties.first.sha256}, "given back before the next request"
    assert [entry["plan"] for entry in sorties.journal("mission")] == [sorties.first.sha256, sorties.second.sha256]
    drone.land("completed")
    assert sorties.end(future) == ("completed", "")


def test_the_mission_ends_as_its_worst_sortie_and_names_it(sorties):
    sorties.with_manager()
    future, drone = sorties.fly(sorties.first, run="evening-1"), sorties.drones["drone1"]
    swap_in(sorties, 0.0)
    drone.land("completed")
    sorties.until(lambda: len(drone.flown) == 2)
    drone.land("returned", "battery low")
    outcome, reason = sorties.end(future)
    assert outcome == "returned" and "sortie 2: " in reason and "battery low" in reason


def test_after_a_sortie_that_was_not_completed_no_other_is_flown(sorties):
    sorties.with_manager()
    future, drone = sorties.fly(sorties.first, run="evening-1"), sorties.drones["drone1"]
    drone.land("returned", "battery low")
    assert sorties.end(future)[0] == "returned" and len(drone.flown) == 1


@pytest.mark.parametrize("spoil", ["missing", "of another mission", "not a plan", "of another number"])
def test_without_a_right_plan_the_next_sortie_is_not_flown(sorties, spoil):
    file = sorties.run_folder / "sortie-2.json"
    if spoil == "missing":
        file.unlink()
    elif spoil == "not a plan":
        file.write_text("{}")
    else:
        wrong = number(sorties.plan, 3, 3) if "number" in spoil else sorties.second.model_copy(update={"mission": "x"})
        file.write_text(wrong.to_json())
    sorties.with_manager()
    future, drone = sorties.fly(sorties.first, run="evening-1"), sorties.drones["drone1"]
    swap_in(sorties, 0.0)
    drone.land("completed")
    outcome, reason = sorties.end(future)
    assert outcome == ("degraded" if spoil == "missing" else "refused") and "sortie 2: " in reason
    assert len(drone.flown) == 1


def test_real_packs_are_awaited_until_a_person_reports_each_swap(sorties):
    sorties.with_manager(simulated=False)
    future, drone = sorties.fly(sorties.first, run="evening-1"), sorties.drones["drone1"]
    assert not sorties.order("swapped", "drone1").success, "it still flies"
    drone.land("completed")
    sorties.until(lambda: "waits for new battery packs in drone1" in sorties.mission("evening-1").reason)
    nobody = sorties.order("swapped", "drone1", person="")
    assert not nobody.success and not sorties.order("swapped").success
    assert not sorties.order("swapped", "drone2").success
    assert len(drone.flown) == 1 and not future.done()
    assert sorties.order("swapped", "drone1", reason="pack A2").success
    sorties.until(lambda: len(drone.flown) == 2)
    sorties.until(lambda: sorties.journal("order"))
    [entry] = sorties.journal("order")
    assert (entry["order"], entry["drones"], entry["reason"]) == ("swapped", ["drone1"], "pack A2")


def test_a_file_that_replaces_the_plan_of_an_ordered_sortie_is_not_flown(sorties):
    """Whoever can write to the folder of a run could choose the flight after the change of packs."""
    sorties.with_manager()
    ordered = [sorties.first.sha256, sorties.second.sha256]
    other = sorties.second.model_copy(update={"seed": 666})
    (sorties.run_folder / "sortie-2.json").write_text(other.to_json())
    future = sorties.fly(sorties.first, run="evening-1", plans=ordered)
    swap_in(sorties, 0.1)
    sorties.drones["drone1"].land("completed")
    outcome, reason = sorties.end(future)
    assert outcome == "refused" and "no plan of the first order" in reason
    assert len(sorties.drones["drone1"].flown) == 1


def test_the_crew_is_told_on_which_pad_each_drone_starts_next(sorties):
    route = sorties.second.routes[0].model_copy(update={"pad": "quay"})
    there = sorties.second.model_copy(update={"routes": (route,)})
    (sorties.run_folder / "sortie-2.json").write_text(there.to_json())
    sorties.with_manager(simulated=False)
    sorties.fly(sorties.first, run="evening-1")
    sorties.drones["drone1"].land("completed")
    sorties.until(lambda: "packs in drone1 on pad quay" in sorties.mission("evening-1").reason)


@pytest.mark.parametrize("order", ["return_home", "abort"])
def test_a_mission_that_waits_for_packs_can_be_called_off(sorties, order):
    sorties.with_manager(simulated=False)
    future, drone = sorties.fly(sorties.first, run="evening-1"), sorties.drones["drone1"]
    drone.land("completed")
    sorties.until_phase("swapping", "evening-1")
    assert sorties.order(order, "drone1").success
    assert sorties.end(future)[0] == "aborted" and len(drone.flown) == 1


def test_a_drone_of_a_later_sortie_is_busy_from_the_start(sorties):
    sorties.with_manager()
    sorties.fly(sorties.first, run="evening-1")
    outcome, reason = sorties.end(sorties.start(sorties.plan2, run="evening-2"))
    assert outcome == "refused" and "drone2 flies mission" in reason


def test_a_restarted_manager_waits_for_the_packs_again(sorties):
    sorties.with_manager(simulated=False)
    sorties.fly(sorties.first, run="evening-1")
    drone = sorties.drones["drone1"]
    drone.land("completed")
    sorties.until_phase("swapping", "evening-1")
    sorties.restart_manager(simulated=False)
    sorties.until(lambda: "packs in drone1" in sorties.mission("evening-1").reason)
    assert sorties.order("swapped", "drone1").success
    sorties.until(lambda: len(drone.flown) == 2)
    drone.land("completed")
    sorties.until(lambda: sorties.mission("evening-1").outcome == "completed")


def test_the_end_of_an_earlier_sortie_is_not_that_of_a_sortie_which_was_never_flown(sorties):
    """The manager died after it had sent the route of the second sortie, and before the drone took it."""
    sorties.with_manager()
    sorties.fly(sorties.first, run="evening-1")
    swap_in(sorties, 0.0)
    drone = sorties.drones["drone1"]
    drone.takes_off = False
    drone.land("completed")
    sorties.until(lambda: len(drone.flown) == 2)
    assert (drone.run, drone.outcome, drone.phase) == ("evening-1", "completed", "idle")
    drone.fly.goal = None
    sorties.restart_manager()
    sorties.until(lambda: sorties.mission("evening-1").phase == "done")
    ended = sorties.mission("evening-1")
    assert ended.outcome == "aborted" and "drone1: it was on the ground" in ended.reason


def test_nobody_is_asked_to_change_a_pack_while_the_drone_may_still_be_armed(sorties):
    sorties.with_manager(simulated=False)
    future, drone = sorties.fly(sorties.first, run="evening-1"), sorties.drones["drone1"]
    sorties.takes_back = False
    sorties.statuses.clear()
    drone.land("completed")
    outcome, reason = sorties.end(future)
    assert outcome == "refused" and "has not taken the former clearance back" in reason
    assert not any("waits for new battery packs" in m.reason for s in sorties.statuses for m in s.missions)
