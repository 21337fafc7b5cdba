"""The first screen of a report: order, time, authorisation, recordings, and the people who may see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blindspot.evidence.about_run import about_run
from blindspot.evidence.kept.recorded_files import due_facts
from blindspot.evidence.observed.summary_file import OrderFacts
from blindspot.evidence.recording import Recording
from blindspot.law.files.authorisation_file import People
from blindspot.law.signatures.authorisation import load_authorisation

AUTHORISATION = Path(__file__).parents[3] / "config" / "authorisations" / "crossroads_sim.yaml"
ORDER = OrderFacts(person="A. Person", reason="a lost child")
BEGUN = datetime(2026, 11, 6, 19, 0, tzinfo=UTC)


@pytest.fixture
def auth():
    return load_authorisation(AUTHORISATION)


def test_it_names_the_order_the_time_and_the_authorisation(tmp_path, auth):
    said = dict(about_run(tmp_path, auth, ORDER, start="Friday, 20:00", asked=False, simulated=False))
    assert said["Kind of flight"] == "real"
    assert said["Ordered by"] == "A. Person: a lost child"
    assert said["When"] == "Friday, 20:00"
    assert said["Authorisation"] == "SIM-CROSSROADS, profile SIM-ONLY"
    assert said["Recorded"] == "no pictures: the mission asks for no recording"
    assert said["May be seen by"].endswith("the authorisation names nobody")


def test_unknown_facts_are_unknown(tmp_path, auth):
    said = dict(about_run(tmp_path, auth, None, start="", asked=False, simulated=True))
    assert (said["Kind of flight"], said["Ordered by"], said["When"]) == ("simulated", "unknown", "unknown")


def test_recordings_are_named_with_the_time_of_their_erasure_in_the_towns_time(tmp_path, auth):
    (tmp_path / "recording").mkdir()
    for number, hours in enumerate((2.0, 24.0), 1):
        facts = {"run": "evening", **due_facts(hours, BEGUN)}
        Recording(tmp_path / "recording" / f"drone{number}-1.mcap", [], facts).close()
    said = dict(about_run(tmp_path, auth, ORDER, start="", asked=True, simulated=True))
    assert said["Recorded"] == "masked pictures: drone1-1.mcap, drone2-1.mcap"
    assert said["Kept until"] == "2026-11-07 20:00 (Europe/Paris), then the recordings are erased"


def test_a_recording_that_the_law_refused_says_so(tmp_path, auth):
    recording = auth.file.recording.model_copy(update={"allowed": False})
    refused = replace(auth, file=auth.file.model_copy(update={"recording": recording}))
    said = dict(about_run(tmp_path, refused, ORDER, start="", asked=True, simulated=True))
    assert said["Recorded"].startswith("no pictures: ") and "REC-" in said["Recorded"]
    assert said["Kept until"].startswith("no recording is here")


def test_a_real_flight_that_records_nothing_for_want_of_sealed_recordings_says_so(tmp_path, auth):
    law = replace(auth, file=auth.file.model_copy(update={"profile": "FR-CSI-L242-5"}))
    real = dict(about_run(tmp_path, law, ORDER, start="", asked=True, simulated=False))
    assert real["Recorded"].startswith("no pictures: REC-03 ") and "two keys" in real["Recorded"]
    rehearsed = dict(about_run(tmp_path, law, ORDER, start="", asked=True, simulated=True))
    assert rehearsed["Recorded"].startswith("no pictures: a rehearsal records as little as its real flight (REC-03: ")


def test_the_people_of_an_authorisation_are_named(tmp_path, auth):
    people = People(viewers=("V. One", "V. Two"))
    named = replace(auth, file=auth.file.model_copy(update={"people": people}))
    said = dict(about_run(tmp_path, named, ORDER, start="", asked=False, simulated=False))
    assert said["May be seen by"] == "viewers: V. One, V. Two; extractors: nobody"
