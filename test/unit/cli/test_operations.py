"""`blindspot plan` of a patrol, and `blindspot operation simulate`: one evening at the crossroads, drawn and flown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blindspot.cli.operations.operation import app
from blindspot.cli.plans.plan import plan
from blindspot.operations.patrols import load_library

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.thorough
def test_a_patrol_is_planned_and_an_evening_of_it_flown(tmp_path, monkeypatch):
    from blindspot.mission import load_mission

    monkeypatch.chdir(tmp_path)
    mission = CONFIG / "missions/crossroads_patrol.yaml"
    plan(mission, out=None, compare=None, as_json=False, pareto=False, take=None)
    folder = tmp_path / "runs/plan-crossroads_patrol"
    library = load_library(folder / "library", load_mission(mission))
    assert len(library.variants) >= 2
    assert (folder / "ages.png").stat().st_size > 10_000
    page = (folder / "ages.html").read_text()
    assert all(f">{variant.id}<" in page for variant in library.variants)
    assert "promised: 30 min" in page
    operation = str(CONFIG / "operations/crossroads_evenings.yaml")
    found = CliRunner().invoke(app, ["simulate", operation, "--days", "1", "--json"])
    assert found.exit_code == 0, found.output
    figures = json.loads(found.stdout)
    assert figures["passes"] == {"completed": 3}
    assert figures["revisit"]["kept_fraction"] > 0.9
    assert figures["revisit"]["unreported_breaches"] == 0
    chances = figures["adversary"]
    assert chances["bound_1200s"] <= chances["success_1200s"] < chances["timetable_success_1200s"] == 1.0
    assert figures["start_entropy_bits"]["following"] >= 3.5
    assert figures["cpu_s"] > 1.0
