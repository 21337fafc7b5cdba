"""A town from one map file is flown at once: no ROS, no file edited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test.own_town import write_osm
from typer.testing import CliRunner

from blindspot.cli.__main__ import app

pytestmark = pytest.mark.slow


def test_a_town_from_one_map_file_flies(tmp_path: Path) -> None:
    def run(*words: object) -> None:
        done = CliRunner().invoke(app(str(words[0])), [*map(str, words)], catch_exceptions=False)
        assert done.exit_code == 0, done.output

    run("town", "new", write_osm(tmp_path / "town.osm"), tmp_path / "mine", "--datum-m", 140, "--geoid-m", 49.5)
    run("sim", tmp_path / "mine" / "missions" / "mine.yaml", "--in-process", "--out", tmp_path / "runs")
    (summary,) = (tmp_path / "runs").glob("*/summary.json")
    facts = json.loads(summary.read_text())
    assert facts["outcome"] == "completed" and facts["violations"] == []
