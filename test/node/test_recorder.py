"""The recorder in a real graph: what others can read of a flight, and that nothing unmasked can be recorded."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from blindspot_msgs.msg import DroneStatus, Event, MissionOrder, Sighting, SightingArray
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from mcap.reader import make_reader
from mcap.records import Schema
from mcap_ros2.decoder import DecoderFactory
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image
from test.node.conftest import order_of
from vision_msgs.msg import Detection2D

from blindspot.camera.projection import CameraPose
from blindspot.core.errors import InputError
from blindspot.evidence.acts.confirmed_time import CONFIRMED_TIME
from blindspot.evidence.kept import due_facts
from blindspot.evidence.recording import Recording
from blindspot.evidence.sealed.opened import check_part, open_part
from blindspot.law.keys import keep_computer_key, load_computer_key
from blindspot.law.recorded_topics import ALWAYS, CLOSED_LIST, PICTURES, POSES, REPORTED
from blindspot.law.rules import Masked
from blindspot.nodes.cameras.camera_pose import pose_message
from blindspot.nodes.cameras.current_mission import REFUSED
from blindspot.nodes.cameras.mask_reports import masks_message
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.message_definitions import definition, type_name
from blindspot.nodes.graph.pictures import compressed_message
from blindspot.nodes.recorder import KINDS, RecorderNode

PARTS = {"detections": Detection2D, "sightings": Sighting, "events": Event}
"""Element type of each array message in the list."""


@pytest.fixture
def recorded(changed_mission):
    """A mission that asks for a recording."""
    return changed_mission(record=True)


@pytest.fixture
def flight(graph, mission_path, recorded, tmp_path):
    made = Flight(graph, mission_path, tmp_path)
    made.begin(recorded)
    return made


class Flight:
    """A recorder, and a peer that plays the drone's other nodes."""

    def __init__(self, graph, fleet_path, run_dir, **parameters):
        self.graph, self.run_dir = graph, run_dir
        peer = graph.peer
        self.publishers = {
            topic: peer.create_publisher(kind, f"/drone1/{topic}", profile) for topic, (kind, profile) in KINDS.items()
        }
        self.raw = peer.create_publisher(Image, "/drone1/camera/image_raw", qos.PICTURE)
        self.reports = graph.hear(DiagnosticArray, "/diagnostics", qos.EVENTS)
        self.node = graph.start(
            RecorderNode, "/drone1", fleet=str(fleet_path), run_dir=str(run_dir), picture_rate_hz=10.0,
            simulated=True, lease_key=graph.leasing.key, **parameters,
        )  # fmt: skip
        self._masks = peer.create_publisher(DiagnosticArray, "/drone1/facts/masks", qos.EVENTS)
        self.authorisation = "SIM-CROSSROADS"
        self._mission = peer.create_publisher(MissionOrder, "/drone1/mission", qos.LATCHED)
        self._fleet_path, self.order, self.run, self.count = fleet_path, MissionOrder(), "", 0

    def begin(self, mission_path, run=""):
        """Order a mission and wait until the recorder has loaded it; later statuses are of its run."""
        self.order, self.run = order_of(mission_path, run=run, fleet=self._fleet_path), run
        self._mission.publish(self.order)
        current = self.node.mission
        self.graph.spin_until(lambda: current.asked == self.order and current.made is not None)

    def end(self):
        """No mission is in progress, as if no order had come."""
        self._mission.publish(MissionOrder())
        self.graph.spin_until(lambda: self.node.mission.made is None)

    def files(self, run=""):
        return sorted(path.name for path in (self.run_dir / run / "recording").glob("*"))

    def say(self, phase="en_route", *, inhibited=False, leased=True, may_look=True, on_facade=None):
        """Everything that a drone says of a moment; not `leased`: with a lease that nobody signed."""
        self.count += 1
        now = self.graph.peer.get_clock().now()
        time_s = now.nanoseconds * 1e-9
        status = DroneStatus(drone="drone1", run=self.run, phase=phase, sensor_inhibited=inhibited)
        clearance = self.graph.leasing.lease("drone1", "a" * 64, time_s + 3.0, mission=self.order.sha256,
                                                may_look=may_look, authorisation=self.authorisation)  # fmt: skip
        clearance.signature = clearance.signature if leased else []
        sightings = SightingArray(sightings=[Sighting(drone="drone1", track=self.count, label="person")])
        for message in (status, clearance, sightings):
            message.header.stamp = now.to_msg()
        picture = np.full((90, 160, 3), 255, np.uint8)
        masked = Masked(time_s, outside=True, private=True, clear_bytes=0, axis_on_facade=on_facade)
        self._masks.publish(masks_message(masked))
        self.publishers["drone_status"].publish(status)
        self.publishers["clearance"].publish(clearance)
        self.publishers[POSES].publish(pose_message(CameraPose(time_s, 1.0, 2.0, 60.0, 90.0, -60.0, 0.0, 0.5, 0.5)))
        self.publishers["sightings"].publish(sightings)
        self.publishers[PICTURES].publish(compressed_message(picture, clearance.header, 80))
        self.raw.publish(Image(header=clearance.header, height=1, width=1, encoding="bgr8", step=3, data=[1, 2, 3]))

    @property
    def counts(self):
        return self.node.recorder.counts


