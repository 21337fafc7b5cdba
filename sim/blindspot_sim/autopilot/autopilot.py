"""One drone behind its MAVROS interface: airframe, battery, gimbal, navigator and commander, stepped together."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot, inf, sqrt
from random import Random
from typing import NamedTuple

from blindspot_sim.airframe.vehicle_config import VehicleConfig
from blindspot_sim.autopilot.arm_authorisation import ArmAuthorisation
from blindspot_sim.autopilot.battery import Battery
from blindspot_sim.autopilot.commander import Commander
from blindspot_sim.autopilot.disturbance import UPDATE_S, Disturbance
from blindspot_sim.autopilot.dynamics import Airframe, Limits
from blindspot_sim.autopilot.gimbal import Gimbal
from blindspot_sim.autopilot.guidance import Guidance
from blindspot_sim.autopilot.navigator import Navigator
from blindspot_sim.autopilot.px4_parameters import Parameters

ON_GROUND, IN_AIR, TAKING_OFF, LANDING = 1, 2, 3, 4
"""`landed_state`."""
_SPOOLED_UP_S = 1.0
"""From arming to the moment when the motors may get power (COM_SPOOLUP_TIME)."""
_LIFT_DETECTED_S = 0.9
"""From the request to fly, with motors spooled up, to motors at power. The land detector then says "not landed"."""
_LIFT_OFF_S = 2.8
"""From the same request to the lift-off (the thrust ramp MPC_TKO_RAMP_T)."""
_POSITION_LOST_S, _POSITION_FOUND_S = 5.2, 2.6
"""From the loss or return of the satellites to the estimator's report (fitted to a recording)."""
_FIX_SATELLITES = 4
CARRIED_M = 5.0
"""A drone that has landed so near to a pad stands on it."""


class VehicleTruth(NamedTuple):
    """The true state, for the renderer and the judge: site frame, metres and m/s; headings 0 = north, clockwise."""

    stamp_s: float
    east_m: float
    north_m: float
    up_m: float
    velocity_east_mps: float
    velocity_north_mps: float
    velocity_up_mps: float
    heading_deg: float
    gimbal_pitch_deg: float
    gimbal_heading_deg: float
    battery_fraction: float
    armed: bool
    landed: bool
    mode: str
    """Name as in MAVROS."""
    blind: bool
    """True while the position estimate is lost: the drone drifts with the air."""


