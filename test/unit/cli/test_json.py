"""`--json` has one meaning on every command: the result as one JSON document on standard output."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from blindspot.cli.__main__ import app

CONFIG = Path(__file__).parents[3] / "config"
WITHOUT = {
    "up": "serves until it is shut down; `status --json` reads its state",
    "operation run": "is `up` of an operation",
}
"""Commands without the option, each with the reason."""


def commands(command: TyperCommand | TyperGroup, name: str = "") -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for word, each in command.commands.items():
            yield from commands(each, f"{name} {word}".strip())
    else:
        yield name, command


APP = app()
COMMANDS = dict(commands(typer.main.get_command(APP)))


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_prints_its_result_as_json_if_asked(name):
    helps = [each.help for each in COMMANDS[name].params if "--json" in each.opts]
    said = "Print the result as one JSON document, and all else on standard error."
    assert helps == ([] if name in WITHOUT else [said])


def run(*words: str) -> object:
    done = CliRunner().invoke(APP, [*words, "--json"], env={"HOME": os.environ["HOME"]}, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BLINDSPOT_PASSPHRASE", "that of a test")


def test_a_key_an_authorisation_and_its_signature_are_read_by_a_program(tmp_path):
    key, fence = tmp_path / "me.key", tmp_path / "fence.geojson"
    fence.write_text((CONFIG / "missions" / "crossroads_perimeter.geojson").read_text())
    assert run("authority", "key", "--out", str(key))["private"] == str(key)
    assert run("authority", "lease-key")["public"].endswith(".pub")
    who = ("--signer", "me", "--contact", "desk", "--key", str(key))
    made = run("authority", "new", "--profile", "test-range", "--fence", str(fence), "--out", str(tmp_path / "a"), *who)
    assert run("authority", "sign", made["file"], "--key", str(key))["id"] == made["id"]
    checked = run("authority", "check", made["file"])
    assert (checked["id"], checked["signatures"], len(checked["trusted_signers"])) == (made["id"], 1, 1)
    assert len(run("authority", "hash", str(fence))["sha256"]) == 64
    listed = tmp_path / "revoked.json"
    revoked = run("authority", "revoke", made["file"], "--list", str(listed), "--key", str(key), "--by", "me",
                  "--reason", "a try")  # fmt: skip
    assert revoked["revoked"] == [made["id"]]


def test_profiles_and_stages_are_read_by_a_program():
    assert {"SIM-ONLY", "TEST-RANGE"} <= {one["profile"] for one in run("authority", "levels")}
    assert [stage["name"] for stage in run("commission", "ladder")][:2] == ["sitl", "desk"]


def test_a_record_of_commissioning_is_read_by_a_program(tmp_path):
    record, model = tmp_path / "drone.yaml", CONFIG / "drones" / "reference.yaml"
    assert run("commission", "new", str(record), "--drone", "one", "--model", str(model))["drone"] == "one"
    shown = run("commission", "show", str(record))
    assert (shown["signed"], shown["changed_since"], shown["next"]["name"]) == ([], None, "sitl")


def test_a_field_is_made_with_its_files_listed(tmp_path):
    fence = CONFIG / "missions" / "crossroads_perimeter.geojson"
    words = ("--ground-amsl-m", "10", "--geoid-m", "48")
    made = run("site", "field", str(fence), str(tmp_path / "field"), *words)
    assert all(Path(file).is_file() for file in made["files"])


def test_export_and_purge_of_no_run_are_read_by_a_program(tmp_path):
    who = ("--person", "me", "--reason", "a try", "--yes")
    assert run("runs", "purge", "--older-than", "0", "--out", str(tmp_path), *who) == {"deleted": []}
