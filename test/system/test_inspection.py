"""An inspection in the middle of a whole flight in one process, on an autopilot that behaves like the recorded PX4."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from test.factories import at, cost_of, plan_of, route_of, view_at

from blindspot.core.config_file import read_yaml
from blindspot.flight.control.inspect import Inspection
from blindspot.flight.vehicle.vehicle import Reply
from blindspot.law.leases.lease import Lease
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import Wind
from blindspot.mission.plan import Aim, Route
from blindspot_sim.in_process.fleet_flight import InProcessFleet

REPOSITORY = Path(__file__).resolve().parents[2]
START = datetime(2026, 11, 6, 19, 0, tzinfo=UTC)
FIELD = ((-150.0, -60.0), (250.0, -60.0), (250.0, 150.0), (-150.0, 150.0))
LOOK = Inspection("A. Martin", at(-30.0, 30.0, 52.0), Aim(heading_deg=200.0, pitch_deg=-60.0), 8.0)


def route() -> Route:
    """Two views over a field."""
    places = ((20.0, 30.0, 62.0), (40.0, 60.0, 62.0))
    return route_of(
        *(view_at(*place, id=f"v{k}", speed_mps=6.0, dwell_s=7.0) for k, place in enumerate(places)),
        pad="drone1", home=at(0.0, 0.0, 2.0), up_m=62.0, expected=cost_of(left=0.85),
        failsafe={
            "fence": FIELD, "fence_max_alt_m": 72.0,
            "parameters": {"RTL_CONE_ANG": 0.0, "GF_ACTION": 3.0, "COM_LOW_BAT_ACT": 3.0, "COM_OBL_RC_ACT": 5.0},
        },
    )  # fmt: skip


def cleared(*_: object) -> Reply:
    reply = Reply()
    reply.settle("ok")
    return reply


def granted(_: str, now: datetime) -> Lease:
    return Lease(True, now + timedelta(seconds=3), may_look=True)


def fleet() -> InProcessFleet:
    plan = plan_of(route(), perimeter=FIELD)
    model = read_yaml(REPOSITORY / "config/drones/reference.yaml", DroneModel)
    return InProcessFleet(
        plan, {"reference": model}, granted, lambda s: START + timedelta(seconds=s), seed=1,
        wind=Wind(from_deg=250.0, speed_mps=5.0, gust_mps=0.7), clear_way=lambda _: cleared,
    )  # fmt: skip


@pytest.fixture
def flown():
    """A fleet of one whose drone is on its first view, and the set-points that reach its MAVROS."""
    one = fleet()
    drone = one.drones["drone1"]
    setpoints: list[tuple[float, dict]] = []
    publish = drone.link.publish

    def note(topic, fields):
        setpoints.append((drone.mavros.now_s, dict(fields["position"])))
        publish(topic, fields)

    drone.link.publish = note
    one.run(until=lambda f: not drone.flight.sensor_inhibited, limit_s=200.0)
    assert drone.flight.phase == "en_route"
    return one, drone, setpoints


def inspects(drone):
    return lambda _: drone.flight.phase == "inspect" and drone.flight.seen.mode == "OFFBOARD"


def test_a_whole_flight_with_an_inspection_in_the_middle(flown):
    one, drone, setpoints = flown
    assert drone.flight.inspect(LOOK) == ""
    one.run(until=lambda _: drone.flight.phase == "inspect", limit_s=one.now_s + 20.0)
    begun_s = one.now_s
    one.run(until=lambda _: drone.flight.phase == "hold", limit_s=one.now_s + 200.0)
    ended_s = one.now_s
    one.run(limit_s=one.now_s + 10.0)
    assert drone.flight.seen.mode == "AUTO.LOITER" and drone.flight.resume("A. Martin") == ""
    one.run(limit_s=900.0)
    assert drone.flight.outcome == "completed" and one.log().violations == ()

    times = np.array([stamp_s for stamp_s, _ in setpoints])
    gaps_s = np.diff(times)
    assert gaps_s.max() < 0.11 and np.median(gaps_s) == pytest.approx(0.05, abs=0.003), "20 Hz, without a gap"
    assert times[0] - begun_s < 0.2 and times[-1] - ended_s < 2.0, "until the hold shows, and no longer"

    log = one.log().drones["drone1"]
    out = (log.stamp_s > begun_s) & (log.stamp_s < ended_s)
    start, end = log.truth_m[out][0], np.array([-30.0, 30.0, 52.0])
    along = (end - start) / np.linalg.norm(end - start)
    off = log.truth_m[out] - start
    across_m = np.linalg.norm(off - np.outer(off @ along, along), axis=1)
    assert across_m.max() < 2.5, "on the line that was cleared"
    looked = out & log.capturing
    assert looked.sum() * 0.2 == pytest.approx(8.0, abs=1.5)
    assert np.linalg.norm(log.truth_m[looked] - end, axis=1).max() < 4.0
    assert np.allclose(log.camera_deg[looked][:, 1], -60.0, atol=5.0)


@pytest.mark.parametrize("mode", ["POSCTL", "ALTCTL", "AUTO.RTL", "AUTO.LAND", "AUTO.MISSION"])
def test_the_pilot_ends_the_stream(flown, mode):
    one, drone, setpoints = flown
    drone.flight.inspect(LOOK)
    one.run(until=inspects(drone), limit_s=one.now_s + 30.0)
    one.run(limit_s=one.now_s + 3.0)
    assert drone.mavros.pilot(mode)
    taken_s, calls = one.now_s, len(drone.link.calls)
    one.run(limit_s=one.now_s + 60.0)
    assert drone.flight.phase in ("pilot", "landed") and drone.flight.sensor_inhibited
    assert setpoints[-1][0] - taken_s < 1.2, "as soon as `state` shows it"
    assert len(drone.link.calls) == calls


def test_a_link_that_is_cut_is_px4s_own_failsafe_and_the_flight_follows_it(flown):
    one, drone, setpoints = flown
    drone.flight.inspect(LOOK)
    one.run(until=inspects(drone), limit_s=one.now_s + 30.0)
    one.run(limit_s=one.now_s + 2.0)
    drone.link.cut = True
    cut_s = one.now_s
    one.run(until=lambda _: drone.mavros.autopilot.commander.mode != "OFFBOARD", limit_s=one.now_s + 6.0)
    assert drone.mavros.autopilot.commander.mode == "AUTO.LOITER", "COM_OBL_RC_ACT 5"
    assert 1.0 <= one.now_s - cut_s <= 1.2, "recorded: 1.07 s after the last set-point"
    one.run(limit_s=one.now_s + 4.0)
    drone.link.cut = False
    one.run(limit_s=one.now_s + 5.0)
    assert drone.flight.phase == "hold" and drone.flight.sensor_inhibited
    assert setpoints[-1][0] - cut_s < 6.0
    one.run(limit_s=900.0)
    assert drone.flight.outcome == "returned"


def test_a_lost_lease_stops_the_sensor_and_leaves_offboard(flown):
    one, drone, _ = flown
    drone.flight.inspect(LOOK)
    one.run(until=lambda _: drone.flight.phase == "inspect" and not drone.flight.sensor_inhibited,
            limit_s=one.now_s + 90.0)  # fmt: skip
    one.leases = lambda *_: None
    lost_s = one.now_s
    one.run(until=lambda _: drone.flight.sensor_inhibited, limit_s=one.now_s + 20.0)
    assert one.now_s - lost_s <= 3.2
    one.run(until=lambda _: drone.flight.seen.mode == "AUTO.LOITER", limit_s=one.now_s + 5.0)
    assert drone.flight.phase == "hold" and one.now_s - lost_s < 5.0
    one.leases = granted
    one.run(limit_s=900.0)
    assert drone.flight.outcome == "returned", "nobody resumed it"
