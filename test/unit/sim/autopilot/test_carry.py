"""A drone that a person carries to another pad."""

import pytest


def test_a_drone_that_is_carried_has_its_home_there_and_flies_from_it(make_drone):
    drone = make_drone()
    drone.run(20.0)
    assert drone.mavros.carry(60.0, -40.0, 0.0)
    drone.run(2.0)
    truth, home = drone.mavros.truth, drone.mavros.autopilot.navigator.home
    assert (truth.east_m, truth.north_m, truth.landed) == (60.0, -40.0, True)
    assert home[:2] == pytest.approx((60.0, -40.0), abs=2.0)
    drone.take_off()
    assert drone.mavros.truth.east_m == pytest.approx(60.0, abs=2.0)
    assert drone.mavros.truth.up_m > 10.0


def test_one_that_stands_there_and_one_in_the_air_stay(make_drone):
    drone = make_drone()
    drone.run(20.0)
    truth = drone.mavros.truth
    assert not drone.mavros.carry(truth.east_m + 1.0, truth.north_m, truth.up_m)
    drone.take_off()
    assert not drone.mavros.carry(60.0, -40.0, 0.0)
    assert drone.mavros.truth.up_m > 10.0
