"""A real PX4 (SIH) and a real MAVROS, in their own processes, which can replay a recording."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import rclpy
from mavros_msgs.msg import Mavlink
from rclpy.context import Context
from rclpy.experimental import EventsExecutor

from blindspot.core.errors import DependencyError
from blindspot.flight.vehicle.mavlink import AUTHORISE_ARMING, COMMAND_LONG, crc16, read_command_long
from blindspot.flight.vehicle.mavros_health import firmware
from blindspot.nodes.autopilot.mavros_interface import RAW_SINK, RAW_SOURCE, fill, plain, raw_topic
from blindspot.nodes.autopilot.mavros_link import RosMavrosLink
from blindspot.nodes.graph import qos
from blindspot.stack import bringup
from blindspot.stack.parts.px4_params import PREFIX
from blindspot.stack.programs.node_command import node_command
from blindspot.stack.programs.processes import NodeProcess, Options, Stack
from blindspot.stack.supervisor import Supervisor
from blindspot_lab.recordings.recording import Trace, authoriser, first_heartbeat_s, first_input_s, vehicle_like
from blindspot_lab.recordings.replay import Replay, play
from blindspot_sim.airframe.vehicle_config import HEARTBEAT_PERIOD_S, DatumOrigin

REPOSITORY = Path(__file__).resolve().parents[2]
MISSION = REPOSITORY / "config/missions/crossroads.yaml"
RECORDED = ("state", "extended_state", "mission/waypoints", "mission/reached", "home_position/home",
        "local_position/pose", "local_position/velocity_local")  # fmt: skip
START_LIMIT_S = 120.0
ATTEMPTS = 3
DIES_WITHIN_S = 2.0
"""MAVROS dies most often just after the first heartbeat of an autopilot."""
_HERE, _PX4 = ("127.0.0.1", 14550), ("127.0.0.1", 18570)
_MAGIC = 0xFD
_HEARTBEAT, _MANUAL_CONTROL = 0, 69
_CRC_EXTRA = {_HEARTBEAT: 50, _MANUAL_CONTROL: 243, COMMAND_LONG: 152}
_HEARTBEAT_PERIOD_S, _STICKS_PERIOD_S = 0.5, 0.05
_DO_SET_MODE = 176
_MODES = {"POSCTL": (3, 0), "AUTO.LOITER": (4, 3), "AUTO.MISSION": (4, 4), "AUTO.RTL": (4, 5), "AUTO.LAND": (4, 6)}
"""PX4's main mode and sub-mode."""
_NAMES = {numbers: name for name, numbers in _MODES.items()}


class GroundStation:
    """A ground station that sends only while it is `there`. With `sticks` it also sends centred sticks.

    `tick` receives messages, and sends those that are due.
    `modes` are those that PX4's heartbeat showed, each once in a row; "" stands for a mode that our tests never choose.
    """

    def __init__(self) -> None:
        self.there = self.sticks = False
        self.modes: list[str] = []
        self._sequence = 0
        self._next_s = {_HEARTBEAT: 0.0, _MANUAL_CONTROL: 0.0}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(_HERE)
        self._socket.setblocking(False)

    def close(self) -> None:
        self._socket.close()

    def tick(self) -> None:
        now_s = time.monotonic()
        self._hear()
        if self.there and now_s >= self._next_s[_HEARTBEAT]:
            self._next_s[_HEARTBEAT] = now_s + _HEARTBEAT_PERIOD_S
            self._send(_HEARTBEAT, struct.pack("<IBBBBB", 0, 6, 8, 0, 4, 3))
        if self.sticks and now_s >= self._next_s[_MANUAL_CONTROL]:
            self._next_s[_MANUAL_CONTROL] = now_s + _STICKS_PERIOD_S
            self._send(_MANUAL_CONTROL, struct.pack("<hhhhHB", 0, 0, 500, 0, 0, 1))

    def choose(self, mode: str) -> None:
        """Request a mode from PX4. Raises KeyError for a mode that our tests never choose."""
        main, sub = _MODES[mode]
        self._send(COMMAND_LONG, struct.pack("<7fHBBB", 1.0, main, sub, 0.0, 0.0, 0.0, 0.0, _DO_SET_MODE, 1, 1, 0))

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            while data := self._socket.recv(4096):
                sender, message_id = (data[5], data[6]), int.from_bytes(data[7:10], "little")
                if data[0] != _MAGIC or message_id != _HEARTBEAT or sender != (1, 1):  # MAVROS is (1, 191)
                    continue
                mode = _NAMES.get((data[12], data[13]), "")  # custom_mode: two bytes reserved, main mode, sub-mode
                if self.modes[-1:] != [mode]:
                    self.modes.append(mode)

    def _send(self, message_id: int, payload: bytes) -> None:
        payload = payload.rstrip(b"\0") or b"\0"
        header = struct.pack("<BBBBBB", len(payload), 0, 0, self._sequence, 255, 190) + message_id.to_bytes(3, "little")
        self._sequence = (self._sequence + 1) % 256
        checksum = crc16(header + payload + bytes([_CRC_EXTRA[message_id]]))
        self._socket.sendto(bytes([_MAGIC]) + header + payload + struct.pack("<H", checksum), _PX4)


