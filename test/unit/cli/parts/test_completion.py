"""The ends of a word that a shell offers: drones, missions and runs of this computer, and nothing after an error."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from blindspot.cli import __main__ as program
from blindspot.cli.parts import completion
from blindspot.stack import stack_record


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with two missions and two runs, and a stack whose record names two drones."""
    monkeypatch.chdir(tmp_path)
    for file in ("config/missions/crossroads.yaml", "config/missions/nantes.yaml", "runs/A/evening/plan.json"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    stack_dir = tmp_path / "stack"
    (stack_dir / "night").mkdir(parents=True)
    (stack_dir / "night" / "plan.json").touch()
    nodes = ("/blindspot/authority", "/drone1/camera", "/drone1/flight_control", "/drone2/flight_control")
    record = SimpleNamespace(is_running=True, watched=nodes, stack_dir=stack_dir)
    monkeypatch.setattr(stack_record, "read_stack_record", lambda _: record)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("hold ", ["drone1", "drone2"]), ("return drone2", ["drone2"]), ("inspect x", []),
        ("fly config/missions/c", ["config/missions/crossroads.yaml"]), ("fly co", ["config/"]),
        ("fly ", ["config/missions/crossroads.yaml", "config/missions/nantes.yaml"]),
        ("follow n", ["night"]), ("runs show A", ["A/evening"]),
    ],
)  # fmt: skip
def test_a_shell_gets_the_words_that_fit(here, words, offered, monkeypatch):
    environ = {"_BLINDSPOT_COMPLETE": "complete_bash", "COMP_WORDS": f"blindspot {words}", "_TYPER_COMPLETE_ARGS": ""}
    number = len(words.split()) + words.endswith(" ")
    first = words.split()[0]
    done = CliRunner().invoke(
        program.app(first), [], env=environ | {"COMP_CWORD": str(number)}, prog_name="blindspot"
    )  # fmt: skip
    lines = done.stdout.split()
    assert [line for line in lines if line in offered] == offered
    assert offered or not lines


def test_an_error_offers_nothing(here, monkeypatch):
    monkeypatch.setattr(stack_record, "read_stack_record", lambda _: 1 / 0)
    (here / "config").rename(here / "elsewhere")
    assert completion.drones("") == completion.missions("no/such/folder/") == completion.runs("no") == []
