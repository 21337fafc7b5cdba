"""The autopilot's commander: modes, arming and failsafes, as PX4 1.17 was seen to do them."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot, inf

from blindspot_sim.fence import Fence
from blindspot_sim.navigator import Navigator
from blindspot_sim.parameters import Parameters

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED = 0, 1, 2, 3
"""MAV_RESULT."""
UNINITIALISED, STANDBY, ACTIVE, CRITICAL = 0, 3, 4, 5
"""`system_status`: can't arm, ready, armed, a failsafe is active."""

MODES = frozenset({
    "MANUAL", "STABILIZED", "ACRO", "RATTITUDE", "ALTCTL", "POSCTL", "OFFBOARD", "AUTO.MISSION", "AUTO.LOITER",
    "AUTO.RTL", "AUTO.LAND", "AUTO.TAKEOFF", "AUTO.READY", "AUTO.FOLLOW_TARGET", "AUTO.PRECLAND",
})  # fmt: skip
_ENDING = frozenset({"AUTO.RTL", "AUTO.LAND", "AUTO.TAKEOFF"})
_UNFLOWN = frozenset({"AUTO.READY", "AUTO.FOLLOW_TARGET", "AUTO.PRECLAND"})
_OFFBOARD_LOSS = {0: "POSCTL", 1: "ALTCTL", 2: "STABILIZED", 3: "AUTO.RTL", 4: "AUTO.LAND", 5: "AUTO.LOITER"}
_FENCE_ACTION = {2: "AUTO.LOITER", 3: "AUTO.RTL", 4: "AUTO.LAND", 5: "AUTO.LAND"}
_MISSION_CHECK_S = 0.4
_GENTLEST_FIRST = ("AUTO.LOITER", "AUTO.RTL", "AUTO.LAND")


