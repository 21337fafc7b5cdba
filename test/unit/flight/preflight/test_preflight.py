"""The pre-flight list of a real drone: every check can fail, and reports its value and the remedy."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest
from test.unit.flight.preflight.conftest import ANY_TIME, COOL, GIVEN, with_failsafe

from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.vehicle import Firmware, Telemetry
from blindspot.flight.watch.surroundings import Other
from blindspot.mission.plan import Point


def test_uploads_and_reads_back_before_it_asks_for_the_mission(make, vehicle, parked):
    assert make().read(parked) == ""
    asked = vehicle.asked
    assert asked[:2] == ["firmware", "parameters"]
    assert tuple(asked[2:6]) == GIVEN
    assert asked[-5:] == ["fence", "rally", "mission", "item 0", "AUTO.MISSION"]  # not where a flight was interrupted
    assert not any("=" in what for what in asked[6:]), "what the plan does not give is only read"


def test_the_list_contains_its_values(make, parked):
    made = make()
    made.read(parked)
    reported = {line.check: line.value for line in made.run.lines}
    assert reported["firmware"] == "PX4 1.16.0 release"
    assert reported["GPS"] == "14 satellites, 0.9 m"
    assert reported["battery"] == "100%, the route and its reserve need 34%"
    assert reported["RTL_RETURN_ALT"] == "60, set as planned and read back"
    assert reported["NAV_DLL_ACT"] == "2"


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"connected": False}, "autopilot: not heard"),
        ({"state_age_s": 3.1}, "autopilot: not heard"),
        ({"armed": True}, "drone: armed already"),
        ({"landed": "unknown"}, "drone: not known to be on the ground"),
        ({"firmware": None}, "firmware: not reported"),
        ({"firmware": Firmware("PX4", (1, 13, 3), "release")}, "PX4 1.13.3 release; the plan counts on COM_FAIL_ACT_T"),
        ({"firmware": Firmware("ArduPilot", (4, 5, 0), "release")}, "firmware: ArduPilot 4.5.0"),
        ({"firmware": Firmware("PX4", (1, 17, 0), "alpha")}, "install a release"),
        ({"sick_sensors": None}, "sensors: not reported"),
        ({"sick_sensors": ("barometer",)}, "sensors: sick: barometer"),
        ({"radio_ok": False}, "radio control: not heard"),
        ({"radio_ok": None}, "radio control: not heard"),
        ({"satellites": 7}, "GPS: 7 satellites"),
        ({"satellites": None}, "GPS: no satellites"),
        ({"gps_error_m": 3.1}, "GPS: 14 satellites, 3.1 m"),
        ({"gps_error_m": nan}, "GPS: 14 satellites, no fix"),
        ({"estimator_faults": None}, "estimator: not heard"),
        ({"estimator_faults": ("GPS glitch",)}, "estimator: GPS glitch"),
        ({"position_ok": False}, "estimator: no position"),
        ({"position_age_s": 1.6}, "estimator: no position"),
        ({"heading_deg": nan}, "estimator: no heading"),
        ({"home": None}, "home: no home position"),
        ({"home": Point(east_m=5.1, north_m=0.0, up_m=2.0)}, "home is 5 m from pad north"),
        ({"home": Point(east_m=0.1, north_m=-0.2, up_m=-0.95)}, "home: home is 3 m below the drone on its pad"),
        ({"home": Point(east_m=0.1, north_m=-0.2, up_m=5.15)}, "home: home is 3 m above the drone on its pad"),
        ({"up_m": nan}, "home: home is nan m"),
        ({"east_m": 6.0}, "drone is 6 m from pad north"),
        ({"east_m": nan}, "drone is nan m"),
        ({"battery_age_s": 5.1}, "battery: not heard"),
        ({"battery_fraction": 0.33}, "battery: 33%"),
        ({"battery_fraction": nan}, "battery: nan%"),
        ({"clock_offset_s": nan}, "clock: the autopilot reports no time"),
        ({"clock_offset_s": -1.1}, "clock: 1.10 s from the autopilot's; set this computer's clock"),
        ({"gimbal_pitch_deg": nan}, "gimbal: not heard"),
        ({"gimbal_age_s": 2.1}, "gimbal: not heard"),
        ({"gimbal_faults": ("motor",)}, "gimbal: fault: motor"),
        ({"system_status": 0, "status_text": "Preflight Fail: yaw", "status_text_age_s": 2.0},
         "not ready to arm Preflight Fail: yaw; read its messages"),
        ({"system_status": 0, "status_text": "Preflight Fail: yaw", "status_text_age_s": 300.0},
         "not ready to arm Preflight Fail: yaw (300 s ago)"),
        ({"system_status": 0, "status_text": "Low battery", "status_text_age_s": 601.0},
         "not ready to arm; read its messages"),
    ],
)  # fmt: skip
def test_a_failed_check_is_awaited_and_then_reported(make, parked, changes, reported):
    assert reported in make().read_in_vain(replace(parked, **changes))


def test_a_home_that_moves_after_its_check_arms_nothing(make, vehicle, parked):
    """The parameters and the uploads after it take up to two minutes."""
    vehicle.answers["AUTO.MISSION"] = ("pending", "")
    made = make()
    assert made.read(parked) is None and made.run.doing == "mission mode"
    vehicle.replies["AUTO.MISSION"].settle("ok")
    high = replace(parked, home=Point(east_m=0.1, north_m=-0.2, up_m=9.0))
    assert "arming: home is 7 m above" in made.read_in_vain(high)


def test_telemetry_that_comes_late_is_waited_for(make, parked):
    made = make()
    assert made.read(Telemetry(stamp_s=0.0)) is None
    assert made.read(replace(parked, stamp_s=15.0)) == ""


def test_a_drone_that_flies_is_asked_for_nothing(make, vehicle, parked):
    assert make(to_the_end=True).read_in_vain(replace(parked, armed=True)) is not None
    assert vehicle.asked == []


def test_the_battery_at_its_boundary(make, parked, route, model):
    needed = route.expected.energy_wh / model.energy.capacity_wh + model.energy.reserve_fraction
    assert make().read(replace(parked, battery_fraction=needed)) == ""
    assert "charge it" in make().read_in_vain(replace(parked, battery_fraction=needed - 1e-6))


def test_a_simulated_pack_is_waited_for(make, parked, simulated):
    made = make(settings=simulated)
    seen = replace(parked, battery_fraction=0.3, firmware=replace(parked.firmware, simulation=True))
    assert "a fresh pack in the fleet's swap_s" in made.read_in_vain(seen)


def test_a_cold_battery_needs_a_greater_charge_and_a_warm_one_no_smaller(make, parked, settings, route):
    """The ladder counts with the temperature that the battery reports: a charge that is too small returns at once."""
    energy = settings.model.energy
    needed = route.expected.energy_wh / energy.usable_wh(-5.0) + energy.reserve_fraction
    assert make().read(replace(parked, battery_fraction=needed, battery_c=-5.0)) == ""
    assert "charge it" in make().read_in_vain(replace(parked, battery_fraction=needed - 1e-6, battery_c=-5.0))
    at_20_c = route.expected.energy_wh / energy.usable_wh(20.0) + energy.reserve_fraction
    assert "charge it" in make().read_in_vain(replace(parked, battery_fraction=at_20_c - 1e-6, battery_c=35.0))


def test_a_silent_camera_is_reported(make, parked):
    assert "camera: not heard" in make().read_in_vain(parked, camera_silent_s=inf)
    assert "camera: not heard" in make().read_in_vain(parked, camera_silent_s=3.1)


@pytest.mark.parametrize(
    ("records", "reported"),
    [(True, "take the card out"), (None, "set camera.records_to_card in config/drones/reference")],
)
def test_a_camera_that_may_record_to_a_card_of_its_own_is_not_flown(make, parked, model, records, reported):
    camera = model.camera.model_copy(update={"records_to_card": records})
    settings = FlightSettings(model.model_copy(update={"camera": camera}))
    assert reported in make(settings=settings).read(parked)


@pytest.mark.parametrize(
    ("radio", "reported"),
    [
        ("open", "link: open, by the drone's file; let the radio run in an encrypted tunnel"),
        (None, "link: not known; set telemetry_radio in config/drones/reference.yaml"),
    ],
)
def test_an_open_link_is_not_flown(make, parked, model, radio, reported):
    settings = FlightSettings(model.model_copy(update={"telemetry_radio": radio}))
    assert make(settings=settings).read(parked).startswith(reported)


@pytest.mark.parametrize(
    ("radio", "reported"),
    [("none", "no radio but the pilot's"), ("signed", "signed"), ("tunnel", "in an encrypted tunnel")],
)
def test_a_link_is_protected_by_the_owners_statement(make, parked, model, radio, reported):
    made = make(settings=FlightSettings(model.model_copy(update={"telemetry_radio": radio})))
    assert made.read(parked) == ""
    assert f"link: {reported}, by the drone's file" in map(str, made.run.lines)


def test_a_route_that_looks_at_nothing_needs_no_camera(make, parked, route):
    blind = route.model_copy(update={"steps": route.steps[:1]})
    assert make(blind).read(replace(parked, gimbal_age_s=inf), camera_silent_s=inf) == ""


@pytest.mark.parametrize(("left_s", "well"), [(inf, True), (130.0, True), (129.0, False), (nan, False)])
def test_a_route_that_would_land_too_late_is_not_flown(make, parked, left_s, well):
    """The route takes 120 s, and 10 s are kept to spare."""
    reported = make().read(parked, around=replace(COOL, land_within_s=left_s))
    assert reported == "" if well else "latest landing: in" in reported


@pytest.mark.parametrize(
    ("other", "well"),
    [
        (Other("drone2"), False),
        (Other("drone2", flies=False), True),
        (Other("drone2", 0.0, 90.0, 60.0, silent_s=1.0), True),
        (Other("drone2", 0.0, 90.0, 60.0, silent_s=11.0), False),
        (Other("drone2", silent_s=1.0), False),
    ],
    ids=["never heard", "on the ground", "in the air", "silent in the air", "in the air without a place"],
)
def test_while_another_drone_may_be_anywhere_in_the_air_no_drone_takes_off(make, parked, other, well):
    run = make()
    around = replace(ANY_TIME, others=(other,))
    if well:
        assert run.read(parked, around=around) == ""
        return
    assert run.read(parked, around=around) is None
    reported = run.read(replace(parked, stamp_s=parked.stamp_s + 60.0), around=around)
    assert reported.startswith("other drones: drone2 may be in the air and is not heard; ")


@pytest.mark.parametrize("what", ["firmware", "RTL_TYPE=0", "NAV_RCL_ACT", "fence", "rally", "mission", "AUTO.MISSION"])
@pytest.mark.parametrize("state", ["refused", "timed out"])
def test_anything_not_granted_refuses_the_flight(make, vehicle, parked, what, state):
    vehicle.answers[what] = (state, "because")
    made = make()
    problem = made.read(parked) or made.read(replace(parked, stamp_s=60.0))
    assert problem is not None
    assert ": because; " in problem


def test_a_request_that_runs_is_waited_for(make, vehicle, parked):
    vehicle.answers["mission"] = ("pending", "")
    made = make()
    assert made.read(parked) is None
    assert made.run.doing == "mission upload"
    assert vehicle.asked.count("mission") == 1


@pytest.mark.parametrize("lease", ["inhibit", "hold", "return"])
def test_no_lease_no_flight(make, parked, lease):
    assert "clearance: no lease" in make().read_in_vain(parked, lease)


def test_a_fence_that_excludes_the_pad_or_the_route_is_refused(make, parked, route):
    for fence in (((1.0, 1.0), (100.0, 1.0), (100.0, 100.0)), ((-5.0, -5.0), (20.0, -5.0), (20.0, 50.0), (-5.0, 50.0))):
        assert "does not contain" in str(make(with_failsafe(route, fence=fence)).read(parked))


def test_a_fence_that_the_way_between_two_places_leaves_is_refused(make, parked, route):
    """A notch from the north, between the first two steps; and one from the east, across the way back to the pad."""
    for notch in (
        ((70.0, -10.0), (70.0, 50.0), (20.0, 50.0), (20.0, 38.0), (10.0, 38.0), (10.0, 50.0)),
        ((70.0, -10.0), (70.0, 10.0), (25.0, 10.0), (25.0, 25.0), (70.0, 25.0), (70.0, 50.0)),
    ):
        fence = ((-10.0, -10.0), *notch, (-10.0, 50.0))
        assert "does not contain" in str(make(with_failsafe(route, fence=fence)).read(parked))


def test_a_fence_lower_than_the_return_is_refused(make, parked, route):
    assert "higher than its fence" in str(make(with_failsafe(route, rtl_return_alt_m=70.0)).read(parked))


# In simulation


def test_a_simulated_drone_needs_no_radio_release_gnss_time_or_word_about_cards(make, vehicle, parked, simulated):
    firmware = Firmware("PX4", (1, 18, 0), "dev", simulation=True)
    seen = replace(parked, radio_ok=None, firmware=firmware, clock_offset_s=nan)
    vehicle.parameters["NAV_DLL_ACT"] = 0.0
    unsaid = simulated.model.model_copy(update={"telemetry_radio": None})
    made = make(settings=replace(simulated, model=unsaid))
    assert made.read(seen) == ""
    assert "PX4 1.18.0 dev" in [line.value for line in made.run.lines]
    assert "MNT_MODE_IN" not in vehicle.asked, "the simulated gimbal is no driver of the autopilot's"


@pytest.mark.parametrize("changes", [{"satellites": 0}, {"sick_sensors": ("battery",)}, {"gimbal_age_s": inf}])
def test_a_simulated_drone_must_be_well_all_the_same(make, parked, simulated, changes):
    seen = replace(parked, firmware=Firmware("PX4", (1, 16, 0), "release", simulation=True), **changes)
    assert "simulation" not in make(settings=simulated, fix=True).read_in_vain(seen)


@pytest.mark.parametrize("to_the_end", [False, True])
def test_a_simulated_flight_sends_no_requests_to_an_autopilot_that_may_be_real(
    make, vehicle, parked, simulated, to_the_end
):
    vehicle.parameters["NAV_DLL_ACT"] = 2.0
    made = make(settings=simulated, fix=True, to_the_end=to_the_end)
    assert (made.read(parked) or "").startswith("simulation: the autopilot may be real; fly in mode hardware")
    assert vehicle.asked == ["firmware"]


def test_without_a_lease_nothing_is_asked_and_one_that_lapses_refuses(make, vehicle, parked):
    made = make()
    assert made.read(parked, "hold") is None
    assert (
        made.read(replace(parked, stamp_s=60.0), "hold") == "clearance: no lease; nothing arms without one: "
        "ask the authority"
    )
    assert vehicle.asked == []
    made = make()
    assert made.read(replace(parked, system_status=0)) is None
    assert made.run.doing == "arming"
    assert "arming: no lease" in (made.read(replace(parked, stamp_s=60.0), "hold") or "")


def test_a_lease_that_lapses_during_the_checks_is_awaited_as_long_as_in_the_air(make, vehicle, parked):
    """A restarted gate knows no clearance, and is asked for it again."""
    vehicle.answers["mission"] = ("pending", "")
    lists = [make(), make()]
    for made in lists:
        assert made.read(parked) is None
        vehicle.replies["mission"].settle("ok")
        assert made.read(parked, "hold") is None and "AUTO.MISSION" not in vehicle.asked
    back, gone = lists
    assert back.read(replace(parked, stamp_s=28.0)) == ""
    assert gone.read(replace(parked, stamp_s=32.0), "hold") == (
        "clearance holds: no lease; nothing arms without one: ask the authority"
    )
