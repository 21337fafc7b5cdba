"""The law's own check: each rule of the table has a function, an article, texts, and tests on both sides."""

from __future__ import annotations

import ast
import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from blindspot.law import judgement
from blindspot.law.drafts.rehearsal import rehearsal_context
from blindspot.law.files.profiles import Module, load_profile, profile_names
from blindspot.law.judgement import BY_ID, JUDGED_AT, RULES, judge, refusals
from blindspot.law.rules.facts import PHASES
from blindspot.law.rules.rule import Rule, Ruling

FAMILIES = {"AUT": 7, "PUR": 4, "TIM": 3, "GEO": 3, "SEN": 3, "DWL": 2, "INT": 4, "REC": 3, "ACC": 2, "RET": 2,
            "LOG": 3, "PUB": 2}  # fmt: skip
LAW = {f"{family}-{number:02}" for family, last in FAMILIES.items() for number in range(1, last + 1)} | {
    f"AVI-{number:02}" for number in (1, 2, 3, 4, 5, 6, 8, 10)
}
"""The 46 rules of the law."""


def cases():
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        if path != Path(__file__):
            found = importlib.util.spec_from_file_location(f"cases_{path.stem}", path)
            module = importlib.util.module_from_spec(found)
            found.loader.exec_module(module)
            yield from module.CASES


CASES = list(cases())


def test_the_registry_holds_the_46_rules_once():
    assert len(LAW) == len(RULES) == 46
    assert set(BY_ID) == LAW


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_complete_and_tested_on_both_sides(rule):
    assert rule.article and rule.phases and rule.en.endswith(".") and rule.fr.endswith(".")
    for phase in rule.phases:
        holds = {case[2] == "" for case in CASES if case[:2] == (rule.id, phase)}
        assert holds == {True, False}, f"{rule.id} holds and refuses in {phase}: one of both is untested"


@pytest.mark.parametrize("profile", profile_names())
def test_a_profile_file_is_named_like_its_profile_and_names_known_rules(profile):
    found = load_profile(profile)
    assert set(found.articles) <= LAW
    assert found.preflight_by == "drone" or found.level > 0
    assert found.level > 0 or found.signers == 0


def test_a_rule_pack_gives_an_article_of_its_own_to_each_rule_that_it_applies():
    pack = load_profile("GENERIC-PUBLIC", "BE")
    aviation = {rule.id for rule in RULES if rule.id.startswith("AVI")}
    anywhere = {"AUT-02", "AUT-07", "SEN-03"} | aviation
    assert {rule.id for rule in RULES if rule.module in ("core", *pack.modules)} - anywhere <= set(pack.articles)
    assert not any("CSI" in article for article in pack.articles.values())
    assert pack.reviewed_by == "" and pack.pack == "BE"


def test_a_rule_that_raises_refuses_by_its_id(question, monkeypatch):
    def fails(_):
        raise ZeroDivisionError("no such  number")

    broken = replace(BY_ID["SEN-02"], judge=fails)
    monkeypatch.setattr(
        "blindspot.law.judgement.RULES", tuple(broken if rule.id == "SEN-02" else rule for rule in RULES)
    )
    found = judge(question(), ["PL"])
    [verdict] = found.refusals
    assert verdict.rule == "SEN-02" and "no such number" in verdict.reason and not found.go


def test_a_rule_that_the_phase_lacks_is_a_mistake_of_the_program(question):
    for only in (("GEO-02",), ("AUT-05", "AUT-1"), ("",)):
        with pytest.raises(ValueError, match="no rule of phase IF"):
            refusals(question(), "IF", only)


def test_every_rule_that_is_judged_after_the_clearance_has_that_phase():
    assert all(phase in BY_ID[each].phases for phase, ids in JUDGED_AT.values() for each in ids)


def test_a_module_of_a_profile_decides_which_rules_apply(question):
    ctx = question(profile={"modules": ()})
    core = {each.rule.id for each in judge(ctx, PHASES).applied}
    assert core == {rule.id for rule in RULES if rule.module == "core"}
    full = {each.rule.id for each in judge(question(), PHASES).applied}
    assert full == LAW
    assert {rule.module for rule in RULES} - {"core"} <= set(Module.__args__)


def test_the_same_question_gives_the_same_judgement_to_the_byte(example):
    from datetime import UTC, datetime

    first, second = (
        judge(rehearsal_context(example, datetime(2026, 11, 27, 19, tzinfo=UTC)), PHASES) for _ in range(2)
    )
    assert first.to_json() == second.to_json() and first.sha256 == second.sha256
    later = judge(rehearsal_context(example, datetime(2026, 11, 27, 19, 0, 1, tzinfo=UTC)), PHASES)
    assert later.sha256 != first.sha256
    assert '"software":' in first.to_json() and '"version":1' in first.to_json()


def test_a_judgement_without_a_rule_permits_nothing(question):
    assert not judge(question(), [], only=["AUT-01"]).go


def test_one_reason_of_two_phases_is_one_refusal(question):
    found = judge(question(doc={"purpose.code": "X"}), ["PL", "PF"])
    assert [verdict.rule for verdict in found.refusals].count("PUR-01") == 1


def test_rules_are_plain_values():
    assert all(isinstance(rule, Rule) for rule in RULES)
    assert Ruling(True, "x") == Ruling(True, "x", "")


def test_each_refusal_that_is_written_outside_the_rules_has_its_remedy_in_french():
    law = Path(judgement.__file__).parent
    calls = [
        (file.name, node)
        for file in law.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Verdict"
    ]
    assert len(calls) > 5
    assert [(name, node.lineno) for name, node in calls if len(node.args) != 5] == []
