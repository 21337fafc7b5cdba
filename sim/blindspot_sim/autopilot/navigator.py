"""The autopilot's navigator: it turns each mode into goals for the guidance."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan2, degrees, hypot, radians, tan

from blindspot_sim.airframe.geo import heading_of
from blindspot_sim.autopilot import items as cmd
from blindspot_sim.autopilot.auto_mission import MissionRunner
from blindspot_sim.autopilot.gimbal import YAW_LOCK, Gimbal
from blindspot_sim.autopilot.guidance import Guidance
from blindspot_sim.autopilot.items import Item
from blindspot_sim.autopilot.px4_parameters import Parameters
from blindspot_sim.autopilot.return_along_mission import TYPES as ALONG_MISSION, ReturnAlongMission

Place = tuple[float, float, float]
_CLIMB, _TRAVEL, _DESCEND = range(3)
BY_HAND = frozenset({"MANUAL", "STABILIZED", "ACRO", "RATTITUDE", "ALTCTL", "POSCTL"})
_HOLDING_MODES = BY_HAND | {"OFFBOARD", "AUTO.LOITER"}


class Navigator:
    """Carries out the present mode by setting the guidance's goal. Works on the estimated position.

    `east, north, up` is the estimate, written before every step. `home` is an estimate too, and None until it is set.
    """

    def __init__(self, parameters: Parameters, guidance: Guidance, gimbal: Gimbal) -> None:
        self._parameters = parameters
        self._guidance = guidance
        self._gimbal = gimbal
        self.mission = MissionRunner(self)
        self.rally: Sequence[Item] = ()
        self.mode = "AUTO.LOITER"
        self.east = self.north = self.up = 0.0
        self.flying = False
        self.was_on_ground = True
        self.home: Place | None = None
        self.home_heading_deg = 0.0
        self.take_off_up: float | None = None
        self.look_at: Place | None = None
        self._keeps_heading = False
        self._return_phase = _CLIMB
        self._destination: Place = (0.0, 0.0, 0.0)
        self._return_up = 0.0
        self._along_mission = ReturnAlongMission(self, self.mission)
        self.read_parameters()

    def read_parameters(self) -> None:
        self.radius_m = float(self._parameters["NAV_ACC_RAD"])
        self.altitude_radius_m = float(self._parameters["NAV_MC_ALT_RAD"])
        self._cruise_mps = float(self._parameters["MPC_XY_CRUISE"])

    @property
    def home_up(self) -> float:
        return self.home[2] if self.home else 0.0

    @property
    def goal_up(self) -> float:
        return self._guidance.up

    @property
    def goal_east(self) -> float:
        return self._guidance.east

    @property
    def goal_north(self) -> float:
        return self._guidance.north

    @property
    def is_taking_off(self) -> bool:
        return self.mode == "AUTO.TAKEOFF" or (self.mode == "AUTO.MISSION" and self.mission.is_taking_off)

    @property
    def is_landing(self) -> bool:
        return (
            self.mode == "AUTO.LAND"
            or (self.mode == "AUTO.RTL" and (self._return_phase == _DESCEND or self._along_mission.is_landing))
            or (self.mode == "AUTO.MISSION" and self.mission.is_landing)
        )

    @property
    def wants_to_fly(self) -> bool:
        """True if the mode lifts the drone off the ground."""
        if self.mode == "AUTO.TAKEOFF":
            return True
        if self.mode == "AUTO.MISSION":
            return not self.mission.is_empty and not self.mission.finished
        return self.mode == "OFFBOARD" and (
            self._guidance.want_u > 0.0 if self._guidance.kind == "velocity" else self._guidance.up > self.up + 0.3
        )

    def enter(self, mode: str) -> None:
        if self.mode == "AUTO.MISSION" and mode != self.mode:
            self._gimbal.release("autopilot")
        before, self.mode = self.mode, mode
        self._keeps_heading = False
        self.was_on_ground = not self.flying
        if mode == "AUTO.TAKEOFF":
            up = self.take_off_up
            if up is None:
                up = self.home_up + float(self._parameters["MIS_TAKEOFF_ALT"])
            self.take_off_up = None
            self.go_to(self.east, self.north, max(up, self.up))
        elif mode == "AUTO.MISSION":
            self.mission.activate(landed=not self.flying)
        elif mode == "AUTO.RTL":
            self._gimbal.neutral()
            self._begin_return(in_mission=before == "AUTO.MISSION")
        elif mode == "AUTO.LAND":
            self._gimbal.neutral()
            self._guidance.land(self._cruise_mps)
        elif mode == "DESCEND":
            self._guidance.sink()
        elif mode in _HOLDING_MODES:
            self.hold()

    def step(self, now_s: float, face: bool) -> str | None:
        """Advance the mode. Returns "took off" or "return" when the commander has to change it."""
        mode = self.mode
        if mode == "AUTO.MISSION":
            if face and not self._keeps_heading and not self.is_taking_off:
                self._guidance.face(self.east, self.north)
            return self.mission.step(now_s)
        if mode == "AUTO.TAKEOFF":
            if self.flying and self.up >= self._guidance.up - self.altitude_radius_m:
                return "took off"
        elif mode == "AUTO.RTL" and self.flying:
            self._return()
        return None

    def go_to(
        self, east: float, north: float, up: float, speed_mps: float | None = None, *, from_goal: bool = False
    ) -> None:
        """Fly to a place, nose first, by default at MPC_XY_CRUISE.

        The line starts at the drone, or at the previous goal (`from_goal`).
        """
        self._keeps_heading = False
        start = (self.goal_east, self.goal_north) if from_goal else (self.east, self.north)
        self._guidance.go_to(east, north, up, speed_mps or self._cruise_mps, start)

    def hold(self) -> None:
        self._guidance.hold(self.up, self._cruise_mps, hard=self.mode in BY_HAND)

    def sink(self) -> None:
        """Descend slowly in a manual mode without a pilot."""
        self._guidance.sink()

    def hold_after_take_off(self, up: float) -> None:
        """Stay at the end of the take-off, at height `up`."""
        place = self._guidance.east, self._guidance.north
        self._guidance.go_to(*place, up, self._cruise_mps, place)

    def land_at(self, east: float, north: float) -> None:
        """Descend onto a near place."""
        self._guidance.land_at(east, north, self._cruise_mps)

    def keep_heading(self, heading_deg: float) -> None:
        """Fly with this heading, and not nose first."""
        self._keeps_heading = True
        self._guidance.heading_deg = heading_deg % 360.0

    def take_setpoint(self, place: Place | None, velocity: Place | None, heading_deg: float | None) -> None:
        """Take an OFFBOARD set-point: a place (site frame) or a velocity, and a heading."""
        if place is not None:
            self._guidance.chase(*place)
        elif velocity is not None:
            self._guidance.fly(*velocity)
        if heading_deg is not None:
            self._guidance.heading_deg = heading_deg

    def point(self, item: Item) -> None:
        """Carry out a gimbal or region-of-interest item."""
        p1, p2, p3, _ = item.params
        if item.command == cmd.GIMBAL_PITCH_YAW and self._gimbal.controller == "autopilot":
            self.look_at = None
            self._gimbal.aim(p1, p2, yaw_locked=bool(int(item.x) & YAW_LOCK))
        elif item.command == cmd.MOUNT_CONTROL:
            self.look_at = None
            self._gimbal.aim(p1, p3, yaw_locked=False)
        elif item.command == cmd.ROI_LOCATION:
            self.look_at = (item.east_m, item.north_m, item.up_above_datum_m(self.home_up))
        elif item.command == cmd.ROI_NONE:
            self.look_at = None
            self._gimbal.aim(0.0, 0.0, yaw_locked=False)

    def track_roi(self) -> None:
        """Keep the gimbal on the region of interest, if there is one."""
        if self.look_at is not None:
            d_e, d_n, d_u = self.look_at[0] - self.east, self.look_at[1] - self.north, self.look_at[2] - self.up
            self._gimbal.aim(degrees(atan2(d_u, hypot(d_e, d_n))), heading_of(d_e, d_n), yaw_locked=True)

    def face_goal(self) -> None:
        """Turn the nose towards the goal."""
        self._guidance.face(self.east, self.north)

    def _begin_return(self, *, in_mission: bool) -> None:
        self._return_phase = _CLIMB
        self._along_mission.stop()
        if self._parameters["RTL_TYPE"] in ALONG_MISSION:
            self._along_mission.begin(int(self._parameters["RTL_TYPE"]), in_mission=in_mission)
            return
        self._destination = self._safe_place()
        self._return_up = max(self.up, self._return_height())
        self._guidance.hold(self._return_up, self._cruise_mps)

    def _safe_place(self) -> Place:
        """Home, or with RTL_TYPE 0 and 3 the nearest of home and the rally points."""
        places = [self.home or (self.east, self.north, 0.0)]
        if self._parameters["RTL_TYPE"] in (0, 3):
            places += [(r.east_m, r.north_m, r.up_above_datum_m(self.home_up)) for r in self.rally]
        return min(places, key=lambda place: hypot(place[0] - self.east, place[1] - self.north))

    def _return_height(self) -> float:
        """RTL_RETURN_ALT above the destination. Within RTL_MIN_DIST the cone of RTL_CONE_ANG lowers it."""
        p = self._parameters
        distance = hypot(self._destination[0] - self.east, self._destination[1] - self.north)
        height = float(p["RTL_RETURN_ALT"])
        if distance <= self.radius_m:
            height = min(height, 2.0 * distance)
        elif distance <= p["RTL_MIN_DIST"]:
            cone_deg = min(max(float(p["RTL_CONE_ANG"]), 1.0), 89.0)
            height = max(min(height, distance / tan(radians(cone_deg))), 2.0 * self.radius_m)
        return self._destination[2] + height

    def _return(self) -> None:
        if self._parameters["RTL_TYPE"] in ALONG_MISSION:
            self._along_mission.step()
            return
        east, north, _ = self._destination
        if self._return_phase == _CLIMB:
            if self.up >= self._return_up - self.altitude_radius_m:
                self._return_phase = _TRAVEL
                self.go_to(east, north, self._return_up)
        elif self._return_phase == _TRAVEL:
            self._guidance.face(self.east, self.north)
            if hypot(east - self.east, north - self.north) <= self.radius_m:
                self._return_phase = _DESCEND
                self.land_at(east, north)
                self._guidance.heading_deg = self.home_heading_deg
