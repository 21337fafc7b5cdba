"""Real nodes that freeze, thaw, restart or come late, a bad link, a clock that is set: all safe, and all reported.

A witness node in the graph records leases, exposures and arming; the simulator's track holds the drone's true place.
The first fault runs in CI, all of them with BLINDSPOT_ALL_FAULTS=1 (15 to 25 minutes).
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from blindspot_msgs.msg import Clearance
from geometry_msgs.msg import PoseWithCovarianceStamped
from mavros_msgs.msg import State
from mavros_msgs.srv import SetMode
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile

from blindspot.nodes.graph.messages import seconds

CAMERA, DETECTOR, CONTROL = "/drone1/camera", "/drone1/detector", "/drone1/flight_control"
AUTHORITY, MONITOR, PLANNER = "/blindspot/authority", "/blindspot/coverage_monitor", "/blindspot/coverage_planner"
MANAGER, SIMULATOR = "/blindspot/mission_manager", "/simulator"
WAIT_LIMIT_S = 90.0
"""A guard against a hang."""

LEASE_S = 3.0
ON_THE_WAY_S = 1.0
"""From the end of a lease to the camera: a step of flight_control, its status, an exposure."""


class Witness:
    """A node of the test in the graph of a run."""

    def __init__(self, domain: int) -> None:
        self.leases_s: list[float] = []
        self.exposures_s: list[float] = []
        self.armings: list[tuple[float, bool]] = []
        """(time at which a disarmed drone is reported as armed, whether a valid lease was received before)."""
        self.mode, self._armed = "", False
        self._context = Context()
        self._context.init(domain_id=domain)
        self._node = node = Node("witness", context=self._context)
        node.create_subscription(Clearance, "/drone1/clearance", self._on_lease, QoSProfile(depth=1000))
        node.create_subscription(PoseWithCovarianceStamped, "/drone1/camera/pose", self._on_pose, 1000)
        node.create_subscription(State, "/drone1/mavros/state", self._on_state, 1000)
        self._parameters = node.create_client(SetParameters, "/simulator/set_parameters")
        self._mode = node.create_client(SetMode, "/drone1/mavros/set_mode")
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(node)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        while not self._over.is_set():
            self._executor.spin_once(timeout_sec=0.1)

    def _on_lease(self, message: Clearance) -> None:
        if message.granted:
            self.leases_s.append(seconds(message.header.stamp))

    def _on_pose(self, message: PoseWithCovarianceStamped) -> None:
        self.exposures_s.append(seconds(message.header.stamp))

    def _on_state(self, message: State) -> None:
        if message.armed and not self._armed:
            now_s = seconds(message.header.stamp)
            self.armings.append((now_s, has_lease(self.leases_s, now_s)))
        self.mode, self._armed = message.mode, message.armed

    def set(self, **parameters: float) -> None:
        """Degrade the vehicle's link, or set the clock."""
        kind = ParameterType.PARAMETER_DOUBLE
        asked = [Parameter(name=n, value=ParameterValue(type=kind, double_value=v)) for n, v in parameters.items()]
        answer = self._ask(self._parameters, SetParameters.Request(parameters=asked))
        assert all(result.successful for result in answer.results)

    def choose(self, mode: str) -> None:
        """The pilot requests a mode from the autopilot, at another ground station."""
        assert self._ask(self._mode, SetMode.Request(custom_mode=mode)).mode_sent

    def _ask(self, client, request):
        wait_until(client.service_is_ready)
        future = client.call_async(request)
        wait_until(future.done)
        return future.result()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()


def has_lease(leases_s: list[float], now_s: float) -> bool:
    return any(-ON_THE_WAY_S <= now_s - lease_s <= LEASE_S + ON_THE_WAY_S for lease_s in leases_s)


def wait_until(fact: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + WAIT_LIMIT_S
    while not fact():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@dataclass
class Scene:
    """One run and its witness, and the actions of faults on them."""

    run: object
    witness: Witness
    started: list[subprocess.Popen]

    def freeze(self, node: str) -> None:
        self.run.signal(node, signal.SIGSTOP)

    def thaw(self, node: str) -> None:
        self.run.signal(node, signal.SIGCONT)

    def freeze_for(self, node: str, seconds: float) -> None:
        self.freeze(node)
        time.sleep(seconds)
        self.thaw(node)

    def start_again(self, node: str) -> None:
        """Start the same command in a new process, like an independent init system."""
        pid = self.run.pids[node]
        command = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
        pairs = Path(f"/proc/{pid}/environ").read_bytes().rstrip(b"\0").decode().split("\0")
        self.run.signal(node, signal.SIGKILL)
        with (self.run.run_dir / "log" / "started_again.log").open("wb") as log:
            environment = dict(pair.split("=", 1) for pair in pairs)
            self.started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))

    def modes(self) -> list[str]:
        """The modes of the true track, each once in a row, while the drone is in the air."""
        header, *lines = (self.run.run_dir / "track.csv").read_text().splitlines()
        rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
        flown = [row["mode"] for row in rows if row["in_air"] == "1"]
        return [mode for mode, before in zip(flown, ["", *flown], strict=False) if mode != before]


