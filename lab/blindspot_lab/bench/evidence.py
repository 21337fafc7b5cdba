"""Figures of evidence: the flown proportion against the plan, sealed against plain recordings, the cost of `verify`,
the time of an erasure, the size of the public page, and the cost of the dossier."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import nan
from pathlib import Path

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from shapely.geometry import box

from blindspot.evidence.acts import Erasure
from blindspot.evidence.acts.access import SEALED
from blindspot.evidence.journals import Journal, verify_journal
from blindspot.evidence.journals.journal import FIRST, line_of
from blindspot.evidence.public import PublicFlight, PublicPage, draw_perimeter, page_in
from blindspot.evidence.recording import RecordedTopic, Recording
from blindspot.evidence.sealed import Sealing
from blindspot.evidence.verified import ENTRIES, MANIFEST, check_archive, sign_manifest
from blindspot.law import load_authorisation
from blindspot.law.keys import ComputerKey
from blindspot.mission import load_mission
from blindspot_lab.bench.tools.target import Parts, Target, in_parts

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "config"
PICTURES_HZ, PICTURES = 5, 300
"""A minute of one drone."""
FEW, MANY = 100_000, 1_000_000
"""Entries of the journals whose times are compared."""
BEGIN = datetime(2026, 11, 27, 20, tzinfo=UTC)


def run(only: str | None = None) -> list[Target]:
    """All figures, or those of one part."""
    parts: Parts = {
        "proportion": proportion_targets,
        "sealed": lambda: _in_folder(sealed_targets),
        "verify": lambda: [*_in_folder(archive_targets), *_in_folder(journal_targets)],
        "erasure": lambda: _in_folder(erasure_targets),
        "publish": publish_targets,
        "dossier": lambda: _in_folder(dossier_targets),
    }
    return in_parts("evidence", parts, only)


def _in_folder(measure: Callable[[Path], list[Target]]) -> list[Target]:
    with tempfile.TemporaryDirectory(prefix="blindspot-evidence-") as folder:
        return measure(Path(folder))


def proportion_targets() -> list[Target]:
    """The private ground in view of the crossroads mission, as flown and as planned."""
    with tempfile.TemporaryDirectory() as folder:
        done, _ = _command(
            "sim", CONFIG / "missions" / "crossroads.yaml", "--in-process", "--json", "--out", Path(folder) / "run"
        )
    found = json.loads(done)["proportion"]
    ratio = found["private_m2s"] / found["plan"]["private_m2s"]
    return [Target("private ground in view of the crossroads, flown / planned", "0.8 to 1.2", ratio, "",
                   0.8 <= ratio <= 1.2)]  # fmt: skip


def sealed_targets(folder: Path) -> list[Target]:
    """A minute of pictures, encoded and recorded in clear and sealed; processor time and size."""
    rng = np.random.default_rng(1)
    ground = cv2.resize(rng.integers(0, 255, (90, 160, 3), np.uint8), (1280, 720), interpolation=cv2.INTER_CUBIC)
    plain_s, plain_bytes, bare_plain_s = _recorded(folder / "plain.mcap", ground, None)
    holders = {name: X25519PrivateKey.generate().public_key() for name in ("service", "authority")}
    sealing = Sealing(holders, Ed25519PrivateKey.generate())
    sealed_s, sealed_bytes, bare_sealed_s = _recorded(folder / "part.mcap.sealed", ground, sealing)
    time_ratio, size_ratio, bare = sealed_s / plain_s, sealed_bytes / plain_bytes, bare_sealed_s / bare_plain_s
    return [
        Target("pictures encoded and recorded, sealed / plain, processor time", "<= 1.25", time_ratio, "",
               time_ratio <= 1.25),
        Target("recording alone, sealed / plain, processor time", "", bare, "", None),
        Target("sealed recording / plain recording, size", "<= 1.02", size_ratio, "", size_ratio <= 1.02),
    ]  # fmt: skip


def _recorded(path: Path, ground: np.ndarray, sealing: Sealing | None) -> tuple[float, int, float]:
    """Processor time of pictures that are encoded and recorded, s; bytes of the file; the time of the recording, s."""
    topic = RecordedTopic("/drone1/masked", "sensor_msgs/msg/CompressedImage", "")
    begun_s, bare_s = time.process_time(), 0.0
    recording = Recording(path, [topic], {"run": "bench"}, sealing)
    for number in range(PICTURES):
        picture = cv2.imencode(".jpg", np.roll(ground, number, axis=1))[1].tobytes()
        asked_s = time.process_time()
        recording.write(topic.name, picture, number * 1_000_000_000 // PICTURES_HZ)
        if number % PICTURES_HZ == 0:
            recording.tick(number / PICTURES_HZ)
        bare_s += time.process_time() - asked_s
    recording.close()
    return time.process_time() - begun_s, path.stat().st_size, bare_s


def archive_targets(folder: Path) -> list[Target]:
    """The check of an archive with an hour of recordings of one drone, against `sha256sum` of the same file."""
    archive, key = folder / "run.zip", ComputerKey(Ed25519PrivateKey.generate())
    picture = os.urandom(40_000)
    hour = picture * (PICTURES_HZ * 3600)
    name, sha256, journal = "run/recording/drone1-1.mcap", hashlib.sha256(hour).hexdigest(), folder / "journal.jsonl"
    for act, facts in (("recording", {}), (SEALED, {"sha256": sha256}), ("mission_ended", {})):
        Journal(journal, "bench", key).write(act, run="run", drone="drone1", file="drone1-1.mcap", **facts)
    entries = journal.read_bytes()
    files = [{"name": name, "bytes": len(hour), "sha256": sha256},
             {"name": ENTRIES, "bytes": len(entries), "sha256": hashlib.sha256(entries).hexdigest()}]  # fmt: skip
    check, lines = verify_journal(journal), entries.count(b"\n")
    whole = {"entries_of_run": lines, "entries": check.entries, "head": check.head, "whole": True}
    manifest = sign_manifest({"schema": "blindspot.export/1", "files": files, "journal": whole}, key)
    with zipfile.ZipFile(archive, "w") as target:
        for member, content in ((name, hour), (ENTRIES, entries), (MANIFEST, json.dumps(manifest))):
            target.writestr(member, content)
    del hour
    begun_s = time.process_time()
    found = check_archive(archive, frozenset({key.key_id}))
    taken_s = time.process_time() - begun_s
    hashed_s = _children_s(["sha256sum", str(archive)])[1]
    ratio = taken_s / hashed_s if found.whole else nan
    return [Target("verify of an hour in an archive / sha256sum, processor time", "<= 5", ratio, "", ratio <= 5.0)]


def journal_targets(folder: Path) -> list[Target]:
    """The time of an entry in a long journal against that in a short one."""
    per_entry_us = []
    for count in (FEW, MANY):
        path = folder / f"{count}.jsonl"
        _write_journal(path, count)
        begun_s = time.process_time()
        check = verify_journal(path)
        per_entry_us.append((time.process_time() - begun_s) / count * 1e6 if check.entries == count else nan)
    ratio = per_entry_us[1] / per_entry_us[0]
    return [
        Target(f"an entry in a journal of {MANY} / of {FEW} entries", "<= 1.2", ratio, "", ratio <= 1.2),
        Target(f"verify of an entry, {MANY} entries", "", per_entry_us[1], "us", None),
    ]


def _write_journal(path: Path, count: int) -> None:
    """A whole chain, without the sync of each entry that a writer makes."""
    previous = FIRST
    with path.open("wb") as file:
        for number in range(1, count + 1):
            at = (BEGIN + timedelta(seconds=number)).isoformat(timespec="microseconds")
            facts = {"run": f"run-{number // 1000}", "drone": "drone1", "reason": "a fact of usual length " * 5}
            content = {"act": "sensor_release", "at": at, "by": "bench", "facts": facts, "n": number}
            line, previous = line_of({**content, "previous": previous})
            file.write(line)


def erasure_targets(folder: Path) -> list[Target]:
    """The worst time from the due time of a recording to its erasure, for each phase of the recorder's check."""
    from blindspot.nodes.recorder import ERASES_EVERY_S

    worst_s = 0.0
    for phase_s in range(0, int(ERASES_EVERY_S), 7):
        run = folder / f"run-{phase_s}" / "recording"
        run.mkdir(parents=True)
        due = datetime.now(UTC) + timedelta(hours=1)
        path = run / "drone1-1.mcap"
        Recording(path, [], {"run": "bench", "erase_by": due.isoformat()}).close()
        erasure = Erasure(folder, "drone1", lambda _: None, lambda *_, **__: None, lambda _: None, folder)
        at = due - timedelta(seconds=phase_s)
        while path.exists():
            erasure.erase(at, at)
            at += timedelta(seconds=ERASES_EVERY_S)
        worst_s = max(worst_s, (at - due).total_seconds() - ERASES_EVERY_S)
    return [Target("a recording is erased after it is due, worst", "<= 60", worst_s, "s", worst_s <= 60.0)]


