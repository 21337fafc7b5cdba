"""A simulated drone that answers as MAVROS and PX4 do, in plain data.

A ROS node maps it to real topics and services. A run outside ROS calls it directly. Tests replay recorded flights.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from functools import partial
from random import Random
from typing import Any

from blindspot.flight.vehicle import ACCEPTED, AUTHORISE_ARMING, command_long, read_command_ack
from blindspot_sim.airframe.geo import GeoFrame
from blindspot_sim.airframe.vehicle_config import DEFAULT_RATES_HZ, HEARTBEAT_PERIOD_S, VehicleConfig
from blindspot_sim.autopilot.autopilot import Autopilot, VehicleTruth
from blindspot_sim.autopilot.setpoints import read_setpoint
from blindspot_sim.mavros.adsb import AircraftNearby
from blindspot_sim.mavros.lists import TOPICS, Lists
from blindspot_sim.mavros.remote_id_module import REMOTE_ID_TOPICS, RemoteIdModule
from blindspot_sim.mavros.services import Services
from blindspot_sim.mavros.telemetry import Telemetry
from blindspot_sim.mavros.transfers import Reply, Transfers

Message = tuple[float, str, dict[str, Any]]

_FIRST_HEARTBEAT_S = 0.9
_MAVROS_START_S = 1.4
"""From the start of a new MAVROS to its first message (fitted to a recording)."""
_MISSION_STREAM_LEAD_S = 0.1
"""The 1 Hz stream of the current mission item runs this much ahead of the heartbeat (measured)."""
_FIRST_PULL_S = {"mission": 15.0, "geofence": 25.0, "rallypoint": 35.0}
"""After the connection, MAVROS pulls each list by itself after this delay."""
_REACHED_REPEATS = 10
_ACK_S = (0.005, 0.022)
"""Seconds from a request to its answer, over MAVROS and link. The client's service discovery adds to it."""
_ACKNOWLEDGED = frozenset({"cmd/arming", "cmd/takeoff", "cmd/land", "cmd/command"})
_ACK_TIMEOUT_S = 5.0


