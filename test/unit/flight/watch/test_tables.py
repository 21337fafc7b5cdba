"""The guide shows the code's own tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from test.unit.flight.guide_tables import ladder_table, threshold_table

GUIDE = Path(__file__).resolve().parents[4] / "docs/guide/failsafes.md"


@pytest.mark.parametrize("name", ["ladder", "thresholds"])
def test_the_guide_shows_the_table_of_the_code(settings, name):
    table = {"ladder": ladder_table(settings), "thresholds": threshold_table()}[name]
    assert f"<!-- {name} -->\n{table}\n<!-- end -->" in GUIDE.read_text(), f"{GUIDE.name} should say:\n{table}"
