"""MAVROS's services: the effect of each request on the autopilot, and its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, isfinite, nan
from typing import Any

from blindspot_sim.autopilot.autopilot import Autopilot
from blindspot_sim.autopilot.commander import ACCEPTED, DENIED, MODES, TEMPORARILY_REJECTED, UNSUPPORTED
from blindspot_sim.autopilot.gimbal import YAW_LOCK
from blindspot_sim.autopilot.items import GIMBAL_PITCH_YAW, MOUNT_CONTROL, ROI_LOCATION, ROI_NONE, Item
from blindspot_sim.autopilot.px4_parameters import V1_18
from blindspot_sim.mavros.lists import Lists

Request = Mapping[str, Any]
Response = dict[str, Any]
Answer = Callable[[Response], None]

_PASSIVE_COMMANDS = frozenset({401, 511, 530, 2000, 2001, 2500, 2501, 1001})
_REQUEST_MESSAGE, _AUTOPILOT_VERSION = 512, 148
_OLD_REQUESTS = frozenset({410, 520})
"""Requests for the home position and the firmware version. PX4 1.18 removed them."""
_ALPHA = 64
_ARM_DISARM = 400
_FORCE = 21196.0
_SITL_UID = 5283920058631409230
"""PX4 SITL's serial number, to which its system id is added."""
_EMPTY_VALUE: Mapping[str, object] = {
    "type": 0, "bool_value": False, "integer_value": 0, "double_value": 0.0, "string_value": "",
    "byte_array_value": [], "bool_array_value": [], "integer_array_value": [], "double_array_value": [],
    "string_array_value": [],
}  # fmt: skip


