"""The gate's entries hold up no lease: a journal that another process holds costs one wait, however many are queued."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot.core.errors import BlindspotError
from blindspot.evidence import journal
from blindspot.nodes.missions.gate_entries import GateEntries


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