def test_a_flight_is_recorded_as_it_was_published_and_read_without_ros(flight):
    recorded = (*ALWAYS, "sightings")
    flight.graph.spin_until(lambda: all(flight.counts[t] >= 3 for t in recorded), act=flight.say)
    flight.graph.spin_until(lambda: not flight.node.recorder.recording, act=lambda: flight.say("landed"))
    (path,) = (flight.run_dir / "recording").glob("*.mcap")
    assert path.name == "drone1-1.mcap"
    assert path.with_name("drone1-1.mcap.sha256").is_file()
    with path.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        found = [(channel.topic, message) for _, channel, _, message in reader.iter_decoded_messages()]
        (note,) = reader.iter_metadata()
    counts, of = Counter(topic for topic, _ in found), dict(found)
    assert set(counts) == {f"/drone1/{topic}" for topic in recorded}
    assert dict(counts) == {f"/drone1/{topic}": flight.counts[topic] for topic in recorded}
    assert note.metadata["authorisation"] == "SIM-CROSSROADS"
    assert note.metadata["sha256"] == flight.order.sha256
    assert (note.metadata["run"], note.metadata["person"]) == ("", "A. Tester")
    assert (note.metadata["masked"], note.metadata["retention_h"]) == ("yes", "168")
    jpeg = np.frombuffer(of[f"/drone1/{PICTURES}"].data, np.uint8)
    assert cv2.imdecode(jpeg, cv2.IMREAD_COLOR).shape == (90, 160, 3)
    assert of[f"/drone1/{POSES}"].pose.pose.position.y == 2.0
    assert of["/drone1/sightings"].sightings[0].label == "person"
    assert of["/drone1/drone_status"].phase == "en_route"


def test_recordings_of_earlier_runs_are_erased_at_the_start_if_they_are_due(graph, mission_path, tmp_path):
    old, kept = (tmp_path / stack / "evening" / "recording" / "drone1-1.mcap" for stack in ("old", "young"))
    for path, hours in ((old, 25), (kept, 23)):
        path.parent.mkdir(parents=True)
        begun = datetime.now(UTC) - timedelta(hours=hours)
        Recording(path, [], {"run": "evening", **due_facts(24.0, begun)}).close()
    flight = Flight(graph, mission_path, tmp_path / "stack")
    assert not old.exists() and kept.exists()
    entry, receipt = map(json.loads, (flight.run_dir / "journal.jsonl").read_text().splitlines())
    assert entry["act"] == "recording_erased" and entry["by"] == "/drone1/recorder"
    assert entry["facts"]["folder"] == "old/evening" and entry["facts"]["late"] is True
    assert receipt["act"] == "erasure_receipt" and receipt["facts"]["sha256"] == entry["facts"]["sha256"]


def test_a_clock_that_jumped_ahead_erases_nothing_and_the_recorder_says_so(graph, mission_path, tmp_path, monkeypatch):
    """As after a start with a wrong clock: the confirmed time of before says that the recording is an hour old."""
    path, begun = tmp_path / "old" / "evening" / "recording" / "drone1-1.mcap", datetime.now(UTC) - timedelta(days=300)
    path.parent.mkdir(parents=True)
    Recording(path, [], {"run": "evening", **due_facts(24.0, begun)}).close()
    known = {"confirmed": (begun + timedelta(hours=1)).isoformat(), "start": "another", "since_s": 0.0, "read": {}}
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path))
    (tmp_path / CONFIRMED_TIME).write_text(json.dumps(known))
    flight = Flight(graph, mission_path, tmp_path / "stack")
    graph.spin_until(lambda: any("may be due and stay" in report.status[0].message for report in flight.reports))
    assert path.exists()
    entry = json.loads((flight.run_dir / "journal.jsonl").read_text())
    assert entry["act"] == "erasure_waits" and entry["facts"]["file"] == path.name