class Services:
    """Handlers by service name. The lists' transfers are in `mavros.SimulatedMavros`, which times them."""

    def __init__(self, autopilot: Autopilot, lists: Lists) -> None:
        self._ap = autopilot
        self._lists = lists
        self.parameters_busy_until_s = -inf
        self._firmware_known = autopilot.config.px4 < V1_18
        """True once MAVROS has received the firmware version. MAVROS then keeps it."""
        self._handlers: Mapping[str, Callable[[Request], Response]] = {
            "set_mode": self._set_mode,
            "cmd/arming": lambda r: _result(self._ap.commander.disarm()),
            "cmd/takeoff": lambda r: _result(self._take_off(float(r.get("altitude", nan)))),
            "cmd/land": lambda r: _result(self._mode("AUTO.LAND")),
            "cmd/command": lambda r: _result(self._command(int(r["command"]), [_param(r, i) for i in range(1, 8)])),
            "cmd/command_int": self._command_int,
            "param/set": self._set_parameter,
            "param/pull": lambda r: {"success": True, "param_received": len(self._ap.parameters)},
            "vehicle_info_get": self._vehicle_info,
            "gimbal_control/manager/configure": self._configure_gimbal,
            "gimbal_control/manager/pitchyaw": self._pitch_yaw,
            "gimbal_control/manager/set_roi": self._set_roi,
        }

    def ask(self, service: str, request: Request) -> Callable[[Answer], None]:
        """The function that executes a request; KeyError if unknown. Only an authorised arming answers later."""
        handler = self._handlers[service]
        if _arms(service, request):
            return lambda answer: self._ap.arm(lambda result: answer(_result(result)))
        return lambda answer: answer(handler(request))

    def _set_mode(self, request: Request) -> Response:
        mode = str(request["custom_mode"])
        if mode not in MODES:
            return {"mode_sent": False}
        self._ap.commander.request_mode(mode, self._ap.now_s)
        return {"mode_sent": True}

    def _mode(self, mode: str) -> int:
        accepted = self._ap.commander.request_mode(mode, self._ap.now_s)
        return ACCEPTED if accepted else TEMPORARILY_REJECTED

    def _take_off(self, altitude_amsl_m: float) -> int:
        if isfinite(altitude_amsl_m):
            self._ap.navigator.take_off_up = altitude_amsl_m - self._ap.config.origin.amsl_m
        return self._mode("AUTO.TAKEOFF")

    def _command(self, command: int, p: list[float]) -> int:
        if command == _ARM_DISARM:
            return self._ap.commander.disarm(force=p[1] == _FORCE)
        if command == 22:
            return self._take_off(p[6])
        if command in (20, 21):
            return self._mode("AUTO.RTL" if command == 20 else "AUTO.LAND")
        if command == 300:
            return self._mode("AUTO.MISSION")
        if command == GIMBAL_PITCH_YAW:
            return int(self._pitch_yaw({"pitch": p[0], "yaw": p[1], "flags": p[4]})["result"])
        if command == MOUNT_CONTROL:
            self._ap.navigator.point(Item(command, nan, nan, nan, False, (p[0], p[1], p[2], p[3]), p[4]))
            return ACCEPTED
        if command == _REQUEST_MESSAGE:
            self._firmware_known = self._firmware_known or p[0] == _AUTOPILOT_VERSION
            return ACCEPTED
        if command in _OLD_REQUESTS:
            return ACCEPTED if self._ap.config.px4 < V1_18 else UNSUPPORTED
        return ACCEPTED if command in _PASSIVE_COMMANDS else UNSUPPORTED

    def _command_int(self, request: Request) -> Response:
        """MAVROS ignores the acknowledgement of COMMAND_INT and always answers success."""
        if _arms("cmd/command", request):
            self._ap.arm(lambda result: None)
            return {"success": True}
        params = [_param(request, i) for i in range(1, 5)]
        place = [float(request["x"]) * 1e-7, float(request["y"]) * 1e-7, float(request["z"])]
        self._command(int(request["command"]), params + place)
        return {"success": True}

    def _set_parameter(self, request: Request) -> Response:
        value, name = request["value"], str(request["param_id"])
        given = {2: value.get("integer_value", 0), 3: value.get("double_value", 0.0)}.get(int(value["type"]))
        busy = self._ap.now_s < self.parameters_busy_until_s
        if busy or given is None or not self._ap.parameters.set(name, given):
            return {"success": False, "value": dict(_EMPTY_VALUE)}
        kept = self._ap.parameters[name]
        if isinstance(kept, int):
            return {"success": True, "value": {**_EMPTY_VALUE, "type": 2, "integer_value": kept}}
        return {"success": True, "value": {**_EMPTY_VALUE, "type": 3, "double_value": kept}}

    def _vehicle_info(self, request: Request) -> Response:
        commander = self._ap.commander
        mode_id = MODES[commander.shown_mode]
        version = int.from_bytes(bytes((*self._ap.config.px4, _ALPHA))) if self._firmware_known else 0
        vehicle = {
            "header": {"frame_id": ""}, "available_info": 3 if self._firmware_known else 1,
            "sysid": self._ap.config.system_id, "compid": 1, "autopilot": 12, "type": 2,
            "system_status": commander.system_status(self._ap.now_s),
            "base_mode": 157 if commander.armed else 29, "custom_mode": mode_id, "mode": commander.shown_mode,
            "mode_id": mode_id, "capabilities": 59647, "flight_sw_version": version,
            "middleware_sw_version": version, "os_sw_version": 101854463, "board_version": 1,
            "flight_custom_version": "9cf07c2452000000", "vendor_id": 0, "product_id": 0,
            "uid": _SITL_UID + self._ap.config.system_id,
        }  # fmt: skip
        return {"success": True, "vehicles": [vehicle]}

    def _pitch_yaw(self, request: Request) -> Response:
        if self._ap.gimbal.controller != "client":
            return _result(DENIED)
        self._ap.navigator.look_at = None
        locked = bool(int(request.get("flags", 0)) & YAW_LOCK)
        self._ap.gimbal.aim(float(request["pitch"]), float(request["yaw"]), yaw_locked=locked)
        return _result(ACCEPTED)

    def _configure_gimbal(self, request: Request) -> Response:
        self._ap.gimbal.configure(int(request["sysid_primary"]), int(request["compid_primary"]))
        return _result(ACCEPTED)

    def _set_roi(self, request: Request) -> Response:
        mode = int(request["mode"])
        if mode == 0:
            east_m, north_m = self._lists.to_enu(float(request["latitude"]), float(request["longitude"]))
            up_m = float(request["altitude"]) - self._ap.config.origin.amsl_m
            self._ap.navigator.point(Item(ROI_LOCATION, east_m, north_m, up_m, False, (nan, nan, nan, nan), nan))
        elif mode == 3:
            self._ap.navigator.point(Item(ROI_NONE, nan, nan, nan, False, (nan, nan, nan, nan), nan))
        return _result(ACCEPTED if mode in (0, 3) else UNSUPPORTED)


def _arms(service: str, request: Request) -> bool:
    if service == "cmd/arming":
        return bool(request["value"])
    return service == "cmd/command" and int(request["command"]) == _ARM_DISARM and _param(request, 1) >= 0.5


def _param(request: Request, index: int) -> float:
    return float(request.get(f"param{index}", 0.0))


def _result(result: int) -> Response:
    return {"success": result == ACCEPTED, "result": result}