def publish_targets() -> list[Target]:
    """The size of the index of a hundred flights."""
    auth = load_authorisation(CONFIG / "authorisations" / "crossroads_sim.yaml").file
    flights = [
        PublicFlight(
            reference="0" * 16, begun=BEGIN + timedelta(days=day), ended=BEGIN + timedelta(days=day, minutes=20),
            drones=4, seen_m2=66_362.0, flown_min=80.0, before=0.244, after=0.993, recorded="yes",
            erase_by=BEGIN + timedelta(days=day + 7), erased=BEGIN + timedelta(days=day + 7), miss_rate="0.021",
        )
        for day in range(100)
    ]  # fmt: skip
    square = draw_perimeter(box(0, 0, 160, 160), (48.9, 2.3), ())
    page = PublicPage(auth, flights, [{"number": 1, "sha256": FIRST}], BEGIN, timedelta(hours=48), square)
    size_kb = len(page_in("fr", page).encode()) / 1e3
    return [Target("index of 100 flights", "< 300", size_kb, "kB", size_kb < 300.0)]


def dossier_targets(folder: Path) -> list[Target]:
    """Processor time of the dossier of Nantes against the coverage of the same perimeter, and its printed pages."""
    site, mission = CONFIG / "sites" / "nantes", CONFIG / "missions" / "nantes_evening.yaml"
    perimeter = load_mission(mission).perimeter_path
    _, covered_s = _command("coverage", site, "--perimeter", perimeter, "--out", folder / "coverage")
    _, taken_s = _command("dossier", site, "--mission", mission, "--out", folder / "dossier")
    ratio = taken_s / covered_s
    found = [Target("dossier of Nantes / coverage, processor time", "<= 1.5", ratio, "", ratio <= 1.5)]
    _command("dossier", site, "--mission", mission, "--out", folder / "dossier", "--pdf")
    printed = folder / "dossier" / "dossier.pdf"
    if not printed.exists():
        print("NOT MEASURED: pages of the dossier: there is no Chromium", file=sys.stderr)
        return found
    pages = len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes()))
    return [*found, Target("pages of the dossier of Nantes", "10 to 30", pages, "", 10 <= pages <= 30)]


def _command(*words: object) -> tuple[str, float]:
    """Output of a command of ours, and its processor time, s."""
    return _children_s([sys.executable, "-m", "blindspot.cli", *map(str, words)])


def _children_s(words: list[str]) -> tuple[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