def nothing(_: Scene) -> None:
    pass


@dataclass(frozen=True)
class Fault:
    """An action once the drone flies its route (`before`: as soon as there are processes), and the expected reports."""

    name: str
    act: Callable[[Scene], None]
    outcomes: tuple[str, ...]
    reports: tuple[str, ...]
    before: Callable[[Scene], None] = nothing
    speed: str = "8"
    always: bool = False


def frozen(node: str, *outcomes: str, reports: str, speed: str = "8") -> Fault:
    name = f"{node.rpartition('/')[2]} freezes"
    return Fault(name, lambda scene: scene.freeze(node), outcomes, (reports,), speed=speed)


def thaws_after_it_was_taken_over(scene: Scene) -> None:
    scene.freeze(CONTROL)
    wait_until(lambda: scene.witness.mode == "AUTO.RTL")
    scene.thaw(CONTROL)


def thaws_with_the_pilot(scene: Scene) -> None:
    """The pilot lands the drone while flight_control is frozen."""
    scene.freeze(CONTROL)
    scene.witness.choose("AUTO.LAND")
    wait_until(lambda: scene.witness.mode == "AUTO.LAND")
    time.sleep(1.0)
    scene.thaw(CONTROL)


def comes_back_late(scene: Scene) -> None:
    old = scene.run.signal(CONTROL, signal.SIGKILL)
    wait_until(lambda: scene.run.pids[CONTROL] != old)
    scene.freeze_for(CONTROL, 10.0)


def sleeps(scene: Scene) -> None:
    """The whole computer sleeps: the steady clock of every process has jumped at the wake-up."""
    nodes = list(scene.run.pids)
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for node in nodes:
            scene.run.signal(node, number)
        time.sleep(5.0 if number == signal.SIGSTOP else 0.0)


def sim_sleeps(scene: Scene) -> None:
    """`sim` itself sleeps, longer than DDS keeps a silent reader. The mission ends meanwhile, its result is lost."""
    scene.run.process.send_signal(signal.SIGSTOP)
    time.sleep(40.0)
    scene.run.process.send_signal(signal.SIGCONT)


HOME = ("returned", "aborted")
FAULTS = (
    Fault("flight_control thaws after its flight was taken over", thaws_after_it_was_taken_over, ("returned",),
          (f"{CONTROL} fell silent", "the ground station commands the return"), speed="5", always=True),
    Fault("the clock is set back", lambda scene: scene.witness.set(clock_ahead_s=-20.0), ("completed",), (),
          speed="20"),
    Fault("the link loses a fifth", lambda scene: scene.witness.set(link_drop=0.2), ("completed", *HOME), (),
          speed="20"),
    Fault("flight_control thaws when the pilot has landed it", thaws_with_the_pilot, ("returned", "aborted"),
          ("AUTO.LAND",), speed="4"),
    frozen(CAMERA, "returned", reports=f"{CAMERA} fell silent"),
    frozen(DETECTOR, "returned", reports=f"{DETECTOR} fell silent"),
    frozen(AUTHORITY, "returned", reports=f"{AUTHORITY} fell silent"),
    frozen(MONITOR, "returned", reports=f"{MONITOR} fell silent"),
    frozen(PLANNER, "degraded", reports=f"{PLANNER} fell silent"),
    frozen(MANAGER, "returned", reports="the mission manager was lost"),
    frozen(CONTROL, "returned", reports="the ground station commands the return", speed="4"),
    frozen(SIMULATOR, "unaccounted", reports=f"{SIMULATOR} fell silent"),
    Fault("flight_control freezes for a moment", lambda scene: scene.freeze_for(CONTROL, 5.0),
          ("completed", "returned"), (f"{CONTROL} fell silent", "watched again"), speed="2"),
    Fault("mission_manager freezes for a moment", lambda scene: scene.freeze_for(MANAGER, 4.0),
          ("completed", *HOME), ("the mission manager stood still",)),
    Fault("authority freezes for a moment", lambda scene: scene.freeze_for(AUTHORITY, 5.0), HOME,
          (f"{AUTHORITY} fell silent",), speed="4"),
    Fault("camera freezes for a moment", lambda scene: scene.freeze_for(CAMERA, 5.0), HOME,
          (f"{CAMERA} fell silent",), speed="4"),
    Fault("the computer sleeps", sleeps, ("completed", *HOME), ("the mission manager stood still",)),
    Fault("sim sleeps", sim_sleeps, ("completed",), ()),
    Fault("a new flight_control is found late", comes_back_late, ("returned",),
          (f"{CONTROL} was killed by SIGKILL", "the ground station commands the return"), speed="4"),
    Fault("flight_control is asked to end", lambda scene: scene.run.signal(CONTROL, signal.SIGTERM),
          ("returned",), (f"{CONTROL} ended with code 0", "the ground station commands the return"), speed="4"),
    Fault("authority starts again", lambda scene: scene.start_again(AUTHORITY), HOME,
          (f"{AUTHORITY} was killed by SIGKILL",)),
    Fault("camera starts again", lambda scene: scene.start_again(CAMERA), ("completed", *HOME),
          (f"{CAMERA} was killed by SIGKILL",)),
    Fault("mission_manager starts again", lambda scene: scene.start_again(MANAGER), HOME,
          (f"{MANAGER} was killed by SIGKILL", "the mission manager was lost")),
    Fault("authority is found late", nothing, ("completed",), (),
          before=lambda scene: scene.freeze_for(AUTHORITY, 10.0)),
    Fault("the link is slow", lambda scene: scene.witness.set(link_delay_s=0.5), ("completed", *HOME), ()),
    Fault("the link says everything twice", lambda scene: scene.witness.set(link_duplicate=1.0),
          ("completed",), ()),
    Fault("the link is cut for a while", lambda scene: (scene.witness.set(link_drop=1.0), time.sleep(5.0),
          scene.witness.set(link_drop=0.0)), ("completed", *HOME), (), speed="4"),
    Fault("the clock is set forward", lambda scene: scene.witness.set(clock_ahead_s=20.0), ("completed", *HOME), ()),
)  # fmt: skip

