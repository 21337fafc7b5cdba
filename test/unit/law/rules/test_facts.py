"""A rule whose fact a version does not provide never reads as kept, and a flight under it records nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from blindspot.law.clearances.clearance import judge_flight
from blindspot.law.drafts.rehearsal import rehearsal_context
from blindspot.law.files.profiles import load_profile
from blindspot.law.judgement import BY_ID, JUDGED_AT, RULES, judge
from blindspot.law.recorded_topics import judge_axis, judge_kept, judge_recording, recorded_topics, recording_notice
from blindspot.law.rules.facts import NOT_PROVIDED, PHASES, Kept, KeptRecording, Missing, source_of

CASES = ()
"""Each case of a rule stands in the file of its family."""
GONE = ("RET-02", "RT")


@pytest.fixture
def absent(monkeypatch):
    """A version in which nothing looks for copies."""
    fact = Missing("nothing looks for copies of recordings", "rien ne recherche les copies d'enregistrements")
    monkeypatch.setitem(NOT_PROVIDED, GONE, fact)


def test_every_rule_says_in_each_of_its_phases_where_its_fact_comes_from():
    for rule in RULES:
        assert {source_of(rule.id, phase) for phase in rule.phases} <= {"measured", "signed", "not provided"}
    assert all(phase in BY_ID[rule].phases for rule, phase in NOT_PROVIDED)


def test_a_fact_counts_as_measured_in_flight_or_in_a_recording_only_where_the_stack_judges_it():
    judged = {(rule, phase) for phase, rules in JUDGED_AT.values() for rule in rules}
    measured = {(rule.id, phase) for rule in RULES for phase in rule.phases if source_of(rule.id, phase) == "measured"}
    later = {("LOG-01", "RC"), ("LOG-01", "RT"), ("LOG-02", "RT"), ("LOG-03", "RT")}
    """Judged at the leases of the flight that records, and before the next flight."""
    assert {(rule, phase) for rule, phase in measured if phase in ("IF", "RC", "RT")} - later <= judged
    assert not judged & set(NOT_PROVIDED)


@pytest.mark.usefixtures("absent")
def test_no_fact_makes_a_rule_kept_that_a_version_does_not_provide(question):
    rule, phase = GONE
    [applied] = judge(question(), [phase], only=[rule]).applied
    assert not applied.ruling.ok and not applied.ruling.provided
    assert applied.ruling.evidence.startswith("not provided by this version: ")
    assert applied.ruling.remedy_fr not in ("", applied.ruling.remedy)


@pytest.mark.usefixtures("absent")
def test_the_judgement_of_a_real_flight_names_what_is_not_provided_and_a_simulation_s_does_not(question):
    ctx = question()
    real = judge_flight(ctx.auth, ctx.plan, ctx.now_utc, simulated=False, ready=ctx.ready, book=ctx.book)
    said = {(each["rule"], each["phase"]) for each in json.loads(real.to_json())["rulings"] if not each["provided"]}
    assert said == {GONE}
    assert judge_flight(ctx.auth, ctx.plan, ctx.now_utc, simulated=True).missing == ()


def test_a_fact_that_the_law_needs_beside_recordings_refuses_a_real_flight_alone(question, monkeypatch):
    monkeypatch.setitem(NOT_PROVIDED, ("SEN-03", "IF"), Missing("nothing reads the zoom", "rien ne lit le zoom", False))
    by_law, ctx = {"articles": {"SEN-03": "CSI L242-5 IV"}}, question()
    assert judge(ctx, ["PL"]).go, "SEN-03 is the product's own policy"
    needed = replace(ctx, profile=ctx.profile.model_copy(update=by_law))
    [verdict] = judge(needed, ["PL"]).refusals
    assert verdict.rule == "SEN-03" and "nothing reads the zoom" in verdict.reason
    assert judge(replace(needed, simulated=True), ["PL"]).go


@pytest.mark.usefixtures("absent")
def test_a_real_flight_that_lacks_a_fact_under_the_code_records_nothing_and_says_so(example):
    refused = judge_recording(example)
    assert refused.rule == "RET-02" and recorded_topics(example) == () and "records nothing" in refused.remedy
    assert "nothing will be recorded: RET-02" in recording_notice(True, example, simulated=False)
    assert "a real flight will record nothing: RET-02" in recording_notice(True, example)


def test_a_real_flight_under_the_code_records_with_both_keys(example):
    assert judge_recording(example) is None and recording_notice(True, example) == ""
    assert judge_recording(example, signs=False).rule == "REC-03"


def test_what_is_kept_too_long_or_beside_the_recordings_ends_recording_under_the_code(example):
    now = example.file.window.not_before
    whole = Kept(recordings=(KeptRecording(name="a", due=now),), training_copies=0, flagged=())
    assert judge_kept(example, whole, now) is None
    late = now + timedelta(seconds=1)
    assert judge_kept(example, whole, late).rule == "RET-01"
    assert judge_kept(example, whole, late, simulated=True) is None, "its pictures show a drawn town"
    assert judge_kept(example, replace(whole, training_copies=1), now).rule == "RET-02"
    flagged = replace(whole, flagged=((now - timedelta(hours=49), None),))
    assert judge_kept(example, flagged, now).rule == "DWL-02"
    for unknown in ("recordings", "training_copies", "flagged"):
        assert "unknown" in judge_kept(example, replace(whole, **{unknown: None}), now).reason


def test_an_axis_that_rests_on_a_facade_or_that_nobody_knows_ends_recording_under_the_code(example):
    assert judge_axis(example, 0.0) is None and judge_axis(example, 1.0) is None
    assert judge_axis(example, 1.1).rule == judge_axis(example, None).rule == "DWL-02"
    assert judge_axis(example, None, simulated=True) is None
    policy = replace(example, file=example.file.model_copy(update={"profile": "PRIVATE-SITE"}))
    assert judge_axis(policy, 9.0) is None, "an owner may look at the own walls"


def test_without_both_keys_a_real_flight_under_the_code_records_nothing(example):
    for keys in (None, example.file.recording.keys.model_copy(update={"authority": None})):
        recording = example.file.recording.model_copy(update={"keys": keys})
        unsealed = replace(example, file=example.file.model_copy(update={"recording": recording}))
        refused = judge_recording(unsealed)
        assert refused.rule == "REC-03" and "does not name two keys" in refused.reason
        assert judge_recording(unsealed, simulated=True) is None, "its pictures show a drawn town"


def test_a_simulation_under_the_code_records(example):
    assert judge_recording(example, simulated=True) is None and recorded_topics(example, simulated=True)
    assert recording_notice(True, example, simulated=True) == ""


@pytest.mark.parametrize(("profile", "pack", "records"), [
    ("SIM-ONLY", None, True), ("TEST-RANGE", None, True), ("PRIVATE-SITE", None, True), ("GENERIC-PUBLIC", "BE", False),
    ("FR-CSI-L242-6", None, False), ("FR-CSI-L242-7-EXP", None, False),
])  # fmt: skip
@pytest.mark.usefixtures("absent")
def test_only_the_law_of_a_profile_forbids_recordings_not_the_product_s_policy(example, profile, pack, records):
    file = example.file.model_copy(update={"profile": profile, "rule_pack": pack})
    assert load_profile(profile, pack).id == profile
    assert (judge_recording(replace(example, file=file)) is None) is records


@pytest.mark.usefixtures("absent")
def test_a_rehearsal_asks_every_rule_and_counts_none_as_kept_that_is_missing(example):
    found = judge(rehearsal_context(example, example.file.window.not_before), PHASES)
    assert found.missing == (GONE[0],)
    assert all(not each.ruling.ok for each in found.applied if (each.rule.id, each.phase) in NOT_PROVIDED)
