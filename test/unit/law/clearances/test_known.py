"""Facts of pre-flight reach the rules of a real flight, when a plan is judged and when it is judged again."""

from __future__ import annotations

import pytest

from blindspot.law.clearances.clearances import Clearances
from blindspot.law.clearances.ledger import DayMeter, Ledger
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.clearances.one_clearance import AskedPlan
from blindspot.law.rules import Book, Ready


@pytest.fixture
def refused(mission, plans, tmp_path, now_utc):
    """Asks for a real flight under a profile whose pre-flight is the authority's; other rules refuse it, too."""
    path = mission.authorisation_path
    path.write_text(path.read_text().replace("profile: SIM-ONLY", "profile: PRIVATE-SITE"))

    def ask(ready, book=None, *, simulated=False):
        asked_about = []

        def known(asked):
            asked_about.append(asked)
            return ready, book

        clearances = Clearances(DayMeter(Ledger(tmp_path / "state")), simulated=simulated, known=known)
        asked = AskedPlan(plans["drone1"], mission, "a" * 64, "A", LiveAuthorisation(path))
        found = {str(verdict) for verdict in clearances.judge(asked, now_utc)}
        assert asked_about == [asked]
        return found

    return ask


RULES = {"SEN-01": {"audio_devices": ()}, "INT-02": {"models": ()}, "TIM-03": {"clock_off_s": 0.0}}


@pytest.mark.parametrize("rule", RULES)
def test_a_known_fact_is_judged_and_an_unknown_one_refuses(refused, rule):
    def rules(ready):
        return {text.partition(" ")[0] for text in refused(ready, Book(is_behind=False))}

    assert rule in rules(None)
    assert rule in rules(Ready())
    assert rule not in rules(Ready(**RULES[rule]))


@pytest.mark.parametrize(
    ("ready", "evidence"),
    [
        (Ready(audio_devices=("pcmC0D0c of drone1",)), "pcmC0D0c of drone1 is a source of sound"),
        (Ready(models=(("drawn", "cd" * 32),), allowed_models=("ab" * 32,)), "model drawn has an unknown hash"),
        (Ready(clock_off_s=2.1), "a drone's clock is 2.1 s off"),
        (Ready(names=("face_recogniser",)), "face_recogniser recognises"),
    ],
)
def test_a_wrong_fact_refuses_by_its_evidence(refused, ready, evidence):
    assert any(evidence in text for text in refused(ready, Book(is_behind=False)))


def test_a_journal_that_works_leaves_what_it_records_unknown_and_a_broken_one_refuses(refused):
    def log_01(book):
        return next(text for text in refused(None, book) if text.startswith("LOG-01"))

    assert "unknown whether the journal works" in log_01(None)
    assert "unknown which acts the journal records" in log_01(Book(writable=True))
    assert "its chain is broken" in log_01(Book(writable=False))


def test_a_simulation_needs_no_fact_of_pre_flight(refused):
    assert not any("unknown whether there is a source of sound" in text for text in refused(None, simulated=True))
