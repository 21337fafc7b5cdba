"""The facts of drones that the gate reads: each known, unknown, old, and from two senders."""

from __future__ import annotations

from functools import partial
from math import inf, nan
from pathlib import Path
from types import SimpleNamespace as Message

import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from mavros_msgs.msg import Mavlink

from blindspot.evidence import Journal
from blindspot.evidence.acts.recorded import Recorded
from blindspot.flight.vehicle import Numbers, module_messages
from blindspot.law.rules import KEPT_DAYS, Book, RemoteIdState
from blindspot.law.rules.log import ACTS
from blindspot.mission import load_fleet
from blindspot.nodes.autopilot.computer_facts import journal_values, peer_values, recorded_values
from blindspot.nodes.autopilot.drone_facts import DroneFacts, sound_values
from blindspot.nodes.autopilot.mavros_interface import fill

FLEET = Path(__file__).resolve().parents[4] / "config" / "fleets" / "crossroads.yaml"
OURS = Numbers("FIN87astrdge12k8", "BSPT5DRN01")


class World:
    """Stands in for the authority's node, with its time and its graph."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.senders = 1
        self.topics = [("/drone1/mavros/state", ["mavros_msgs/msg/State"])]
        self._callbacks = {}
        self.timers, self.parameters = [], {}
        self.facts = DroneFacts(self, lambda: self.now_s, load_fleet(FLEET), ("ab12",))

    def create_subscription(self, _, topic, callback, __) -> None:
        self._callbacks[topic] = callback

    def create_timer(self, _, act, **__) -> None:
        self.timers.append(act)

    def get_parameter(self, _):
        return Message(value=False)

    def create_client(self, _, service):
        """A MAVROS with `parameters` of each drone; an unnamed drone's is absent."""
        drone = service.split("/")[1]

        def call_async(request):
            response = Message(values=[self.parameters[drone]])
            return Message(add_done_callback=lambda done: done(Message(result=lambda: response)))

        return Message(service_is_ready=lambda: drone in self.parameters, call_async=call_async)

    def read_parameters(self, **values) -> None:
        kinds = {name: Message(type=0 if value is None else 2, integer_value=value) for name, value in values.items()}
        self.parameters = kinds
        for act in self.timers:
            act()

    def count_publishers(self, _) -> int:
        return self.senders

    def get_node_names_and_namespaces(self):
        return [("flight_control", "/drone1")]

    def get_topic_names_and_types(self):
        return self.topics

    def get_clock(self):
        return Message(now=lambda: Message(nanoseconds=int(self.now_s * 1e9)))

    def report(self, drone, name, *values) -> None:
        status = DiagnosticStatus(name=name, values=[KeyValue(key=key, value=value) for key, value in values])
        self._callbacks[f"/{drone}/facts/{name}"](DiagnosticArray(status=[status]))

    def tick(self, drone, off_s, place=(nan, nan, nan)) -> None:
        stamp = Time(sec=int(self.now_s + off_s), nanosec=round((self.now_s + off_s) % 1 * 1e9))
        self._callbacks[f"/{drone}/drone_status"](
            Message(header=Message(stamp=stamp), position=Message(x=place[0], y=place[1], z=place[2]))
        )

    def module(self, drone, *messages) -> None:
        for fields in messages:
            self.facts.hear_raw(drone, fill(Mavlink(), fields))

    def ready(self, *drones):
        return self.facts.ready(drones or ("drone1",))


@pytest.fixture
def world():
    return World()


def test_what_nobody_reports_is_unknown(world):
    ready = world.ready()
    known = (ready.audio_devices, ready.names, ready.models, ready.remote_id, ready.clock_off_s)
    assert known == (None,) * 5
    assert (ready.links_out, ready.autopilot_asks, ready.green_light, ready.notam_at) == (None,) * 4