class Autopilot:
    """A drone at time `now_s`, advanced by `step`."""

    def __init__(
        self, config: VehicleConfig, random: Random, start_s: float, send_text: Callable[[int, str], None],
        ask_to_arm: Callable[[], None],
    ) -> None:  # fmt: skip
        self.config = config
        self.now_s = start_s
        self.parameters = Parameters({"MAV_SYS_ID": config.system_id, **config.parameters}, px4=config.px4)
        self.disturbance = Disturbance(random, config.wind, config.noise)
        self.battery = Battery(config.battery)
        self.gimbal = Gimbal(config.gimbal, config.heading_deg)
        start = config.start
        self.airframe = Airframe(
            start.east_m,
            start.north_m,
            start.up_m,
            config.heading_deg,
            config.ground_m,
            self._limits(),
            config.drag_per_s,
        )
        self.guidance = Guidance(self.parameters, config.heading_deg)
        self.navigator = Navigator(self.parameters, self.guidance, self.gimbal)
        self.commander = Commander(self.parameters, self.navigator, send_text, ground_station=config.ground_station)
        self.commander.battery_fraction = config.battery.initial_fraction
        self.authorisation = ArmAuthorisation(self.parameters, ask_to_arm)
        self.has_fix = True
        self._fix_changed_s = -inf
        self._flying = False
        self._asked_s = inf
        self._touched_s = inf
        self._landed_s = inf
        self._ready_s = start_s + config.ready_after_s
        self._watch_s = start_s
        self._revision = -1
        self._estimate()

    @property
    def truth(self) -> VehicleTruth:
        frame, gimbal = self.airframe, self.gimbal
        return VehicleTruth(
            self.now_s, frame.e, frame.n, frame.u, frame.ve, frame.vn, frame.vu, frame.heading_deg,
            gimbal.pitch_deg, gimbal.heading_deg, self.battery.fraction, self.commander.armed, self.commander.landed,
            self.commander.shown_mode, frame.blind,
        )  # fmt: skip

    @property
    def landed_state(self) -> int:
        if self.commander.landed:
            return ON_GROUND
        if self.navigator.is_taking_off:
            return TAKING_OFF
        return LANDING if self.navigator.is_landing else IN_AIR

    def carry(self, east_m: float, north_m: float, up_m: float) -> bool:
        """Put the drone down at another place, where it is its home. Returns False if it stands within `CARRIED_M` of
        it, or if its motors run."""
        frame = self.airframe
        here = hypot(frame.e - east_m, frame.n - north_m) <= CARRIED_M
        if here or self.commander.armed or not self.commander.landed:
            return False
        frame.put_down(east_m, north_m, up_m)
        self._estimate()
        if self.commander.ready:
            self._set_home()
        return True

    def arm(self, done: Callable[[int], None]) -> None:
        """Request arming. `done` gets the MAV_RESULT, later if an authorisation is required first."""
        commander, authorisation = self.commander, self.authorisation
        if not authorisation.is_required or commander.armed or not commander.can_arm(self.now_s):
            done(self._arm())
        else:
            authorisation.begin(self.now_s, lambda accepted: done(self._arm() if accepted else commander.deny_arming()))

    def step(self, now_s: float, dt: float) -> None:
        self.now_s = now_s
        commander, navigator = self.commander, self.navigator
        if now_s >= self._watch_s:
            self._watch_s += UPDATE_S
            self._slow_step(now_s)
        self.authorisation.step(now_s)
        self._estimate()
        commander.step(now_s)
        if commander.armed:
            event = navigator.step(now_s, self._flying)
            if event is not None:
                commander.navigator_says(event)
            if commander.landed or not self._flying:
                self._on_ground(dt, now_s)
            else:
                self._fly(dt, now_s)
        else:
            self._asked_s = inf
            self.battery.rest(dt, spinning=False)
            if not self.airframe.on_ground:
                self._fall(dt)
        if navigator.look_at is not None:
            navigator.track_roi()
        self.gimbal.step(dt, self.airframe.heading_deg)

    def _slow_step(self, now_s: float) -> None:
        self.disturbance.update()
        commander = self.commander
        commander.battery_fraction = self.battery.fraction
        if not commander.ready and now_s >= self._ready_s:
            self._set_home()
            commander.ready = True
        if self._revision != self.parameters.revision:
            self._read_parameters()
        self._watch_position(now_s)
        commander.watch(now_s)
        if self.battery.fraction <= 0.0 and commander.shown_mode != "AUTO.LAND" and self._flying:
            commander.force_mode("AUTO.LAND")

    def _read_parameters(self) -> None:
        p = self.parameters
        self._revision = p.revision
        self.airframe.limits = self._limits()
        self.guidance.read_parameters()
        self.navigator.read_parameters()
        self.battery.drain_s = float(p["SIM_BAT_DRAIN"])
        self.battery.drain_to_fraction = 0.01 * float(p["SIM_BAT_MIN_PCT"])
        if self.has_fix != (p["SIM_GPS_USED"] >= _FIX_SATELLITES):
            self.has_fix = not self.has_fix
            self._fix_changed_s = self.now_s

    def _watch_position(self, now_s: float) -> None:
        """Lose or find the position as the satellite fix goes or comes, after the estimator's delay."""
        delay_s = _POSITION_FOUND_S if self.has_fix else _POSITION_LOST_S
        if self.has_fix != self.commander.has_position and now_s >= self._fix_changed_s + delay_s:
            (self.disturbance.find_position if self.has_fix else self.disturbance.lose_position)()
            self.airframe.blind = not self.has_fix
            self.commander.position_changed(self.has_fix)

    def _arm(self) -> int:
        """Arm, and set home to the drone's place."""
        if not self.commander.armed and self.commander.ready:
            self._set_home()
        return self.commander.arm(self.now_s)

    def _estimate(self) -> None:
        frame, error, navigator = self.airframe, self.disturbance, self.navigator
        navigator.east = frame.e + error.error_east_m
        navigator.north = frame.n + error.error_north_m
        navigator.up = frame.u + error.error_up_m
        navigator.flying = self._flying

    def _set_home(self) -> None:
        navigator = self.navigator
        navigator.home = (navigator.east, navigator.north, navigator.up)
        navigator.home_heading_deg = self.airframe.heading_deg

    def _on_ground(self, dt: float, now_s: float) -> None:
        """Armed on the ground: spool up if the mode requests flight, otherwise disarm."""
        self.battery.rest(dt, spinning=True)
        commander = self.commander
        if self.navigator.wants_to_fly:
            if self._asked_s == inf:
                self._asked_s = max(now_s, commander.armed_s + _SPOOLED_UP_S)
                self.guidance.heading_deg = self.airframe.heading_deg
                self.airframe.rest()
            elif now_s >= self._asked_s + _LIFT_OFF_S:
                self._flying = self.navigator.flying = True
                self._touched_s = inf
                self.airframe.u = max(self.airframe.u, self.airframe.ground + 0.02)
            elif now_s >= self._asked_s + _LIFT_DETECTED_S:
                commander.landed = False
            return
        self._asked_s = inf
        commander.landed = True
        waiting_s = float(self.parameters["COM_DISARM_LAND" if self._landed_s < inf else "COM_DISARM_PRFLT"])
        since_s = self._landed_s if self._landed_s < inf else commander.armed_s
        if waiting_s > 0.0 and now_s >= since_s + waiting_s:
            self._landed_s = inf
            commander.disarm()

    def _fly(self, dt: float, now_s: float) -> None:
        frame, guidance, air = self.airframe, self.guidance, self.disturbance
        navigator = self.navigator
        guidance.step(navigator.east, navigator.north, navigator.up, frame.ve, frame.vn, frame.u - frame.ground)
        frame.step(
            dt, guidance.want_e, guidance.want_n, guidance.want_u, guidance.heading_deg,
            air.wind_east_mps, air.wind_north_mps, guidance.direct,
        )  # fmt: skip
        drift_e, drift_n = frame.ve - air.wind_east_mps, frame.vn - air.wind_north_mps
        self.battery.fly(dt, sqrt(drift_e * drift_e + drift_n * drift_n), frame.vu)
        if not frame.on_ground:
            self._touched_s = inf
        elif self._touched_s == inf:
            self._touched_s = now_s
        elif now_s >= self._touched_s + self.config.land_detection_s:
            self._flying = navigator.flying = False
            self._asked_s = inf
            self._landed_s = now_s
            self.commander.landed = True
            frame.rest()

    def _fall(self, dt: float) -> None:
        """Fall after a forced disarming in the air."""
        frame = self.airframe
        frame.vu -= 9.81 * dt
        frame.u += frame.vu * dt
        if frame.u <= frame.ground:
            frame.u, frame.on_ground = frame.ground, True
            frame.rest()
            self._flying = False
            self.commander.landed = True

    def _limits(self) -> Limits:
        p = self.parameters
        return Limits(float(p["MPC_ACC_HOR"]), float(p["MPC_JERK_AUTO"]), 2.0, float(p["MPC_YAWRAUTO_MAX"]))
