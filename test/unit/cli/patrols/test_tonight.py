"""`blindspot operation tonight`: its exit code says whether anything is missing."""

import json
from pathlib import Path

from typer.testing import CliRunner

from blindspot.cli.operations.operation import app

FILE = Path(__file__).parents[4] / "config" / "operations" / "crossroads_evenings.yaml"


def test_a_missing_library_is_named_with_its_command(tmp_path):
    words = ["tonight", str(FILE), "--library", str(tmp_path / "none")]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 3 and "1 missing" in shown.output
    assert "blindspot operation plan" in shown.output
    said = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    by_name = {one["name"]: one for one in said["needs"]}
    assert (said["missing"], by_name["library"]["state"], by_name["wind"]["state"]) == (1, "missing", "later")
    assert by_name["minutes of the day"]["state"] == "not needed", "no real drone flies under it"
