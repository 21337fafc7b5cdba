"""The sensor is on at the route's views only."""

from __future__ import annotations

from math import nan


def test_the_sensor_is_on_only_at_a_view_in_place_and_aimed(en_route, vehicle, flying, settings):
    assert not en_route.sensor_inhibited
    now_s = 21.0
    for wrong in (
        {"mission_seq": 3}, {"mission_seq": None}, {"east_m": 35.0}, {"height_m": 54.0}, {"gimbal_pitch_deg": -50.0},
        {"gimbal_heading_deg": 110.0}, {"gimbal_pitch_deg": nan}, {"position_ok": False}, {"state_age_s": 4.0},
    ):  # fmt: skip
        vehicle.now = flying(**wrong)
        en_route.step(now_s, "ok")
        assert en_route.sensor_inhibited, wrong
        vehicle.now = flying()
        en_route.step(now_s + settings.dwell_s, "ok")
        assert not en_route.sensor_inhibited
        now_s += 5.0
    for lease in ("inhibit", "hold", "return"):
        vehicle.now = flying()
        en_route.step(now_s, lease)
        assert en_route.sensor_inhibited


def test_the_sensor_is_on_along_a_leg(en_route, vehicle, flying):
    vehicle.now = flying(mission_seq=9, east_m=45.0)
    en_route.step(21.0, "ok")
    assert not en_route.sensor_inhibited
    vehicle.now = flying(mission_seq=8, east_m=30.0)
    en_route.step(22.0, "ok")
    assert en_route.sensor_inhibited, "still turning to the leg's aim"


def test_without_the_right_to_look_the_sensor_is_inhibited_and_the_flight_goes_on(en_route, vehicle, flying):
    """However long another drone looks: no row is due, and nothing is asked of the vehicle."""
    asked = list(vehicle.asked)
    for tick in range(400):
        vehicle.now = flying()
        en_route.step(21.0 + tick / 10, "ok", may_look=False)
        assert en_route.sensor_inhibited and en_route.phase == "en_route" and en_route.news() == ()
    assert en_route.no_right == en_route.why_inhibited == "the right to look is with another drone, or with none"
    assert list(vehicle.asked) == asked
    en_route.step(61.0, "ok")
    assert not en_route.sensor_inhibited and en_route.no_right == ""