class SimulatedMavros:
    """One drone: autopilot and MAVROS interface.

    Deterministic: the same configuration, seed and inputs (at the same times) give the same messages. `params` reads
    the autopilot's parameters. In addition to MAVROS's client interface, a script can play the pilot, the ground
    station, the environment and faults: `pilot`, `pilot_disarms`, `joystick`, `ground_station`, `satellites`, `wind`,
    `drain_battery`, `carry`, `mute`, `lose_acknowledgements`, `refuse_parameters`, `kill_mavros`, `start_mavros`.

    >>> drone = SimulatedMavros(VehicleConfig(), seed=1)
    >>> drone.step(10.0)
    >>> drone.call("set_mode", {"custom_mode": "AUTO.LOITER"}, print)
    >>> drone.step(11.0)
    {'mode_sent': True}
    """

    def __init__(self, config: VehicleConfig, *, seed: int, start_s: float = 0.0) -> None:
        self._random = Random(seed)
        self._start_s = start_s
        self._dt = config.step_s
        self._steps = 0
        self.now_s = start_s
        """Simulated time: the last whole step at or before the last argument of `step`."""
        self._outbox: list[Message] = []
        self.autopilot = Autopilot(config, self._random, start_s, self._status_text, self._ask_to_arm)
        self._geo = geo = GeoFrame(config.origin)
        self.aircraft: AircraftNearby | None = None
        """A crewed aircraft that the drone's ADS-B receiver reports once a second."""
        self._telemetry = Telemetry(self.autopilot, geo)
        self._lists = Lists(self.autopilot, geo)
        self._transfers = Transfers(self._lists, self._random, self._after, self._publish_list)
        self._services = Services(self.autopilot, self._lists)
        self.remote_id = RemoteIdModule(config.system_id)
        self._pending: list[tuple[float, int, Callable[[], None]]] = []
        self._sequence = 0
        self._running: set[str] = set()
        self._unacknowledged_until_s = start_s
        self._muted: frozenset[str] = frozenset()
        self._runs = True
        self._life = 0
        self._connected = False
        self._requests = 0
        self._reached: int | None = None
        self._reached_left = 0
        self._epoch = 0
        self._due: list[tuple[float, tuple[str, ...], float]] = []
        self._begin()

    @property
    def system_id(self) -> int:
        """The autopilot's number on the MAVLink network."""
        return self.autopilot.config.system_id

    @property
    def truth(self) -> VehicleTruth:
        """The true state in the site's frame, as opposed to the drone's estimate."""
        return self.autopilot.truth

    @property
    def params(self) -> Mapping[str, float | int]:
        """The autopilot's parameters, as MAVROS exposes them on its `param` node."""
        return self.autopilot.parameters

    def step(self, until_s: float) -> None:
        """Advance in whole steps to `until_s`. Calls due replies and collects messages."""
        autopilot, mission, due, pending = self.autopilot, self.autopilot.navigator.mission, self._due, self._pending
        while True:
            now_s = self._start_s + (self._steps + 1) * self._dt
            if now_s > until_s + 1e-9:
                return
            self._steps += 1
            while pending and pending[0][0] <= now_s:
                at_s, _, action = heapq.heappop(pending)
                if at_s > self.now_s:
                    self.now_s = at_s
                action()
            self.now_s = now_s
            autopilot.step(now_s, self._dt)
            if mission.reports or mission.epoch != self._epoch:
                self._publish_reached()
            while due[0][0] <= now_s:
                self._publish_due()

    def call(self, service: str, request: Mapping[str, object], reply: Reply) -> None:
        """Call a service by its relative name, with the fields of its ROS type. Raises KeyError for an unknown service.

        A later `step` calls `reply` with the response's fields. While MAVROS is dead, `reply` is never called.
        """
        if not self._runs:
            return
        kind, _, action = service.partition("/")
        if kind in TOPICS and action in ("push", "pull", "clear"):
            self._transfers.begin(kind, action, request, reply)
            return
        if service == "mission/set_current":
            self._set_current(int(str(request["wp_seq"])), reply)
            return
        command = f"cmd {request['command']}" if service == "cmd/command" else service
        if service.startswith("cmd/") and command in self._running:
            self._after(0.0, lambda: reply({"success": False, "result": 1}))
            return
        act = self._services.ask(service, request)
        latency_s = self._random.uniform(*_ACK_S)
        self._running.add(command)
        waiting, life = True, self._life

        def answer(response: dict[str, Any]) -> None:
            nonlocal waiting
            if waiting and life == self._life:
                waiting = False
                self._running.discard(command)
                reply(response)

        def acknowledge(response: dict[str, Any]) -> None:
            if service not in _ACKNOWLEDGED or self.now_s >= self._unacknowledged_until_s:
                self._after(latency_s / 2, lambda: answer(response))

        if service in _ACKNOWLEDGED:
            self._after(_ACK_TIMEOUT_S, lambda: answer({"success": False, "result": 0}))
        self._after(latency_s / 2, lambda: act(acknowledge))

    def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        """Take a client's message: a set-point, or `mavlink_sink` with an authoriser's COMMAND_ACK."""
        if not self._runs:
            return
        commander = self.autopilot.commander
        if topic == "mavlink_sink":
            ack = read_command_ack(message)
            system_id = self.autopilot.config.system_id
            if ack is not None and ack.command == AUTHORISE_ARMING and ack.target_system == system_id:
                self.autopilot.authorisation.answer(ack.result == ACCEPTED, self.now_s)
            return
        if topic in REMOTE_ID_TOPICS:
            self.remote_id.take(topic, message, self.now_s)
            return
        setpoint = read_setpoint(topic, message, self.autopilot.config.start)
        if setpoint is None:
            return
        commander.setpoint_s = self.now_s
        if commander.mode == "OFFBOARD":
            self.autopilot.navigator.take_setpoint(setpoint.place, setpoint.velocity, setpoint.heading_deg)

    def drain(self) -> list[Message]:
        """Messages since the last drain, in order: (stamp_s, relative topic, fields; header.stamp not set)."""
        messages, self._outbox = self._outbox, []
        return messages

    def carry(self, east_m: float, north_m: float, up_m: float) -> bool:
        """A person carries the drone to another place, in the site's frame. Returns False if it stands there already,
        or if its motors run."""
        return self.autopilot.carry(east_m, north_m, up_m)

    def only(self, topics: Collection[str]) -> None:
        """From now on publish only these periodic topics. The others lack a subscriber, and each costs CPU."""
        unheard = self._telemetry.builders.keys() - topics
        left = [(due_s, tuple(t for t in names if t not in unheard), period_s) for due_s, names, period_s in self._due]
        self._due = [due for due in left if due[1]]
        heapq.heapify(self._due)

    def pilot(self, mode: str) -> bool:
        """The pilot, by radio control or another ground station, requests a mode. Returns False if it is refused."""
        self.joystick(True)
        return self.autopilot.commander.request_mode(mode, self.now_s)

    def pilot_disarms(self) -> None:
        """The pilot's kill switch: disarmed at once, in the air too."""
        self.autopilot.commander.disarm(force=True)

    def joystick(self, is_there: bool) -> None:
        """The sticks of a radio control or of a ground station appear or disappear."""
        self.autopilot.commander.manual_control_changed(is_there, self.now_s)

    def ground_station(self, is_there: bool) -> None:
        """A ground station's heartbeat appears or disappears."""
        self.autopilot.commander.ground_station_changed(is_there, self.now_s)

    def satellites(self, count: int) -> None:
        """Set the number of satellites. Fewer than four lose the fix, and the position some seconds later."""
        self.autopilot.parameters.set("SIM_GPS_USED", count)

    def wind(self, east_mps: float, north_mps: float) -> None:
        """Set the mean wind. The gusts stay."""
        self.autopilot.disturbance.blow(east_mps, north_mps)

    def mute(self, topics: Collection[str]) -> None:
        """A fault: exactly these periodic topics stop, as after a sensor failure."""
        self._muted = frozenset(topics)

    def kill_mavros(self) -> None:
        """MAVROS dies: it publishes and answers nothing. The autopilot flies on."""
        self._runs = self._connected = False
        self._life += 1
        self._pending.clear()
        self._running.clear()

    def start_mavros(self) -> None:
        self._at(self.now_s + _MAVROS_START_S, self._wake)

    def lose_acknowledgements(self, seconds: float) -> None:
        """A fault: commands run, but their acknowledgements are lost. MAVROS answers "no success" after 5 s."""
        self._unacknowledged_until_s = self.now_s + seconds

    def refuse_parameters(self, seconds: float) -> None:
        """A fault: the autopilot is too busy to set parameters, as seen once right after arming."""
        self._services.parameters_busy_until_s = self.now_s + seconds

    def drain_battery(self, fraction: float) -> None:
        """A fault: the battery falls to `fraction` of its capacity at once."""
        self.autopilot.battery.drain_to(fraction)

    def _begin(self) -> None:
        """Schedule the first state, the heartbeat, the streams and the first pulls."""
        first_s = self._start_s + _FIRST_HEARTBEAT_S
        self._wake()
        config = self.autopilot.config
        together: dict[float, list[str]] = defaultdict(list)
        for topic, rate_hz in sorted({**DEFAULT_RATES_HZ, **config.rates_hz}.items()):
            if topic not in self._telemetry.builders:
                raise KeyError(f"no periodic topic {topic}")
            if rate_hz > 0.0:
                together[config.heartbeat_s / HEARTBEAT_PERIOD_S / rate_hz].append(topic)
        stream_s = first_s - _MISSION_STREAM_LEAD_S + config.heartbeat_s
        self._due = [
            (first_s, ("state",), config.heartbeat_s), (stream_s, ("mission",), config.heartbeat_s),
            *((first_s, tuple(topics), period_s) for period_s, topics in together.items()),
        ]  # fmt: skip
        heapq.heapify(self._due)

    def _wake(self) -> None:
        """Publish the state before the first heartbeat of the autopilot."""
        self._runs = True
        self._lists.forget()
        self._emit(self.now_s, "state", self._telemetry.state(connected=False, booting=True))

    def _connect(self, heard_s: float) -> None:
        """Handle the first heartbeat, and schedule MAVROS's own pulls of the lists."""
        self._connected = True
        for kind, delay_s in _FIRST_PULL_S.items():
            self._at(heard_s + delay_s, partial(self._transfers.begin, kind, "pull", {}, lambda _: None))

    def _publish_due(self) -> None:
        """Publish the topics of the period that is due first. Topics of one period keep in step."""
        due_s, topics, period_s = self._due[0]
        heapq.heapreplace(self._due, (due_s + period_s, topics, period_s))
        if topics == ("mission",):
            self._mission_stream(due_s)
            return
        if not self._runs:
            return
        builders, muted, ahead_s = self._telemetry.builders, self._muted, due_s - self.now_s
        for topic in topics:
            if topic in muted or (topic == "home_position/home" and self.autopilot.navigator.home is None):
                continue
            if topic == "state":
                self._publish_state(due_s)
                if self.aircraft is not None:
                    self._emit(due_s, "adsb/vehicle", self.aircraft.report(due_s, self._geo))
                for fields in self.remote_id.reports(due_s):
                    self._emit(due_s, "mavlink_source", fields)
            else:
                self._outbox.append((due_s, topic, builders[topic](ahead_s)))

    def _publish_state(self, due_s: float) -> None:
        self._emit(due_s, "state", self._telemetry.state(connected=True, booting=not self._connected))
        if not self._connected:
            self._connect(due_s)

    def _mission_stream(self, due_s: float) -> None:
        """Once a second: publish the current item if it changed, and repeat the last reached item ten times."""
        if self.autopilot.navigator.mission.current != self._lists.current_published:
            self._emit(due_s, TOPICS["mission"], self._lists.message("mission"))
        if self._reached is not None and self._reached_left > 0:
            self._reached_left -= 1
            self._emit(due_s, "mission/reached", {"header": {"frame_id": ""}, "wp_seq": self._reached})

    def _publish_reached(self) -> None:
        mission = self.autopilot.navigator.mission
        if mission.epoch != self._epoch:
            self._epoch = mission.epoch
            self._reached = None
        if mission.current_changed:
            mission.current_changed = False
            self._publish_list("mission")
        for seq in mission.reports:
            self._reached, self._reached_left = seq, _REACHED_REPEATS
            self._emit(self.now_s, "mission/reached", {"header": {"frame_id": ""}, "wp_seq": seq})
        mission.reports.clear()

    def _publish_list(self, kind: str) -> None:
        self._emit(self.now_s, TOPICS[kind], self._lists.message(kind))

    def _set_current(self, seq: int, reply: Reply) -> None:
        def done() -> None:
            accepted = self.autopilot.navigator.mission.set_current(seq)
            if accepted:
                self._publish_list("mission")
            reply({"success": accepted})

        self._after(self._random.uniform(0.01, 0.05), done)

    def _ask_to_arm(self) -> None:
        """Send COMMAND_LONG to the authoriser. MAVROS forwards it as raw MAVLink."""
        self._requests += 1
        authoriser = int(self.autopilot.parameters["COM_ARM_AUTH_ID"])
        fields = command_long(AUTHORISE_ARMING, self.autopilot.config.system_id, authoriser, self._requests)
        self._emit(self.now_s, "mavlink_source", fields)

    def _status_text(self, severity: int, text: str) -> None:
        """Send a status text. PX4 does so only while a ground station is connected."""
        if self.autopilot.commander.ground_station:
            fields = {"header": {"frame_id": ""}, "severity": severity, "text": text}
            self._emit(self.now_s, "statustext/recv", fields)

    def _emit(self, stamp_s: float, topic: str, fields: dict[str, Any]) -> None:
        if self._runs:
            self._outbox.append((stamp_s, topic, fields))

    def _after(self, delay_s: float, action: Callable[[], None]) -> None:
        self._at(self.now_s + delay_s, action)

    def _at(self, when_s: float, action: Callable[[], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._pending, (when_s, self._sequence, action))
