"""The register of uses, as the journal has it."""

import pytest

from blindspot.evidence.acts.register import REGISTER_SENT, register_sent, uses_since
from blindspot.evidence.journal import Journal

GRANT = {
    "granted": True, "authorisation": "PP-1", "profile": "FR-CSI-L242-5", "purpose": "L242-5-I-1",
    "drones": ["drone1"], "viewers": ["V. Viewer"], "extractors": ["E. Extractor"], "person": "A. Martin",
}  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def fly(path):
    """Writes the entries of a mission under an authority."""
    journal = Journal(path, "test")

    def write(run, **grant):
        journal.write("clearance", run=run, plan=run, **GRANT | grant)
        journal.write("recording", run=run, drone="drone1", file="drone1-1.mcap")
        journal.write("recording_sealed", run=run, drone="drone1", file="drone1-1.mcap")
        journal.write("mission_ended", run=run, outcome="completed", reason="")

    return write


def test_each_use_has_its_purpose_its_recording_and_the_people_with_access(path, fly):
    fly("evening")
    [use] = uses_since(path, None)
    assert (use.run, use.authorisation, use.purpose, use.person) == ("evening", "PP-1", "L242-5-I-1", "A. Martin")
    assert use.access == ("V. Viewer", "E. Extractor") and use.outcome == "completed"
    assert 0.0 <= use.recorded_s < 60.0 and use.ended is not None and use.begun <= use.ended


def test_refused_flights_and_those_of_no_authority_are_no_uses(path, fly):
    fly("refused", granted=False)
    fly("range", profile="TEST-RANGE")
    assert uses_since(path, None) == []


def test_the_next_register_begins_after_the_last_one_that_was_sent(path, fly):
    assert register_sent(path) is None
    fly("monday")
    Journal(path, "test").write(REGISTER_SENT, person="A. Martin", recipient="cabinet")
    fly("tuesday")
    sent = register_sent(path)
    assert sent is not None and [use.run for use in uses_since(path, sent)] == ["tuesday"]