class Commander:
    """Mode and arming state. `tell(severity, text)` sends a status text."""

    def __init__(
        self, parameters: Parameters, navigator: Navigator, tell: Callable[[int, str], None], *, ground_station: bool
    ) -> None:
        self._parameters = parameters
        self._navigator = navigator
        self._tell = tell
        self._ground_station = ground_station
        self.mode = "AUTO.LOITER"
        self.armed = False
        self.ready = False
        self.landed = True
        self.battery_fraction = 1.0
        self.fence: Fence | None = None
        self.setpoint_s = -inf
        self.armed_s = -inf
        self._mode_after_disarming = "AUTO.LOITER"
        self._mission_loaded_s = -inf
        self._failsafe = ""
        self._handled: set[str] = set()
        self._act_s = inf
        self._action = ""

    @property
    def failsafe(self) -> str:
        """The cause of the active failsafe, or an empty string."""
        return self._failsafe

    def system_status(self, now_s: float) -> int:
        if self.armed:
            return CRITICAL if self._failsafe else ACTIVE
        return STANDBY if self.ready and self.can_run(self.mode, now_s) else UNINITIALISED

    def can_run(self, mode: str, now_s: float) -> bool:
        """The mode has what it needs: a mission, fresh set-points, a position."""
        if mode == "AUTO.MISSION":
            checked = not self.armed or now_s >= self._mission_loaded_s + _MISSION_CHECK_S
            return not self._navigator.mission.is_empty and checked
        if mode == "OFFBOARD":
            return now_s - self.setpoint_s <= float(self._parameters["COM_OF_LOSS_T"])
        return mode not in _UNFLOWN

    def request_mode(self, mode: str, now_s: float) -> bool:
        """Ask for a mode; False if it can't be had. Disarmed, any known mode is taken, whether it can run or not."""
        if mode not in MODES or (self.armed and not self.can_run(mode, now_s)):
            return False
        if not self.armed or mode not in _ENDING:
            self._mode_after_disarming = mode
        self._handled |= {self._failsafe} - {""}
        self._clear_failsafe()
        if mode != self.mode or mode == "AUTO.MISSION":
            self._enter(mode)
        return True

    def arm(self, now_s: float) -> int:
        """Ask for arming; MAV_RESULT. Arming twice is no error."""
        if self.armed:
            return ACCEPTED
        no_ground_station = self._parameters["NAV_DLL_ACT"] > 0 and not self._ground_station
        if self.system_status(now_s) != STANDBY or no_ground_station:
            self._tell(2, "Arming denied: Resolve system health failures first")
            return TEMPORARILY_REJECTED
        self.armed = True
        self.armed_s = now_s
        self._handled.clear()
        self._navigator.enter(self.mode)
        self._tell(6, "Armed by external command")
        return ACCEPTED

    def disarm(self, *, force: bool = False) -> int:
        """Ask for disarming; refused in flight unless forced."""
        if not self.landed and not force:
            return TEMPORARILY_REJECTED
        if self.armed:
            self.armed = False
            self._clear_failsafe()
            self._tell(6, "Disarmed")
            if self._mode_after_disarming == "AUTO.MISSION" and self._navigator.mission.finished:
                self._mode_after_disarming = "AUTO.LOITER"
            if self.mode != self._mode_after_disarming:
                self._enter(self._mode_after_disarming)
        return ACCEPTED

    def mission_loaded(self, now_s: float) -> None:
        """A new mission is in: it is checked before it can be flown."""
        self._mission_loaded_s = now_s
        if self.mode == "AUTO.MISSION":
            if self.armed and self._navigator.mission.is_empty:
                self.request_mode("AUTO.LOITER", now_s)
            elif self.armed:
                self._navigator.enter("AUTO.MISSION")

    def navigator_says(self, event: str) -> None:
        """A mode came to its end."""
        if event == "took off":
            self._mode_after_disarming = "AUTO.LOITER"
            up_m = self._navigator.goal_up
            self._enter("AUTO.LOITER")
            self._navigator.hold_after_take_off(up_m)
        elif event == "return":
            self._enter("AUTO.RTL")

    def force_mode(self, mode: str) -> None:
        """Change the mode whatever runs: the pilot's switch, and an empty battery."""
        self._clear_failsafe()
        if mode not in _ENDING:
            self._mode_after_disarming = mode
        self._enter(mode)

    def step(self, now_s: float) -> None:
        """Every step: what can't wait. OFFBOARD set-points lost, and the end of a failsafe's hold."""
        if self.mode == "OFFBOARD" and self.armed and not self.landed and not self.can_run("OFFBOARD", now_s):
            self._failsafe = "offboard"
            self._tell(2, "Failsafe activated: no offboard signal")
            self._enter(_OFFBOARD_LOSS.get(int(self._parameters["COM_OBL_RC_ACT"]), "AUTO.RTL"))
        if now_s >= self._act_s:
            self._act_s = inf
            if self.mode != self._action:
                self._enter(self._action)

    def watch(self, now_s: float) -> None:
        """Five times a second: battery and fence."""
        if not self.armed or self.landed:
            return
        action = self._parameters["COM_LOW_BAT_ACT"]
        if self.battery_fraction <= self._parameters["BAT_EMERGEN_THR"] and action > 0:
            self._fail("battery emergency", "AUTO.LAND", now_s)
        elif self.battery_fraction <= self._parameters["BAT_CRIT_THR"] and action > 0:
            self._fail("battery critical", "AUTO.RTL" if action == 3 else "AUTO.LAND", now_s)
        elif self.battery_fraction <= self._parameters["BAT_LOW_THR"] and "low" not in self._handled:
            self._handled.add("low")
            self._tell(4, "Low battery level, return advised")
        fence_action = _FENCE_ACTION.get(int(self._parameters["GF_ACTION"]))
        if fence_action and self._breaches():
            self._fail("fence", fence_action, now_s)
        elif "fence" in self._handled and not self._breaches():
            self._handled.discard("fence")

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
        """Begin a failsafe: hold for COM_FAIL_ACT_T, then act. A harder one takes over; one overridden stays so."""
        if cause in self._handled or self.mode == action or self.mode == "AUTO.LAND":
            return
        self._handled.add(cause)
        if self._failsafe:
            if _GENTLEST_FIRST.index(action) > _GENTLEST_FIRST.index(self._action or "AUTO.LOITER"):
                self._failsafe, self._action = cause, action
                self._act_s = min(self._act_s, now_s + float(self._parameters["COM_FAIL_ACT_T"]))
            return
        self._failsafe, self._action = cause, action
        self._act_s = now_s + float(self._parameters["COM_FAIL_ACT_T"])
        self._tell(2, f"Failsafe activated: {cause}")
        if self.mode != "AUTO.LOITER":
            self._enter("AUTO.LOITER")

    def _clear_failsafe(self) -> None:
        self._failsafe, self._action, self._act_s = "", "", inf

    def _enter(self, mode: str) -> None:
        self.mode = mode
        self._navigator.enter(mode)
