"""Offers of real drones under a signed authorisation: judged by the facts of the gate, as far as this computer knows
them. Unknown facts refuse, and the rules that only the gate can judge are named."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from test.unit.acts.dispatches.conftest import CONFIG, CROSSING, MISSION, NOW, in_progress

from blindspot.acts.dispatches import law_now, offers_at
from blindspot.acts.dispatches.law_now import LawNow
from blindspot.evidence import Journal
from blindspot.evidence.acts import flown_days
from blindspot.law import Loaded, judge_plan, load_authorisation
from blindspot.law.clearances import FLOWN_BEFORE, AskedPlan, Clearances, DayMeter, Ledger, LiveAuthorisation
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.signatures.signing import sign
from blindspot.mission import load_plan


@pytest.fixture
def signed(tmp_path, monkeypatch):
    """The mission under an authorisation of a test range over the crossroads, changed by its sections."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    keys = tmp_path / "trusted_keys"
    keys.mkdir()
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (keys / "engineer.pub").write_bytes(public)
    shutil.copy(CONFIG / "missions" / "crossroads_perimeter.geojson", tmp_path / "area.geojson")
    document = yaml.safe_load((CONFIG / "authorisations" / "crossroads_sim.yaml").read_text())
    document |= {"id": "RANGE", "profile": "TEST-RANGE", "signer": {"name": "engineer", "contact": "+33 1"},
                 "recording": document["recording"] | {"allowed": False},
                 "analytics": {"masking": "REQUIRED", "detectors": []}}  # fmt: skip
    document["window"] |= {"not_before": "2026-11-01T00:00:00Z", "not_after": "2026-12-01T00:00:00Z"}
    document["area"]["geojson"] = "area.geojson"

    def signed(**changes):
        own = document | {part: document[part] | change for part, change in changes.items()}
        own["signatures"] = [sign(AuthorisationFile.model_validate(own), key).model_dump()]
        path = tmp_path / "authorisation.yaml"
        path.write_text(yaml.safe_dump(own))
        asked = Loaded.of(MISSION)
        object.__setattr__(asked, "mission", replace(asked.mission, authorisation_path=path))
        object.__setattr__(asked, "authorisation", load_authorisation(path, keys))
        return asked

    return signed


@pytest.fixture
def range_journal(tmp_path):
    """The journal of the stack's folder; it says what was flown that day before the journal began."""
    journal = Journal(tmp_path / "journal.jsonl", "authority flown")
    journal.write(FLOWN_BEFORE, day=NOW.date().isoformat(), flight_s=0.0, person="A. Martin", reason="first day")
    return journal


@pytest.fixture
def refused(folder, atlas, signed):
    def refused(stack, asked=None):
        """The reason against the soonest offer of each drone."""
        answer = offers_at(folder, asked or signed(), atlas, CROSSING, stack, NOW)
        return {offer.drone: offer.refused_by for offer in reversed(answer.offers)}

    return refused


def test_a_real_drone_is_offered_under_a_signed_authorisation_and_the_gate_clears_the_same_plan(
    refused, signed, stack, range_journal, offered, tmp_path
):
    asked = signed()
    assert refused(stack(simulated=False), asked) == {"drone1": "", "drone2": ""}
    plan, live = (
        load_plan(offered().offers[0].plan),
        LiveAuthorisation(tmp_path / "authorisation.yaml", tmp_path / "trusted_keys"),
    )
    gate = Clearances(
        DayMeter(Ledger(tmp_path / "state")), simulated=False, flown=flown_days(tmp_path / "journal.jsonl")
    )
    assert gate.judge(AskedPlan(plan, asked.mission, "0" * 64, "manager", live, "run", "A. Martin"), NOW) == ()


def test_without_a_statement_on_the_first_day_of_the_journal_each_offer_says_so(refused, stack):
    """The gate refuses with the same rule."""
    why = refused(stack(simulated=False)).values()
    assert all(one.startswith("PUR-04: ") and "blindspot authority flown" in one for one in why)


def test_the_minutes_of_the_day_count_from_the_ledger_and_from_the_journal(
    refused, stack, range_journal, tmp_path, monkeypatch
):
    most_s = 60.0 * 60.0
    range_journal.write("withdrawal", run="run", day=NOW.date().isoformat(), flight_s=most_s - 30.0)
    assert all("PUR-04" in one and "were flown that day" in one for one in refused(stack(simulated=False)).values())
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "other"))
    Ledger(tmp_path / "other").pay_before(NOW.date(), most_s, "RANGE", NOW)
    assert all("PUR-04" in one for one in refused(stack(simulated=False)).values())


@pytest.mark.parametrize(("most", "why"), [(2, ""), (1, "SEN-02")])
def test_the_camera_of_a_mission_in_progress_counts_under_the_same_authorisation(
    refused, signed, stack, range_journal, offered, tmp_path, monkeypatch, most, why
):
    asked = signed(sensors={"max_simultaneous_cameras": most})
    flying = in_progress(tmp_path, load_plan(offered(drone="drone1").offers[0].plan), "drone1")
    monkeypatch.setattr(law_now, "load_authorisation", lambda _: asked.authorisation)
    found = refused(stack([flying], simulated=False, drone1={"phase": "en_route", "autopilot": "up"}), asked)
    assert found["drone2"].startswith(why) and bool(found["drone2"]) == bool(why)


def test_a_mission_whose_files_are_missing_leaves_the_number_of_cameras_unknown(refused, stack, range_journal):
    lost = {"run": "lost", "mission": "Patrol", "person": "A. Martin", "phase": "flying", "drones": ["drone1"],
            "plan": ""}  # fmt: skip
    found = refused(stack([lost], simulated=False, drone1={"phase": "en_route"}))
    assert "SEN-02" in found["drone2"] and "how many cameras fly on other plans" in found["drone2"]


def test_the_time_of_a_place_in_this_week_counts(refused, signed, stack, range_journal, offered):
    """A look of a minute and the way: with a limit of a minute the place is watched for too long."""
    for most_min, why in ((30, ""), (0.5, "PUR-04")):
        asked = signed(window={"max_min_per_place_per_week": most_min})
        assert all(
            one.startswith(why) and bool(one) == bool(why) for one in refused(stack(simulated=False), asked).values()
        )


def test_the_rules_of_pre_flight_under_an_authority_are_left_to_the_gate_and_named(signed, offered, stack):
    """On a test range the drone judges them."""
    asked = signed()
    assert LawNow(asked, NOW, simulated=False).left_to_gate == ()
    assert LawNow(asked, NOW, simulated=True).left_to_gate == ()
    office = replace(asked.authorisation, file=asked.authorisation.file.model_copy(update={"profile": "FR-CSI-L242-6"}))
    object.__setattr__(asked, "authorisation", office)
    left = LawNow(asked, NOW, simulated=False).left_to_gate
    assert {"SEN-01", "INT-02", "LOG-01", "AVI-10"} <= set(left)
    plan = load_plan(offered(drone="drone1").offers[0].plan)
    known = {"simulated": False, "mission": asked.mission, "flown_s": 0.0, "place_s": 0.0, "cameras_beside": 0}
    without = {one.rule for one in judge_plan(office, plan, NOW, **known, preflight=False)}
    with_ = {one.rule for one in judge_plan(office, plan, NOW, **known)}
    assert "AVI-10" in with_ - without and without < with_ and with_ - without <= set(left)
