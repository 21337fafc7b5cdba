"""The guide lists every rule that may refuse a flight or a recording."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "guide" / "missions.md").read_text()
RULE = re.compile(r"\b[A-Z]{3}-[0-9]{2}\b")


def test_the_guide_lists_the_rules_of_the_code():
    folders = (ROOT / "src" / "blindspot" / name for name in ("law", "nodes", "cli"))
    code = {rule for folder in folders for file in folder.rglob("*.py") for rule in RULE.findall(file.read_text())}
    assert code == set(RULE.findall(PAGE))