def test_one_that_erases_only_records_no_mission_that_asks_for_it(graph, mission_path, recorded, tmp_path):
    flight = Flight(graph, mission_path, tmp_path, erase_only=True)
    flight.begin(recorded)
    assert flight.node.recorder is None


def under_the_code(graph, mission_path, changed_mission, run_dir, **parameters):
    """A recorder in a mission under the example for department 92, on a computer with a key."""
    law, key = mission_path.parents[1] / "authorisations" / "example_92" / "authorisation.yaml", run_dir / "own.key"
    run_dir.mkdir(exist_ok=True)
    keep_computer_key(key)
    flight = Flight(graph, mission_path, run_dir, computer_key=str(key), **parameters)
    flight.authorisation = "PP-EXEMPLE-2026-0001"
    flight.begin(changed_mission(record=True, authorisation=str(law)))
    return flight


@pytest.mark.parametrize("rehearse", [True, False])
def test_a_rehearsal_records_no_more_than_the_real_flight(graph, mission_path, changed_mission, tmp_path, rehearse):
    """Under the law of the profile a film beside the recordings ends recording; a simulation asks nothing."""
    (tmp_path / "evening.mp4").touch()
    flight = under_the_code(graph, mission_path, changed_mission, tmp_path / "stack", rehearse=rehearse)
    assert (flight.node.recorder is None) is rehearse


def test_under_the_code_pictures_are_recorded_while_the_detector_reports_an_axis_beside_the_facades(
    graph, mission_path, changed_mission, tmp_path
):
    flight = under_the_code(graph, mission_path, changed_mission, tmp_path / "stack", rehearse=True)
    graph.spin_until(lambda: flight.counts["drone_status"] >= 3, act=flight.say)
    assert not flight.counts[PICTURES] and not flight.counts[POSES], "nobody reports on what the axis rests"
    graph.spin_until(lambda: flight.counts[PICTURES] >= 3, act=lambda: flight.say(on_facade=False))
    longer_s = time.monotonic() + 2.0  # than the rest that the law permits
    graph.spin_until(lambda: time.monotonic() > longer_s, act=lambda: flight.say(on_facade=True))
    before, said = flight.counts[PICTURES], flight.counts["drone_status"]
    graph.spin_until(lambda: flight.counts["drone_status"] > said + 3, act=lambda: flight.say(on_facade=True))
    assert flight.counts[PICTURES] == before


@pytest.mark.parametrize("has_key", [True, False])
def test_keys_of_the_authorisation_seal_what_is_recorded_and_a_computer_without_a_key_records_nothing(
    graph, mission_path, changed_mission, tmp_path, has_key
):
    private = {holder: X25519PrivateKey.generate() for holder in ("service", "authority")}
    keys = {holder: each.public_key().public_bytes_raw().hex() for holder, each in private.items()}
    key = tmp_path / "computer.key"
    if has_key:
        keep_computer_key(key)
    flight = Flight(graph, mission_path, tmp_path, computer_key=str(key))
    law = {"recording: {": f"recording: {{keys: {json.dumps(keys)}, "}
    flight.begin(changed_mission(record=True, law=law))
    assert (flight.node.recorder is not None) is has_key
    if not has_key:
        return
    flight.graph.spin_until(lambda: flight.counts[PICTURES] >= 3, act=flight.say)
    flight.graph.spin_until(lambda: not flight.node.recorder.recording, act=lambda: flight.say("landed"))
    assert flight.files() == [f"drone1-1.mcap.sealed{end}" for end in ("", ".keys", ".sha256")]
    target = io.BytesIO()
    read = open_part(tmp_path / "recording" / "drone1-1.mcap.sealed", private, target)
    signed_by = load_computer_key(key).private.public_key()
    assert read.state == "closed" and check_part(tmp_path / "recording" / "drone1-1.mcap.sealed", signed_by) == read
    target.seek(0)
    found = Counter(channel.topic for _, channel, _ in make_reader(target).iter_messages())
    assert found[f"/drone1/{PICTURES}"] == flight.counts[PICTURES]
    sealed = [json.loads(line)["facts"] for line in (tmp_path / "journal.jsonl").read_text().splitlines()][-1]
    assert sealed["file"] == "drone1-1.mcap.sealed" and sealed["sha256"] == read.sha256


