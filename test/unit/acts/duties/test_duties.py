"""Duties towards an authority, without a terminal: the time is passed in, and nothing counts without its entry."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from test.unit.acts.conftest import entries

from blindspot.acts.duties import note_end, runs_without_end, send_register, state_minutes
from blindspot.core.errors import InputError
from blindspot.evidence.journals.journal import Journal

AUTHORISATION = Path(__file__).parents[4] / "config" / "authorisations" / "crossroads_sim.yaml"
BY = ("A. Person", "looked at the pad")


@pytest.fixture
def journal(tmp_path):
    """A journal with one mission that has no end."""
    path = tmp_path / "journal.jsonl"
    Journal(path, "mission_manager").write("mission", run="R1", person="A. Person", drones=["drone1"], simulated=False)
    return path


def test_a_run_without_an_end_gets_one_by_a_named_person_and_only_once(journal):
    assert list(runs_without_end(journal)[1]) == ["R1"]
    with pytest.raises(InputError, match="--person: is missing"):
        note_end("R1", "", "", journal)
    note_end("R1", *BY, journal)
    assert entries(journal.parent)[-1]["facts"].items() >= {"run": "R1", "outcome": "unaccounted"}.items()
    with pytest.raises(InputError, match="is no run without an end; each run has an end"):
        note_end("R1", *BY, journal)


def test_minutes_are_of_the_day_of_the_given_moment_in_the_zone_of_the_authorisation(tmp_path):
    stated = state_minutes(AUTHORISATION, 12.0, *BY, datetime(2026, 11, 2, 12, tzinfo=UTC))
    assert (stated.day, stated.person) == (date(2026, 11, 2), "A. Person")
    assert entries(tmp_path / "state")[-1]["facts"].items() >= {"day": "2026-11-02", "flight_s": 720.0}.items()
    with pytest.raises(InputError, match="is no number of minutes"):
        state_minutes(AUTHORISATION, float("nan"), *BY, datetime(2026, 11, 2, 12, tzinfo=UTC))


def test_a_register_whose_sending_is_not_entered_leaves_no_file(journal, tmp_path):
    with journal.open("a") as file:
        file.write("damaged\n")
    with pytest.raises(InputError):
        send_register(tmp_path / "new.csv", "A. Person", "CNIL", journal)
    assert not (tmp_path / "new.csv").exists()
