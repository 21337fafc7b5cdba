"""Node `recorder`: records a drone's messages from arming to landing, if the authorisation allows it.

Subscribes only the closed list of `law/recording.py`: masked pictures at a bounded rate, poses, `drone_status`,
`clearance`, and the detector's output as far as the authorisation allows it. Messages go unchanged into
`<run_dir>/recording/<drone>-<number>.mcap`, sealed with its hash on landing. `diagnostics` reports the recorded counts,
gaps, and the reason for a stop. A flight goes on without the recorder.
"""

from __future__ import annotations

import shutil
import time
from functools import partial
from math import nan
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import Clearance, DroneStatus, EventArray, SightingArray
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.clock import Clock, ClockType
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage
from vision_msgs.msg import Detection2DArray

from blindspot.evidence import RecordedTopic, Recorder, RecordingLimits
from blindspot.flight.route import PHASES
from blindspot.law import PICTURES, POSES, STATUS, judge_recording, load_authorisation, recorded_topics
from blindspot.mission import load_mission
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.message_definitions import definition, type_name
from blindspot.nodes.graph.messages import seconds
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.own_topics import refuse_remapped
from blindspot.nodes.graph.parameters import declare_bool, declare_float, declare_str, given_file
from blindspot.nodes.leases import Leases

FOLDER = "recording"
AIRBORNE = frozenset(name for name, phase in PHASES.items() if phase.airborne)
TICK_S = 1.0
KINDS: dict[str, tuple[type, QoSProfile]] = {
    PICTURES: (CompressedImage, qos.PICTURE), POSES: (PoseWithCovarianceStamped, qos.EVENTS),
    STATUS: (DroneStatus, qos.STATE), "clearance": (Clearance, qos.LEASE),
    "detections": (Detection2DArray, qos.EVENTS), "sightings": (SightingArray, qos.EVENTS),
    "events": (EventArray, qos.EVENTS),
}  # fmt: skip
"""Type and quality of service of each topic of the closed list."""


class RecorderNode(GuardedNode):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`. Raises InputError if a topic is remapped."""
        super().__init__("recorder", **options)
        mission_path = declare_str(self, "mission", "", describe="Mission file, which names the authorisation.")
        self._run_dir = Path(declare_str(self, "run_dir", ".", describe="Parent of the folder recording."))
        lease_key = declare_str(self, "lease_key", "", describe="File of the public half of the authority's key.")
        simulated = declare_bool(self, "simulated", False, describe="True: leases for simulated drones count, too.")
        limits = self._declare_limits()
        mission = load_mission(given_file("recorder", "mission", mission_path))
        authorisation = load_authorisation(mission.authorisation_path)
        drone, self._now = self.get_namespace().strip("/"), ForwardClock(self)
        facts = {
            "drone": drone, "mission": mission.path.name, "authorisation": authorisation.id,
            "masked": "yes", "picture_rate_hz": f"{limits.picture_rate_hz:g}",
            "retention_h": f"{authorisation.file.recording.retention_h:g}",
        }  # fmt: skip
        topics = recorded_topics(authorisation)
        self._recorder = Recorder(
            self._run_dir / FOLDER, drone, {topic: self._listen(topic) for topic in topics}, facts, AIRBORNE, limits,
            self._log,
        )  # fmt: skip
        if topics:
            self._leases = Leases(self, self._now, lease_key, simulated=simulated)
        refusal = judge_recording(authorisation)
        if refusal is not None:
            self.get_logger().warning(f"nothing is recorded: {refusal}")
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", qos.EVENTS)
        self.create_timer(TICK_S, self._tick, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def destroy_node(self) -> None:
        self._recorder.close(self._now())
        super().destroy_node()

    def _declare_limits(self) -> RecordingLimits:
        usual = RecordingLimits()
        return RecordingLimits(
            declare_float(self, "picture_rate_hz", usual.picture_rate_hz, low=0.05, high=10.0,
                          describe="Most recorded pictures per second of the node's time."),
            declare_float(self, "max_mb", usual.max_mb, low=10.0, high=1e6,
                          describe="Largest amount recorded between two starts of the node, MB."),
            declare_float(self, "min_free_mb", usual.min_free_mb, low=100.0, high=1e6,
                          describe="Recording stops if the disk has less room than this, MB."),
            declare_float(self, "gap_s", usual.gap_s, low=1.0, high=60.0,
                          describe="Silence of the masked pictures that is reported, s of wall and of node time."),
            declare_float(self, "status_timeout_s", usual.status_timeout_s, low=0.5, high=30.0,
                          describe="Silence of drone_status after which nothing of the camera is recorded, s."),
        )  # fmt: skip

    def _listen(self, topic: str) -> RecordedTopic:
        """Subscribe to a topic of the list by its own name: a remapped topic may carry unmasked pictures."""
        kind, profile = KINDS[topic]
        subscription = self.create_subscription(kind, topic, partial(self._on_message, topic), profile, raw=True)
        full_name = refuse_remapped(self, topic, subscription, "only the closed list may be recorded")
        return RecordedTopic(full_name, type_name(kind), definition(kind))

    def _on_message(self, topic: str, cdr: bytes) -> None:
        if topic == STATUS:
            status = deserialize_message(cdr, DroneStatus)
            said_s = min(self._now.of(seconds(status.header.stamp)), self._now())
            may = self._leases.at(self._now()) == "ok" and not status.sensor_inhibited
            self._recorder.told_status(status.phase, said_s, time.monotonic(), inhibited=not may)
        self._recorder.heard(topic, cdr, self._now(), time.monotonic())

    def _tick(self) -> None:
        self._recorder.tick(self._now(), time.monotonic(), self._free_mb())
        self._diagnose()

    def _free_mb(self) -> float:
        try:
            return shutil.disk_usage(self._run_dir).free / 1e6
        except OSError:
            return nan

    def _log(self, what: str) -> None:
        if self._recorder.trouble:
            self.get_logger().warning(what)
        else:
            self.get_logger().info(what)

    def _diagnose(self) -> None:
        recorder, message = self._recorder, DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        recording = recorder.recording
        status = DiagnosticStatus(name=f"{self.get_fully_qualified_name()}: recording")
        status.level = DiagnosticStatus.ERROR if recorder.trouble else DiagnosticStatus.OK
        status.message = recorder.trouble or ("recording" if recording else "not recording")
        status.hardware_id = recording.path.name if recording else ""
        status.values = [KeyValue(key=topic, value=str(count)) for topic, count in recorder.counts.items()]
        message.status = [status]
        self._diagnostics.publish(message)


def main() -> None:
    run(RecorderNode, holds_pictures=True)


if __name__ == "__main__":
    main()
