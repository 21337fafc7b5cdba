"""AUT-05: a revocation list in the place of a newer one."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from test.unit.law.office import ISSUED, NOW, Office

from blindspot.law.clearances.clearances import Clearances
from blindspot.law.clearances.ledger import DayMeter, Ledger
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.clearances.one_clearance import AskedPlan
from blindspot.law.drafts.rehearsal import rehearsal_context


@pytest.fixture
def refused(tmp_path, office: Office):
    """Whether AUT-05 refuses a plan now, by clearances of real or simulated flights."""
    path = tmp_path / "authorisation.yaml"
    office.load(office.signed(office.document))
    mission = SimpleNamespace(models={}, file=SimpleNamespace(fleet=(), limits=SimpleNamespace(separation_m=0.0)))

    def made(*, simulated=False):
        clearances = Clearances(DayMeter(Ledger(tmp_path / "state")), simulated=simulated)

        def asked(now=NOW):
            live = LiveAuthorisation(path, tmp_path / "trusted_keys")
            plan = rehearsal_context(live.now, NOW).plan
            found = clearances.judge(AskedPlan(plan, mission, "a" * 64, "A", live), now)
            return [verdict.reason for verdict in found if verdict.rule == "AUT-05"]

        return asked

    return made


@pytest.fixture(autouse=True)
def _law_alone(monkeypatch):
    monkeypatch.setattr("blindspot.law.clearances.clearance.judge_mission", lambda *_: ())


def test_aut_05_an_older_list_in_the_place_of_a_newer_one_takes_no_revocation_back(refused, office):
    asked = refused()
    assert asked() == []
    office.revoke("PP-EXEMPLE-2026-0001", issued=ISSUED + timedelta(minutes=5))
    assert "facts ended" in asked()[0]
    office.revoke(issued=ISSUED)
    assert "is older than that of 2026-11-27T18:50:00+00:00" in asked()[0]
    office.revoke(issued=ISSUED + timedelta(minutes=5))
    assert asked() == [], "a list of the same moment, or a later one, counts"


def test_aut_05_a_list_of_the_future_is_no_newer_one(refused, office):
    asked = refused()
    office.revoke(issued=NOW + timedelta(hours=1))
    assert "in the future" in asked()[0]
    office.revoke()
    assert asked() == []


def test_aut_05_each_simulation_has_its_own_time(refused, office):
    asked = refused(simulated=True)
    office.revoke(issued=NOW)
    assert asked() == []
    office.revoke()
    assert asked() == []
