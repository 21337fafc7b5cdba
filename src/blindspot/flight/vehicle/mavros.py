"""The adapter from the `Vehicle` port to MAVROS + PX4, free of ROS: a `MavrosLink` carries the messages.

This file and its other parts (`mavros_*`) contain all behaviour that is specific to MAVROS: a mode is accepted only
when `state` shows it, uploads are read back, AUTO.MISSION may be refused once, a busy autopilot refuses parameters,
altitudes are above the ellipsoid. ENU metres are converted to and from WGS 84 here and in `site.frame` only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from functools import partial
from math import radians

from blindspot.flight.route.mission_items import AGAINST_THE_EARTH, Item
from blindspot.flight.route.phases import HOLD, MISSION, RETURN
from blindspot.flight.vehicle import mavros_health, mavros_items
from blindspot.flight.vehicle.link import MavrosLink
from blindspot.flight.vehicle.mavros_calls import ANSWER_TIMEOUT_S, ATTEMPTS
from blindspot.flight.vehicle.mavros_lists import UPLOAD_TIMEOUT_S, Waypoints
from blindspot.flight.vehicle.mavros_modes import FLOW_GAP_S, MODE_SEEN_S
from blindspot.flight.vehicle.mavros_return import MavrosReturn
from blindspot.flight.vehicle.remote_id import Numbers, announcement
from blindspot.flight.vehicle.requests import Ended, Lane, Request
from blindspot.flight.vehicle.vehicle import Reply, Telemetry
from blindspot.mission import Origin, Point

REQUESTED_S = 2.0  # a requested message arrives at once, on a slow radio a little later
REQUEST_MESSAGE, AUTOPILOT_VERSION = 512, 148
PARAMETER_TOLERANCE = 1e-4
NO_ANSWER = 0
"""Result with which MAVROS reports no success after 5 s without an acknowledgement (measured). The autopilot may obey
later."""
REPLACED = "replaced by a newer command"
MAVROS_ITSELF = {"sysid_primary": 1, "compid_primary": 191}
"""Gimbal control for MAVROS, by its default ids (a companion computer of system 1)."""
AUTOPILOT_ITSELF = {"sysid_primary": -2, "compid_primary": -2}
"""Gimbal control for PX4: it takes -2 as itself, from any sender. Otherwise PX4 denies the aims of the uploaded
mission."""
POSITION_AND_YAW = 2552  # type_mask of PositionTarget: all other fields are ignored
LOCAL_FRAME = 1  # ENU at MAVROS, NED behind it

INTEGER_PARAMETERS = frozenset(
    {
        "COM_ACT_FAIL_ACT",
        "COM_ARM_AUTH_ID",
        "COM_ARM_AUTH_MET",
        "COM_ARM_AUTH_REQ",
        "COM_ARM_ODID",
        "COM_DLL_EXCEPT",
        "COM_DL_LOSS_T",
        "COM_GNSSLOSS_ACT",
        "COM_LOW_BAT_ACT",
        "COM_OBL_RC_ACT",
        "COM_PARACHUTE",
        "COM_POS_LOW_ACT",
        "COM_RCL_EXCEPT",
        "COM_RC_IN_MODE",
        "COM_RC_OVERRIDE",
        "COM_TAKEOFF_ACT",
        "COM_WIND_MAX_ACT",
        "GF_ACTION",
        "GF_PREDICT",
        "MNT_DO_STAB",
        "MNT_MODE_IN",
        "MNT_MODE_OUT",
        "MNT_RC_IN_MODE",
        "NAV_DLL_ACT",
        "NAV_RCL_ACT",
        "RTL_CONE_ANG",
        "RTL_TYPE",
        "SYS_HAS_NUM_GNSS",
    }
)
"""Parameters that PX4 stores as integers; PX4 refuses a value of the other type."""


class MavrosVehicle(MavrosReturn):
    """One PX4 behind MAVROS: the adapter to the `Vehicle` port.

    Parameters
    ----------
    link
        Carries calls, topics and parameters of one MAVROS.
    origin
        The origin of the site's frame, for the conversion between m ENU and WGS 84.
    clock
        Returns seconds of the clock whose time `telemetry` gets.
    utc
        Returns seconds of the computer's own clock, which is compared with the autopilot's; `clock` by default.
    """

    def __init__(
        self, link: MavrosLink, origin: Origin, clock: Callable[[], float], utc: Callable[[], float] | None = None
    ) -> None:  # fmt: skip
        super().__init__(link, origin.frame, clock)
        self._reader.utc = utc or clock
        self._command = Lane()
        self._upload = Lane()
        self._parameter = Lane()
        self._gimbal = Lane()
        self._choice = Lane()
        self._lanes = (self._command, self._upload, self._parameter, self._gimbal, self._choice)
        self._lacking: set[str] = set()  # parameters missing after a complete pull

    def telemetry(self, now_s: float) -> Telemetry:
        for lane in self._lanes:
            lane.advance()
        return self._reader.telemetry(now_s, self._awaited)

    def set_mode(self, mode: str) -> Reply:
        self._replace_command(mode)
        if mode == MISSION:
            self._gimbal.ask(self._give_gimbal_back())
        return self._command.ask(self._set_mode(mode))

    def fly_mission(self, items: Sequence[Item], seq: int | None) -> Reply:
        self._replace_command(MISSION)
        self._gimbal.ask(self._give_gimbal_back())
        return self._command.ask(self._fly_mission(mavros_items.waypoints(items, self._frame), seq))

    def choose_item(self, seq: int) -> Reply:
        return self._choice.ask(self._go_to_item(seq, only_in=HOLD))

    def return_along(self, items: Sequence[Item], seq: int, *, in_mission: bool = False) -> Reply:
        self._replace_command(RETURN)
        return self._command.ask(self._return_along(items, seq, in_mission=in_mission))

    def arm(self, armed: bool) -> Reply:
        return self._command.ask(self._arm(armed))

    def upload_mission(self, items: Sequence[Item]) -> Reply:
        self._choice.abandon(REPLACED)
        waypoints = mavros_items.waypoints(items, self._frame)
        return self._upload.ask(self._push("mission", "mission/waypoints", waypoints))

    def find_mission(self, may_be: Callable[[int], Sequence[Sequence[Item]]]) -> Reply:
        def lists(count: int) -> list[Waypoints]:
            return [mavros_items.waypoints(items, self._frame) for items in may_be(count)]

        self._choice.abandon(REPLACED)
        return self._upload.ask(self._find("mission", "mission/waypoints", lists))

    def upload_fence(self, corners: Sequence[tuple[float, float]]) -> Reply:
        waypoints = mavros_items.fence(corners, self._frame)
        return self._upload.ask(self._push("geofence", "geofence/fences", waypoints))

    def upload_rally(self, points: Sequence[Point], home: Point) -> Reply:
        waypoints = mavros_items.rally(points, home, self._frame)
        return self._upload.ask(self._push("rallypoint", "rallypoint/rallypoints", waypoints))

    def set_parameter(self, name: str, value: float) -> Reply:
        return self._parameter.ask(self._set_parameter(name, value))

    def read_parameter(self, name: str) -> Reply:
        return self._parameter.ask(self._read_parameter(name))

    def pull_parameters(self) -> Reply:
        return self._parameter.ask(self._pull_parameters())

    def read_firmware(self) -> Reply:
        return self._parameter.ask(self._read_firmware())

    def point_gimbal(self, pitch_deg: float, heading_deg: float) -> Reply:
        return self._gimbal.ask(self._point_gimbal(pitch_deg, heading_deg, self._may_show | {self._reader.mode}))

    def send_setpoint(self, to: Point, home: Point, heading_deg: float) -> None:
        place, now_s = self._reader.local_of(to, home), self._clock()
        if place is None:
            return
        if not 0.0 <= now_s - self._sent_s <= FLOW_GAP_S:
            self._flows_since_s = now_s
        self._sent_s = now_s
        self._link.publish("setpoint_raw/local", {
            "coordinate_frame": LOCAL_FRAME, "type_mask": POSITION_AND_YAW,
            "position": dict(zip("xyz", place, strict=True)), "yaw": radians(90.0 - heading_deg),
        })  # fmt: skip

    def announce(self, numbers: Numbers) -> None:
        """Give the drone the numbers of remote identification, with the home position; call this function once a
        second."""
        for topic, fields in announcement(numbers, self._reader.home_geo, self._clock()).items():
            self._link.publish(topic, fields)

    def abandon(self) -> None:
        for lane in self._lanes:
            lane.abandon("abandoned")

    def _replace_command(self, mode: str) -> None:
        """Note the possible modes before `mode`: the previous mode, and a requested mode that has not shown yet."""
        overtaken = frozenset() if self._command.idle else self._may_show
        self._may_show = overtaken | {self._reader.mode, mode}
        if mode == HOLD and self._reader.is_disarmed:
            self._may_show |= {MISSION}  # PX4 falls back to the mission at the disarming after a return or a landing
        for lane in (self._command, self._choice, *((self._upload,) if mode == RETURN else ())):
            lane.abandon(REPLACED)  # a mission that is uploaded in a return would lead the drone away

    async def _arm(self, armed: bool) -> Ended:
        asked_s = self._clock()
        answer = await self._call("cmd/arming", {"value": armed})
        if answer is None:
            return Ended("timed out", "no answer to the arming request")
        lacks_answer = not answer.success and answer.result == NO_ANSWER
        if not answer.success and not lacks_answer:
            return Ended("refused", f"arming refused (result {answer.result}){self._reader.why(asked_s)}")
        if lacks_answer and not armed:  # a state from before an arming that comes late would look the same
            return Ended("timed out", "the autopilot did not answer the disarming request")
        if not (await self._until(partial(self._reader.armed_is, armed, asked_s), MODE_SEEN_S)):
            how = "not answered by the autopilot" if lacks_answer else "accepted"
            why = self._reader.why(asked_s)
            return Ended("timed out", f"the arming request was {how}, the state did not follow{why}")
        return Ended("ok")

    async def _set_parameter(self, name: str, value: float) -> Ended:
        integer, answer = name in INTEGER_PARAMETERS, None
        for attempt in range(ATTEMPTS):
            as_integer = integer if attempt < ATTEMPTS - 1 else not integer
            typed = (2, "integer_value", round(value)) if as_integer else (3, "double_value", float(value))
            fields = {"type": typed[0], typed[1]: typed[2]}
            answer = await self._call("param/set", {"force_set": True, "param_id": name, "value": fields})
            if answer is None:
                continue  # setting again is safe
            if answer.success:
                found = await self._read_parameter(name)
                if found.state != "ok" or abs(found.value - value) <= PARAMETER_TOLERANCE * max(1.0, abs(value)):
                    return found
            await self._pause()
        if answer is None:
            return Ended("timed out", f"no answer when setting {name}")
        if not answer.success:
            return Ended("refused", f"{name} can't be set to {value:g}: the autopilot is busy or does not answer")
        return Ended("refused", f"{name} does not take the value {value:g}")

    async def _read_parameter(self, name: str) -> Ended:
        found = await self._look_up(name)
        # Before a pull, a restarted MAVROS has no parameters, or only a few overheard parameters, and takes these for
        # the complete list. A forced pull corrects this.
        for force in (False,) if name in self._lacking else (False, True):
            if found.state != "refused":
                return found
            pulled = await self._pull_parameters(force=force)
            if pulled.state != "ok":
                return pulled
            found = await self._look_up(name)
        if found.state == "refused":
            self._lacking.add(name)
        return found

    async def _look_up(self, name: str) -> Ended:
        answers: list[float | None] = []
        for _ in range(2):  # a lost answer: reading again is safe
            self._link.read_parameter(name, answers.append)
            if await self._until(lambda: bool(answers), ANSWER_TIMEOUT_S):
                break
        else:
            return Ended("timed out", f"no answer when reading {name}")
        value = answers[0]
        return Ended("refused", f"the autopilot has no parameter {name}") if value is None else Ended("ok", "", value)

    async def _pull_parameters(self, *, force: bool = False) -> Ended:
        answer = await self._call("param/pull", {"force_pull": force}, UPLOAD_TIMEOUT_S)
        if answer is None:
            return Ended("timed out", "no answer when pulling the parameters")
        if not answer.success or not answer.param_received:
            return Ended("refused", "some of them did not arrive")
        return Ended("ok", "", float(answer.param_received))

    async def _read_firmware(self) -> Ended:
        """Request the firmware version. MAVROS 2.12 uses a command that PX4 1.18 has dropped; the request is then sent
        from here, and MAVROS receives the answer."""
        ended = await self._look_up_firmware()
        if ended.state != "refused":
            return ended
        fields = {"command": REQUEST_MESSAGE, "param1": float(AUTOPILOT_VERSION)}
        answer = await self._call("cmd/command", fields)
        if answer is None:
            return Ended("timed out", "no answer to the request for the firmware")
        if not answer.success:
            return Ended("refused", f"the autopilot does not report the firmware (result {answer.result})")
        deadline_s = self._clock() + REQUESTED_S
        while ended.state == "refused" and self._clock() < deadline_s:
            await self._pause()
            ended = await self._look_up_firmware()
        return ended

    async def _look_up_firmware(self) -> Ended:
        answer = await self._call("vehicle_info_get", {"get_all": False})
        if answer is None:
            return Ended("timed out", "no answer when reading the firmware")
        firmware = mavros_health.firmware(answer.vehicles[0]) if answer.success and answer.vehicles else None
        if firmware is None:
            return Ended("refused", "the autopilot has not reported the firmware yet")
        self._reader.learn_firmware(firmware)
        return Ended("ok")

    async def _point_gimbal(self, pitch_deg: float, heading_deg: float, may_show: Set[str]) -> Ended:
        taken = await self._give_gimbal(MAVROS_ITSELF)
        if taken.state != "ok":
            return taken
        if self._reader.mode not in may_show:
            return Ended("refused", f"somebody else chose {self._reader.mode}")
        aim = {"pitch": pitch_deg, "yaw": heading_deg, "flags": AGAINST_THE_EARTH}
        return await self._ask_gimbal("pitchyaw", aim)

    def _give_gimbal(self, who: Mapping[str, object]) -> Request:
        return self._ask_gimbal("configure", who)

    async def _give_gimbal_back(self) -> Ended:
        """A refusal is repeated: without the gimbal the mission would be flown to its end and see nothing."""
        for _ in range(ATTEMPTS - 1):
            given = await self._give_gimbal(AUTOPILOT_ITSELF)
            if given.state != "refused":
                return given
            await self._pause()
        return await self._give_gimbal(AUTOPILOT_ITSELF)

    async def _ask_gimbal(self, verb: str, fields: Mapping[str, object]) -> Ended:
        answer = await self._call(f"gimbal_control/manager/{verb}", fields)
        if answer is None:
            return Ended("timed out", f"no answer to the gimbal's {verb}")
        if not answer.success:
            return Ended("refused", f"gimbal {verb} refused (result {answer.result})")
        return Ended("ok")
