"""Orders about an evening: who may give them, and at which moment, without a terminal."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from blindspot.acts.evenings import (
    coming_evenings,
    evenings_so_far,
    order_pass,
    shown_evening,
    sign_evening,
    state_dir,
)
from blindspot.core.errors import InputError
from blindspot.operations.calendar import occurrences
from blindspot.operations.ledger import Ledger
from blindspot.operations.operation_file import load_operation
from blindspot.operations.scheduler_lock import SchedulerNews, only_scheduler

CONFIG = Path(__file__).parents[4] / "config"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
BY = ("A. Martin", "a test")


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """An operation of three evenings from the day of `NOW` on; no stack runs."""
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    content = yaml.safe_load((CONFIG / "operations/crossroads_evenings.yaml").read_text())
    content |= {
        "mission": str(CONFIG / "missions/crossroads_patrol.yaml"),
        "fleet": str(CONFIG / "fleets/crossroads.yaml"),
    }
    content["recurrence"] |= {"from": NOW.date(), "until": NOW.date() + timedelta(days=2)}
    (tmp_path / "evenings.yaml").write_text(yaml.safe_dump(content))
    return load_operation(tmp_path / "evenings.yaml")


@pytest.fixture
def ledger(asked, tmp_path):
    """The ledger of the operation, whose first evening has a pass that waits for a person."""
    first = occurrences(asked)[0]
    with closing(Ledger(state_dir(asked))) as ledger:
        ledger.claim(first.slot_from, "test", tmp_path)
        ledger.plan(first.slot_from, occurrences(asked))
        ledger.draw(first.slot_from, first.id, [(first.slot_from, "v01")], "hash")
        for state in ("due", "awaiting_person"):
            ledger.move(first.slot_from, ledger.occurrences()[0].passes[0], state)
        yield ledger


def test_a_confirmed_pass_is_an_order_of_that_moment_in_the_ledger(asked, ledger):
    first = occurrences(asked)[0]
    left = order_pass(asked, "confirm", f"{first.id}/1", *BY, first.slot_from, wind_mps=4.5)
    assert (left.what, left.person, left.scheduled, left.packs) == ("confirm", "A. Martin", False, {})
    assert left.why_not_now.startswith("no scheduler runs now")
    [order] = ledger.orders()
    assert (order.wind_mps, order.at) == (4.5, first.slot_from)


def test_a_pass_is_not_confirmed_without_the_wind_nor_after_its_time(asked, ledger):
    first = occurrences(asked)[0]
    [row] = ledger.occurrences()[0].passes
    with pytest.raises(InputError, match="--wind: is missing"):
        order_pass(asked, "confirm", f"{first.id}/1", *BY, first.slot_from)
    with pytest.raises(InputError, match="the time is over"):
        order_pass(asked, "confirm", f"{first.id}/1", *BY, row.latest + timedelta(seconds=1), wind_mps=4.5)
    assert ledger.orders() == ()


def test_nobody_but_a_pilot_is_asked_for_a_key(asked):
    def key():
        raise AssertionError("a pass-phrase was asked for")

    with pytest.raises(InputError, match=r"C\. Durand is no pilot"):
        sign_evening(asked, f"{NOW.date()}/evening", "C. Durand", "a test", key, NOW)


def test_a_skipped_evening_is_neither_begun_nor_to_come(asked, ledger):
    third = occurrences(asked)[2]
    ledger.move_occurrence(NOW, third.id, "skipped", "a concert", "A. Martin")
    found = evenings_so_far(asked)
    assert [row.id for row in found.ahead] == [third.id]
    assert [row.id for row in found.begun] == [occurrences(asked)[0].id]
    coming = coming_evenings(asked, NOW)
    assert [one.id for one in coming.evenings] == [one.id for one in occurrences(asked)[:2]]
    assert coming_evenings(asked, NOW + timedelta(days=9)).evenings == ()


def test_the_page_of_an_evening_says_who_waits_for_whom(asked, ledger):
    page = shown_evening(asked, NOW, 0.0)
    assert (page["shown"], page["evening"], page["state"]) == (occurrences(asked)[0].id,) * 2 + ("drawn",)
    [one] = page["passes"]
    assert (one["state"], one["waits"], one["can_skip"]) == ("awaiting_person", True, True)
    assert one["start"] and one["latest"]
    assert page["waits"].startswith("no scheduler runs now")


def test_the_page_of_a_simulated_evening_has_the_time_of_the_simulation(asked, ledger):
    first, folder = occurrences(asked)[0], state_dir(asked)
    assert shown_evening(asked, NOW, 90.0)["clock"] == ""
    with only_scheduler(folder):
        SchedulerNews(operation="a hash", begin=first.slot_from).keep(folder)
        assert shown_evening(asked, NOW, 90.0)["clock"] == f"{asked.local(first.slot_from):%H}:01"
    assert shown_evening(asked, NOW, 90.0)["clock"] == "", "no scheduler runs"


def test_the_page_of_an_evening_keeps_the_start_of_a_pass_that_is_not_due(asked, tmp_path):
    first = occurrences(asked)[0]
    with closing(Ledger(state_dir(asked))) as ledger:
        ledger.claim(first.slot_from, "test", tmp_path)
        ledger.plan(first.slot_from, occurrences(asked))
        ledger.draw(first.slot_from, first.id, [(first.slot_from, "v01")], "hash")
    [one] = shown_evening(asked, NOW, 0.0)["passes"]
    assert (one["state"], one["start"], one["latest"]) == ("drawn", "", "")


def test_the_page_before_the_first_evening_names_the_next_one(asked):
    page = shown_evening(asked, NOW, 0.0)
    assert (page["passes"], page["shown"], page["evening"]) == ([], "", occurrences(asked)[0].id)
