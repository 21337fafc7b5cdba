import io
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from blindspot.cli.parts.site_tables import findings_table
from blindspot.cli.sites.site import app
from blindspot.core.errors import InputError
from blindspot.site.load import load_site
from blindspot.site.town.model import Finding

SITES = Path(__file__).parents[4] / "config" / "sites"


def check(*arguments: object):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["check", *map(str, arguments)], catch_exceptions=False)


def test_a_usable_town_is_printed_with_every_kind_of_finding_and_its_count(transcript):
    result = check(SITES / "nantes")
    assert result.exit_code == 0
    transcript(result.output)


def test_findings_of_a_kind_are_one_row_with_the_first_three():
    findings = tuple(Finding("b.json", str(k), "is odd", "repaired", f"{k} m") for k in range(4))
    console = Console(width=100, file=io.StringIO())
    for shown in (findings, findings[:3], findings[:1]):
        console.print(findings_table(shown, every=False))
    reported = [
        line.split("repaired")[1].strip() for line in console.file.getvalue().splitlines() if "repaired" in line
    ]
    assert reported == ["0: 0 m; 1, 2, ...", "0: 0 m; 1, 2", "0: 0 m"]


def test_the_unknown_on_which_most_ground_hangs_is_asked_for_first():
    lines = check(SITES / "crossroads").output.splitlines()
    assert lines[1].startswith("ask for these first")
    assert lines[2].startswith("  camera west, field of view: ")


def test_all_lists_each_finding_by_name():
    console = Console(width=200, file=io.StringIO())
    console.print(findings_table(load_site(SITES / "nantes").findings, every=True))
    lines = console.file.getvalue().splitlines()
    assert sum("has no field of view" in line for line in lines) == 134
    assert any("NTE-010: excluded from the coverage" in line for line in lines)
    assert "--all" in check(SITES / "crossroads").output
    assert "--all" not in check(SITES / "crossroads", "--all").output


def test_an_unusable_town_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"site\.yaml"):
        check(tmp_path)
