"""The judgements of the drone and its route before a flight: what is found, and the remedy of a problem."""

from __future__ import annotations

from itertools import pairwise
from math import hypot, inf, isfinite, nan

from blindspot.flight.preflight.checklist import Judged
from blindspot.flight.preflight.computer_checks import paired
from blindspot.flight.route.geometry import inside, meets_edge
from blindspot.flight.vehicle.parameters import V1_17
from blindspot.flight.vehicle.vehicle import TEXT_KEPT_S
from blindspot.flight.watch.energy import battery_for_route
from blindspot.flight.watch.home_place import stands_on_home
from blindspot.flight.watch.ladder import Situation, lost_drones
from blindspot.flight.watch.support import support

READY = 3  # MAV_STATE_STANDBY: the autopilot would arm
LEAST_SATELLITES = 8
MOST_GPS_ERROR_M = 3.0  # PX4's own limit, EKF2_REQ_EPH
MOST_CLOCK_ERROR_S = 1.0
STALE_GIMBAL_S, STALE_CAMERA_S = 2.0, 3.0


def autopilot(s: Situation, _: float) -> Judged:
    if not s.seen.connected or s.seen.state_age_s > s.settings.stale_state_s:
        return Judged("not heard", "check power and MAVROS: fcu_url, namespace")
    return Judged(f"heard {s.seen.state_age_s:.1f} s ago")


def parked(s: Situation, _: float) -> Judged:
    if s.seen.armed:
        return Judged("armed already, and not by us", "disarm it")
    if s.seen.landed != "on_ground":
        return Judged("not known to be on the ground", "wait, and check the land detector")
    return Judged("on the ground, disarmed")


def firmware(s: Situation, _: float) -> Judged:
    found = s.seen.firmware
    if found is None:
        return Judged("not reported", "wait, and check the link")
    pair = support(found)
    if not s.settings.simulated and not pair.refused and found.kind != "release":
        return Judged(str(found), "install a release: only releases fly over people")
    return paired(str(found), pair, s)


def return_along(s: Situation, _: float) -> Judged:
    """PX4 keeps any number in RTL_TYPE: a release that lacks 4 would return straight."""
    found = s.seen.firmware
    if found is None or found.release < V1_17:
        remedy = "install PX4 1.17, or plan with limits.return: straight"
        return Judged(f"{found or 'an unknown firmware'} may not return along the mission", remedy)
    return Judged("along the mission")


def simulation(s: Situation, _: float) -> Judged:
    """Ask the autopilot itself, because a parameter may be wrong, or a node started by hand."""
    if s.seen.firmware is not None and s.seen.firmware.simulation:
        return Judged("the autopilot reports a simulation")
    return Judged("the autopilot may be real", "fly in mode hardware: here everything is relaxed for a simulation")


def sensors(s: Situation, _: float) -> Judged:
    sick = s.seen.sick_sensors
    if sick is None:
        return Judged("not reported", "wait, and check the link")
    return Judged("sick: " + ", ".join(sick), "repair or calibrate them") if sick else Judged("all healthy")


def radio(s: Situation, _: float) -> Judged:
    if s.seen.radio_ok:
        return Judged("heard")
    if s.settings.simulated:
        return Judged("none: a simulated drone has no pilot")
    return Judged("not heard", "switch it on: the pilot must be able to take over")


def link(s: Situation, _: float) -> Judged:
    """The owner's statement in the drone's file, because MAVROS can't report other links. Its messages are unsigned: a
    PX4 with a key would ignore them."""
    if s.settings.simulated:
        return Judged("a simulation's own")
    radio, model = s.settings.model.telemetry_radio, s.settings.model.name
    if radio == "open":
        return Judged(
            "open, by the drone's file",
            "let the radio run in an encrypted tunnel, or take it off: any such radio can command the drone",
        )
    if radio is None:
        return Judged("not known", f"set telemetry_radio in config/drones/{model}.yaml: none, signed or tunnel")
    return Judged(f"{_RADIOS[radio]}, by the drone's file")


_RADIOS = {"none": "no radio but the pilot's", "signed": "signed", "tunnel": "in an encrypted tunnel"}


def gps(s: Situation, _: float) -> Judged:
    satellites, error_m = s.seen.satellites, s.seen.gps_error_m
    found = f"{'no' if satellites is None else satellites} satellites, "
    found += f"{error_m:.1f} m" if isfinite(error_m) else "no fix"
    good = satellites is not None and satellites >= LEAST_SATELLITES and error_m <= MOST_GPS_ERROR_M
    return Judged(found, "" if good else f"wait for {LEAST_SATELLITES} satellites and {MOST_GPS_ERROR_M:g} m")


def estimator(s: Situation, _: float) -> Judged:
    faults = s.seen.estimator_faults
    if faults is None:
        return Judged("not heard", "wait, and check the link")
    if not s.seen.position_ok or s.seen.position_age_s > s.settings.stale_position_s:
        faults = tuple(dict.fromkeys([*faults, "no position"]))
    if not isfinite(s.seen.heading_deg):
        faults = (*faults, "no heading")
    if faults:
        return Judged(", ".join(faults), "wait, or move away from metal and walls")
    return Judged("attitude, speed, position, height and heading hold")