ALL = bool(os.environ.get("BLINDSPOT_ALL_FAULTS"))
asked_for = pytest.mark.skipif(not ALL, reason="BLINDSPOT_ALL_FAULTS=1 runs it")


def marks_of(fault: Fault) -> pytest.MarkDecorator | tuple[()]:
    return asked_for if not fault.always else () if ALL else pytest.mark.thorough


CASES = [pytest.param(fault, id=fault.name.replace(" ", "_"), marks=marks_of(fault)) for fault in FAULTS]


@pytest.fixture
def scene(sim, patrol, planned) -> Iterator[Callable[[str], Scene]]:
    made: list[Scene] = []

    def make(speed: str) -> Scene:
        run = sim(patrol, *planned, "--speed", speed)
        made.append(Scene(run, Witness(run.domain), []))
        return made[-1]

    yield make
    for each in made:
        each.witness.close()
        for process in each.started:
            process.kill()
            process.wait()


def judge(scene: Scene, fault: Fault) -> None:
    """Check the conditions that hold for every fault."""
    witness, modes = scene.witness, scene.modes()
    assert witness.armings and all(leased for _, leased in witness.armings)
    assert [s for s in witness.exposures_s if not has_lease(witness.leases_s, s)] == []
    assert witness.exposures_s or scene.run.summary["outcome"] != "completed"
    assert scene.run.summary["violations"] == []
    *_, last = (scene.run.run_dir / "track.csv").read_text().splitlines()
    if fault.outcomes != ("unaccounted",):  # the simulator moves everything
        assert last.split(",")[6:8] == ["0", "0"], "disarmed on the ground"
    first_off = next((k for k, mode in enumerate(modes) if mode in ("AUTO.RTL", "AUTO.LAND")), len(modes))
    assert set(modes[first_off:]) <= {"AUTO.RTL", "AUTO.LAND"}, "who comes home is not sent back"


@pytest.mark.slow
@pytest.mark.parametrize("fault", CASES)
def test_every_fault_is_safe_and_reported(scene, fault):
    here = scene(fault.speed)
    wait_until(lambda: here.run.out.is_dir() and list(here.run.out.glob("*/processes.json")))
    fault.before(here)
    here.run.wait_for("drone1: en_route")
    fault.act(here)
    here.run.end()
    printed = here.run.printed.read_text()
    assert not here.run.says("Traceback"), printed
    assert here.run.summary["outcome"] in fault.outcomes, printed
    assert here.run.summary["outcome"] == "completed" or here.run.summary["reason"], printed
    for words in fault.reports:
        assert words in here.run.said, printed
    judge(here, fault)
    assert [line for line in here.run.left_behind() if not here.started] == []
