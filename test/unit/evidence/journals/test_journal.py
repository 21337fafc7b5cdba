"""The journal keeps every entry that it accepted, repairs a power cut, and refuses an act that it can't record."""

from __future__ import annotations

import fcntl
import json
import math
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings, strategies as st

from blindspot.core.errors import BlindspotError
from blindspot.evidence.journals import journal as module
from blindspot.evidence.journals.journal import FIRST, LONGEST, Journal, JournalError, is_head_signed, last_entries
from blindspot.evidence.journals.journal_check import verify_journal
from blindspot.law.keys.computer_key import ComputerKey

FACTS = {"drones": ["drone1", "drone2"], "seconds": 1.5, "granted": True, "note": None, "run": "r", "person": "É. Ré"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "stack" / "journal.jsonl"


def entries(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def acts(path):
    return [entry["act"] for entry in entries(path)]


def written(path, number):
    journal = Journal(path, "authority")
    for each in range(number):
        journal.write("order", run=f"run{each}")
    return journal


def refused(path, act="order", **facts):
    """The sentence of a refused entry; the file stays as it was, or empty."""
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(JournalError) as error:
        Journal(path, "authority").write(act, **facts)
    assert path.read_bytes() == before
    assert isinstance(error.value, BlindspotError) and "\n" not in str(error.value)
    return str(error.value)


def test_an_entry_holds_number_chain_time_act_writer_and_facts(path):
    journal = Journal(path, "mission_manager")
    assert not path.parent.exists()
    before = datetime.now(UTC)
    journal.write("order", **FACTS)
    journal.write("mission")
    first, second = entries(path)
    assert first["facts"] == FACTS and first["by"] == "mission_manager" and first["act"] == "order"
    assert (first["n"], second["n"]) == (1, 2)
    assert (first["previous"], second["previous"]) == (FIRST, first["sha256"])
    assert before <= datetime.fromisoformat(first["at"]) <= datetime.now(UTC)
    assert path.read_bytes().isascii() and path.stat().st_mode & 0o077 == 0
    assert verify_journal(path).is_whole


def test_facts_may_have_the_names_of_the_entrys_own_fields(path):
    Journal(path, "authority").write("order", act="x", n=3, previous="y", self="z")
    assert entries(path)[0]["facts"] == {"act": "x", "n": 3, "previous": "y", "self": "z"}


def test_codes_of_a_terminal_and_halves_of_characters_stay_harmless(path):
    text = "\x1b[2J\u202e\ud800\n\u2028"
    Journal(path, "authority").write("order", reason=text)
    assert entries(path)[0]["facts"]["reason"] == text and path.read_bytes().count(b"\n") == 1
    assert verify_journal(path).is_whole


def test_entry_and_folder_are_synchronised_before_the_act(path, monkeypatch):
    synced = []
    real = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda file: (synced.append(str(Path(f"/proc/self/fd/{file}").readlink())), real(file))
    )
    journal = Journal(path, "authority")
    journal.write("order")
    assert {str(path), str(path.parent), str(path.parent.parent)} == set(synced)
    synced.clear()
    journal.write("order")
    assert synced == [str(path)]


def test_another_writer_continues_the_chain(path):
    written(path, 2)
    Journal(path, "flight_control").write("arming", drone="drone1")
    assert [entry["by"] for entry in entries(path)] == ["authority", "authority", "flight_control"]
    assert verify_journal(path).is_whole


def test_processes_and_threads_append_to_one_file(path):
    code = "import sys; from pathlib import Path; from blindspot.evidence.journals.journal import Journal\n"
    code += "for k in range(25): Journal(Path(sys.argv[1]), sys.argv[2]).write('order', k=k)"
    writers = [subprocess.Popen([sys.executable, "-c", code, path, f"node{each}"]) for each in range(3)]
    shared = Journal(path, "here")
    threads = [threading.Thread(target=lambda: [shared.write("order", k=k) for k in range(25)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    check = verify_journal(path)
    assert (check.entries, check.breaks) == (125, ())


@pytest.mark.parametrize("value", [{"a": 1}, [1], b"x", object(), [["a"]], math.nan, math.inf, -math.inf])
def test_a_fact_without_a_value_is_refused(path, value):
    assert "fact" in refused(path, value=value)


def test_a_number_of_thousands_of_digits_is_refused(path):
    assert "fact" in refused(path, value=10**5000)


def test_an_entry_has_at_most_20_kb(path):
    assert f"of {LONGEST}" in refused(path, reason="x" * LONGEST)
    Journal(path, "authority").write("order", reason="x" * (LONGEST - 400))
    Journal(path, "authority").write("order", reason="\n" * 9000)
    assert verify_journal(path).entries == 2


@pytest.mark.parametrize("cut_at", ["first byte", "half", "line end"])
def test_a_cut_off_line_is_removed_and_reported_as_an_entry(path, cut_at):
    written(path, 3)
    whole = path.read_bytes()
    start = whole[:-1].rfind(b"\n") + 1
    keep = {"first byte": start + 1, "half": (start + len(whole)) // 2, "line end": len(whole) - 1}[cut_at]
    path.write_bytes(whole[:keep])
    Journal(path, "flight_control").write("arming")
    assert acts(path) == ["order", "order", "repaired", "arming"]
    repair = entries(path)[2]
    assert repair["facts"] == {"bytes": keep - start, "text": whole[start:keep].decode()[:1000]}
    check = verify_journal(path)
    assert check.is_whole and any("repair" in remark for remark in check.remarks)


@pytest.mark.parametrize("cut", [b"\0" * 300, b'{"act":"order","at"' + b"\0" * 50, b'{"a' + b"\0" * 5])
def test_zeros_after_a_power_cut_are_a_cut_off_line(path, cut):
    written(path, 1)
    with path.open("ab") as file:
        file.write(cut)
    Journal(path, "authority").write("order")
    assert acts(path) == ["order", "repaired", "order"]


def test_a_journal_that_is_only_a_cut_off_line_starts_anew(path):
    written(path, 1)
    path.write_bytes(path.read_bytes()[:50])
    Journal(path, "authority").write("order")
    assert acts(path) == ["repaired", "order"] and verify_journal(path).is_whole


@pytest.mark.parametrize(
    "end",
    [b"hello\n", b"{}\n", b"\n", b"[" * 19_000 + b"\n", b"\xff\xfe\n", b"hello", b"x" * 50_000, b"\0" * 50_000],
)
@pytest.mark.parametrize("number", [0, 2])
def test_no_entry_follows_a_foreign_end(path, number, end):
    path.parent.mkdir()
    path.touch()
    written(path, number)
    with path.open("ab") as file:
        file.write(end)
    assert "blindspot verify" in refused(path)


def test_no_entry_follows_an_edited_one(path):
    written(path, 2)
    path.write_bytes(path.read_bytes().replace(b"run1", b"run2"))
    assert "hash" in refused(path)


@pytest.mark.parametrize("make", ["folder", "pipe", "device"])
def test_a_path_that_is_no_file_is_refused(path, make):
    path.parent.mkdir()
    {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "device": lambda: path.symlink_to("/dev/null")}[make]()
    with pytest.raises(JournalError):
        Journal(path, "authority").write("order")


def test_a_folder_that_is_a_file_is_refused(path):
    path.parent.write_text("")
    with pytest.raises(JournalError, match="disk"):
        Journal(path, "authority").write("order")


@pytest.mark.parametrize("cut", [0, 40])
def test_an_entry_that_fails_on_the_disk_leaves_the_file_as_it_was(path, monkeypatch, cut):
    written(path, 2)
    before = path.read_bytes()[: -cut or None]
    path.write_bytes(before)

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    assert "No space left" in refused(path)
    monkeypatch.undo()
    Journal(path, "authority").write("order")
    assert verify_journal(path).is_whole


def test_a_disk_that_takes_half_an_entry_refuses_it(path):
    """The limit of a process on the size of a file stands for a full disk."""
    written(path, 1)
    before = path.read_bytes()
    code = "import resource, sys; from pathlib import Path; from blindspot.evidence.journals.journal import Journal\n"
    code += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 100}, {len(before) + 100}))\n"
    code += "Journal(Path(sys.argv[1]), 'x').write('order')"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert "JournalError" in done.stderr and "File too large" in done.stderr
    assert path.read_bytes() == before


def test_a_lock_that_another_process_holds_is_a_failure(path, monkeypatch):
    journal = written(path, 1)
    monkeypatch.setattr(module, "LOCK_S", 0.0)
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "another process" in refused(path)
    journal.write("order")
    assert acts(path) == ["order", "order"]


def test_a_journal_that_loses_entries_under_its_writer_takes_none(path):
    journal = written(path, 3)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(JournalError, match="ends at entry 2"):
        journal.write("order")
    path.unlink()
    with pytest.raises(JournalError, match="ends at entry 0"):
        journal.write("order")


def test_a_clock_that_was_set_back_is_recorded_as_it_is(path, monkeypatch):
    journal = written(path, 1)
    back = datetime.now(UTC) - timedelta(days=1)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return back.astimezone(tz)

    monkeypatch.setattr(module, "datetime", Clock)
    journal.write("order")
    assert datetime.fromisoformat(entries(path)[1]["at"]) == back
    check = verify_journal(path)
    assert check.is_whole and "clock" in check.remarks[0] and "line 2" in check.remarks[0]


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    path = tmp_path_factory.mktemp("three") / "journal.jsonl"
    written(path, 3)
    return path.read_bytes()


def test_a_cut_at_every_byte_loses_at_most_the_last_entry(tmp_path, three):
    path = tmp_path / "journal.jsonl"
    for size in range(len(three)):
        path.write_bytes(three[:size])
        Journal(path, "authority").write("arming")
        whole = three[:size].rfind(b"\n") + 1
        assert path.read_bytes().startswith(three[:whole])
        added = ["arming"] if whole == size else ["repaired", "arming"]
        assert acts(path) == ["order"] * three[:whole].count(b"\n") + added
        assert verify_journal(path).is_whole


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_every_edit_of_a_byte_is_a_break_or_cuts_the_last_line(tmp_path_factory, three, data):
    path = tmp_path_factory.mktemp("edited") / "journal.jsonl"
    place = data.draw(st.integers(0, len(three) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != three[place]))
    path.write_bytes(three[:place] + bytes([byte]) + three[place + 1 :])
    check = verify_journal(path)
    assert check.breaks or (place == len(three) - 1 and check.remarks)


def test_the_computer_signs_the_head_after_each_end_of_a_mission(path):
    key = ComputerKey(Ed25519PrivateKey.generate())
    journal = Journal(path, "mission_manager", key)
    journal.write("order", run="evening")
    journal.write("mission_ended", run="evening", outcome="completed", reason="")
    journal.write("order", run="late")
    assert acts(path) == ["order", "mission_ended", "head_signed", "order"]
    signed = list(last_entries(path))[1]
    ended = entries(path)[1]
    assert (signed.facts["number"], signed.facts["hash"]) == (2, ended["sha256"])
    assert (signed.facts["run"], signed.facts["key_id"]) == ("evening", key.key_id)
    assert is_head_signed(signed) and verify_journal(path).is_whole


@pytest.mark.parametrize("fact", ["number", "hash", "key_id", "signature"])
def test_a_signed_head_with_another_fact_is_none(path, fact):
    Journal(path, "mission_manager", ComputerKey(Ed25519PrivateKey.generate())).write("mission_ended", run="evening")
    [signed, _] = last_entries(path)
    wrong = {"number": 2, "hash": "0" * 64, "key_id": "0" * 64, "signature": "0" * 128}[fact]
    assert is_head_signed(signed) and not is_head_signed(replace(signed, facts={**signed.facts, fact: wrong}))


def test_without_a_key_no_head_is_signed(path):
    Journal(path, "mission_manager").write("mission_ended", run="evening")
    assert acts(path) == ["mission_ended"]


def test_verify_names_a_head_that_another_computer_signed(path):
    """The chain itself is whole: a person wrote the entry with fitting hashes."""
    journal = Journal(path, "mission_manager", ComputerKey(Ed25519PrivateKey.generate()))
    journal.write("mission_ended", run="evening")
    [signed, _] = last_entries(path)
    assert verify_journal(path).is_whole
    journal.write("head_signed", **signed.facts)
    assert verify_journal(path).breaks == ("line 3: the signature does not fit the entry before it and the named key",)
