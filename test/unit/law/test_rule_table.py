"""The guide lists every rule that may refuse a flight or a recording."""

from __future__ import annotations

import re
from pathlib import Path

from blindspot.law.judgement import JUDGED_AT, RULES
from blindspot.law.rules.facts import NOT_PROVIDED, source_of

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "guide" / "authorisation.md").read_text()
RULE = re.compile(r"\b[A-Z]{3}-[0-9]{2}\b")


def judged_today(rule):
    """Where the stack applies a rule: at the gate, for real flights of an authority alone, or later (`JUDGED_AT`)."""
    gate = {"PL": "gate", "PF": "gate (real)"}
    first = [gate[phase] for phase in rule.phases if phase in gate][:1]
    return (*first, *(place for place, (_, ids) in JUDGED_AT.items() if rule.id in ids)) or ("rehearsal only",)


def test_the_table_has_the_source_the_phases_where_it_is_judged_and_the_text_of_each_rule():
    for rule in RULES:
        judged = ", ".join(judged_today(rule))
        row = f"| `{rule.id}` | {rule.article} | {' '.join(rule.phases)} | {judged} | {rule.module} | {rule.en} |"
        assert row in PAGE


def test_the_guide_says_where_each_fact_comes_from_by_phase():
    for rule in RULES:
        by_source = [
            " ".join(phase for phase in rule.phases if source_of(rule.id, phase) == source)
            for source in ("measured", "signed", "not provided")
        ]
        assert f"| `{rule.id}` | {' | '.join(phases or '-' for phases in by_source)} |" in PAGE
    for missing in NOT_PROVIDED.values():
        assert missing.en in PAGE


def test_the_guide_lists_the_rules_of_the_code():
    folders = (ROOT / "src" / "blindspot" / name for name in ("law", "nodes", "cli"))
    code = {rule for folder in folders for file in folder.rglob("*.py") for rule in RULE.findall(file.read_text())}
    assert code == set(RULE.findall(PAGE))
