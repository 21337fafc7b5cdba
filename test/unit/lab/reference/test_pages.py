"""The reference names each key, command, parameter and code, each with its meaning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blindspot.cli import __main__ as program
from blindspot.cli.exit_codes import MEANINGS
from blindspot.cli.parts.exit_codes import EXIT_CODES, STOPPED
from blindspot.doctor.checks import CHECKS
from blindspot.flight.preflight.conditions import CONDITIONS
from blindspot_lab.reference.files import KINDS
from blindspot_lab.reference.nodes import NODES, declared
from blindspot_lab.reference.pages import pages

ROOT = Path(__file__).resolve().parents[4]
ROW = re.compile(r"^\| `(?P<key>[^`]+)` \| (?P<value>.*?) \| (?P<default>.*?) \| (?P<about>.*?) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def made():
    return pages()


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_file_has_a_meaning(made, kind):
    rows = [row.groupdict() for row in ROW.finditer(made[f"files/{kind}.md"])]
    assert rows
    assert [row["key"] for row in rows if not row["about"] or not row["value"]] == []


def test_a_key_shows_its_range_and_default(made):
    assert "| `limits.separation_m` | number, 15 to 10 000 | `15` |" in made["files/mission.md"]
    assert "| `window.daily_slots[].start` | time of day | required |" in made["files/authorisation.md"]


def test_every_command_and_option_has_a_meaning(made):
    options = re.findall(r"^\| (`--[^|]+|[A-Z\[][A-Z_\]]+) \| (.*?) \| (.*?) \|$", made["commands.md"], re.MULTILINE)
    assert len(options) > 150
    assert [name for name, _, about in options if not about] == []
    for name in {**program.COMMANDS, **program.GROUPS}.keys() - {program.HIDDEN}:
        assert f"### `{name}`" in made["commands.md"]


def test_every_exit_code_of_the_commands_has_a_meaning():
    codes = {program.MISTAKE, program.REFUSED, program.INTERRUPTED, program.READER_GONE}
    assert codes | {STOPPED, 1, *EXIT_CODES.values()} == set(MEANINGS)


def test_every_declared_parameter_has_a_meaning():
    for node in NODES:
        assert [each.name for each in declared(node) if not each.about] == [], node


def test_every_module_that_declares_parameters_belongs_to_a_node():
    listed = {module for modules in NODES.values() for module in modules}
    folders = ((ROOT / "src/blindspot", "nodes"), (ROOT / "sim/blindspot_sim", "nodes"))
    declaring = {
        ".".join(file.with_suffix("").relative_to(package).parts)
        for package, name in folders for file in (package / name).rglob("*.py")
        if re.search(r"\bdeclare_(float|int|str|bool|names)\(", file.read_text())
    }  # fmt: skip
    assert declaring - listed == {"nodes.graph.parameters"}


def test_every_check_has_its_condition():
    assert all(each.condition for each in CHECKS)
    assert all(CONDITIONS.values())
