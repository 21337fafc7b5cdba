"""`authority flown`: no new state folder begins the minutes of a day anew without a named person."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.core.errors import InputError
from blindspot.law.clearances.ledger import Ledger

FILE = Path(__file__).parents[4] / "config" / "authorisations" / "nantes_sim.yaml"
BY = ("--person", "A. Martin", "--reason", "flown with the old computer")


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def flown(*words):
    return CliRunner().invoke(app, ["flown", str(FILE), *words, "--json"], catch_exceptions=False)


def test_the_stated_minutes_are_in_journal_and_ledger_with_the_person(state):
    shown = json.loads(flown("--minutes", "12.2", *BY).output)
    today = datetime.now(ZoneInfo("Europe/Paris")).date()
    assert (shown["day"], shown["journal"]) == (today.isoformat(), str(state / "journal.jsonl"))
    [entry] = map(json.loads, (state / "journal.jsonl").read_text().splitlines())
    facts = entry["facts"]
    assert (entry["act"], facts["person"], facts["flight_s"]) == ("flown_before", "A. Martin", 732.0)
    assert Ledger(state).flown_s(today) == 750.0, "in whole blocks"


@pytest.mark.parametrize("words", [("--person", "A. Martin"), ("--reason", "moved")])
def test_nobody_states_minutes_without_name_and_reason(state, words):
    with pytest.raises(InputError, match="is missing"):
        flown("--minutes", "0", *words)
    assert not state.exists()


def test_only_a_number_of_minutes_is_stated(state):
    for minutes in ("inf", "1e9"):
        with pytest.raises(InputError, match="is no number of minutes"):
            flown("--minutes", minutes, *BY)
    assert flown("--minutes", "nan", *BY).exit_code != 0 and flown("--minutes", "-1", *BY).exit_code != 0
    assert not state.exists()
