"""The gate's entries hold up no lease: a journal that another process holds costs one wait, however many are queued."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot.core.errors import BlindspotError
from blindspot.evidence.journals import journal
from blindspot.nodes.missions.gate_entries import FIRST_REFUSALS, GateEntries


def test_a_held_journal_is_waited_for_once_and_the_other_entries_follow_later(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(journal, "LOCK_S", 0.0)
    path, lost = tmp_path / "journal.jsonl", list[str]()
    entries = GateEntries(path, tmp_path, SimpleNamespace(judgement=None), lost.append)
    for plan in ("a", "b", "c"):
        clearance = SimpleNamespace(asked=SimpleNamespace(run="evening"), plans=(plan,))
        entries.withdrawn(clearance, "GEO-01: outside")  # type: ignore[arg-type]
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        entries.write_withdrawals()
        assert len(lost) == 1 and "another process held it" in lost[0]
        with pytest.raises(BlindspotError, match="does not take the ends of earlier leases"):
            entries.clearance(None, None, [])
    entries.write_withdrawals()
    assert [json.loads(line)["facts"]["plan"] for line in path.read_text().splitlines()] == ["c"]


def test_of_very_many_refusals_some_are_left_out_and_counted(tmp_path: Path, monkeypatch) -> None:
    """A program that asks again and again would fill the disk, and then no act is permitted any more."""
    now_s = 1000.0
    monkeypatch.setattr("blindspot.nodes.missions.gate_entries.time", SimpleNamespace(monotonic=lambda: now_s))
    path = tmp_path / "journal.jsonl"
    entries = GateEntries(path, tmp_path, SimpleNamespace(judgement=None), lambda text: None)
    order = SimpleNamespace(sha256="", run="", person="", signature="")
    request = SimpleNamespace(mission=order, plan=SimpleNamespace(sha256="a" * 64))
    for _ in range(FIRST_REFUSALS + 50):
        entries.clearance(request, None, ["AUT-01: no"])
    entries.clearance(request, None, [])
    now_s += 61.0
    for _ in range(2):
        entries.clearance(request, None, ["AUT-01: no"])
    facts = [json.loads(line)["facts"] for line in path.read_text().splitlines()]
    assert [entry["granted"] for entry in facts] == [False] * (FIRST_REFUSALS + 1) + [True, False]
    assert facts[0].get("refusals_left_out") is None and facts[-1]["refusals_left_out"] == 49
