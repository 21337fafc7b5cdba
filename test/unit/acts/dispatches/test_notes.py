"""The journal's entry of a dispatch is written before the flight is ordered, or nothing is ordered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from blindspot.acts.dispatches import NamedPlace, note_dispatch, offers_at
from blindspot.core import InputError
from blindspot.evidence.journals.journal import last_entries


@pytest.fixture
def answer(folder, asked, atlas):
    return offers_at(folder, asked, atlas, NamedPlace(2.0, 3.0), None, datetime(2026, 11, 6, 20, tzinfo=UTC))


def test_the_entry_names_place_person_and_offer(answer, asked, tmp_path):
    (tmp_path / "run-1").mkdir()
    note_dispatch(tmp_path / "run-1", answer.offers[0], answer, asked.mission, "A. Martin", "a fire alarm", 7.5)
    [entry] = last_entries(tmp_path / "journal.jsonl")
    facts, offer = entry.facts, answer.offers[0]
    assert (entry.act, facts["run"], facts["person"], facts["reason"]) == (
        "dispatch",
        "run-1",
        "A. Martin",
        "a fire alarm",
    )
    assert (facts["drone"], facts["view"], facts["looking_s"]) == (offer.drone, offer.view, offer.looking_s)
    assert (facts["east_m"], facts["north_m"]) == (2.0, 3.0)


def test_a_disk_that_takes_no_entry_stops_the_order(answer, asked, tmp_path):
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(InputError, match="no entry can be written"):
        note_dispatch(tmp_path / "run-1", answer.offers[0], answer, asked.mission, "A. Martin", "a fire alarm", 7.5)
