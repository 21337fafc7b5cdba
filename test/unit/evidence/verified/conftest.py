"""A flown run with a sealed part and a signed head, its archive, and the changes of a forger."""

from __future__ import annotations

import hashlib
import json
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.unit.evidence.sealed.conftest import SEALING, sealed_part

from blindspot.acts.run_archive import export_run
from blindspot.acts.run_folders import Run
from blindspot.evidence.acts.access import Actor
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.sealed.halves import Sealing
from blindspot.law.keys import ComputerKey

RUN = "20261128T010000Z-town"
PART = "drone1-1.mcap.sealed"
COMPUTER = Ed25519PrivateKey.generate()
KEY = ComputerKey(COMPUTER)
OTHER = ComputerKey(Ed25519PrivateKey.generate())
ROOTS = frozenset({KEY.key_id})


def make_run(out, key=KEY, computer=COMPUTER):
    """A stack with one flown run."""
    stack = out / "20261128T000000Z-fleet"
    folder = stack / RUN
    (folder / "recording").mkdir(parents=True)
    (folder / "summary.json").write_text("{}")
    (folder / "track.csv").write_text("time_s,drone\n" * 100)
    journal = Journal(stack / "journal.jsonl", "mission_manager", key)
    journal.write("order", run="another", person="B. Person")
    journal.write("clearance", run=RUN, plan="P1", granted=True)
    journal.write("recording", run=RUN, drone="drone1", file=PART)
    sealing = Sealing(SEALING.holders, computer)
    part = sealed_part(folder / "recording" / PART, [b"one " * 500, b"two " * 400, b"three " * 300], sealing=sealing)
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    journal.write("recording_sealed", run=RUN, drone="drone1", file=PART, sha256=digest)
    journal.write("mission_ended", run=RUN, outcome="completed")
    return Run(folder, f"{stack.name}/{RUN}")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("blindspot.acts.run_archive.own_computer_key", lambda: KEY)
    return make_run(tmp_path / "runs")


@pytest.fixture
def archive(run, tmp_path):
    export_run(run, tmp_path / "run.zip", Actor("A. Person", "test"))
    return tmp_path / "run.zip"


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def with_manifest_anew(members):
    """The members, and the manifest of a forger: its hashes fit, and its signature is gone."""
    manifest = json.loads(members["manifest.json"])
    manifest.pop("signed")
    for file in manifest["files"]:
        content = members[file["name"]]
        file |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest["journal"]["entries_of_run"] = members["journal-entries.jsonl"].count(b"\n")
    return {**members, "manifest.json": json.dumps(manifest).encode()}