def test_it_listens_to_the_closed_list_alone(flight):
    topics = {subscription.topic_name for subscription in flight.node.subscriptions}
    assert {topic for topic in topics if topic.startswith("/drone1/")} == {
        f"/drone1/{topic}" for topic in (*ALWAYS, *REPORTED, "mission", "facts/masks")
    }
    assert set(KINDS) == set(CLOSED_LIST)
    kinds = {kind for kind, _ in KINDS.values()}
    assert Image not in kinds
    assert [topic for topic, (kind, _) in KINDS.items() if kind is CompressedImage] == [PICTURES]


@pytest.mark.parametrize("topic", CLOSED_LIST)
def test_a_reader_that_has_the_definition_alone_understands_every_type_of_the_list(topic):
    kind, _ = KINDS[topic]
    message = kind(**{name: [part()] for name, part in PARTS.items() if hasattr(kind, name)})
    schema = Schema(id=1, name=type_name(kind), encoding="ros2msg", data=definition(kind).encode())
    read = DecoderFactory().decoder_for("cdr", schema)(serialize_message(message))
    assert read.header.stamp.sec == 0
    assert all(len(getattr(read, name)) == 1 for name in PARTS if hasattr(kind, name))


@pytest.mark.parametrize("brought", ["camera/image_raw/compressed", "/driver/image_raw/compressed"])
def test_a_remapping_brings_it_no_other_pictures(ros, mission_path, brought):
    """A driver's own compressed pictures, for one, are unmasked."""
    arguments = ["--ros-args", "-r", f"{PICTURES}:={brought}", "-p", f"fleet:={mission_path}"]
    with pytest.raises(InputError, match=r"is remapped to .*only the closed list may be recorded"):
        RecorderNode(namespace="/drone1", cli_args=arguments)


def test_no_parameter_names_a_topic(flight):
    names = set(flight.node.get_parameters_by_prefix(""))
    assert {name for name in names if "topic" in name or "record" in name} == set()


def subscribed(flight):
    return {subscription.topic_name for subscription in flight.node.subscriptions} & {
        f"/drone1/{topic}" for topic in CLOSED_LIST
    }


@pytest.mark.parametrize(
    "changes",
    [{"record": True, "law": {"allowed: true": "allowed: false"}}, {"record": False}],
    ids=["authorisation", "mission"],
)
def test_unless_mission_and_authorisation_allow_it_the_node_lives_and_hears_nothing(
    graph, mission_path, changed_mission, tmp_path, changes
):
    flight = Flight(graph, mission_path, tmp_path)
    flight.begin(changed_mission(**changes))
    heard = len(flight.reports)
    graph.spin_until(lambda: len(flight.reports) > heard, act=flight.say)
    assert subscribed(flight) == {"/drone1/clearance"}  # the leases
    assert not (tmp_path / "recording").exists()
    assert flight.reports[-1].status[0].message == "not recording"


def test_masking_that_fails_is_a_gap_that_the_diagnostics_report(graph, mission_path, recorded, tmp_path):
    """Poses come, pictures do not, for a second, which is the least that the parameter takes."""
    flight = Flight(graph, mission_path, tmp_path, gap_s=1.0)
    flight.begin(recorded)
    flight.graph.spin_until(lambda: flight.counts[PICTURES], act=flight.say)
    flight.publishers[PICTURES] = flight.graph.peer.create_publisher(CompressedImage, "/nowhere", qos.PICTURE)

    def errors():
        return [m for m in flight.reports if m.status[0].level == DiagnosticStatus.ERROR]

    flight.graph.spin_until(errors, act=flight.say)
    assert errors()[0].status[0].message == "the camera takes pictures, but no masked pictures arrive"
    assert flight.node.recorder.recording is not None


