"""TEST-RANGE, the only profile that arms a real drone: over the signer's own field."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from blindspot.law.clearances.clearance import Gate, grant_lease, judge_plan
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.files.profiles import Profile, ProfileLimits, RulePack, load_profile, profile_names, stricter
from blindspot.law.judgement import rules_of
from blindspot.law.rules.facts import PHASES

SIGNED = ("0123456789abcdef",)


@pytest.fixture
def range_document(document):
    document |= {"profile": "TEST-RANGE", "signer": {"name": "A. Engineer", "contact": "+33 1"}}
    document["analytics"] = {"masking": "REQUIRED", "detectors": []}
    return document


@pytest.fixture
def authorisation(load, range_document):
    return replace(load(range_document), signers=SIGNED)


def rules(verdicts):
    return [verdict.rule for verdict in verdicts]


def test_a_signed_test_range_arms_real_and_simulated_drones(authorisation, good_plan, now, known):
    for simulated in (False, True):
        assert judge_plan(authorisation, good_plan, now, simulated=simulated, **known) == ()
    gate = Gate(authorisation, simulated=False)
    assert not gate.lease("drone1", now).granted
    assert gate.authorise(good_plan, now, **known) == ()
    assert gate.lease("drone1", now).granted


def test_without_a_trusted_signature_no_drone_flies(load, range_document, good_plan, now, known):
    unsigned = load(range_document)
    for simulated in (False, True):
        assert rules(judge_plan(unsigned, good_plan, now, simulated=simulated, **known)) == ["AUT-02"]
    gate = Gate(unsigned, simulated=False)
    gate.authorise(good_plan, now, **known)
    assert not gate.lease("drone1", now).granted


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"signer": None}, "AUT-02"),
        ({"area": {"max_area_m2": 250001}}, "GEO-02"),
        ({"window": {"not_before": "2026-08-30T00:00:00+01:00"}}, "TIM-01"),
        ({"sensors": {"max_simultaneous_cameras": 4}}, "SEN-02"),
        ({"analytics": {"detectors": ["nanodet"]}}, "INT-04"),
        ({"analytics": {"detectors": ["nanodet"], "events": ["crowd_density"]}}, "INT-04"),
    ],
)
def test_each_limit_of_the_profile_refuses(authorisation, range_document, good_plan, now, change, rule, known):
    for section, values in change.items():
        range_document[section] = (range_document[section] | values) if values else None
    changed = replace(authorisation, file=AuthorisationFile.model_validate(range_document))
    assert rules(judge_plan(changed, good_plan, now, simulated=False, **known)) == [rule]


def test_the_limits_themselves_are_allowed(authorisation, range_document, good_plan, now, known):
    range_document["area"]["max_area_m2"] = 250000
    range_document["sensors"]["max_simultaneous_cameras"] = 3
    begins = authorisation.file.window.not_after - timedelta(days=92)
    range_document["window"]["not_before"] = begins.isoformat()
    edge = replace(authorisation, file=AuthorisationFile.model_validate(range_document))
    assert rules(judge_plan(edge, good_plan, now, simulated=False, **known)) == []


@pytest.mark.parametrize(("lacking", "rule"), [("flown_s", "PUR-04"), ("cameras_beside", "SEN-02")])
def test_a_fact_that_nobody_gives_refuses_a_real_flight_alone(authorisation, good_plan, now, lacking, rule, known):
    given = {name: value for name, value in known.items() if name != lacking}
    [verdict] = judge_plan(authorisation, good_plan, now, simulated=False, **given)
    assert verdict.rule == rule and "unknown" in verdict.reason
    assert judge_plan(authorisation, good_plan, now, simulated=True, **given) == ()


def test_no_other_profile_arms_a_real_drone(authorisation, range_document, good_plan, now):
    for profile in set(profile_names()) - {"TEST-RANGE"}:
        other = replace(authorisation, file=AuthorisationFile.model_validate(range_document | {"profile": profile}))
        assert rules(judge_plan(other, good_plan, now, simulated=False))


def test_a_lease_is_refused_once_the_signature_is_gone(authorisation, load, range_document, good_plan, now):
    assert grant_lease(authorisation, good_plan, "drone1", now, simulated=False).granted
    unsigned = load(range_document)
    for simulated in (False, True):
        lease = grant_lease(unsigned, good_plan, "drone1", now, simulated=simulated)
        assert (lease.granted, lease.rule) == (False, "AUT-02")


def test_a_profile_of_real_flights_without_a_signature_is_invalid():
    said = load_profile("SIM-ONLY").model_dump(by_alias=True) | {"level": 2}
    with pytest.raises(ValueError, match="needs a signature"):
        Profile.model_validate(said)
    assert Profile.model_validate(said | {"signers": 1}).level == 2
    for level in (1, 3):
        with pytest.raises(ValueError, match="level"):
            Profile.model_validate(said | {"signers": 1, "level": level})


PACK = {"schema": "blindspot.rule_pack/1", "country": "XX", "reviewed_by": "L. Lawyer", "limits": {"max_months": 6}}


def test_a_country_s_pack_adds_to_the_profile_and_removes_nothing():
    """A pack that leaves out modules and needs keeps those of the profile."""
    profile = load_profile("GENERIC-PUBLIC")
    bare = RulePack.model_validate(PACK).added_to(profile)
    assert (bare.modules, bare.needs) == (profile.modules, profile.needs) == (("act", "service", "purpose"),) * 2
    assert bare.limits == profile.limits.model_copy(update={"max_months": 6})
    assert (bare.level, bare.signers, bare.pack, bare.reviewed_by) == (2, 2, "XX", "L. Lawyer")
    full = RulePack.model_validate(PACK | {"modules": ["people", "act"], "needs": ["people"], "services": ["P"],
                                           "articles": {"AUT-01": "law 1"}}).added_to(profile)  # fmt: skip
    assert full.modules == (*profile.modules, "people") and full.needs == (*profile.needs, "people")
    assert full.services == ("P",) and full.article("AUT-01", "CSI") == "law 1"


@pytest.mark.parametrize("departments", ["(a+)+$", ".*", "91"])
def test_the_departments_of_a_pack_are_a_list_and_no_pattern(departments):
    """A pattern of a foreign file could stop the gate, or match everything."""
    with pytest.raises(ValueError, match="departments"):
        RulePack.model_validate(PACK | {"departments": departments})
    pack = RulePack.model_validate(PACK | {"departments": [departments]})
    assert pack.departments == (departments,)


def test_a_pack_without_an_end_of_its_authorisations_is_invalid():
    with pytest.raises(ValueError, match="max_months is missing"):
        RulePack.model_validate(PACK | {"limits": {}})


def test_a_pack_permits_no_service_that_the_profile_bars():
    profile = load_profile("GENERIC-PUBLIC").model_copy(update={"barred": {"P": "by the profile"}})
    pack = RulePack.model_validate(PACK | {"services": ["P"], "barred": {"Q": "by the pack", "P": ""}})
    assert pack.added_to(profile).barred == {"P": "by the profile", "Q": "by the pack"}


def test_of_two_limits_the_stricter_one_holds():
    one = ProfileLimits(max_days=10, max_cameras=3, max_retention_h=100.0, detectors="listed")
    other = ProfileLimits(max_days=20, max_area_m2=5.0, max_cameras=2, detectors="with_legal_reference")
    both = ProfileLimits(
        max_days=10, max_area_m2=5.0, max_cameras=2, max_retention_h=100.0, detectors="with_legal_reference"
    )
    assert stricter(one, other) == stricter(other, one) == both
    assert stricter(both, ProfileLimits(detectors="none")).detectors == "none"


def test_each_rule_of_civil_security_names_an_article_of_its_own_regime_or_is_policy():
    profile = load_profile("FR-CSI-L242-6")
    own = re.compile(r"CSI (L242-[1-46]|R242-[1-7])(, (L242-[1-46]|R242-[1-7]|AI Act 5))*|AI Act 5, CSI L242-4|EU .*")
    for rule in {rule.id: rule for phase in PHASES for rule in rules_of(profile, phase)}.values():
        article = profile.article(rule.id, rule.article)
        assert article == "policy" or own.fullmatch(article), (rule.id, article)
    assert not {"act", "register"} & set(profile.modules) and not {"act", "revocation"} & set(profile.needs)
    assert profile.limits.max_months is profile.limits.max_commune_share is profile.department_cameras is None


def test_the_experiment_has_the_five_purposes_of_the_bill_and_is_off():
    profile = load_profile("FR-CSI-L242-7-EXP")
    assert list(profile.purposes) == [f"L242-7-{number}" for number in range(1, 6)]
    assert profile.off_because and "convention" in profile.needs
    assert not any("drug" in purpose.en or "stupéfiants" in purpose.fr for purpose in profile.purposes.values())


@pytest.mark.parametrize(
    ("name", "pack", "foreign"),
    [("FR-CSI-L242-6", None, "L242-5 "), ("FR-CSI-L242-7-EXP", None, "L242-5 "), ("TEST-RANGE", None, "CSI"),
     ("PRIVATE-SITE", None, "CSI"), ("GENERIC-PUBLIC", "BE", "CSI")],
)  # fmt: skip
def test_no_refusal_names_the_article_of_another_profile(name, pack, foreign):
    profile = load_profile(name, pack)
    named = {rule.id: profile.article(rule.id, rule.article) for phase in PHASES for rule in rules_of(profile, phase)}
    assert [rule for rule, article in named.items() if foreign in f"{article} "] == []
