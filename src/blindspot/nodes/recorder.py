"""Node `recorder`: records a drone's messages from arming to landing, if the authorisation allows it.

In a mission that asks for a recording and may have a recording, the node subscribes the closed list of
`law/recorded_topics.py`: masked pictures at a bounded rate, poses, `drone_status`, `clearance`, and the detector's
output as far as the authorisation allows. Messages go unchanged into `recording/<drone>-<number>.mcap` of the run's
folder, sealed with its hash on landing. Where the authorisation names keys, the messages go into sealed parts of at
most five minutes instead, which nobody opens without these keys. A status of another run begins no recording.
Where the law of the profile asks, nothing is recorded while an earlier recording is kept too long, and no picture while
the camera's axis rests on a façade, by the detector's reports on `facts/masks`.
`diagnostics` reports the recorded counts, gaps, and the reason for a stop. Recordings of earlier runs are erased when
their time is over. A flight goes on without the recorder.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import Clearance, DroneStatus, EventArray, SightingArray
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.clock import Clock, ClockType
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage
from vision_msgs.msg import Detection2DArray

from blindspot.core import InputError
from blindspot.evidence import Journal, RecordedTopic, Recorder, RecordingLimits
from blindspot.evidence.acts import SEALED, Erasure, people_facts, recorded, what_is_kept
from blindspot.evidence.kept import FOLDER, AxisRest, due_facts
from blindspot.evidence.sealed import Sealing
from blindspot.flight.route import PHASES
from blindspot.law import Authorisation, AuthorisationFile, Verdict, judge_recording, recorded_topics as law_recording
from blindspot.law.clearances import state_folder
from blindspot.law.keys import holders_of
from blindspot.nodes.cameras import mask_reports
from blindspot.nodes.cameras.current_mission import CurrentMission, FlownMission
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.message_definitions import definition, type_name
from blindspot.nodes.graph.messages import seconds
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import (
    declare_bool,
    declare_computer_key,
    declare_fleet,
    declare_float,
    declare_journal,
    declare_str,
)
from blindspot.nodes.judging.leases import Leases

AIRBORNE = frozenset(name for name, phase in PHASES.items() if phase.airborne)
TICK_S, ERASES_EVERY_S = 1.0, 30.0
KINDS: dict[str, tuple[type, QoSProfile]] = {
    law_recording.PICTURES: (CompressedImage, qos.PICTURE),
    law_recording.POSES: (PoseWithCovarianceStamped, qos.EVENTS),
    law_recording.STATUS: (DroneStatus, qos.STATE), "clearance": (Clearance, qos.LEASE),
    "detections": (Detection2DArray, qos.EVENTS), "sightings": (SightingArray, qos.EVENTS),
    "events": (EventArray, qos.EVENTS),
}  # fmt: skip
"""Type and quality of service of each topic of the closed list."""


@dataclass(frozen=True, slots=True)
class Permit:
    """A mission's permission to record: its run, folder and facts, and the permitted topics. No topics: nothing may be
    recorded."""

    run: str
    folder: Path
    topics: tuple[str, ...]
    facts: dict[str, str]
    people: Mapping[str, Any]
    """Profile and designated people of the authorisation, for the journal."""
    kept_h: float
    """Time for which a recording is kept, h."""
    dwelling_h: float
    """Time for which a part is kept that shows a dwelling, h."""
    sealing: Sealing | None
    """Keys of sealed parts; None for a recording in clear."""
    authorisation: Authorisation

    def facts_now(self) -> dict[str, str]:
        return {**self.facts, **due_facts(self.kept_h, datetime.now(UTC), self.dwelling_h)}


class RecorderNode(GuardedNode):
    def __init__(self, **options: Any) -> None:
        """`options` are those of `rclpy.node.Node`. Raises InputError if a topic is remapped."""
        super().__init__("recorder", **options)
        self._run_dir = Path(declare_str(self, "run_dir", ".", describe="Folder of the stack, with a folder per run."))
        self._simulated = declare_bool(
            self, "simulated", False, describe="True: leases for simulated drones count, too."
        )
        rehearse = declare_bool(
            self, "rehearse", False, describe="True: a simulation records what a real flight may record."
        )
        self._as_simulated = self._simulated and not rehearse
        self._erase_only = declare_bool(
            self, "erase_only", False, describe="True: nothing is recorded, and what is due is erased."
        )
        self._limits, fleet = self._declare_limits(), declare_fleet(self)
        self._key = declare_computer_key(self)
        self._refuse_remapped()
        self._drone, self._now = self.get_namespace().strip("/"), ForwardClock(self)
        self._journal_file = declare_journal(self, self._run_dir)
        self._journal = Journal(self._journal_file, self.get_fully_qualified_name())
        self._runs = self._run_dir.resolve().parent
        state = state_folder(os.environ)
        self._erasure = Erasure(
            self._runs, self._drone, self._close_recording, self._journal.write, self._log, state, self._key
        )
        self._axis = AxisRest(self._limits.status_timeout_s)
        self.recorder: Recorder | None = None
        """Of the mission in progress; None if nothing of it may be recorded."""
        self._begun_s = 0.0
        """Wall time of the begin of the latest recording, by a clock that nobody sets."""
        self._listening: list[Subscription] = []
        self._leases = Leases(self, self._now, simulated=self._simulated)
        self.mission = CurrentMission(self, fleet, self._run_dir, self._leases, self._permit, self._on_mission)
        self.create_subscription(DiagnosticArray, mask_reports.TOPIC, self._on_masks, qos.EVENTS)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", qos.EVENTS)
        self._erase()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(TICK_S, self._tick, clock=steady)
        self.create_timer(ERASES_EVERY_S, self._erase, clock=steady)

    def destroy_node(self) -> None:
        self.mission.close()
        self._on_mission(None)
        super().destroy_node()

    def _refuse_remapped(self) -> None:
        """Raise InputError if one of the recorded topics is remapped: another topic may carry unmasked pictures."""
        for topic in KINDS:
            own, found = f"{self.get_namespace().rstrip('/')}/{topic}", self.resolve_topic_name(topic)
            if found != own:
                fix = "only the closed list may be recorded: take the remapping out"
                raise InputError(self.get_name(), topic, f"{own} is remapped to {found}", fix)

    def _declare_limits(self) -> RecordingLimits:
        usual = RecordingLimits()
        return RecordingLimits(
            declare_float(self, "picture_rate_hz", usual.picture_rate_hz, low=0.05, high=10.0,
                          describe="Most recorded pictures per second of the node's time."),
            declare_float(self, "max_mb", usual.max_mb, low=10.0, high=1e6,
                          describe="Largest amount recorded in one mission, MB."),
            declare_float(self, "min_free_mb", usual.min_free_mb, low=100.0, high=1e6,
                          describe="Recording stops if the disk has less room than this, MB."),
            declare_float(self, "gap_s", usual.gap_s, low=1.0, high=60.0,
                          describe="Silence of the masked pictures that is reported, s of wall and of node time."),
            declare_float(self, "status_timeout_s", usual.status_timeout_s, low=0.5, high=30.0,
                          describe="Silence of drone_status after which nothing of the camera is recorded, s."),
        )  # fmt: skip

    def _permit(self, flown: FlownMission) -> Permit:
        """In the mission's worker: read what its authorisation allows."""
        authorisation = flown.authorisation
        refusal: object = "the mission asks for no recording"
        if self._erase_only:
            refusal = "the fleet file says record: false"
        elif flown.mission.file.record:
            flows = self._flows(law_recording.permitted_topics(authorisation.file))
            signs = self._key is not None
            refusal = judge_recording(authorisation, flows, simulated=self._as_simulated, signs=signs)
            refusal = refusal or self._why_kept(authorisation)
        if refusal is not None:
            self.get_logger().warning(f"nothing is recorded: {refusal}")
        topics = law_recording.recorded_topics(authorisation, simulated=self._as_simulated) if refusal is None else ()
        facts = {
            "drone": self._drone, "mission": flown.mission.path.name, "sha256": flown.ref.sha256, "run": flown.run,
            "person": flown.person, "authorisation": authorisation.id, "masked": "yes",
            "profile": authorisation.file.profile,
            "picture_rate_hz": f"{self._limits.picture_rate_hz:g}",
        }  # fmt: skip
        people = people_facts(authorisation.file)
        hours = law_recording.kept_for_h(authorisation), law_recording.dwelling_for_h(authorisation)
        sealing = self._sealing(authorisation.file) if topics else None
        return Permit(flown.run, flown.folder / FOLDER, topics, facts, people, *hours, sealing, authorisation)

    def _why_kept(self, authorisation: Authorisation) -> Verdict | None:
        """The rule that forbids another recording because of the earlier ones, of any flight but a simulation's."""
        if self._as_simulated:
            return None
        here = self._erasure.kept()
        kept = what_is_kept(self._runs, self._drone, self._journal_file, authorisation.id, here)
        return law_recording.judge_kept(authorisation, kept, datetime.now(UTC))

    def _sealing(self, file: AuthorisationFile) -> Sealing | None:
        """The keys that seal the recordings of an authorisation; None if it names none. `judge_recording` refuses one
        that names keys where this computer has none to sign with."""
        holders = holders_of(file)
        return Sealing(holders, self._key.private) if holders and self._key is not None else None

    def _flows(self, topics: tuple[str, ...]) -> dict[str, str]:
        """The topics of this node's subscriptions, below the namespace, with the type of their messages."""
        own = f"{self.get_namespace().rstrip('/')}/"
        return {self.resolve_topic_name(topic).removeprefix(own): type_name(KINDS[topic][0]) for topic in topics}

    def _on_mission(self, permit: Permit | None) -> None:
        """End the recording of the mission before with its subscriptions, and listen to what the next one permits."""
        recorder, self.recorder = self.recorder, None
        for subscription in self._listening:
            self.destroy_subscription(subscription)
        self._listening = []
        if recorder is not None:
            recorder.close(self._now())
        if permit is None or not permit.topics:
            return
        types = {topic: KINDS[topic][0] for topic in permit.topics}
        topics = {
            topic: RecordedTopic(f"/{self._drone}/{topic}", type_name(kind), definition(kind))
            for topic, kind in types.items()
        }
        self.recorder = Recorder(
            permit.folder, self._drone, topics, permit.facts_now, AIRBORNE, self._limits, self._log,
            partial(self._enter, permit), permit.sealing, partial(self._why_not_seen, permit.authorisation),
        )  # fmt: skip
        for topic, kind in types.items():
            heard = partial(self._on_message, self.recorder, permit.run, topic)
            self._listening.append(self.create_subscription(kind, topic, heard, KINDS[topic][1], raw=True))

    def _enter(self, permit: Permit, act: str, file: str, sha256: str) -> None:
        """Write the begin or the end of a recording to the journal; raises JournalError."""
        facts = {"run": permit.run, "drone": self._drone, "file": file}
        if act == SEALED:
            length_s = math.ceil(10.0 * (time.monotonic() - self._begun_s)) / 10.0
            self._journal.write(act, **facts, **{recorded.LENGTH: length_s}, sha256=sha256)
        else:
            self._begun_s = time.monotonic()
            said = {name: permit.facts[name] for name in ("person", "authorisation")}
            self._journal.write(act, **facts, **said, **permit.people)

    def _why_not_seen(self, authorisation: Authorisation, now_s: float) -> str:
        rested_s = self._axis.rested_s(now_s)
        refusal = law_recording.judge_axis(authorisation, rested_s, simulated=self._as_simulated)
        return str(refusal) if refusal is not None else ""

    def _on_masks(self, message: Any) -> None:
        """Raises InputError, which the node logs: such a report is silence, and silence records no picture."""
        report = mask_reports.masked_of(message)
        if self.count_publishers(f"{self.get_namespace()}/{mask_reports.TOPIC}") == 1:
            self._axis.hear(report.axis_on_facade, report.at_s, self._now())

    def _on_message(self, recorder: Recorder, run: str, topic: str, cdr: bytes) -> None:
        if recorder is not self.recorder:
            return  # a message under way when the mission was dropped
        if topic == law_recording.STATUS:
            self._on_status(recorder, run, deserialize_message(cdr, DroneStatus))
        recorder.heard(topic, cdr, self._now(), time.monotonic())

    def _on_status(self, recorder: Recorder, run: str, status: DroneStatus) -> None:
        """Pass on a status of the mission's run. A new subscription first hears old ones, of the flight before too."""
        said_s = min(self._now.of(seconds(status.header.stamp)), self._now())
        if status.run == run and self._now() - said_s <= self._limits.status_timeout_s:
            may = self._leases.may_look(self._now()) and not status.sensor_inhibited
            recorder.on_status(status.phase, said_s, time.monotonic(), inhibited=not may)

    def _tick(self) -> None:
        if self.recorder is not None:
            self.recorder.tick(self._now(), time.monotonic(), self._free_mb())
        self._diagnose()

    def _erase(self) -> None:
        """Erase what is due, by the confirmed time of this computer: the law's hours pass in simulation, too."""
        self._erasure.step()
        if self._erasure.trouble:
            self.get_logger().error(self._erasure.trouble)

    def _close_recording(self, path: Path) -> None:
        """End the open recording if the given recording is the open recording; the next status in flight begins
        another."""
        recorder = self.recorder
        if recorder is not None and recorder.recording is not None and recorder.recording.path.resolve() == path:
            recorder.close(self._now())

    def _free_mb(self) -> float:
        try:
            return shutil.disk_usage(self._run_dir).free / 1e6
        except OSError:
            return math.nan

    def _log(self, what: str) -> None:
        if self.recorder is not None and self.recorder.trouble:
            self.get_logger().warning(what)
        else:
            self.get_logger().info(what)

    def _diagnose(self) -> None:
        recorder, message = self.recorder, DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        recording = None if recorder is None else recorder.recording
        trouble, counts = ("", {}) if recorder is None else (recorder.trouble, recorder.counts)
        trouble = trouble or self._erasure.trouble
        status = DiagnosticStatus(name=f"{self.get_fully_qualified_name()}: recording")
        status.level = DiagnosticStatus.ERROR if trouble else DiagnosticStatus.OK
        status.message = trouble or ("recording" if recording else "not recording")
        status.hardware_id = recording.path.name if recording else ""
        status.values = [KeyValue(key=topic, value=str(count)) for topic, count in counts.items()]
        message.status = [status]
        self._diagnostics.publish(message)


def main() -> None:
    run(RecorderNode, holds_pictures=True)
