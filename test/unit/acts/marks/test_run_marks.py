"""Sealed recordings of a run: two people open them with both keys, marks follow an entry, and a due one is closed."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from mcap.reader import make_reader

from blindspot.acts.marks.run_marks import flag_run, hold_run
from blindspot.acts.run_archive import export_run
from blindspot.acts.run_folders import facts_of, find_run
from blindspot.core.errors import InputError
from blindspot.evidence.acts import Actor
from blindspot.evidence.journals import entries_of_run, verify_journal
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.kept.recorded_files import due_facts, due_of
from blindspot.evidence.recording import RecordedTopic, Recording
from blindspot.evidence.sealed.halves import Sealing
from blindspot.evidence.verified.archive_check import check_archive
from blindspot.evidence.verified.run_check import RunRecords, check_run
from blindspot.evidence.verified.verify_blindspot import check_archive as check_alone

RUN = "20261128T010000Z-town"
PRIVATE = {holder: X25519PrivateKey.generate() for holder in ("service", "authority")}
SEALING = Sealing({holder: key.public_key() for holder, key in PRIVATE.items()}, Ed25519PrivateKey.generate())
LAW = {
    "profile": "FR-CSI-L242-5", "viewers": ["V. Viewer"], "extractors": ["E. Extractor"], "pilots": ["P. Pilot"],
}  # fmt: skip
TWO = Actor("E. Extractor", "a report", basis="ART40", second=Actor("V. Viewer", "a report"))
ALONE = Actor("E. Extractor", "a report", basis="ART40", second=Actor(" e. EXTRACTOR", "a report"))


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Makes a run under the code with one sealed part that began so many hours ago."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    stack = tmp_path / "runs" / "20261128T000000Z-fleet"

    def made(begun_h=1.0):
        folder = stack / RUN / "recording"
        folder.mkdir(parents=True)
        facts = {"run": RUN, **due_facts(24.0, datetime.now(UTC) - timedelta(hours=begun_h), 6.0)}
        topic = RecordedTopic("/drone1/words", "std_msgs/msg/String", "string data\n")
        part = Recording(folder / "drone1-1.mcap.sealed", [topic], facts, SEALING)
        part.write("/drone1/words", b"a passer-by", 1)
        journal = Journal(stack / "journal.jsonl", "recorder")
        journal.write("clearance", run=RUN, granted=True, **LAW)
        journal.write("recording", run=RUN, drone="drone1", file=part.path.name, **LAW)
        journal.write("recording_sealed", run=RUN, drone="drone1", file=part.path.name, sha256=part.close())
        return find_run(RUN, tmp_path / "runs"), part.path

    return made


def acts_of(run):
    return [(each["act"], each["facts"]) for each in map(json.loads, (run.stack_dir / "journal.jsonl").open())]


def test_two_people_with_both_keys_export_the_clear_text_after_an_entry_and_both_verifiers_agree(run, tmp_path):
    found, part = run()
    assert facts_of(found).has_recording
    manifest = export_run(found, tmp_path / "out.zip", TWO, PRIVATE)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        names = set(archive.namelist())
        clear = io.BytesIO(archive.read(f"{RUN}/opened/drone1-1.mcap"))
    assert [message.data for *_, message in make_reader(clear).iter_messages()] == [b"a passer-by"]
    assert f"{RUN}/recording/{part.name}" in names and not [name for name in names if name.endswith(".keys")]
    assert manifest["changed"] == [] and manifest["missing"] == [], "the opened copy is no recording of its own"
    opens, exported = acts_of(found)[-2:]
    assert opens[0] == exported[0] == "communication" and opens[1]["opens"] == "service, authority"
    states = {check.name: check.state for check in check_archive(tmp_path / "out.zip", frozenset()).checks}
    assert "broken" not in states.values() and states["recordings"] == "proven"
    assert "broken" not in {state for _, state, _ in check_alone(tmp_path / "out.zip", frozenset())}


def test_an_unpacked_archive_with_clear_text_is_whole_beside_its_journal(run, tmp_path):
    found, _ = run()
    export_run(found, tmp_path / "out.zip", TWO, PRIVATE)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    journal = found.stack_dir / "journal.jsonl"
    files = sorted((tmp_path / "unpacked" / RUN).rglob("*.*"))
    assert any(file.parent.name == "opened" for file in files)
    checked = check_run(RunRecords(verify_journal(journal), entries_of_run(journal, RUN), files), frozenset())
    assert {check.name: check.state for check in checked.checks}["recordings"] == "proven"


def test_without_keys_the_archive_holds_sealed_parts_alone(run, tmp_path):
    found, _ = run()
    export_run(found, tmp_path / "out.zip", TWO)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith((".mcap", ".keys"))]
        assert not any(b"passer-by" in archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("missing", ["service", "authority"])
def test_hard_03_one_key_alone_exports_nothing(run, tmp_path, missing):
    found, _ = run()
    one = {holder: key for holder, key in PRIVATE.items() if holder != missing}
    with pytest.raises(InputError, match=f"--{missing}-key: is missing: one key alone opens nothing"):
        export_run(found, tmp_path / "out.zip", TWO, one)
    assert not list(tmp_path.glob("*.zip")) and not list(tmp_path.glob(".*.part")), "no draft with clear text is left"


def test_hard_07_one_person_under_two_spellings_neither_opens_nor_holds_with_both_keys(run, tmp_path):
    found, part = run()
    before, due = len(acts_of(found)), due_of(part)
    for act in (lambda: export_run(found, tmp_path / "out.zip", ALONE, PRIVATE), lambda: hold_run(found, ALONE)):
        with pytest.raises(InputError, match="one person alone"):
            act()
    assert len(acts_of(found)) == before and not (tmp_path / "out.zip").exists() and due_of(part) == due


def test_a_recording_that_is_due_is_neither_exported_nor_held(run, tmp_path):
    found, _ = run(begun_h=25.0)
    for act in (lambda: export_run(found, tmp_path / "out.zip", TWO, PRIVATE), lambda: hold_run(found, TWO)):
        with pytest.raises(InputError, match="is due for its erasure"):
            act()
    assert not (tmp_path / "out.zip").exists()


def test_a_held_run_stays_for_seven_days_longer_and_the_entry_names_both_people(run):
    found, part = run()
    due = due_of(part)
    hold_run(found, TWO)
    assert due_of(part) == due + timedelta(days=7)
    act, facts = acts_of(found)[-1]
    assert act == "hold" and (facts["person"], facts["second"], facts["basis"]) == (
        "E. Extractor",
        "V. Viewer",
        "ART40",
    )


@pytest.mark.parametrize("person", ["P. Pilot", "V. Viewer", "E. Extractor"])
def test_a_pilot_a_viewer_or_an_extractor_flags_the_part_of_a_moment(run, person):
    found, part = run(begun_h=1.0)
    seen = datetime.now(UTC) - timedelta(minutes=30)
    due = flag_run(found, "drone1", seen, Actor(person, "a kitchen shows"))
    assert due == {part: due_of(part)} and due_of(part) == seen + timedelta(hours=6)
    assert acts_of(found)[-1][0] == "flag" and acts_of(found)[-1][1]["file"] == part.name


@pytest.mark.parametrize(
    ("drone", "hours", "person", "why"),
    [
        ("drone1", 0.5, "D. Stranger", "is no pilot or viewer or extractor"),
        ("drone2", 0.5, "P. Pilot", "no recording of drone2"),
        ("drone1", 2.0, "P. Pilot", "no recording of drone1 is here from"),
        ("drone1", -1.0, "P. Pilot", "no recording of drone1"),
    ],
    ids=["stranger", "another drone", "before", "after"],
)  # fmt: skip
def test_nobody_flags_another_moment_and_no_stranger_flags(run, drone, hours, person, why):
    found, part = run(begun_h=1.0)
    due = due_of(part)
    with pytest.raises(InputError, match=why):
        flag_run(found, drone, datetime.now(UTC) - timedelta(hours=hours), Actor(person, "a kitchen shows"))
    assert due_of(part) == due
