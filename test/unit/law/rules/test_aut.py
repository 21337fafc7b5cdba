"""AUT: the authorisation itself."""

from datetime import UTC, datetime, timedelta

from blindspot.law.signatures.revocation import Revocations, Revoked

NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
BASIS = {"act": "fictitious law", "in_force": "2026-11-27"}
EXPERIMENT = {
    "profile": "FR-CSI-L242-7-EXP", "legal_basis": BASIS, "service.type": "POLICE_MUNICIPALE",
    "purpose.code": "L242-7-4",
}  # fmt: skip
OFF = {"off_because": "it is no law"}
THIRD = {"basis_by": ("officer-9",)}


def issued(age_s: float, *revoked: str):
    listed = tuple(Revoked(id=id_, at=NOW, by="prefect", reason="facts ended") for id_ in revoked)
    return {"revocations": Revocations(listed, NOW - timedelta(seconds=age_s))}


CIVIL = {"profile": {"needs": ("signer",)}, "doc": {"act": None, "signer": {"name": "Officer-1", "contact": "+33 1"}}}
"""Two people without an act, as in civil security."""

CASES = [
    ("AUT-01", "PL", "", {}),
    ("AUT-01", "PF", "", {}),
    ("AUT-01", "PL", "there is no authorisation", {"ctx": {"auth": None}}),
    ("AUT-01", "PL", "there is no authorisation", {"ctx": {"profile": None}}),
    ("AUT-01", "PL", "area is lost", {"ctx": {"problem": "area is lost"}}),
    ("AUT-01", "PF", "lacks purpose", {"doc": {"purpose": None}}),
    ("AUT-01", "PL", "lacks purpose", {"doc": {"purpose": None}}),
    ("AUT-01", "PL", "lacks service, revocation", {"doc": {"service": None, "revocation": None}}),
    *[("AUT-01", phase, "", {"why": "an act of the day", "doc": {"act.date": "2026-11-27"}}) for phase in ("PL", "PF")],
    *[("AUT-01", phase, "act is of 2026-11-28, later than the flight", {"doc": {"act.date": "2026-11-28"}})
      for phase in ("PL", "PF")],
    ("AUT-01", "PL", "owner_declaration is of 2026-11-28",
     {"doc": {"owner_declaration": {"owner": "A", "property_ref": "B", "statement": "C", "date": "2026-11-28"}}}),
    ("AUT-02", "PL", "", {}),
    ("AUT-02", "PF", "", {"why": "names are compared without case and spaces",
                          "doc": {"act.transcribed_by": " Officer-1"}}),
    ("AUT-02", "IF", "", {}),
    ("AUT-02", "IF", "no key that this machine trusts", {"auth": {"signers": ()}}),
    ("AUT-02", "PL", "", {"why": "without signers in simulation", "profile": {"signers": 0}, "auth": {"signers": ()},
                          "ctx": {"simulated": True}}),
    ("AUT-02", "PL", "for simulation alone", {"profile": {"signers": 0}}),
    ("AUT-02", "PL", "", {"why": "by one", "profile": {"signers": 1, "needs": ("signer",)}, "auth": {"people": ()},
                          "doc": {"signer": {"name": "A", "contact": "B"}}}),
    ("AUT-02", "PL", "names no responsible person", {"profile": {"signers": 1, "needs": ("signer",)}}),
    ("AUT-02", "PL", "no key that this machine trusts", {"auth": {"signers": ()}}),
    ("AUT-02", "PL", "act.pdf is another", {"auth": {"act_problem": "act.pdf is another"}}),
    ("AUT-02", "PL", "names no file of the act", {"doc": {"act.pdf": None}}),
    ("AUT-02", "PF", "", {"why": "no act is needed", "profile": {"needs": ()}, "doc": {"act.pdf": None}}),
    ("AUT-02", "PL", "", {"why": "the responsible person and another", **CIVIL}),
    ("AUT-02", "PL", "no trusted key of the responsible person",
     CIVIL | {"auth": {"people": ("officer-2", "officer-3")}}),
    ("AUT-02", "PL", "Officer-1 alone has signed", CIVIL | {"auth": {"people": ("officer-1",)}}),
    ("AUT-02", "PL", "names no act", {"doc": {"act": None}}),
    ("AUT-02", "PL", "officer-1 would countersign", {"doc": {"act.countersigned_by": "OFFICER-1 "}}),
    ("AUT-02", "PL", "no trusted key of officer-2", {"auth": {"people": ("officer-1",)}}),
    ("AUT-02", "PF", "no trusted key of officer-1", {"auth": {"people": ("officer-2", "officer-3")}}),
    ("AUT-03", "PL", "", {}),
    ("AUT-03", "PL", "", {"why": "the last of the list", "doc": {"service.type": "ARMEES_REQUISES"}}),
    ("AUT-03", "PL", "", {"why": "open to anyone", "profile": {"modules": ()}, "doc": {"service": None}}),
    ("AUT-03", "PL", "POLICE_MUNICIPALE may never operate drones: Conseil constitutionnel 2021-834 DC",
     {"doc": {"service.type": "POLICE_MUNICIPALE"}}),
    ("AUT-03", "PL", "DIRECTION_X is not one of", {"doc": {"service.type": "DIRECTION_X"}}),
    ("AUT-03", "PL", "names no service", {"doc": {"service": None}}),
    ("AUT-03", "PL", "no legal basis is given", {"profile": OFF}),
    ("AUT-03", "PL", "no third trusted person", {"doc": {"legal_basis": BASIS}, "profile": OFF}),
    ("AUT-03", "PL", "no third trusted person",
     {"doc": {"legal_basis": BASIS}, "profile": OFF, "auth": {"basis_by": ("officer-1", "officer-2")}}),
    ("AUT-03", "PL", "no third trusted person",
     {"doc": {"legal_basis": BASIS, "act": None}, "profile": OFF, "auth": {"basis_by": ()}}),
    ("AUT-03", "PL", "is in force from 2026-11-28",
     {"doc": {"legal_basis": BASIS | {"in_force": "2026-11-28"}}, "profile": OFF, "auth": THIRD}),
    ("AUT-03", "PL", "", {"why": "the experiment is in force", "doc": EXPERIMENT, "auth": THIRD}),
    ("AUT-03", "PL", "is in force from 2026-11-28", {
        "doc": EXPERIMENT | {"legal_basis": BASIS | {"in_force": "2026-11-28"}}, "auth": THIRD,
        "now": datetime(2026, 11, 27, 22, 59, tzinfo=UTC)}),
    ("AUT-03", "PL", "", {"why": "in force from midnight in Paris on", "auth": THIRD,
        "doc": EXPERIMENT | {"legal_basis": BASIS | {"in_force": "2026-11-28"}},
        "now": datetime(2026, 11, 27, 23, 0, tzinfo=UTC)}),
    ("AUT-03", "PL", "names no rule pack", {"profile": {"takes_rule_pack": True}}),
    ("AUT-03", "PL", "no lawyer", {"profile": {"takes_rule_pack": True, "pack": "BE"}}),
    ("AUT-03", "PL", "no lawyer", {"why": "a blank name", "profile": {
        "takes_rule_pack": True, "pack": "BE", "reviewed_by": " \u200b"}}),
    ("AUT-03", "PL", "", {"why": "a reviewed pack",
                          "profile": {"takes_rule_pack": True, "pack": "BE", "reviewed_by": "L. Lawyer"}}),
    ("AUT-03", "PL", "", {"why": "an unreviewed pack in simulation",
                          "profile": {"takes_rule_pack": True, "pack": "BE"}, "ctx": {"simulated": True}}),
    ("AUT-04", "PL", "", {}),
    ("AUT-04", "PL", "PREFET_DE_DEPARTEMENT does not decide in 92",
     {"doc": {"act.authority": "PREFET_DE_DEPARTEMENT"}}),
    ("AUT-04", "PL", "PREFET_DE_POLICE does not decide in 91", {"doc": {"act.department": "91"}}),
    ("AUT-04", "PL", "", {"why": "91 and its own prefect",
                          "doc": {"act.department": "91", "act.authority": "PREFET_DE_DEPARTEMENT"}}),
    *[("AUT-04", "PL", "", {"why": number, "doc": {"act.department": number}}) for number in ("75", "93", "94")],
    ("AUT-04", "PL", "names no act", {"doc": {"act": None}}),
    *[("AUT-04", "PL", f"{number!r} is no department",
       {"doc": {"act.department": number, "act.authority": "PREFET_DE_DEPARTEMENT"}})
      for number in ("92 ", " 92", "\uff19\uff12", "092", "92000", "00", "20", "96", "Hauts-de-Seine", "")],
    *[("AUT-04", "PL", "", {"why": number, "doc": {"act.department": number, "act.authority": "PREFET_DE_DEPARTEMENT"}})
      for number in ("01", "19", "2A", "2B", "21", "89", "95", "971", "974", "976")],
    ("AUT-04", "PL", "", {"why": "another country's names", "profile": {"departments": ()},
                          "doc": {"act.department": "Gent", "act.authority": "PREFET_DE_DEPARTEMENT"}}),
    ("AUT-04", "PL", "no authority is known for 91",
     {"doc": {"act.department": "91"}, "profile": {"other_authority": None}}),
    ("AUT-05", "IF", "", {"why": "a list of the last second", "auth": issued(3600.0)}),
    ("AUT-05", "PL", "", {"why": "a list of the next minute", "auth": issued(-60.0)}),
    ("AUT-05", "PF", "", {"why": "another one is revoked", "auth": issued(0.0, "PP-OTHER")}),
    *[("AUT-05", "IF", "prefect revoked it", {"why": id_, "auth": issued(0.0, id_)})
      for id_ in ("pp-exemple-2026-0001", " PP-EXEMPLE-2026-0001 ", "\uff30P-EXEMPLE-2026-0001")],
    ("AUT-05", "IF", "", {"why": "without a list", "doc": {"revocation": None}}),
    *[("AUT-05", phase, "3601 s old", {"auth": issued(3601.0)}) for phase in ("PL", "PF")],
    ("AUT-05", "IF", "3601 s old", {"auth": issued(3601.0)}),
    ("AUT-05", "IF", "", {"why": "a day old, as the profile allows", "auth": issued(86_400.0),
                          "doc": {"revocation.max_staleness_s": 1e9}}),
    ("AUT-05", "IF", "86401 s old, at most 86400 s", {"auth": issued(86_401.0),
                                                      "doc": {"revocation.max_staleness_s": 1e9}}),
    ("AUT-05", "IF", "601 s old, at most 600 s", {"auth": issued(601.0), "limits": {"max_staleness_s": 600}}),
    ("AUT-05", "PL", "in the future", {"auth": issued(-60.1)}),
    ("AUT-05", "IF", "prefect revoked it", {"auth": issued(0.0, "PP-OTHER", "PP-EXEMPLE-2026-0001")}),
    ("AUT-05", "IF", "unknown whether", {"auth": {"revocations": None}}),
    ("AUT-05", "IF", "can't be read", {"auth": {"revocations": Revocations(issued=NOW, problem="can't be read")}}),
    ("AUT-05", "IF", "has no date", {"auth": {"revocations": Revocations()}}),
    ("AUT-06", "PL", "", {}),
    ("AUT-06", "PL", "CNIL has no reference", {"doc": {"data_protection": None}}),
    ("AUT-06", "PL", "CNIL has no reference", {"doc": {"data_protection.cnil_commitment_ref": " "}}),
    ("AUT-06", "PL", "assessment has no reference", {"doc": {"data_protection.dpia_ref": ""}}),
    *[("AUT-06", "PL", "assessment has no reference", {"doc": {"data_protection.dpia_ref": text}})
      for text in (" ", "\u200b", "\u2060 \u00ad")],
    ("AUT-06", "PL", "CNIL has no reference", {"doc": {"data_protection.cnil_commitment_ref": "\u200b"}}),
    ("AUT-07", "PL", "", {}),
    ("AUT-07", "IF", "", {"why": "the autopilot asked before", "ready": None}),
    ("AUT-07", "PL", "", {"why": "nothing is known before pre-flight", "ready": None}),
    ("AUT-07", "PF", "", {}),
    ("AUT-07", "PF", "", {"why": "simulated", "ctx": {"simulated": True}, "ready": None}),
    ("AUT-07", "PF", "unknown whether the autopilots ask", {"ready": None}),
    ("AUT-07", "PF", "unknown whether the autopilots ask", {"ready": {"autopilot_asks": None}}),
    ("AUT-07", "PF", "arms without asking", {"ready": {"autopilot_asks": False}}),
    ("AUT-07", "PL", "can't arm a real autopilot", {"profile": {"level": 0}}),
    ("AUT-07", "IF", "can't arm a real autopilot", {"profile": {"level": 0}}),
    ("AUT-07", "PL", "", {"why": "level 0 in simulation", "profile": {"level": 0}, "ctx": {"simulated": True}}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


def test_aut_05_a_revoked_authorisation_has_another_way_out_than_a_stale_list(ruling):
    revoked = ruling("AUT-05", "IF", {"auth": issued(0.0, "PP-EXEMPLE-2026-0001")})
    assert revoked.remedy.startswith("obtain another authorisation")
    stale = ruling("AUT-05", "IF", {"auth": issued(3601.0)})
    assert stale.remedy.endswith("issues a fresh list")
