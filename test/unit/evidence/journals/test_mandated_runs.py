"""A mandate that a stop has ended stays ended, whatever becomes of the journal and of the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from test.unit.law.orders.test_mandate import PASS, RUN, UNSIGNED, sent
from test.unit.law.orders.test_signed_order import MARTIN, NOW_NS, PEOPLE, S, fleet

from blindspot.evidence.journals import journal as journal_module
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.mandated_runs import is_stopped_since, why_not_by
from blindspot.law.orders.signed_order import OrderSigner, OrderVerifier, mandated

NOW = datetime.fromtimestamp(NOW_NS / S, UTC)
MANDATE = replace(UNSIGNED, signature=OrderSigner(MARTIN, "Ours", False, lambda: NOW_NS).sign(mandated(UNSIGNED)))


@pytest.fixture
def clock(monkeypatch):
    """The time of the next entries."""

    class Clock(datetime):
        at = NOW

        @classmethod
        def now(cls, tz=None):
            return cls.at

    monkeypatch.setattr(journal_module, "datetime", Clock)
    return Clock


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def write(path, clock):
    return Journal(path, "test").write


@pytest.fixture
def why(path):
    """The reason why the next run may not start by the mandate."""
    verifier = OrderVerifier(fleet(*PEOPLE), simulated=False, now_ns=lambda: NOW_NS + S)
    return lambda run=RUN: why_not_by(verifier, path, "mission", MANDATE, run)


def signed(write):
    write("mandate", person="A. Martin", signature=MANDATE.signature)


def aside(path):
    path.rename(path.with_name("journal-before.jsonl"))


def test_an_entered_mandate_lets_a_pass_fly_and_one_without_an_entry_none(write, why):
    write("order", order="resume")
    assert "in no whole journal" in why()
    signed(write)
    assert why() == ""
    write("mission", run=RUN, signature=sent(MANDATE, PASS))
    assert "has been flown by this mandate" in why()


def test_a_stop_ends_it_although_the_clock_was_back(write, why, clock):
    signed(write)
    clock.at = NOW - timedelta(days=300)
    write("order", order="hold", drones=[])
    assert "were stopped or called home" in why()


def test_a_page_asks_for_another_mandate_after_a_stop_alone(write, path):
    write("order", order="hold", drones=[])
    signed(write)
    write("order", order="resume", drones=[])
    assert not is_stopped_since(path, MANDATE)
    write("order", order="hold", drones=[])
    assert is_stopped_since(path, MANDATE)
    assert not is_stopped_since(path.with_name("none.jsonl"), MANDATE)


def test_a_stop_of_before_ends_nothing(write, why, clock):
    clock.at = NOW - timedelta(seconds=1)
    write("order", order="abort", drones=[])
    signed(write)
    assert why() == ""


def test_a_journal_that_was_put_aside_is_read_too(write, why, path):
    signed(write)
    write("mission", run=RUN, signature=sent(MANDATE, PASS))
    aside(path)
    assert "has been flown" in why()
    Journal(path, "test").write("order", order="return_home", drones=[])
    assert "were stopped" in why(f"{RUN}-again1")


def test_a_stop_in_the_journal_that_was_put_aside_counts(write, why, path, clock):
    signed(write)
    clock.at = NOW - timedelta(days=1)
    write("order", order="hold", drones=[])
    aside(path)
    clock.at = NOW
    Journal(path, "test").write("order", order="resume")
    assert "were stopped" in why()


def test_without_its_journal_or_in_a_damaged_one_a_mandate_counts_no_more(write, why, path):
    signed(write)
    aside(path)
    assert why() == ""
    kept = path.with_name("journal-before.jsonl")
    kept.write_text(kept.read_text().replace("A. Martin", "B. Martin"))
    assert "in no whole journal" in why()
    kept.unlink()
    assert "in no whole journal" in why()
