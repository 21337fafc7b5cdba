"""The home position of the take-off, and the corrections that count as the autopilot's own."""

from __future__ import annotations

import gzip
import json
from math import inf, nan
from types import SimpleNamespace as Message

import pytest

from blindspot.flight.vehicle.mavros import MavrosVehicle
from blindspot.flight.watch.home_place import CORRECTED_S, HomePlace
from blindspot.mission.plan import Origin


def test_a_height_of_home_that_px4_corrects_after_the_take_off_is_the_new_one(begin, homes):
    """The satellites' height drifts, the drone's with it; by the barometer the drone is where it was."""
    flight = begin()
    assert "home moved" not in flight.due(5.0, up_m=71.9, **homes(up_m=11.9))
    assert "home moved" in begin().due(0.5, up_m=72.1, **homes(up_m=12.1)), "more than a correction"
    flight.due(CORRECTED_S, up_m=68.0, **homes(up_m=8.0))
    assert "home moved" not in flight.due(5.0, up_m=68.0, **homes(up_m=8.0))
    assert "home moved" in flight.due(0.5, up_m=70.1, **homes(up_m=10.1)), "later nothing corrects it"
    assert "home moved" in begin().due(0.5, up_m=64.0, **homes(up_m=4.0, north_m=1.9)), "nor its place, at any time"


def test_the_last_correction_of_px4_counts_although_it_is_reported_seconds_later(begin, homes):
    """PX4 corrects for 120 s from the moment at which it notices the take-off, and sends home every 2 s."""
    flight = begin()  # 12 s in the air
    flight.due(120.0 - 12.0)
    assert "home moved" not in flight.due(4.0, up_m=64.5, **homes(up_m=4.5))
    assert "home moved" not in flight.due(60.0, up_m=64.5, **homes(up_m=4.5))


@pytest.mark.parametrize(("up_m", "is_due"), [(-0.9, False), (-1.1, True), (4.9, False), (5.1, True), (11.0, True)])
def test_a_height_of_home_that_the_barometer_contradicts_was_set_by_another_party(begin, homes, up_m, is_due):
    """A ground station that set it would move the rest of the mission with it."""
    assert ("home moved" in begin().due(0.5, **homes(up_m=up_m))) == is_due


def test_a_home_that_comes_nearer_to_the_barometer_than_before_is_px4_s_correction(begin, homes):
    """In cold air the barometer states more height than there is."""
    cold = {"baro_m": 558.0}
    assert "home moved" not in begin().due(0.5, **cold, **homes(up_m=-3.0))
    assert "home moved" in begin().due(0.5, **cold, **homes(up_m=7.0))


def test_a_judged_home_is_not_taken_later_because_the_barometer_drifts(begin, homes):
    flight = begin()
    assert "home moved" in flight.due(0.5, **homes(up_m=6.0))
    assert "home moved" in flight.due(10.0, baro_m=545.0, **homes(up_m=6.0))
    flight.due(5.0)
    assert "home moved" not in flight.due(0.5), "it was set back"


def test_without_a_barometer_no_correction_counts_until_it_is_heard(begin, homes):
    flight = begin()
    assert "home moved" in flight.due(0.5, baro_m=nan, up_m=65.0, **homes(up_m=5.0))
    assert "home moved" not in flight.due(5.0, up_m=65.0, **homes(up_m=5.0))


def test_home_is_that_of_the_take_off_from_the_ground_on(begin, homes):
    flight = begin()
    assert flight.due(1.0, landed="on_ground", **homes(up_m=19.0)) == set()
    assert "home moved" not in flight.due(5.0, **homes(up_m=19.0))


@pytest.mark.parametrize("home", [{"up_m": -1.1}, {"up_m": 5.3}, {"north_m": 7.3}])
def test_a_home_that_moves_after_pre_flight_stops_the_take_off(route, parked, homes, home):
    place, armed = HomePlace(), Message(**vars(parked) | {"armed": True})
    assert not place.has_moved(armed, route.home, 5.0)
    assert place.has_moved(Message(**vars(armed) | homes(**home)), route.home, 5.0)
    assert not place.has_moved(Message(**vars(parked) | homes(**home)), route.home, 5.0), "pre-flight judges it"
    place.has_moved(Message(**vars(armed) | {"landed": "in_air"}), route.home, 5.0)
    assert not place.has_moved(Message(**vars(armed) | homes(**home)), route.home, 5.0), "it has landed"


