"""`blindspot publish`: the words of the command; `acts/publications/test_publish.py` has the page."""

import json

import pytest
import typer
from test.unit.acts.publications.conftest import AUTHORISATION, stack  # noqa: F401
from typer.testing import CliRunner

from blindspot.cli.records.publish import publish
from blindspot.core.errors import InputError


def run(*words):
    app = typer.Typer()
    app.command()(publish)
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def test_the_command_writes_the_page_with_its_verifier_and_names_the_journal(stack, tmp_path, transcript):  # noqa: F811
    folder, page = stack("first", 0), tmp_path / "page"
    words = (page, "--runs", tmp_path / "runs", "--authorisation", AUTHORISATION, "--person", "A. Person", "--json")
    said = json.loads(run(*words).output)
    assert (said["flights"], said["person"], said["journal"]) == (1, "A. Person", str(folder / "journal.jsonl"))
    files = ["en.html", "flights.json", "index.html", "verify_blindspot.py"]
    assert sorted(file.name for file in page.iterdir()) == files
    transcript(run(*words[:-1]).output)  # the same folder is written anew


def test_the_flights_that_wait_for_the_delay_are_counted(stack, tmp_path):  # noqa: F811
    stack("first", 100_000)
    words = "--runs", tmp_path / "runs", "--authorisation", AUTHORISATION, "--delay-h", 48
    assert "left out: 1 younger than 48 h" in run(tmp_path / "page", *words).output


def test_a_folder_with_other_files_is_one_sentence(stack, tmp_path):  # noqa: F811
    stack("first", 0)
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "own.txt").touch()
    with pytest.raises(InputError, match="holds other files than a page of this command"):
        run(tmp_path / "page", "--runs", tmp_path / "runs", "--authorisation", AUTHORISATION)
