"""The stand-alone verifier and `blindspot verify` give the same verdicts about the same good and broken files."""

from __future__ import annotations

import ast
import importlib.util
import json
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from test.unit.evidence.verified.conftest import (
    KEY,
    OTHER,
    PART,
    ROOTS,
    RUN,
    make_run,
    members_of,
    packed,
    with_manifest_anew,
)

from blindspot.acts.run_archive import export_run
from blindspot.core.errors import InputError
from blindspot.evidence.acts.access import Actor
from blindspot.evidence.acts.receipts import receipt_facts
from blindspot.evidence.journals import Journal, verify_journal
from blindspot.evidence.journals.journal import line_of
from blindspot.evidence.sealed.form import LENGTH_BYTES, TAG_BYTES
from blindspot.evidence.verified import (
    VERIFIER,
    archive_check,
    archive_file,
    check_archive,
    check_lone_part,
    sign_manifest,
    verifier_text,
)
from blindspot.evidence.verified.stand_alone import FILE
from blindspot.law.keys import ComputerKey

ENTRIES, IN_ARCHIVE = "journal-entries.jsonl", f"{RUN}/recording/{PART}"
spec = importlib.util.spec_from_file_location("verify_blindspot", FILE)
alone = importlib.util.module_from_spec(spec)
spec.loader.exec_module(alone)


def theirs(path, roots=frozenset()):
    """(whole, state by name) of the stand-alone verifier; None for a refused file."""
    try:
        said = alone.kind_of(path)[1](path, roots)
    except alone.Refused:
        return None
    states = {name: state for name, state, _ in said}
    return "proven" in states.values() and "broken" not in states.values(), states


def ours(path, roots=frozenset()):
    found = check_archive(path, roots) if path.suffix == ".zip" else check_lone_part(path, roots)
    return found.whole, {check.name: check.state for check in found.checks}


def in_pieces(part: bytes):
    """Header, blocks and last line of a part."""
    header, _, rest = part.partition(b"\n")
    blocks = []
    while not rest.startswith(b"{"):
        end = LENGTH_BYTES + int.from_bytes(rest[:LENGTH_BYTES]) + TAG_BYTES
        blocks.append(rest[:end])
        rest = rest[end:]
    return header + b"\n", blocks, rest


def of_part(change):
    """Changes the blocks of the part, and all hashes of the manifest as a forger does."""

    def changed(members):
        header, blocks, last = in_pieces(members[IN_ARCHIVE])
        return with_manifest_anew({**members, IN_ARCHIVE: header + b"".join(change(blocks)) + last})

    return changed


def of_lines(change):
    def changed(members):
        lines = members[ENTRIES].splitlines(keepends=True)
        return with_manifest_anew({**members, ENTRIES: b"".join(change(lines))})

    return changed


def head_rolled_back(members):
    manifest = json.loads(members["manifest.json"])
    manifest["journal"] |= {"entries": 4, "head": "0" * 64}
    return with_manifest_anew({**members, "manifest.json": json.dumps(manifest).encode()})


def foreign_key(members):
    manifest = json.loads(members["manifest.json"])
    manifest.pop("signed")
    return {**members, "manifest.json": json.dumps(sign_manifest(manifest, OTHER)).encode()}


def receipt_by_another_key(members):
    """The entry has a right hash again, and a signature that is not its own."""
    lines = members[ENTRIES].splitlines(keepends=True)
    read = json.loads(lines[-1])
    read["facts"] |= {"late": True}
    read.pop("sha256")
    forged, _ = line_of(read)
    return with_manifest_anew({**members, ENTRIES: b"".join([*lines[:-1], forged])})