def test_every_autopilot_asks_before_it_arms_or_it_is_unknown(world):
    world.read_parameters(drone1=1)
    assert world.ready().autopilot_asks is True
    assert world.ready("drone1", "drone2").autopilot_asks is None
    world.read_parameters(drone1=1, drone2=0)
    assert world.ready("drone1", "drone2").autopilot_asks is False
    world.read_parameters(drone1=None, drone2=1)
    world.now_s += 10.0
    assert world.ready().autopilot_asks is True
    world.now_s += 0.1
    assert world.ready().autopilot_asks is None, "MAVROS lost its copy, and the last reading is old"


def test_the_loaded_models_by_their_hash(world):
    world.report("drone1", "models", ("drawn", "ab12"))
    ready = world.ready()
    assert (ready.models, ready.allowed_models) == ((("drawn", "ab12"),), ("ab12",))
    assert ready.names == ("/drone1/mavros/state", "flight_control", "mavros_msgs/msg/State", "drawn")
    assert world.ready("drone1", "drone2").models is None, "of the other drone nothing is known"
    world.report("drone2", "models", ("other", "cd34"))
    assert world.ready("drone1", "drone2").models == (("drawn", "ab12"), ("other", "cd34"))


def test_old_facts_and_facts_of_two_senders_are_unknown(world):
    world.report("drone1", "models", ("drawn", "ab12"))
    world.now_s += 10.0
    assert world.ready().models is not None
    world.senders = 2
    assert world.ready().models is None
    world.senders = 1
    world.now_s += 0.1
    assert world.ready().models is None


@pytest.mark.parametrize(
    ("inputs", "tracks", "found"),
    [
        ((), [("tracks", "silent")], ()),
        ((), [], None),
        ((), [("tracks", "many")], None),
        ((), [("sound", "audio track")], ("audio track of drone1",)),
        (("pcmC0D0c",), [("tracks", "silent")], ("pcmC0D0c of drone1",)),
        (("pcmC0D0c",), [], ("pcmC0D0c of drone1",)),
        (None, [("tracks", "silent")], None),
    ],
)
def test_sound_inputs_of_the_computer_and_tracks_of_the_camera(world, inputs, tracks, found):
    world.report("drone1", "computer", *sound_values(inputs))
    world.report("drone1", "camera", ("source", "url"), *tracks)
    assert world.ready().audio_devices == found


def test_without_the_computer_s_or_the_camera_s_word_sound_is_unknown(world):
    world.report("drone1", "computer")
    assert world.ready().audio_devices is None
    other = World()
    other.report("drone1", "camera", ("source", "device"), ("tracks", "silent"))
    assert other.ready().audio_devices is None


def test_the_ends_of_connections_are_known_only_as_a_whole_list(world):
    assert world.facts.peers("drone1") is None
    world.report("drone1", "computer", *peer_values(()))
    assert world.facts.peers("drone1") == ()
    world.report("drone1", "computer", *peer_values(("192.0.2.1", "192.0.2.2")))
    assert world.facts.peers("drone1") == ("192.0.2.1", "192.0.2.2")
    world.report("drone1", "computer", *peer_values(("192.0.2.1", "192.0.2.2"))[:2])
    assert world.facts.peers("drone1") is None
    world.report("drone1", "computer", *peer_values(None))
    assert world.facts.peers("drone1") is None


def test_the_journal_of_a_drone_as_its_computer_reports_it(world, tmp_path):
    assert world.facts.book("drone1") == Book()
    world.report("drone1", "computer", *journal_values(tmp_path / "journal.jsonl", is_whole=True))
    assert world.facts.book("drone1") == Book(writable=True, acts=ACTS, kept_days=KEPT_DAYS)
    world.report("drone1", "computer", *journal_values(tmp_path / "journal.jsonl", is_whole=False))
    assert world.facts.book("drone1").writable is False
    world.report("drone1", "computer", ("journal", "so so"), ("journal_kept_days", "-1"))
    assert world.facts.book("drone1") == Book(writable=False)


@pytest.mark.parametrize(
    ("topic", "type_"),
    [
        ("/drone1/mic", "audio_common_msgs/msg/AudioData"),
        ("/drone1/Microphone/raw", "std_msgs/msg/ByteMultiArray"),
        ("/drone1/sound", "std_msgs/msg/ByteMultiArray"),
        ("/drone1/speech_text", "std_msgs/msg/String"),
    ],
)
def test_a_topic_of_sound_is_a_source(world, topic, type_):
    world.topics.append((topic, [type_]))
    world.report("drone1", "computer")
    world.report("drone1", "camera", ("source", "device"), ("tracks", "silent"))
    assert world.ready().audio_devices == ((type_,) if "audio" in type_ else (topic,))


