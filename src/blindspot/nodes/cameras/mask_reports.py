"""The detector's report on each picture, as a message, and the gate's ears for what it judges of a camera in flight.

A report says what the masked picture still shows (`vision/mask_audit.py`), and whether the camera's axis ends on a
façade, for the recorder; of a dropped picture nothing is left, and its axis is unknown. It is a
`diagnostic_msgs/DiagnosticArray` on `facts/masks` of the drone, with the stamp of the exposure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo

from blindspot.core import InputError
from blindspot.law.clearances import FlightMonitor
from blindspot.law.rules import Masked
from blindspot.nodes.autopilot.drone_facts import MASKS
from blindspot.nodes.cameras.camera_pose import exposure_of, stream_lens_of
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s, seconds, stamp
from blindspot.vision import Audit

TOPIC = f"facts/{MASKS}"
OUTSIDE, PRIVATE, CLEAR, AXIS = "outside_masked", "private_masked", "clear_bytes", "axis_on_facade"
BYTES_PER_PX = 3
WORDS = {"yes": True, "no": False}
AXIS_WORDS: dict[str, bool | None] = {**WORDS, "unknown": None}
MOST_DIGITS = 12


def report_of(stamp_s: float, audit: Audit | None) -> Masked:
    """The report on a picture: what its masked copy still shows; `None` for a picture of which nothing is left."""
    if audit is None:
        return Masked(stamp_s, outside=True, private=True, clear_bytes=0)
    whole = not audit.outside_px, not audit.private_px
    return Masked(stamp_s, *whole, BYTES_PER_PX * audit.clear_px, audit.axis_on_facade)


def masks_message(report: Masked) -> DiagnosticArray:
    status = DiagnosticStatus(name=MASKS, level=DiagnosticStatus.OK if report.is_whole else DiagnosticStatus.ERROR)
    said = {OUTSIDE: _word(report.outside), PRIVATE: _word(report.private), CLEAR: str(report.clear_bytes)}
    said[AXIS] = "unknown" if report.axis_on_facade is None else _word(report.axis_on_facade)
    status.values = [KeyValue(key=key, value=value) for key, value in said.items()]
    message = DiagnosticArray(status=[status])
    message.header.stamp = stamp(report.at_s)
    return message


def _word(is_true: bool) -> str:
    return "yes" if is_true else "no"


def masked_of(message: Any) -> Masked:
    """The report in a message; raises InputError for any other content."""
    said = {pair.key: pair.value for status in message.status[:1] for pair in status.values[:10]}
    clear = said.get(CLEAR, "")
    is_number = clear.isascii() and clear.isdecimal() and len(clear) <= MOST_DIGITS
    if {said.get(OUTSIDE), said.get(PRIVATE)} - WORDS.keys() or said.get(AXIS) not in AXIS_WORDS or not is_number:
        raise InputError(TOPIC, "", "is no report on masks", "let one detector run on each drone")
    whole = WORDS[said[OUTSIDE]], WORDS[said[PRIVATE]]
    return Masked(seconds(message.header.stamp), *whole, int(clear), AXIS_WORDS[said[AXIS]])


class CameraEars:
    """Passes exposures, lens and the reports on masks of each drone to a monitor. `heard` is called after each
    exposure and report. A report that two nodes publish counts for nothing."""

    def __init__(
        self, node: Node, drones: Sequence[str], monitor: FlightMonitor, now: Callable[[], float],
        heard: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._node, self._monitor, self._now, self._heard = node, monitor, now, heard
        for name in drones:
            for kind, topic, hear, profile in (
                (PoseWithCovarianceStamped, "camera/pose", self._on_exposure, qos.EVENTS),
                (CameraInfo, "camera/camera_info", self._on_lens, qos.SENSOR),
                (DiagnosticArray, TOPIC, self._on_masks, qos.EVENTS),
            ):
                node.create_subscription(kind, f"/{name}/{topic}", partial(hear, name), profile)

    def _on_exposure(self, drone: str, message: Any) -> None:
        try:
            pose = exposure_of(message)
            age_s = now_s(self._node) - pose.stamp_s
        except InputError:
            pose, age_s = None, 0.0
        self._monitor.heard(drone, pose, self._now(), age_s)
        self._heard(drone)

    def _on_lens(self, drone: str, message: Any) -> None:
        self._monitor.lens(drone, stream_lens_of(message))

    def _on_masks(self, drone: str, message: Any) -> None:
        """Raises InputError, which the node logs: such a report is silence, and silence inhibits."""
        report = masked_of(message)
        if self._node.count_publishers(f"/{drone}/{TOPIC}") == 1:
            self._monitor.masked(drone, report)
            self._heard(drone)
