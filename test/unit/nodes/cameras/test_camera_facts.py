"""The facts that `camera` reports of its source: its stream is asked again, and an old answer is unknown."""

from __future__ import annotations

from queue import SimpleQueue
from threading import Event
from types import SimpleNamespace

import pytest

from blindspot.nodes.cameras import camera_facts
from blindspot.nodes.cameras.camera_facts import AGAIN_S, COUNTS_S, CameraFacts
from blindspot.vision.capture.address import Address

URL = Address("url", "rtsp://192.0.2.7/live")


@pytest.fixture
def source(monkeypatch):
    """A stream whose answers a test gives, and the wall clock."""
    made = SimpleNamespace(now_s=100.0, answers=SimpleQueue())
    monkeypatch.setattr(camera_facts, "time", SimpleNamespace(monotonic=lambda: made.now_s))
    made.facts = CameraFacts(URL, lambda _: made.answers.get(timeout=10.0))
    return made


def answered(source, answer, *values) -> None:
    """Let the server answer; the facts then hold these values."""
    source.answers.put(answer)
    while source.facts.values() != [("source", "url"), *values]:
        Event().wait(0.001)


def test_a_silent_stream_a_stream_with_sound_and_an_unknown_one(source):
    assert source.facts.values() == [("source", "url")], "before the first answer"
    answered(source, (), ("tracks", "silent"))
    source.now_s += AGAIN_S
    answered(source, ("audio track",), ("sound", "audio track"))
    source.now_s += AGAIN_S
    answered(source, None)


def test_an_answer_counts_for_a_minute(source):
    answered(source, (), ("tracks", "silent"))
    source.now_s += COUNTS_S - 1.0
    assert ("tracks", "silent") in source.facts.values(), "the next question hangs from here on"
    source.now_s += 1.0
    assert source.facts.values() == [("source", "url")]
    source.answers.put(())


def test_a_camera_of_the_computer_is_silent_without_a_question():
    facts = CameraFacts(Address("device", "/dev/video0"))
    while facts.values() != [("source", "device"), ("tracks", "silent")]:
        Event().wait(0.001)
