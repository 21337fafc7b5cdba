"""The autopilot's commander: modes, arming and failsafes, as PX4 1.17 was seen to do them."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot, inf

from blindspot_sim.autopilot.fence import Fence
from blindspot_sim.autopilot.navigator import BY_HAND, Navigator
from blindspot_sim.autopilot.px4_parameters import Parameters

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED = 0, 1, 2, 3
"""MAV_RESULT."""
UNINITIALISED, STANDBY, ACTIVE, CRITICAL = 0, 3, 4, 5
"""`system_status`: unable to arm, ready, armed, a failsafe is active."""

MODES = {
    "MANUAL": 0x10000, "ALTCTL": 0x20000, "POSCTL": 0x30000, "ACRO": 0x50000, "OFFBOARD": 0x60000,
    "STABILIZED": 0x70000, "RATTITUDE": 0x80000, "AUTO.READY": 0x1040000, "AUTO.TAKEOFF": 0x2040000,
    "AUTO.LOITER": 0x3040000, "AUTO.MISSION": 0x4040000, "AUTO.RTL": 0x5040000, "AUTO.LAND": 0x6040000,
    "AUTO.FOLLOW_TARGET": 0x8040000, "AUTO.PRECLAND": 0x9040000,
}  # fmt: skip
"""PX4's `custom_mode` by MAVROS's name."""
DESCEND = "DESCEND"
"""Straight descent after the loss of the position. MAVROS shows it as AUTO.LAND."""
_ENDING = frozenset({"AUTO.RTL", "AUTO.LAND", "AUTO.TAKEOFF"})
_WITHOUT_POSITION = BY_HAND - {"POSCTL"} | {"AUTO.LAND", DESCEND}
_UNFLOWN = frozenset({"AUTO.READY", "AUTO.FOLLOW_TARGET", "AUTO.PRECLAND"})
_OFFBOARD_LOSS = {0: "POSCTL", 1: "ALTCTL", 2: "STABILIZED", 3: "AUTO.RTL", 4: "AUTO.LAND", 5: "AUTO.LOITER"}
_FENCE_ACTION = {2: "AUTO.LOITER", 3: "AUTO.RTL", 4: "AUTO.LAND", 5: "AUTO.LAND"}
_LINK_ACTION = {1: "AUTO.LOITER", 2: "AUTO.RTL", 3: "AUTO.LAND", 5: "AUTO.LAND", 6: "AUTO.LAND"}
"""NAV_RCL_ACT and NAV_DLL_ACT. Values that would stop the motors in the air land here."""
_EXCEPTED = {"AUTO.MISSION": 1, "AUTO.LOITER": 2, "OFFBOARD": 4}
"""Bit of COM_RCL_EXCEPT by mode."""
_MISSION_CHECK_S = 0.4
_GENTLEST_FIRST = ("AUTO.LOITER", "AUTO.RTL", "AUTO.LAND")


class Commander:
    """Mode and arming state. `say(severity, text)` sends a status text.

    The estimator sets `has_position`. The connected links set `ground_station` and `manual_control`.
    """

    def __init__(
        self, parameters: Parameters, navigator: Navigator, say: Callable[[int, str], None], *, ground_station: bool
    ) -> None:
        self._parameters = parameters
        self._navigator = navigator
        self._send_text = say
        self.ground_station = ground_station
        self._ground_station_lost_s = inf
        self.manual_control = False
        """True while the sticks of a radio control or a joystick are connected."""
        self._manual_control_lost_s = inf
        self.mode = "AUTO.LOITER"
        self.armed = False
        self.ready = False
        self.has_position = True
        self.landed = True
        self.battery_fraction = 1.0
        self.fence: Fence | None = None
        self.setpoint_s = -inf
        self.armed_s = -inf
        self._intended = "AUTO.LOITER"
        self._mission_loaded_s = -inf
        self._failsafe = ""
        self._handled: set[str] = set()
        self._act_s = inf
        self._action = ""
        self._mode_with_position = "AUTO.LOITER"

    @property
    def shown_mode(self) -> str:
        """The mode as MAVROS names it."""
        return "AUTO.LAND" if self.mode == DESCEND else self.mode

    @property
    def is_out_of_hand(self) -> bool:
        """True in a manual mode without sticks: PX4 then sinks at MPC_LAND_SPEED, without a failsafe's hold."""
        return self.mode in BY_HAND and not self.manual_control

    def system_status(self, now_s: float) -> int:
        if self.armed:
            return CRITICAL if self._failsafe else ACTIVE
        return STANDBY if self.can_arm(now_s) else UNINITIALISED

    def can_arm(self, now_s: float) -> bool:
        """True if the present mode can run. If its loss is a failsafe, the ground station must be connected too."""
        no_ground_station = self._parameters["NAV_DLL_ACT"] > 0 and not self.ground_station
        return self.ready and self.has_position and self.can_run(self.mode, now_s) and not no_ground_station

    def can_run(self, mode: str, now_s: float) -> bool:
        """True if the mode's needs are met: a position, a mission, fresh set-points."""
        if not self.has_position and mode not in _WITHOUT_POSITION:
            return False
        if mode == "AUTO.MISSION":
            checked = not self.armed or now_s >= self._mission_loaded_s + _MISSION_CHECK_S
            return not self._navigator.mission.is_empty and checked
        if mode == "OFFBOARD":
            return now_s - self.setpoint_s <= float(self._parameters["COM_OF_LOSS_T"])
        return mode not in _UNFLOWN

    def request_mode(self, mode: str, now_s: float) -> bool:
        """Request a mode; False means refused. A disarmed drone accepts each known mode, even one that can't run."""
        if mode not in MODES or (self.armed and not self.can_run(mode, now_s)):
            return False
        if mode == "AUTO.LAND" and self.armed and not self.has_position:
            mode = DESCEND
        if not self.armed or mode not in _ENDING:
            self._intended = mode
        self._handled |= {self._failsafe} - {""}
        self._clear_failsafe()
        if mode != self.mode or mode == "AUTO.MISSION":
            self._enter(mode)
        return True

    def arm(self, now_s: float) -> int:
        """Request arming; returns the MAV_RESULT. A second arming is accepted too."""
        if self.armed:
            return ACCEPTED
        if not self.can_arm(now_s):
            return self.deny_arming()
        self.armed = True
        self.armed_s = now_s
        self._handled.clear()
        self._manual_control_lost_s = self._ground_station_lost_s = inf
        self._enter(self.mode)
        self._send_text(6, "Armed by external command")
        return ACCEPTED

    def deny_arming(self) -> int:
        """Send the text that arming is refused; returns the MAV_RESULT."""
        self._send_text(2, "Arming denied: Resolve system health failures first")
        return TEMPORARILY_REJECTED

    def disarm(self, *, force: bool = False) -> int:
        """Request disarming. It is refused in flight unless forced."""
        if not self.landed and not force:
            return TEMPORARILY_REJECTED
        if self.armed:
            self.armed = False
            self._clear_failsafe()
            self._send_text(6, "Disarmed")
            if self._intended == "AUTO.MISSION" and self._navigator.mission.finished:
                self._intended = "AUTO.LOITER"
            if self.mode != self._intended:
                self._enter(self._intended)
        return ACCEPTED

    def mission_loaded(self, now_s: float) -> None:
        """Start the check of a newly uploaded mission. It can fly only after the check."""
        self._mission_loaded_s = now_s
        if self.mode == "AUTO.MISSION":
            if self.armed and self._navigator.mission.is_empty:
                self.request_mode("AUTO.LOITER", now_s)
            elif self.armed:
                self._navigator.enter("AUTO.MISSION")

    def navigator_says(self, event: str) -> None:
        """Take the navigator's report that a mode has ended."""
        if event == "took off":
            self._intended = "AUTO.LOITER"
            up_m = self._navigator.goal_up
            self._enter("AUTO.LOITER")
            self._navigator.hold_after_take_off(up_m)
        elif event == "return":
            self._enter("AUTO.RTL")

    def force_mode(self, mode: str) -> None:
        """Change the mode unconditionally: for the pilot's switch and an empty battery."""
        if mode == "AUTO.LAND" and not self.has_position:
            mode = DESCEND
        self._clear_failsafe()
        if mode not in _ENDING:
            self._intended = mode
        self._enter(mode)

    def step(self, now_s: float) -> None:
        """Do the urgent work at every step: lost OFFBOARD set-points, and the end of a failsafe's hold."""
        if self.mode == "OFFBOARD" and self.armed and not self.landed and not self.can_run("OFFBOARD", now_s):
            self._failsafe = "offboard"
            self._send_text(2, "Failsafe activated: no offboard signal")
            self._enter(_OFFBOARD_LOSS.get(int(self._parameters["COM_OBL_RC_ACT"]), "AUTO.RTL"))
        if now_s >= self._act_s:
            self._act_s = inf
            if self.mode != self._action:
                self._enter(self._action)

    def watch(self, now_s: float) -> None:
        """Check the failsafe conditions, five times a second."""
        if not self.armed or self.landed:
            return
        self._watch_battery(now_s)
        self._watch_links(now_s)
        fence_action = _FENCE_ACTION.get(int(self._parameters["GF_ACTION"]))
        if fence_action and self._breaches():
            self._fail("fence", fence_action, now_s)
        elif "fence" in self._handled and not self._breaches():
            self._handled.discard("fence")

    def position_changed(self, has_position: bool) -> None:
        """React to the estimator's position: descend at once when it is lost, then return to the previous mode."""
        self.has_position = has_position
        if has_position:
            if self.mode == DESCEND and self._failsafe == "position":
                self._clear_failsafe()
                self._enter(self._mode_with_position)
        elif self.armed and not self.landed and self.mode not in _WITHOUT_POSITION - {"AUTO.LAND"}:
            self._mode_with_position = self.mode
            self._clear_failsafe()
            self._failsafe = "position"
            self._send_text(2, "Failsafe activated: no valid position")
            self._enter(DESCEND)

    def manual_control_changed(self, is_there: bool, now_s: float) -> None:
        """The sticks of a radio control or of a ground station's joystick appear or disappear."""
        if self.manual_control and not is_there:
            self._manual_control_lost_s = now_s
        elif is_there:
            self._manual_control_lost_s = inf
            self._handled.discard("manual control")
        self.manual_control = is_there
        if is_there and self.mode in BY_HAND:
            self._enter(self.mode)

    def ground_station_changed(self, is_there: bool, now_s: float) -> None:
        """A ground station's heartbeat appears or disappears."""
        if self.ground_station and not is_there:
            self._ground_station_lost_s = now_s
        elif is_there:
            self._ground_station_lost_s = inf
            self._handled.discard("ground station")
        self.ground_station = is_there

    def _watch_battery(self, now_s: float) -> None:
        p, action = self._parameters, self._parameters["COM_LOW_BAT_ACT"]
        if self.battery_fraction <= p["BAT_EMERGEN_THR"] and action > 0:
            self._fail("battery emergency", "AUTO.LAND", now_s)
        elif self.battery_fraction <= p["BAT_CRIT_THR"] and action > 0:
            self._fail("battery critical", "AUTO.RTL" if action == 3 else "AUTO.LAND", now_s)
        elif self.battery_fraction <= p["BAT_LOW_THR"] and "low" not in self._handled:
            self._handled.add("low")
            self._send_text(4, "Low battery level, return advised")

    def _watch_links(self, now_s: float) -> None:
        """Sticks and ground station: a failsafe only after the loss of one that was connected."""
        p = self._parameters
        if now_s >= self._manual_control_lost_s + float(p["COM_RC_LOSS_T"]):
            action = _LINK_ACTION.get(int(p["NAV_RCL_ACT"]))
            if action and not int(p["COM_RCL_EXCEPT"]) & _EXCEPTED.get(self.mode, 0):
                self._fail("manual control", action, now_s)
        if now_s >= self._ground_station_lost_s + float(p["COM_DL_LOSS_T"]):
            action = _LINK_ACTION.get(int(p["NAV_DLL_ACT"]))
            if action:
                self._fail("ground station", action, now_s)

    def _breaches(self) -> bool:
        nav, p = self._navigator, self._parameters
        if self.fence is not None and self.fence.breached(nav.east, nav.north):
            return True
        if nav.home is None:
            return False
        far_m, high_m = float(p["GF_MAX_HOR_DIST"]), float(p["GF_MAX_VER_DIST"])
        return (far_m > 0.0 and hypot(nav.east - nav.home[0], nav.north - nav.home[1]) > far_m) or (
            high_m > 0.0 and nav.up - nav.home[2] > high_m
        )

    def _fail(self, cause: str, action: str, now_s: float) -> None:
        """Begin a failsafe: hold for COM_FAIL_ACT_T, then act. A harder action takes over. Each cause acts once."""
        if cause in self._handled or self.mode == action or self.mode in ("AUTO.LAND", DESCEND):
            return
        self._handled.add(cause)
        if self._failsafe:
            if _GENTLEST_FIRST.index(action) > _GENTLEST_FIRST.index(self._action or "AUTO.LOITER"):
                self._failsafe, self._action = cause, action
                self._act_s = min(self._act_s, now_s + float(self._parameters["COM_FAIL_ACT_T"]))
            return
        self._failsafe, self._action = cause, action
        self._act_s = now_s + float(self._parameters["COM_FAIL_ACT_T"])
        self._send_text(2, f"Failsafe activated: {cause}")
        if self.mode != "AUTO.LOITER":
            self._enter("AUTO.LOITER")

    def _clear_failsafe(self) -> None:
        self._failsafe, self._action, self._act_s = "", "", inf

    def _enter(self, mode: str) -> None:
        self.mode = mode
        self._navigator.enter(mode)
        if self.is_out_of_hand:
            self._navigator.sink()
