"""The complete example for department 92: GO as it is, and each planted mistake is refused by the right rule."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.unit.law.office import EXAMPLE, ISSUED, NOW, rules
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.core.errors import InputError, RefusedError
from blindspot.law.clearances.clearance import Gate, judge_flight
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.drafts.needed_facts import NEEDED, needed_by
from blindspot.law.drafts.rehearsal import first_slot, rehearsal_context, rehearse
from blindspot.law.files.authorisation_file import AuthorisationFile, Window
from blindspot.law.judgement import judge
from blindspot.law.rules.facts import NOT_PROVIDED, PHASES, Missing
from blindspot.law.signatures.authorisation import file_sha256, load_authorisation
from blindspot.law.signatures.revocation import write_revocations
from blindspot.law.signatures.signing import basis_content, sign, sign_content


def test_the_example_is_go_with_every_article():
    judgement = rehearse(load_authorisation(EXAMPLE / "authorisation.yaml", EXAMPLE / "trusted_keys"))
    assert judgement.go and judgement.refusals == ()
    assert len({each.rule.id for each in judgement.applied}) == 46
    assert all(each.article and each.ruling.evidence for each in judgement.applied)


def test_an_area_with_a_hole_is_rehearsed_beside_the_hole(office):
    path = office.folder / "perimeter.geojson"
    drawn = json.loads(path.read_text())
    [feature] = drawn["features"]
    [ring] = feature["geometry"]["coordinates"]
    middle = [sum(corner[k] for corner in ring[:-1]) / len(ring[:-1]) for k in (0, 1)]
    hole = [[middle[0] + east, middle[1] + north] for east, north in ((0, 0), (0, 1e-4), (1e-4, 1e-4), (0, 0))]
    feature["geometry"]["coordinates"].append(hole)
    path.write_text(json.dumps(drawn))
    office.document["area"]["sha256"] = file_sha256(path)
    assert rules(rehearse(office.load(office.signed(office.document)))) == []


@pytest.mark.parametrize(
    ("begins", "ends", "slot", "first"),
    [
        ("2026-11-28T00:30:00+01:00", "2026-11-28T03:00:00+01:00", ("FRI", "22:00", "02:00"), "2026-11-27T23:30Z"),
        # The night in which the clocks are set back: 02:30 comes twice, and the slot begins the second time.
        ("2026-10-25T00:00:00+02:00", "2026-10-25T12:00:00+01:00", ("SUN", "02:30", "05:00"), "2026-10-25T01:30Z"),
    ],
)
def test_the_first_slot_of_a_window_is_found_past_midnight_and_in_the_night_of_the_clocks(begins, ends, slot, first):
    day, start, end = slot
    slots = [{"days": [day], "start": start, "end": end}]
    window = Window(not_before=begins, not_after=ends, daily_slots=slots, tz="Europe/Paris", max_flight_min_per_day=60)
    assert first_slot(window) == datetime.fromisoformat(first)


def test_the_command_prints_each_article_and_go():
    options = ("--profile", "FR-CSI-L242-5", "--keys", str(EXAMPLE / "trusted_keys"), "--language", "fr")
    result = CliRunner().invoke(app, ["rehearse", str(EXAMPLE / "authorisation.yaml"), *options])
    assert result.exit_code == 0, result.output
    assert "GO en répétition" in result.output and "REFUSÉ" not in result.output
    assert "ok      AUT-04 PL (CSI R242-15) : L'autorité de l'acte" in result.output
    assert "        PREFET_DE_POLICE est compétent dans le département 92" in result.output
    said = [line.split()[:3] for line in result.output.splitlines() if line.startswith(("ok", "supposé"))]
    assert {phase for word, _, phase in said if word == "ok"} == {"PL"}
    assert {phase for word, _, phase in said if word == "supposé"} == {"PF", "IF", "RC", "RT"}


def test_the_command_names_what_a_version_does_not_provide(monkeypatch):
    monkeypatch.setitem(NOT_PROVIDED, ("RET-02", "RT"), Missing("nothing looks for copies", "rien ne les recherche"))
    options = ("--profile", "FR-CSI-L242-5", "--keys", str(EXAMPLE / "trusted_keys"))
    said = CliRunner().invoke(app, ["rehearse", str(EXAMPLE / "authorisation.yaml"), *options]).output.splitlines()
    absent = {tuple(line.split()[1:3]) for line in said if line.startswith("absent")}
    assert absent == set(NOT_PROVIDED)
    assert any("sealed for two holders" in line for line in said), "the file names both keys"
    assert "not provided by this version: RET-02" in said
    assert any(line.startswith("a real flight records nothing: RET-02") for line in said)


def test_the_command_names_each_fact_of_pre_flight_with_its_remedy_in_both_languages():
    for language, index in (("en", 0), ("fr", 1)):
        options = ("--profile", "FR-CSI-L242-5", "--keys", str(EXAMPLE / "trusted_keys"), "--language", language)
        said = CliRunner().invoke(app, ["rehearse", str(EXAMPLE / "authorisation.yaml"), *options]).output
        for words in (
            ("connections with other systems", "interconnexions"),
            ("journals of all", "journaux de tous"),
            ("look, and state", "constater et attester"),
            ("keep the journals on a disk", "un disque"),
        ):
            assert (words[index] in said) and (words[1 - index] not in said)


def test_the_command_prints_the_remedy_of_a_refusal_in_both_languages(tmp_path):
    said = {
        "en": ("(policy): no key that this machine trusts has signed", "; sign it: blindspot"),
        "fr": ("(règle du logiciel) : aucune clé de confiance de cet ordinateur n'a signé", " ; la signer : blindspot"),
    }
    for language, (reason, remedy) in said.items():
        options = ("--profile", "FR-CSI-L242-5", "--keys", str(tmp_path), "--language", language)
        with pytest.raises(RefusedError) as refused:
            CliRunner().invoke(app, ["rehearse", str(EXAMPLE / "authorisation.yaml"), *options], catch_exceptions=False)
        [signature] = [line for line in refused.value.verdicts if line.startswith("AUT-02")]
        assert remedy in signature and reason in signature
        assert str(refused.value).startswith({"en": "refused: ", "fr": "refusé : "}[language])


def test_every_rule_that_refuses_an_unknown_fact_of_a_real_flight_has_a_remedy(office):
    ctx = rehearsal_context(office.load(office.signed(office.document)), NOW)
    unknown = judge_flight(ctx.auth, ctx.plan, NOW, simulated=False).refusals
    assert {verdict.rule for verdict in unknown} - set(NEEDED) == {"AVI-03"}, "its models are in the mission"
    for language in ("en", "fr"):
        lines = needed_by(unknown, language)
        assert len(lines) == len({verdict.rule for verdict in unknown} - {"AVI-03"})
        assert all(line.partition(": ")[2] for line in lines)


def test_the_command_refuses_another_profile_and_untrusted_keys(tmp_path):
    file = str(EXAMPLE / "authorisation.yaml")
    with pytest.raises(InputError, match="is FR-CSI-L242-5"):
        CliRunner().invoke(app, ["rehearse", file, "--profile", "SIM-ONLY"], catch_exceptions=False)
    options = ("--profile", "FR-CSI-L242-5", "--keys", str(tmp_path))
    with pytest.raises(RefusedError, match="AUT-02"):
        CliRunner().invoke(app, ["rehearse", file, *options], catch_exceptions=False)
    shown = CliRunner().invoke(app, ["rehearse", file, *options, "--json"])
    assert json.loads(shown.stdout.splitlines()[0])["go"] is False


def put(document, path, value):
    *parents, last = path.split(".")
    for name in parents:
        document = document[int(name)] if isinstance(document, list) else document[name]
    document[int(last) if isinstance(document, list) else last] = value


MISTAKES = [
    ("another department", "AUT-04", {"act.department": "91"}),
    ("the departmental prefect in 92", "AUT-04", {"act.authority": "PREFET_DE_DEPARTEMENT"}),
    ("municipal police", "AUT-03", {"service.type": "POLICE_MUNICIPALE"}),
    ("countersigned by the transcriber", "AUT-02", {"act.countersigned_by": "officer-1"}),
    ("another act", "AUT-02", {"act.pdf_sha256": "0" * 64}),
    ("no assessment", "AUT-06", {"data_protection.dpia_ref": " "}),
    ("a blind spot as purpose", "PUR-01", {"purpose.code": "BLIND-SPOT"}),
    ("a fact after the act", "PUR-02", {"purpose.facts.1.date": "2026-11-12"}),
    ("no other means considered", "PUR-02", {"necessity.alternatives": []}),
    ("a renewal without reason", "PUR-03", {"necessity.renewal_index": 1}),
    ("no weekly limit", "PUR-04", {"window.max_min_per_place_per_week": None}),
    ("a daily limit of a minute", "PUR-04", {"window.max_flight_min_per_day": 1}),
    ("a day more than three months", "TIM-01", {"window.not_after": "2027-02-28T00:00:00+01:00"}),
    ("a gathering without its event", "TIM-02", {"purpose.code": "L242-5-I-2"}),
    ("a large share of the commune", "GEO-02", {"area.commune.area_m2": 300_000}),
    ("an area over its cap", "GEO-02", {"area.max_area_m2": 60_000}),
    ("a detector without legal reference", "INT-04", {"analytics.detectors": ["nanodet"]}),
    ("a detector of faces", "INT-01", {"analytics.detectors": ["face"], "analytics.detector_legal_ref": "x"}),
    ("a notice withheld without permission", "PUB-02",
     {"public_info.mode": "WITHHELD", "public_info.withheld_reason": "x"}),
    ("no address of the notice", "PUB-01", {"public_info.url": None}),
    ("no recipient of the register", "LOG-02", {"data_protection.register_recipient": ""}),
    ("an expired pilot", "ACC-01", {"people.pilots.0.valid_to": "2026-11-26"}),
    ("a small ground-risk buffer", "AVI-04", {"aviation.ground_risk_buffer_m": 50}),
    ("a ground risk class that is too low", "AVI-04", {"aviation.igrc": 5}),
    ("a wrong operator number", "AVI-05", {"aviation.rid.operator": "FIN87astrdge12k7-xyz"}),
    ("no permission for the night", "AVI-06", {"aviation.night": False}),
    ("zones that have expired", "AVI-02", {"aviation.geozones.valid_to": "2026-11-27T12:00:00Z"}),
    ("a section that lacks", "AUT-01", {"people": None}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "changes"), MISTAKES, ids=[mistake[0] for mistake in MISTAKES])
def test_a_planted_mistake_is_refused_by_the_right_rule(office, name, rule, changes):
    for path, value in changes.items():
        put(office.document, path, value)
    found = rules(rehearse(office.load(office.signed(office.document))))
    assert rule in found
    beside = {"a section that lacks": {"ACC-01"}, "a blind spot as purpose": {"TIM-02"}}
    assert set(found) <= {rule} | beside.get(name, set())


def test_mistakes_of_signing_are_refused(office):
    good = office.signed(office.document)
    assert rehearse(office.load(good)).go
    one = office.signed(office.document, office.keys["officer-1"])
    assert rules(rehearse(office.load(one))) == ["AUT-02"]
    later = copy.deepcopy(good)
    later["area"]["ceiling_m_agl"] = 99
    assert rules(rehearse(office.load(later))) == ["AUT-02"]


def test_aut_02_a_second_key_of_the_transcriber_is_no_second_person(office):
    second = office.key("officer-1.second.pub")
    by_one = office.signed(office.document, office.keys["officer-1"], second)
    read = office.load(by_one)
    assert len(read.signers) == 2 and read.people == ("officer-1",)
    assert rules(rehearse(read)) == ["AUT-02"]


def test_aut_02_a_key_under_two_names_belongs_to_nobody(office):
    keys = office.folder / "trusted_keys"
    (keys / "officer-2.pub").write_bytes((keys / "officer-1.pub").read_bytes())
    read = office.load(office.signed(office.document, office.keys["officer-1"]))
    assert read.people == () and rules(rehearse(read)) == ["AUT-02"]


def test_aut_05_a_revoked_authorisation_or_a_stale_list_refuses(office):
    good = office.signed(office.document)
    office.revoke("PP-EXEMPLE-2026-0001")
    assert rules(rehearse(office.load(good))) == ["AUT-05"]
    office.revoke(issued=ISSUED.replace(hour=17))
    assert rules(rehearse(office.load(good))) == ["AUT-05"]
    (office.folder / "revocations.yaml").unlink()
    assert rules(rehearse(office.load(good))) == ["AUT-05"]


def test_aut_05_a_list_that_a_stranger_signed_or_changed_refuses(office):
    good = office.signed(office.document)
    write_revocations(office.folder / "revocations.yaml", (), Ed25519PrivateKey.generate(), ISSUED)
    assert rules(rehearse(office.load(good))) == ["AUT-05"]
    office.revoke("PP-EXEMPLE-2026-0001")
    path = office.folder / "revocations.yaml"
    path.write_text(path.read_text().replace("PP-EXEMPLE", "PP-OTHER"))
    assert rules(rehearse(office.load(good))) == ["AUT-05"]


def test_aut_05_a_fresh_list_in_flight_keeps_the_lease_and_a_revocation_ends_it(office):
    office.load(office.signed(office.document))
    live = LiveAuthorisation(office.folder / "authorisation.yaml", office.folder / "trusted_keys")
    plan = rehearsal_context(live.now, NOW).plan
    gate = Gate(live.look(), simulated=True)
    assert gate.authorise(plan, NOW) == ()

    def lease(minutes):
        now = NOW + timedelta(minutes=minutes)
        gate.authorisation_is(live.look(), live.problem, now)
        return gate.lease("rehearsal", now)

    assert lease(1).granted
    office.revoke(issued=NOW + timedelta(minutes=10))
    assert lease(11).granted and lease(70).granted
    assert (lease(71).granted, lease(71).rule) == (False, "AUT-05"), "the list is stale"
    office.revoke(issued=NOW + timedelta(minutes=71))
    assert lease(72).granted, "a fresh one in its place"
    office.revoke("PP-EXEMPLE-2026-0001", issued=NOW + timedelta(minutes=72))
    assert (lease(73).granted, gate.ended.rule) == (False, "AUT-05")


def test_a_real_flight_is_refused_until_every_fact_of_pre_flight_is_known(office):
    """The file alone is no permit: each rule of pre-flight that lacks a fact refuses by its id."""
    ctx = rehearsal_context(office.load(office.signed(office.document)), NOW)
    assert judge_flight(ctx.auth, ctx.plan, NOW, simulated=True).go
    refused = judge_flight(ctx.auth, ctx.plan, NOW, simulated=False)
    lacking = ["ACC-01", "AUT-07", "AVI-03", "AVI-05", "AVI-06", "AVI-10", "INT-01", "INT-02", "INT-03", "LOG-01",
               "LOG-02", "LOG-03", "PUR-04", "SEN-01", "SEN-02", "TIM-03"]  # fmt: skip
    assert rules(refused) == lacking and all("unknown" in verdict.reason for verdict in refused.refusals)
    mission = SimpleNamespace(models=ctx.models, file=SimpleNamespace(fleet=[1]))
    known = {"ready": ctx.ready, "book": ctx.book, "place_s": ctx.place_s, "flown_s": 0.0, "cameras_beside": 0,
             "mission": mission}  # fmt: skip
    assert judge_flight(ctx.auth, ctx.plan, NOW, simulated=False, **known).go
    for name in known:
        assert not judge_flight(ctx.auth, ctx.plan, NOW, simulated=False, **(known | {name: None})).go


def test_without_recording_its_rules_are_left_out(office):
    office.document["recording"]["allowed"] = False
    judgement = rehearse(office.load(office.signed(office.document)))
    assert judgement.go and {each.phase for each in judgement.applied} == {"PL", "PF", "IF"}


def test_civil_security_is_judged_by_its_own_list_and_articles(office):
    """No act, no three months, no share of a commune, no weekly register; two people of the service sign."""
    document = office.civil_security()
    judgement = rehearse(office.load(document))
    assert judgement.go, judgement.refusals
    articles = {each.rule.id: each.article for each in judgement.applied}
    assert articles["PUR-01"] == "CSI L242-6, R242-1" and not {"AUT-04", "LOG-02", "LOG-03"} & set(articles)
    alone = office.civil_security(office.keys["officer-1"])
    assert rules(rehearse(office.load(alone))) == ["AUT-02"]
    of_others = office.civil_security(office.keys["officer-2"], office.key("officer-5.pub"))
    assert rules(rehearse(office.load(of_others))) == ["AUT-02"], "the responsible person has not signed"


@pytest.mark.parametrize(("purpose", "refused"), [("L242-6-1", ["PUR-01"]), ("L242-6-2", [])])
def test_an_approved_association_flies_for_rescue_alone(office, purpose, refused):
    put(office.document, "service.type", "ASSOCIATION_AGREEE")
    put(office.document, "purpose.code", purpose)
    assert rules(rehearse(office.load(office.civil_security()))) == refused


def test_a_country_s_pack_is_judged_with_its_own_articles_and_flies_once_a_lawyer_has_checked_it(office):
    office.document |= {"profile": "GENERIC-PUBLIC", "rule_pack": "BE"}
    put(office.document, "service.type", "POLICE_LOCALE")
    put(office.document, "purpose.code", "LFP-25/3-1")
    put(office.document, "act.authority", "CONSEIL_COMMUNAL")
    read = office.load(office.signed(office.document))
    judgement = rehearse(read)
    [verdict] = judgement.refusals
    assert verdict.rule == "AUT-03" and verdict.source == "LFP art. 25/1, 25/2" and "no lawyer" in verdict.reason
    assert not any("CSI" in each.article for each in judgement.applied)
    ctx = rehearsal_context(read, judgement.at)
    assert judge(replace(ctx, simulated=True), ["PL"]).go
    reviewed = ctx.profile.model_copy(update={"reviewed_by": "L. Lawyer"})
    assert judge(replace(ctx, profile=reviewed), PHASES).go
    without = office.document | {"rule_pack": None}
    assert "AUT-03" in rules(rehearse(office.load(office.signed(without))))
    with pytest.raises(InputError, match=r"XX\.yaml"):
        rehearse(office.load(office.signed(office.document | {"rule_pack": "XX"})))


def test_an_owner_s_site_needs_her_signature_and_declaration(office):
    document = office.document
    for section in ("act", "service", "purpose", "necessity", "data_protection", "public_info", "revocation"):
        del document[section]
    document |= {
        "profile": "PRIVATE-SITE", "signer": {"name": "O. Owner", "contact": "+33 1"},
        "owner_declaration": {"owner": "O. Owner", "property_ref": "parcel 12", "statement": "it is mine",
                              "date": "2026-11-01"},
    }  # fmt: skip
    signature = sign(AuthorisationFile.model_validate(document), office.keys["officer-1"])
    document["signatures"] = [signature.model_dump()]
    assert rehearse(office.load(document)).go
    document["owner_declaration"] = None
    assert rules(rehearse(office.load(document))) == ["AUT-01", "AUT-02"]


def test_the_experiment_is_off_until_a_third_person_signs_its_basis(office):
    office.document["profile"] = "FR-CSI-L242-7-EXP"
    put(office.document, "service.type", "POLICE_MUNICIPALE")
    put(office.document, "purpose.code", "L242-7-5")
    assert "AUT-01" in rules(rehearse(office.load(office.signed(office.document)))), "without a convention"
    office.document["convention"] = {"ref": "fictitious convention", "date": "2026-10-01"}
    assert "AUT-03" in rules(rehearse(office.load(office.signed(office.document))))
    office.document["legal_basis"] = {"act": "fictitious law", "in_force": "2026-11-01"}
    for name, go in (("officer-2", False), ("minister", True)):
        key = office.keys.get(name) or office.key(f"{name}.pub")
        content = basis_content(AuthorisationFile.model_validate(office.document))
        office.document["legal_basis"]["signature"] = sign_content(content, key).model_dump()
        found = rehearse(office.load(office.signed(office.document)))
        assert found.go == go and rules(found) == ([] if go else ["AUT-03"])
    office.document["legal_basis"]["in_force"] = "2026-11-02"
    assert rules(rehearse(office.load(office.signed(office.document)))) == ["AUT-03"], "its signature is void"
