"""The bench of evidence: cheap parts are measured, and an unknown part is refused."""

import pytest

from blindspot.core.errors import InputError
from blindspot_lab.bench import evidence


def test_the_index_of_a_hundred_flights_is_measured():
    (target,) = evidence.run("publish")
    assert target.met and 10.0 < target.measured < 300.0


def test_short_journals_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "FEW", 50)
    monkeypatch.setattr(evidence, "MANY", 100)
    ratio, per_entry = evidence.journal_targets(tmp_path)
    assert ratio.measured > 0.0 and per_entry.measured > 0.0, "both chains are whole"


def test_an_unknown_part_is_refused():
    with pytest.raises(InputError, match="is no part of evidence"):
        evidence.run("nothing")
