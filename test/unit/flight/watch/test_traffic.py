"""Crewed aircraft by their ADS-B reports: where they may be, and how near they come."""

from __future__ import annotations

from math import inf, isnan, nan
from types import SimpleNamespace

import pytest

from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.watch.traffic import Aircraft, Traffic, aircraft_of
from blindspot.site.town.frame import LocalFrame

FRAME = LocalFrame(47.2, -1.55, 8.0, 48.0)
ALL = 1 | 2 | 4 | 8 | 128
HERE = (0.0, 0.0, 60.0)


@pytest.fixture
def settings(model):
    return FlightSettings(model)


def report(**changes):
    """2000 m east, heading west at 50 m/s, at 68 m above sea level: 60 m above the datum."""
    longitude, latitude = FRAME.to_wgs84(2000.0, 0.0)
    fields = {
        "icao_address": 7, "latitude": latitude, "longitude": longitude, "altitude": 68.0, "altitude_type": 1,
        "heading": 270.0, "hor_velocity": 50.0, "ver_velocity": 0.0, "flags": ALL, "age_s": 0, **changes,
    }  # fmt: skip
    return SimpleNamespace(**fields, tslc=SimpleNamespace(sec=fields["age_s"], nanosec=0))


def near(settings, now_s=100.0, **changes):
    found = aircraft_of(report(**changes), FRAME, 100.0)
    return found is not None and found.comes_near(HERE, now_s, settings)


def test_a_report_in_metres_of_the_site():
    found = aircraft_of(report(age_s=3), FRAME, 100.0)
    assert found.at_s == 97.0
    assert (found.east_m, found.north_m) == pytest.approx((2000.0, 0.0), abs=0.01)
    assert (found.east_mps, found.north_mps, found.up_mps) == pytest.approx((-50.0, 0.0, 0.0))


def test_a_geometric_altitude_may_count_from_the_ellipsoid_or_from_the_sea():
    found = aircraft_of(report(), FRAME, 100.0)
    assert (found.low_m, found.high_m) == (12.0, 60.0)


def test_a_barometric_altitude_may_be_wrong_by_the_weather():
    found = aircraft_of(report(altitude_type=0), FRAME, 100.0)
    assert (found.low_m, found.high_m) == (-190.0, 310.0)


@pytest.mark.parametrize("changes", [{"flags": ALL & ~2}, {"altitude": nan}, {"altitude": 1e9}])
def test_an_unknown_altitude_is_any(changes):
    found = aircraft_of(report(**changes), FRAME, 100.0)
    assert (found.low_m, found.high_m) == (-inf, inf)


@pytest.mark.parametrize(
    "changes",
    [{"flags": ALL & ~8 & ~128}, {"flags": ALL & ~4}, {"hor_velocity": nan}, {"heading": nan}, {"heading": 400.0}],
)
def test_an_unknown_speed_is_any_speed_of_a_low_aircraft(settings, changes):
    assert isnan(aircraft_of(report(**changes), FRAME, 100.0).east_mps)
    longitude, latitude = FRAME.to_wgs84(8400.0, 0.0)
    at = {"longitude": longitude, "latitude": latitude, **changes}
    assert near(settings, **at), "130 m/s for 60 s, and 610 m"
    longitude, _ = FRAME.to_wgs84(8500.0, 0.0)
    assert not near(settings, **(at | {"longitude": longitude}))


@pytest.mark.parametrize("changes", [{"flags": ALL & ~1}, {"latitude": nan}, {"longitude": 181.0}, {"latitude": 90.0}])
def test_a_report_without_a_place_is_none(changes):
    assert aircraft_of(report(**changes), FRAME, 100.0) is None


def test_it_is_looked_ahead_along_its_way(settings):
    assert near(settings)
    assert not near(settings, heading=90.0)
    assert not near(settings, heading=0.0)
    assert near(settings, now_s=130.0, heading=90.0) is False, "an older report goes on the same way"
    slow = {"hor_velocity": 23.0}  # 1380 m in a minute: 620 m are left
    assert not near(settings, **slow) and near(settings, now_s=101.0, **slow)


def test_a_climb_is_looked_ahead_as_well(settings):
    at = {"altitude": 400.0}  # 344 to 392 m above the datum
    assert not near(settings, **at)
    assert not near(settings, **at, ver_velocity=-3.4), "204 m lower: 140 m"
    assert near(settings, **at, ver_velocity=-3.5)
    assert near(settings, **at, ver_velocity=nan), "it may sink by 15 m/s"


def test_reports_end_after_a_minute_and_one_aircraft_is_one():
    traffic = Traffic(FRAME)
    traffic.hear(report(), 100.0)
    traffic.hear(report(altitude=500.0), 101.0)
    traffic.hear(report(icao_address=8), 102.0)
    assert [each.at_s for each in traffic.aircraft(102.0)] == [101.0, 102.0]
    assert [each.at_s for each in traffic.aircraft(161.5)] == [102.0]
    assert traffic.aircraft(163.0) == ()


def test_an_old_report_is_no_aircraft():
    traffic = Traffic(FRAME)
    traffic.hear(report(age_s=61), 100.0)
    assert traffic.aircraft(100.0) == ()


def test_the_silence_is_reported_of_a_drone_with_a_receiver_only():
    assert Traffic(FRAME).silence(1e6) == ""
    assert Traffic(FRAME, fitted=True).silence(0.0) == "no aircraft was reported yet"
    traffic = Traffic(FRAME)
    traffic.hear(report(flags=0), 43_200.0)
    assert traffic.silence(43_260.0) == ""
    assert traffic.silence(43_261.0) == "no aircraft was reported since 12:00:00 UTC"


def test_a_flood_of_addresses_is_bounded():
    traffic = Traffic(FRAME)
    for address in range(500):
        traffic.hear(report(icao_address=address), 100.0)
    assert len(traffic.aircraft(100.0)) == 200
    longitude, latitude = FRAME.to_wgs84(300.0, 0.0)
    traffic.hear(report(icao_address=501, latitude=latitude, longitude=longitude), 100.0)
    assert any(each.east_m == pytest.approx(300.0, abs=0.1) for each in traffic.aircraft(100.0)), "the nearest stay"


def test_a_drone_at_an_unknown_place_is_near_nothing(settings):
    from blindspot.flight.watch.traffic import any_near

    at_the_drone = Aircraft(100.0, 0.0, 0.0)
    assert any_near([at_the_drone], HERE, 100.0, settings)
    assert not any_near([at_the_drone], (nan, 0.0, 60.0), 100.0, settings)
