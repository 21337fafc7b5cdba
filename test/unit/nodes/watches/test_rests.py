"""The drones of a watch between two turns."""

from blindspot.nodes.watches.rests import Rests


def test_in_a_simulation_a_landed_drone_is_ready_after_the_time_of_a_swap():
    rests = Rests(180.0)
    assert rests.state("drone1", 0.0, is_down=True) == ("ready", "")
    rests.flew("drone1", 100.0, "relieved")
    assert rests.state("drone1", 279.0, is_down=True) == ("swapping", "relieved")
    assert rests.state("drone1", 281.0, is_down=True)[0] == "ready"


def test_a_real_drone_is_ready_once_a_person_has_changed_its_pack():
    rests = Rests(None)
    rests.flew("drone1", 100.0, "")
    assert rests.state("drone1", 1e6, is_down=True) == ("swapping", "it waits for a new battery pack")
    rests.swapped(["drone2"])
    assert rests.unswapped == {"drone1"}
    rests.swapped(["drone1"])
    assert rests.state("drone1", 101.0, is_down=True)[0] == "ready"


def test_a_drone_that_did_not_take_off_is_ready_with_the_reason():
    rests = Rests(None)
    rests.did_not_fly("drone1", 100.0, "the battery is not full")
    assert rests.state("drone1", 100.0, is_down=True) == ("ready", "the battery is not full")


def test_a_drone_that_is_elsewhere_or_not_known_to_stand_takes_no_turn():
    rests = Rests(180.0)
    assert rests.state("drone1", 0.0, is_down=False)[0] == "out"
    rests.loses("drone1", "ordered to land")
    assert rests.state("drone1", 1e6, is_down=True) == ("out", "ordered to land")


def test_the_rests_go_on_in_a_later_process():
    before = Rests(None)
    before.flew("drone1", 100.0, "")
    before.loses("drone2", "gone")
    after = Rests(None, before.until, before.unswapped, before.lost)
    for drone in ("drone1", "drone2", "drone3"):
        assert after.state(drone, 101.0, is_down=True) == before.state(drone, 101.0, is_down=True)