@pytest.mark.parametrize("baro_m", [489.0, nan])
@pytest.mark.parametrize(("home_up_m", "is_moved"), [(2.0, False), (-2.0, True), (6.0, True)])
def test_a_climb_that_is_reported_late_moves_no_home(route, parked, homes, baro_m, home_up_m, is_moved):
    """A moved home is still noticed: the barometer, or the height of the place, shows the climb alone."""
    place = HomePlace()
    assert not place.has_moved(Message(**vars(parked) | {"baro_m": baro_m}), route.home, 5.0)
    up = {"armed": True, "up_m": 12.1, "baro_m": baro_m + 10.0}
    assert place.has_moved(Message(**vars(parked) | up | homes(up_m=home_up_m)), route.home, 5.0) == is_moved


def test_after_a_restart_in_flight_home_is_still_that_of_the_take_off(route, flying, homes):
    """Else a home that moved before would be the new one, and the hold for it would end in a return to it."""
    seen, first = flying(stamp_s=100.0), HomePlace()
    assert first.of_take_off is None
    first.has_moved(seen, route.home, 5.0)
    kept = first.of_take_off
    assert kept is not None and (kept.place, kept.up_m, kept.baro_m) == (seen.home, 2.0, 490.0)
    low = flying(stamp_s=200.0, **homes(up_m=-28.0))
    assert HomePlace(kept).has_moved(low, route.home, 5.0) and not HomePlace().has_moved(low, route.home, 5.0)
    drifted = flying(stamp_s=200.0, up_m=67.0, **homes(up_m=7.0))
    assert not HomePlace(kept).has_moved(drifted, route.home, 5.0), "PX4's own correction"
    assert HomePlace(kept).has_moved(flying(stamp_s=200.0, **homes(up_m=7.0)), route.home, 5.0)


def test_what_is_kept_of_home_changes_only_with_home(route, flying, homes):
    place = HomePlace()
    place.has_moved(flying(stamp_s=100.0, baro_m=nan), route.home, 5.0)
    kept = place.of_take_off
    for number in range(1, 5):
        place.has_moved(flying(stamp_s=100.0 + number, baro_m=nan), route.home, 5.0)
        assert place.of_take_off is kept
    place.has_moved(flying(stamp_s=110.0, up_m=65.0, **homes(up_m=5.0)), route.home, 5.0)
    assert place.of_take_off is not None and place.of_take_off.up_m == 5.0


@pytest.mark.parametrize("scenario", ["mission_push_in_flight", "geofence"])
@pytest.mark.parametrize("shift_m", [0.0, 6.0, -6.0])
def test_in_recorded_flights_px4_s_corrections_count_and_another_height_does_not(
    shared_data, new_link, scenario, shift_m
):
    """Home's height changes every 2 s there, by up to 2.2 m from that of the take-off."""
    link, place, due = new_link(), HomePlace(), []
    drone = MavrosVehicle(link, Origin(lat_deg=47.4, lon_deg=8.5, datum_amsl_m=489.4, geoid_m=47.3), lambda: link.now_s)
    pad, left_s = None, inf
    with gzip.open(shared_data / "traces" / f"{scenario}.jsonl.gz", "rt") as lines:
        for line in map(json.loads, lines):
            if line.get("topic") not in link.listeners or line["topic"] == "mission/waypoints":
                continue
            link.now_s = 100.0 + line["t"]
            message = _message(line["msg"])
            if line["topic"] == "home_position/home" and link.now_s > left_s + 30.0:
                message.geo.altitude += shift_m
            link.say(line["topic"], **vars(message))
            seen = drone.telemetry(link.now_s)
            if seen.home is not None and line["topic"] == "altitude":
                pad = pad or seen.home
                left_s = min(left_s, link.now_s) if seen.landed == "in_air" else left_s
                due.append(place.has_moved(seen, pad, 5.0))
    assert left_s < inf and any(due) == (shift_m != 0.0)


def _message(of):
    return Message(**{key: _message(value) for key, value in of.items()}) if isinstance(of, dict) else of