def test_the_difference_of_the_clocks_is_the_worst_of_some(world):
    world.tick("drone1", 0.5)
    assert world.ready().clock_off_s is None, "one may be the latched status of long ago"
    world.tick("drone1", -1.5)
    assert world.ready().clock_off_s == pytest.approx(-1.5)
    assert world.ready("drone1", "drone2").clock_off_s is None
    for _ in range(2):
        world.tick("drone2", 2.5)
    assert world.ready("drone1", "drone2").clock_off_s == pytest.approx(2.5)
    world.now_s += 10.1
    assert world.ready().clock_off_s is None


def test_the_place_of_a_drone_is_the_one_that_it_reported_lately(world):
    assert world.facts.place("drone1") is None
    world.tick("drone1", 0.0, (1.0, 2.0, 50.0))
    assert world.facts.place("drone1") == (1.0, 2.0, 50.0) and world.facts.place("drone2") is None
    world.now_s += 5.1
    assert world.facts.place("drone1") is None
    for invalid in ((nan, 2.0, 50.0), (1.0, inf, 50.0)):
        world.tick("drone1", 0.0, (1.0, 2.0, 50.0))
        world.tick("drone1", 0.0, invalid)
        assert world.facts.place("drone1") is None


def test_remote_identification_is_what_the_drone_s_own_messages_say(world):
    world.module("drone1", *module_messages(OURS, 1))
    assert world.ready().remote_id == RemoteIdState(True, OURS.operator, (OURS.serial,))
    world.now_s += 3.1
    assert world.ready().remote_id is None


def test_a_module_without_its_numbers_is_unknown_and_one_with_a_fault_is_not_active(world):
    [good, *_] = module_messages(None, 1)
    world.module("drone1", good)
    assert world.ready().remote_id is None
    world.module("drone1", *module_messages(OURS, 1, "no radio"))
    assert world.ready().remote_id == RemoteIdState(False, OURS.operator, (OURS.serial,))


def test_each_of_two_drones_sends_its_own_serial_number(world):
    world.module("drone1", *module_messages(OURS, 1))
    assert world.ready("drone1", "drone2").remote_id is None
    world.module("drone2", *module_messages(Numbers(OURS.operator, "BSPT5DRN02"), 2))
    found = world.ready("drone1", "drone2").remote_id
    assert found == RemoteIdState(True, OURS.operator, ("BSPT5DRN01", "BSPT5DRN02"))


def test_the_length_of_recordings_as_the_drone_s_computer_reports_it(world, tmp_path):
    journal = Journal(tmp_path / "journal.jsonl", "test")
    values = partial(recorded_values, tmp_path / "journal.jsonl", "drone1", "evening")
    assert values() == [], "no journal"
    journal.write("arming", drone="drone1", run="evening", plan="ab")
    journal.write("recording", drone="drone1", run="evening", file="drone1-1.mcap")
    journal.write("recording_sealed", drone="drone1", run="evening", file="drone1-1.mcap", length_s=250.01)
    assert values() == [], "it flies"
    journal.write("landing", drone="drone1", run="evening", outcome="completed")
    world.report("drone1", "computer", *values())
    assert world.facts.recorded("drone1") == Recorded("evening", "ab", 250.1)
    assert world.facts.recorded("drone2") is None
    world.senders = 2
    assert world.facts.recorded("drone1") is None


@pytest.mark.parametrize("length", ["-1.0", "nan", "1e3", "250", "999999.0", "2500000", ""])
def test_a_length_that_is_no_possible_number_is_no_report(world, length):
    world.report("drone1", "computer", ("flown_run", "evening"), ("flown_plan", "ab"), ("recorded_s", length))
    found = world.facts.recorded("drone1")
    assert found == (Recorded("evening", "ab", 250.0) if length == "250" else None)
