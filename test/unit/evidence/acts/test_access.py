"""LOG-01, ACC-01: who may see, export and erase what a run recorded, and the entry before each act."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.unit.law.office import EXAMPLE

from blindspot.core.errors import InputError
from blindspot.evidence.acts.access import JOURNALLED, ROLES, Actor, Held, enter, people_facts
from blindspot.evidence.journals.journal import Journal, JournalError
from blindspot.evidence.journals.journal_check import entries_of_run
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.orders import key_text
from blindspot.law.rules.log import ACTS

KEY = Ed25519PrivateKey.generate()
PEOPLE = {"viewers": ["V. Viewer"], "extractors": ["E. Extractor"], "admins": ["A. Admin"], "auditors": ["U. Auditor"]}
WHO = {"consultation": "V. Viewer", "communication": "E. Extractor", "purge": "A. Admin", "verification": "U. Auditor"}
MISSING = {"consultation": "viewer", "communication": "extractor", "purge": "admin", "verification": "auditor"}


@pytest.fixture
def held(tmp_path):
    """What a run holds whose journal has these facts about its authorisations."""

    def made(*authorisations, has_recording=True):
        path = tmp_path / "journal.jsonl"
        path.unlink(missing_ok=True)
        journal = Journal(path, "authority")
        journal.write("order", run="evening", person="A. Martin")
        for facts in authorisations:
            journal.write("clearance", run="evening", granted=True, **facts)
        return Held.of("evening", list(entries_of_run(path, "evening")), has_recording=has_recording)

    return made


def authority(**changes):
    return {"profile": "FR-CSI-L242-5", **PEOPLE, **changes}


def test_the_kinds_of_acts_are_those_of_the_law():
    assert tuple(JOURNALLED) == ACTS


@pytest.mark.parametrize("act", ROLES)
def test_a_run_under_an_authority_is_for_the_people_of_the_act_alone(held, act):
    run = held(authority())
    for name in WHO.values():
        problem = run.why_not(act, Actor(name, "a report", basis="ART40", second=Actor("V. Viewer")))
        assert (problem == "") == (name == WHO[act])
        assert not problem or f"is no {MISSING[act]} of its authorisation" in problem
    shouted = Actor(f" {WHO[act].upper()} ", "a report", basis="ART40", second=Actor("V. Viewer"))
    assert run.why_not(act, shouted) == "", "a name has no case"


@pytest.mark.parametrize(
    ("basis", "second", "why"),
    [
        ("ART40", "V. Viewer", ""), ("ART40", "", "one person alone"), ("ART40", "e. extractor ", "one person alone"),
        ("", "V. Viewer", "no stated reason"), ("curiosity", "V. Viewer", "for curiosity"),
        ("ART40", "D. Stranger", "neither extractor nor viewer"),
    ],
)  # fmt: skip
def test_acc_02_a_recording_is_exported_under_article_40_by_two_designated_people(held, basis, second, why):
    who = Actor("E. Extractor", "a report", basis=basis, second=Actor(second) if second else None)
    found = held(authority()).why_not("communication", who)
    assert (found == "") == (why == "") and why in found
    for other in (held(authority(), has_recording=False), held(authority(profile="PRIVATE-SITE"))):
        assert other.why_not("communication", who) == "", "no recording, or of another country"


def test_acc_02_the_second_person_signs_with_an_own_key(held, tmp_path):
    run = held(authority(keys=[f"{key_text(KEY.public_key())} V. Viewer"]))
    who = Actor("E. Extractor", "a report", basis="ART40", second=Actor("V. Viewer", "a report"))
    assert "who has to sign with it" in run.why_not("communication", who)
    signed = replace(who, second=Actor("V. Viewer", "a report", KEY))
    enter(tmp_path / "log.jsonl", "runs export", "communication", run, signed)
    facts = json.loads((tmp_path / "log.jsonl").read_text())["facts"]
    assert (facts["basis"], facts["second"], len(facts["second_signature"])) == ("ART40", "V. Viewer", 88)


@pytest.mark.parametrize("actor", [Actor(), Actor("V. Viewer"), Actor("", "a report"), Actor(" ", " ")])
def test_no_act_without_a_name_and_a_reason(held, actor):
    assert "without a name and a reason" in held(authority()).why_not("consultation", actor)


def test_a_person_is_on_the_list_of_every_authorisation_of_the_run(held):
    both = held(authority(), authority(viewers=["V. Viewer", "W. Viewer"]))
    assert both.why_not("consultation", Actor("V. Viewer", "x")) == ""
    assert "is no viewer" in both.why_not("consultation", Actor("W. Viewer", "x"))


def test_the_extractors_erase_where_no_admin_is_named(held):
    run = held(authority(admins=[]))
    assert run.why_not("purge", Actor("E. Extractor", "x")) == ""
    assert "is no extractor" in run.why_not("purge", Actor("V. Viewer", "x"))


def test_a_person_with_a_key_signs_with_it(held):
    run = held(authority(keys=[f"{key_text(KEY.public_key())} V. Viewer"]))
    assert "who has to sign with it" in run.why_not("consultation", Actor("V. Viewer", "x"))
    other = Ed25519PrivateKey.generate()
    assert "who has to sign with it" in run.why_not("consultation", Actor("V. Viewer", "x", other))
    assert run.why_not("consultation", Actor("V. Viewer", "x", KEY)) == ""
    assert run.why_not("purge", Actor("A. Admin", "x")) == ""


def test_a_recording_of_unknown_origin_needs_a_name_and_a_simulation_none(held):
    assert "without a name" in held().why_not("consultation", Actor())
    assert held().why_not("consultation", Actor("Anybody", "x")) == ""
    assert held(has_recording=False).why_not("consultation", Actor()) == ""
    for profile in ("SIM-ONLY", "TEST-RANGE"):
        assert held({"profile": profile}).why_not("purge", Actor()) == ""
    assert "without a name" in held({"profile": "NEW-PROFILE"}).why_not("purge", Actor()), "an unknown profile"


def test_a_refused_clearance_and_another_run_say_nothing(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl", "authority")
    journal.write("clearance", run="evening", granted=False, profile="SIM-ONLY")
    journal.write("clearance", run="other", granted=True, profile="SIM-ONLY")
    entries = list(entries_of_run(tmp_path / "journal.jsonl", "evening"))
    assert Held.of("evening", entries, has_recording=True).needs_name


def test_the_entry_names_person_act_reason_and_run_and_is_signed(held, tmp_path):
    enter(tmp_path / "log.jsonl", "runs show", "consultation", held(authority()), Actor("V. Viewer", "a report", KEY))
    entry = json.loads((tmp_path / "log.jsonl").read_text())
    facts = entry["facts"]
    assert (entry["act"], facts["person"], facts["reason"], facts["run"]) == (
        "consultation", "V. Viewer", "a report", "evening",
    )  # fmt: skip
    assert len(facts["signature"]) == 88 and facts["signed_at"]


def test_a_refused_act_has_no_entry_and_an_act_without_an_entry_is_refused(held, tmp_path):
    path = tmp_path / "log.jsonl"
    with pytest.raises(InputError, match="is no viewer"):
        enter(path, "runs show", "consultation", held(authority()), Actor("A. Admin", "x"))
    assert not path.exists()
    path.write_text("no entry\n")
    with pytest.raises(JournalError):
        enter(path, "runs show", "consultation", held(authority()), Actor("V. Viewer", "x"))


def test_the_entries_keep_profile_and_people_of_an_authorisation():
    document = yaml.safe_load((EXAMPLE / "authorisation.yaml").read_text())
    document["people"] |= {"admins": ["A. Admin"], "keys": {"A. Admin": "ab" * 32}}
    facts = people_facts(AuthorisationFile.model_validate(document))
    assert (facts["profile"], facts["admins"]) == ("FR-CSI-L242-5", ["A. Admin"]) and "auditors" not in facts
    assert facts["purpose"] == "L242-5-I-1"
    assert facts["viewers"] and facts["keys"] == [f"{'ab' * 32} A. Admin"]