def home(s: Situation, _: float) -> Judged:
    home, pad = s.seen.home, s.route.home
    if home is None:
        return Judged("no home position", "wait for the GPS")
    off_m = 0.0
    for what, east_m, north_m in (("home", home.east_m, home.north_m), ("drone", s.seen.east_m, s.seen.north_m)):
        off_m = hypot(east_m - pad.east_m, north_m - pad.north_m)
        if not off_m <= s.settings.home_error_m:
            return Judged(
                f"{what} is {off_m:.0f} m from pad {s.route.pad}",
                f"put the drone on its pad: at most {s.settings.home_error_m:g} m are allowed",
            )
    if not stands_on_home(s.seen, home):
        high_m = s.seen.up_m - home.up_m
        found = f"home is {abs(high_m):.0f} m {'below' if high_m > 0.0 else 'above'} the drone on its pad"
        return Judged(found, "restart the autopilot where it stands, or wait for the GPS: all heights count from home")
    return Judged(f"{off_m:.1f} m from pad {s.route.pad}")


def battery(s: Situation, _: float) -> Judged:
    needed, left = battery_for_route(s.settings, s.route, s.seen.battery_c), s.seen.battery_fraction
    if not s.seen.battery_age_s <= s.settings.stale_battery_s:
        return Judged("not heard", "wait, and check the plug")
    remedy = "wait: an embedded drone gets a fresh pack in the fleet's swap_s" if s.settings.simulated else "charge it"
    return Judged(f"{left:.0%}, the route and its reserve need {needed:.0%}", "" if left >= needed else remedy)


def clock(s: Situation, _: float) -> Judged:
    """A simulated drone uses simulated time, which can't be compared with UTC."""
    if s.settings.simulated:
        return Judged("simulated time, from the mission's start")
    offset_s = s.seen.clock_offset_s
    if not isfinite(offset_s):
        return Judged("the autopilot reports no time", "wait for the GPS")
    found = f"{abs(offset_s):.2f} s from the autopilot's"
    return Judged(found, "" if abs(offset_s) <= MOST_CLOCK_ERROR_S else "set this computer's clock: chronyc makestep")


def latest_landing(s: Situation, _: float) -> Judged:
    """The whole route, with the spare time of the ladder, must fit before the latest landing."""
    left_s, needed_s = s.around.land_within_s, s.route.expected.flight_time_s + s.settings.landing_spare_s
    if left_s == inf:
        return Judged("the mission sets none")
    found = f"in {left_s:.0f} s, the route and the spare time take {needed_s:.0f} s"
    return Judged(found, "" if left_s >= needed_s else "plan again for the time left, or set a later landing")


def others(s: Situation, _: float) -> Judged:
    """Up there the drone would hold at once."""
    if lost := lost_drones(s):
        found = f"{', '.join(lost)} may be in the air and is not heard"
        return Judged(found, "check the computer and the link, or land that drone")
    return Judged(f"{len(s.around.others)} heard or on the ground")


def gimbal(s: Situation, _: float) -> Judged:
    seen = s.seen
    if not (seen.gimbal_age_s <= STALE_GIMBAL_S and isfinite(seen.gimbal_pitch_deg)):
        return Judged("not heard", "check power and plug")
    if seen.gimbal_faults:
        return Judged("fault: " + ", ".join(seen.gimbal_faults), "repair or restart it")
    return Judged(f"pitch {seen.gimbal_pitch_deg:.0f} deg, heading {seen.gimbal_heading_deg:.0f} deg")


def camera(s: Situation, _: float) -> Judged:
    if not s.camera_silent_s <= STALE_CAMERA_S:
        return Judged("not heard", "check the node camera and the log")
    return Judged(f"heard {s.camera_silent_s:.1f} s ago")


def card(s: Situation, _: float) -> Judged:
    """The owner must state it: MAVROS carries neither CAMERA_INFORMATION nor STORAGE_INFORMATION."""
    records, model = s.settings.model.camera.records_to_card, s.settings.model.name
    if records:
        return Judged("the camera records to its own card", "take the card out: recordings there are not masked")
    if records is None and not s.settings.simulated:
        return Judged("not known", f"check it, and set camera.records_to_card in config/drones/{model}.yaml")
    return Judged("none" if records is False else "none in a simulation")


def fence(s: Situation, _: float) -> Judged:
    """PX4 accepts a fence that excludes home, and arms (measured); therefore this check exists."""
    route, failsafe = s.route, s.route.failsafe
    ends = (route.home, route.start, *(step.to for step in route.steps), route.home)
    places = [(end.east_m, end.north_m) for end in ends]
    if not inside(places[0], failsafe.fence) or any(meets_edge(*way, failsafe.fence) for way in pairwise(places)):
        return Judged("it does not contain the pad and the whole route", "plan again")
    top_m = max([route.takeoff_up_m, *(step.to.up_m for step in route.steps)]) - route.home.up_m
    if not max(top_m, failsafe.rtl_return_alt_m) < failsafe.fence_max_alt_m:
        return Judged("the route is higher than its fence", "plan again")
    return Judged(f"{len(failsafe.fence)} corners, up to {failsafe.fence_max_alt_m:.0f} m, around the whole route")


def ready(s: Situation, _: float) -> Judged:
    """The last check: the lease may have lapsed, and home may have moved, since their own checks."""
    if s.lease != "ok":
        return lease(s, nan)
    if (moved := home(s, nan)).todo:
        return moved
    if s.seen.system_status != READY:
        return Judged(f"the autopilot is not ready to arm {s.seen.said(TEXT_KEPT_S)}".rstrip(), "read its messages")
    return Judged("the autopilot is ready")


def lease(s: Situation, _: float) -> Judged:
    return Judged("leased") if s.lease == "ok" else Judged("no lease", "nothing arms without one: ask the authority")