TAMPERED = {
    "truncated": lambda members: with_manifest_anew({**members, IN_ARCHIVE: members[IN_ARCHIVE][:-300]}),
    "edited": of_part(lambda blocks: [blocks[0][:-1] + bytes([blocks[0][-1] ^ 1]), *blocks[1:]]),
    "swapped": of_part(lambda blocks: [blocks[1], blocks[1], *blocks[2:]]),
    "dropped": of_part(lambda blocks: blocks[:1] + blocks[2:]),
    "reordered": of_part(lambda blocks: [blocks[1], blocks[0], *blocks[2:]]),
    "inserted": of_part(lambda blocks: [blocks[0], *blocks]),
    "flight dropped": of_lines(lambda lines: [line for line in lines if b'"act":"recording' not in line]),
    "receipt edited": of_lines(lambda lines: [line.replace(b'"late":false', b'"late":true') for line in lines]),
    "receipt dropped": of_lines(lambda lines: [line for line in lines if b'"act":"erasure_receipt' not in line]),
    "receipt by another key": receipt_by_another_key,
    "head rolled back": head_rolled_back,
    "entry repeated": of_lines(lambda lines: [*lines, lines[-1]]),
    "foreign key": foreign_key,
}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """An archive with one part that is there, and another that was erased with a receipt."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("blindspot.acts.run_archive.own_computer_key", lambda: KEY)
    run = make_run(tmp_path / "runs")
    facts = {"run": RUN, "drone": "drone1", "folder": RUN, "file": "drone1-2.mcap.sealed", "sha256": "ab" * 32}
    journal = Journal(run.stack_dir / "journal.jsonl", "recorder", KEY)
    for act in ("recording", "recording_erased"):
        journal.write(act, **facts)
    erased_at = datetime(2026, 12, 1, tzinfo=UTC)
    journal.write("erasure_receipt", **receipt_facts(facts, erased_at, late=False, key=KEY))
    export_run(run, tmp_path / "run.zip", Actor("A. Person", "test"))
    return tmp_path / "run.zip"


@pytest.mark.parametrize("roots", [frozenset(), ROOTS, frozenset({OTHER.key_id})])
def test_an_untouched_archive_has_the_same_verdicts(archive, roots):
    assert theirs(archive, roots) == ours(archive, roots)
    assert theirs(archive, roots)[0] is (OTHER.key_id not in roots)


@pytest.mark.parametrize("change", TAMPERED)
def test_both_find_each_class_of_change_even_if_all_hashes_are_made_anew(archive, change):
    members = members_of(archive)
    changed = TAMPERED[change](members)
    assert changed != members
    packed(archive, changed)
    for roots in (frozenset(), ROOTS):
        assert theirs(archive, roots) == ours(archive, roots)
    assert ours(archive, ROOTS)[0] is False
    if change not in ("foreign key", "flight dropped"):  # these need the authority's key
        assert ours(archive)[0] is False


@pytest.mark.parametrize("cut", [1, 40, 700, 2000])
def test_both_call_a_cut_part_interrupted(archive, tmp_path, cut):
    part = tmp_path / PART
    part.write_bytes(members_of(archive)[IN_ARCHIVE][:-cut])
    assert theirs(part, ROOTS) == ours(part, ROOTS)
    assert ours(part, ROOTS)[1][f"part {PART}"] == "broken"
    assert "interrupted" in check_lone_part(part, ROOTS).checks[0].sentence


JOURNALS = {
    "untouched": (lambda lines: lines, True),
    "a flight dropped": (lambda lines: [line for line in lines if b'"run":"second"' not in line], False),
    "an entry edited": (lambda lines: [lines[0].replace(b"first", b"fifth"), *lines[1:]], False),
    "an entry repeated": (lambda lines: [*lines[:2], lines[1], *lines[2:]], False),
    "entries moved": (lambda lines: [lines[1], lines[0], *lines[2:]], False),
    "the last line cut": (lambda lines: [*lines[:-1], lines[-1][:-9]], True),
    "a foreign line": (lambda lines: [*lines, b"{}\n"], False),
    "nothing": (lambda lines: [], False),
}


@pytest.mark.parametrize("change", JOURNALS)
def test_both_judge_a_journal_alike(tmp_path, change):
    path = tmp_path / "journal.jsonl"
    for run in ("first", "second", "third"):
        Journal(path, "mission_manager", KEY).write("mission_ended", run=run)
    changed, is_whole = JOURNALS[change]
    path.write_bytes(b"".join(changed(path.read_bytes().splitlines(keepends=True))))
    check = verify_journal(path)
    assert (check.is_whole and check.entries > 0) is theirs(path)[0] is is_whole


def test_a_clock_that_was_set_back_is_a_remark_of_both(tmp_path, monkeypatch):
    path, at = tmp_path / "journal.jsonl", [datetime(2026, 11, 1, tzinfo=UTC)]

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return at[0]

    monkeypatch.setattr("blindspot.evidence.journals.journal.datetime", Clock)
    for _ in range(2):
        Journal(path, "mission_manager").write("mission", run="first")
        at[0] -= timedelta(minutes=1)
    whole, states = theirs(path)
    assert whole and states["clock"] == "unknown"
    assert verify_journal(path).is_whole and "the clock was set back" in verify_journal(path).remarks[0]


HOSTILE = {
    "a name outside": (["../out"], b"x", 0),
    "a drive": (["C:out"], b"x", 0),
    "a name through a file": (["manifest.json/../../out"], b"x", 0),
    "a link": (["manifest.json"], b"/etc/passwd", stat.S_IFLNK),
    "a manifest that is a bomb": (["manifest.json"], b" " * 2_000_000, 0),
    "a manifest over the limit": (["manifest.json"], b'{"schema":"blindspot.export/1","files":[]}' * 50, 0),
    "nested JSON": (["manifest.json"], b"[" * 50_000, 0),
    "too many names": ([f"{number}.txt" for number in range(12)], b"x", 0),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hard_09_both_refuse_a_hostile_archive_in_one_sentence(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(archive_file, "MOST_NAMES", 10)
    monkeypatch.setattr(alone, "MOST_NAMES", 10)
    monkeypatch.setattr(archive_check, "LARGEST", 2_000)
    monkeypatch.setattr(alone, "LARGEST_JSON", 2_000)
    names, content, mode = HOSTILE[kind]
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = (mode | 0o600) << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    with pytest.raises(InputError) as caught:
        check_archive(tmp_path / "x.zip", frozenset())
    assert "\n" not in str(caught.value)
    assert theirs(tmp_path / "x.zip") is None


def test_the_verifier_needs_python_and_cryptography_alone():
    tree = ast.parse(verifier_text())
    named = {each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)}
    named |= {alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names}
    others = {name.partition(".")[0] for name in named} - sys.stdlib_module_names
    assert others == {"cryptography"}
    assert len(verifier_text().splitlines()) <= 400


def test_the_verifier_runs_alone_from_an_archive(archive, tmp_path):
    (tmp_path / VERIFIER).write_bytes(members_of(archive)[VERIFIER])
    words = [sys.executable, "-I", VERIFIER, archive.name, "--computer-key", KEY.key_id]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "run.zip: archive: whole" in done.stdout and "proven: author" in done.stdout
    done = subprocess.run([*words[:3], "nothing.zip"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_key_file_names_a_root(tmp_path):
    from blindspot.law.keys import keep_computer_key, load_computer_key, public_half

    keep_computer_key(tmp_path / "computer.key")
    key = load_computer_key(tmp_path / "computer.key")
    assert isinstance(key, ComputerKey)
    assert alone.root_of(str(public_half(tmp_path / "computer.key"))) == key.key_id
    assert Path(FILE).name == VERIFIER