def test_a_node_that_ends_seals_its_recording(flight):
    flight.graph.spin_until(lambda: flight.counts[POSES], act=flight.say)
    flight.node.destroy_node()
    assert (flight.run_dir / "recording" / "drone1-1.mcap.sha256").is_file()
    *_, entry = map(json.loads, (flight.run_dir / "journal.jsonl").read_text().splitlines())
    assert entry["act"] == "recording_sealed" and 0.0 < entry["facts"]["length_s"] < 600.0


@pytest.mark.parametrize("lacks", ["leased", "may_look"])
def test_without_a_signed_lease_with_the_right_to_look_nothing_of_the_camera_is_recorded(flight, lacks):
    """Although drone_status permits the sensor."""
    flight.graph.spin_until(lambda: flight.counts["drone_status"] >= 5, act=lambda: flight.say(**{lacks: False}))
    assert (flight.counts[PICTURES], flight.counts[POSES], flight.counts["sightings"]) == (0, 0, 0)
    flight.graph.spin_until(lambda: flight.counts[PICTURES], act=flight.say)


def test_without_a_mission_nothing_is_heard_or_recorded(graph, mission_path, tmp_path):
    flight = Flight(graph, mission_path, tmp_path)
    graph.spin_until(lambda: flight.reports, act=flight.say)
    assert subscribed(flight) == {"/drone1/clearance"}
    assert not (tmp_path / "recording").exists()


def test_a_mission_with_another_hash_is_not_recorded(graph, mission_path, recorded, tmp_path):
    flight = Flight(graph, mission_path, tmp_path)
    flight.order = order_of(recorded, fleet=mission_path)
    flight.order.sha256 = "f" * 64
    flight._mission.publish(flight.order)
    graph.spin_until(lambda: flight.node.mission.why_not == REFUSED, act=flight.say)
    heard = len(flight.reports)
    graph.spin_until(lambda: len(flight.reports) > heard, act=flight.say)
    assert subscribed(flight) == {"/drone1/clearance"}
    assert not (tmp_path / "recording").exists()


def test_two_missions_are_recorded_in_two_folders_and_nothing_between_them(flight, changed_mission):
    flight.begin(changed_mission(record=True), run="first")
    flight.graph.spin_until(lambda: flight.counts[PICTURES], act=flight.say)
    flight.end()
    assert flight.files("first") == ["drone1-1.mcap", "drone1-1.mcap.sha256"]
    heard, count = len(flight.reports), flight.count
    flight.graph.spin_until(lambda: len(flight.reports) > heard and flight.count > count + 5, act=flight.say)
    second = changed_mission("second", record=True, law={"detectors: [nanodet]": "detectors: []"})
    flight.begin(second, run="second")
    flight.graph.spin_until(lambda: flight.counts[PICTURES], act=flight.say)
    assert flight.counts["sightings"] == 0
    assert f"/drone1/{REPORTED[0]}" not in subscribed(flight)
    flight.node.destroy_node()
    assert flight.files("first") == flight.files("second") == ["drone1-1.mcap", "drone1-1.mcap.sha256"]
    assert flight.files() == []


def test_the_same_mission_flown_again_is_numbered(flight, recorded):
    for number in (1, 2):
        flight.graph.spin_until(lambda want=number: flight.counts[PICTURES] >= want, act=flight.say)
        flight.graph.spin_until(lambda: not flight.node.recorder.recording, act=lambda: flight.say("landed"))
    assert [name for name in flight.files() if name.endswith(".mcap")] == ["drone1-1.mcap", "drone1-2.mcap"]


def test_leases_of_another_mission_inhibit_the_recorder(flight, changed_mission):
    leased = flight.order
    flight.begin(changed_mission("other", record=True, people=3))
    flight.order = leased
    flight.graph.spin_until(lambda: flight.counts["drone_status"] >= 5, act=flight.say)
    assert (flight.counts[PICTURES], flight.counts[POSES], flight.counts["sightings"]) == (0, 0, 0)


def test_a_status_of_another_run_begins_no_recording(flight, recorded):
    """As after an order for a run that the drone does not fly."""
    flight.begin(recorded, run="false")
    flight.run, heard, count = "true", len(flight.reports), flight.count
    flight.graph.spin_until(lambda: len(flight.reports) > heard and flight.count > count + 5, act=flight.say)
    assert flight.node.recorder.recording is None and flight.files("false") == []
