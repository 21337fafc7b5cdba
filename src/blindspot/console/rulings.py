"""The latest judgement of the gate, as the journal and the judgement's file have it: the answer to "why"."""

from __future__ import annotations

import json
import re
from collections import deque
from pathlib import Path
from typing import Any

from blindspot.core import read_file
from blindspot.evidence import entries_of_act
from blindspot.law import french

MOST_RULINGS = 400
_HASH = re.compile(r"[0-9a-f]{64}")


def latest_rulings(journal: Path, stack_dir: Path, language: str) -> dict[str, Any]:
    """The latest clearance or refusal: moment, run, person, verdicts, and each ruling with article and remedy.

    `at` is empty before the first judgement. Raises InputError for a damaged journal.
    """
    latest = deque(entries_of_act(journal, "clearance"), maxlen=1)
    if not latest:
        return {"at": "", "granted": False, "rulings": []}
    (entry,) = latest
    facts = entry.facts
    words = ("run", "person", "granted", "authorisation", "verdicts", "drones")
    return {
        "at": entry.at.isoformat(), **{word: facts.get(word) for word in words},
        "rulings": _rulings(stack_dir, str(facts.get("judgement", "")), language),
    }  # fmt: skip


def _rulings(stack_dir: Path, sha256: str, language: str) -> list[dict[str, Any]]:
    """The rulings of a judgement's file; none without the file."""
    if not _HASH.fullmatch(sha256):
        return []
    try:
        found = json.loads(read_file(stack_dir / "judgements" / f"{sha256}.json"))["rulings"][:MOST_RULINGS]
        return [
            {"rule": str(one["rule"]), "ok": one["ok"] is True, "article": french.said(str(one["article"]), language),
             "evidence": french.said(str(one["evidence"]), language),
             "remedy": str(one.get("remedy_fr") or one["remedy"] if language == "fr" else one["remedy"])}
            for one in found
        ]  # fmt: skip
    except (OSError, ValueError, LookupError, TypeError):
        return []