class MavrosDied(Exception):
    """MAVROS 2.12 died by itself, as it sometimes does ("Promise already satisfied"). The flight is then invalid."""


class RealDrone:
    """A `recording.Played`, and a context manager: leaving ends all processes.

    PX4 starts on `origin`. MAVROS starts when PX4 is ready to arm. It receives the first heartbeat at `heard_s` on the
    clock of the recording, from which MAVROS's own timers count. `version` is PX4's.
    """

    def __init__(self, stack: Stack, folder: Path, origin: DatumOrigin, heard_s: float) -> None:
        self._stack, self._folder = stack, folder
        self._origin, self._heard_s = origin, heard_s
        self._zero_s: float | None = None
        self._killed = self._busy = False
        self._received: list[tuple[float, str, dict[str, Any]]] = []
        self._open = ExitStack()
        self.ground_station = GroundStation()

    def __enter__(self) -> RealDrone:
        self._open.callback(self.ground_station.close)
        try:
            self._listen()
            self._start_px4()
            stack = replace(self._stack, nodes=(mavros(self._stack),), programs=())
            self._mavros = self._open.enter_context(Supervisor(stack, self._folder / "mavros"))
            while self._zero_s is None:
                self._wait(lambda: any(topic == "state" and each["connected"] for _, topic, each in self._received))
                self._zero_s = time.monotonic() - self._heard_s
                try:
                    self.step(self._heard_s + DIES_WITHIN_S)
                except MavrosDied:
                    self._zero_s = None
                    self._received.clear()
            while (version := self._asked_version()) is None:
                pass
            self.version = version
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def now_s(self) -> float:
        return time.monotonic() - self._zero_s if self._zero_s is not None else self._heard_s

    def step(self, until_s: float) -> None:
        """Advance. Raises MavrosDied if MAVROS died by itself."""
        while (left_s := until_s - self.now_s) > 0.0:
            self._spin(left_s)
        if not self._killed and self._mavros.ended():
            raise MavrosDied

    def drain(self) -> list[tuple[float, str, dict[str, Any]]]:
        messages, self._received = self._received, []
        return messages

    def call(self, service: str, request: Mapping[str, object], reply: Callable[[dict[str, object]], None]) -> None:
        """Call a service. A parameter request to a busy PX4 is repeated, unless PX4 was busy in the recording too."""
        if service == "param/set" and self._busy:
            self._busy = False
            reply({"success": False})
            return

        def answered(answer: Any) -> None:
            if answer is not None and service == "param/set" and not answer.success:
                self._link.call(service, request, answered)
            elif answer is not None:
                reply(plain(answer))

        self._link.call(service, request, answered)

    def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        if topic == RAW_SINK:
            self._sink.publish(fill(Mavlink(), message))
        else:
            self._link.publish(topic, message)

    def pilot(self, mode: str) -> bool:
        self.ground_station.choose(mode)
        return True

    def joystick(self, is_there: bool) -> None:
        self.ground_station.there = self.ground_station.sticks = is_there

    def kill_mavros(self) -> None:
        self._killed = True
        (pid,) = self._mavros.pids.values()
        os.killpg(pid, signal.SIGKILL)

    def start_mavros(self) -> None:
        (killed,) = self._mavros.ended()
        assert killed.started_again
        self._killed = False

    def refuse_parameters(self, seconds: float) -> None:
        self._busy = True

    def _start_px4(self) -> None:
        (px4,) = [program for program in self._stack.programs if program.name == "px4_drone1"]
        home = {
            "PX4_HOME_LAT": f"{self._origin.lat_deg:.7f}", "PX4_HOME_LON": f"{self._origin.lon_deg:.7f}",
            "PX4_HOME_ALT": f"{self._origin.amsl_m:.2f}",
        }  # fmt: skip
        # The recordings are of a PX4 that started with its own parameters.
        bare = {name: value for name, value in px4.environment.items() if not name.startswith(PREFIX)}
        px4 = replace(px4, environment={**bare, **home})
        stack = replace(self._stack, nodes=(), programs=(px4,))
        self._px4 = self._open.enter_context(Supervisor(stack, self._folder))
        log = self._folder / "log" / "px4_drone1.log"
        self._wait(lambda: "Ready for takeoff" in log.read_text(errors="replace"))

    def _asked_version(self) -> tuple[int, int] | None:
        """PX4's version, None until MAVROS has received it. On a busy machine MAVROS requests it more than once."""
        answers: list[Any] = []
        self._link.call("vehicle_info_get", {"get_all": False}, answers.append)
        self._wait(lambda: bool(answers))
        found = firmware(answers[0].vehicles[0]) if answers[0] is not None and answers[0].vehicles else None
        return found.version[:2] if found is not None else None

    def _listen(self) -> None:
        context = Context()
        rclpy.init(context=context)
        self._open.callback(rclpy.shutdown, context=context)
        self._node = node = rclpy.create_node("player", namespace="/drone1", context=context)
        self._executor = EventsExecutor(context=context)
        self._executor.add_node(node)
        self._link = RosMavrosLink(node)
        for topic in RECORDED:
            self._link.subscribe(topic, partial(self._hear, topic))

    def answer_for_arming(self) -> None:
        """Take the autopilot's arming requests from `mavlink_source`."""
        self._node.create_subscription(Mavlink, raw_topic(1, RAW_SOURCE), self._hear_raw, qos.RAW_MAVLINK)
        self._sink = self._node.create_publisher(Mavlink, raw_topic(1, RAW_SINK), qos.RAW_MAVLINK)

    def _hear(self, topic: str, message: Any) -> None:
        self._received.append((self.now_s, topic, plain(message)))

    def _hear_raw(self, message: Mavlink) -> None:
        asked = read_command_long(plain(message)) if message.msgid == COMMAND_LONG else None
        if asked is not None and asked.command == AUTHORISE_ARMING:
            self._received.append((self.now_s, RAW_SOURCE, {"sysid": asked.system_id}))

    def _spin(self, longest_s: float) -> None:
        self._executor.spin_once(timeout_sec=min(longest_s, 0.01))
        self.ground_station.tick()

    def _wait(self, come: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + START_LIMIT_S
        while not come():
            up = not self._px4.ended() and time.monotonic() < deadline_s
            assert up, f"PX4 or MAVROS did not come up; their logs are in {self._folder}"
            self._spin(0.05)


def mavros(stack: Stack) -> NodeProcess:
    """The MAVROS of the first drone."""
    return next(node for node in stack.nodes if node.full_name == "/drone1/mavros/mavros_node")


@pytest.fixture
def px4_and_mavros(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack on PX4 and MAVROS in its own domain. It skips with a message if they are absent or not requested."""
    if not request.config.getoption("--sitl"):
        pytest.skip("NOT TESTED: a real PX4 and MAVROS fly only with --sitl, in real time")
    if shutil.which("px4") is None:
        pytest.skip("NOT TESTED: the program px4 is not on the path")
    stack = bringup.stack("sitl", MISSION, Options(run_dir=tmp_path))
    try:
        node_command(mavros(stack), stack.overlay)
    except DependencyError as error:
        pytest.skip(f"NOT TESTED: {error}")
    monkeypatch.setenv("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
    return stack


@pytest.fixture
def real_flight(px4_and_mavros: Stack, tmp_path: Path) -> Callable[[Trace], tuple[Replay, tuple[int, int]]]:
    """Replays a recording on a real drone. Returns the replay and PX4's version. Repeats if MAVROS dies by itself."""

    def fly(trace: Trace) -> tuple[Replay, tuple[int, int]]:
        origin = vehicle_like(trace, first_input_s(trace), 0.01).origin
        for attempt in range(ATTEMPTS):
            with (
                suppress(MavrosDied),
                RealDrone(px4_and_mavros, tmp_path / str(attempt), origin, first_heartbeat_s(trace)) as drone,
            ):
                if authoriser(trace):
                    drone.answer_for_arming()
                return play(trace, drone, HEARTBEAT_PERIOD_S), drone.version
        pytest.fail(f"MAVROS died by itself in each of {ATTEMPTS} flights")

    return fly


@pytest.fixture
def ground_station() -> Iterator[GroundStation]:
    """A ground station on PX4's own link, silent at first."""
    station = GroundStation()
    yield station
    station.close()
