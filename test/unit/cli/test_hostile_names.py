"""Names with brackets and codes, from a town's files to the terminal and the pages."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app

CONFIG = Path(__file__).parents[3] / "config"
HOSTILE = "Rue [/ops] [bold]<i>\x1b[2J\u202e!"


@pytest.fixture
def town(tmp_path):
    """The crossroads, its name, its zones and its maker's name hostile."""
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config, ignore=shutil.ignore_patterns("nantes*"))
    site = config / "sites" / "crossroads"
    escaped = HOSTILE.replace("\x1b", "\\e").replace("\u202e", "\\u202e")
    text = (site / "site.yaml").read_text()
    text = text.replace("name: Crossroads", f'name: "{escaped}"').replace("invented, CC0", f'"{escaped}"')
    (site / "site.yaml").write_text(text)
    for file in site.glob("*.geojson"):
        words = file.read_text()
        for name in ("Roof garden", "Front garden", "The crossing", "corner"):
            words = words.replace(f'"{name}"', f'"{HOSTILE.replace(chr(27), chr(92) + "u001b")}"')
        file.write_text(words)
    return config


def run(*words):
    result = CliRunner().invoke(app(), list(map(str, words)), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def test_a_check_of_the_town_shows_them_as_words(town):
    reported = run("site", "check", town / "sites" / "crossroads", "--all")
    assert "Rue [/ops] [bold]<i>[2J!" in reported
    assert "\x1b" not in reported and "\u202e" not in reported


def test_pages_and_coverage_show_them_as_words(town, tmp_path):
    reported = run("coverage", town / "sites" / "crossroads", "--out", tmp_path / "out")
    pages = [path.read_text(errors="replace") for path in (tmp_path / "out").glob("*.html")]
    assert pages
    for text in (reported, *pages):
        assert "\x1b" not in text and "\u202e" not in text
    assert not any("<i>" in page for page in pages)
    notes = [line for page in pages for line in page.splitlines() if 'customAttribution: "' in line]
    assert notes
    assert not any("u202e" in line for line in notes)


def test_json_keeps_them_whole_and_shows_their_codes_as_escapes(town, tmp_path):
    words = ["coverage", str(town / "sites" / "crossroads"), "--json", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app(), words, catch_exceptions=False)
    assert json.loads(result.stdout)["site"] == HOSTILE
    assert "\x1b" not in result.stdout and "\u202e" not in result.stdout
