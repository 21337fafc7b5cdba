"""Revocations by several persons on one list."""

import shutil
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.cli.parts import named_people as people
from blindspot.core.errors import InputError

PASSPHRASE = "correct horse battery"
EXAMPLE = Path(__file__).parents[4] / "config" / "authorisations" / "example_92"
AUTHORISATION = EXAMPLE / "authorisation.yaml"
WHY = ("--by", "A. Prefect", "--reason", "facts ended")


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def officer(monkeypatch, tmp_path):
    """The path of a trusted key."""
    monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(tmp_path / "trusted"))
    monkeypatch.setenv("BLINDSPOT_PASSPHRASE", PASSPHRASE)
    run("key", "--out", tmp_path / "officer-1.key")
    return tmp_path / "officer-1.key"


@pytest.fixture
def listed(officer, tmp_path):
    """The path of a list with no revocation."""
    run("revoke", "--list", tmp_path / "list.yaml", "--key", officer)
    return tmp_path / "list.yaml"


def ids(path):
    return [each["id"] for each in yaml.safe_load(path.read_text())["revoked"]]


def test_a_revocation_while_another_person_types_the_pass_phrase_stays_on_the_list(officer, listed, monkeypatch):
    def typed_slowly():
        monkeypatch.undo()
        monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(listed.parent / "trusted"))
        monkeypatch.setenv("BLINDSPOT_PASSPHRASE", PASSPHRASE)
        assert "1 revoked" in run("revoke", AUTHORISATION, "--list", listed, "--key", officer, *WHY).output
        return PASSPHRASE

    monkeypatch.setattr(people, "passphrase", typed_slowly)
    run("revoke", "--list", listed, "--key", officer)
    assert ids(listed) == ["PP-EXEMPLE-2026-0001"]


def test_a_key_that_is_not_trusted_replaces_no_list(officer, listed, tmp_path):
    """No gate would read the new list, and the revocations of the old one would be lost with it."""
    run("revoke", AUTHORISATION, "--list", listed, "--key", officer, *WHY)
    run("key", "--out", tmp_path / "stranger.key")
    (tmp_path / "trusted" / "stranger.pub").unlink()
    before = listed.read_bytes()
    with pytest.raises(InputError, match="no key that this machine trusts"):
        run("revoke", "--list", listed, "--key", tmp_path / "stranger.key")
    assert listed.read_bytes() == before


def test_a_list_that_does_not_count_is_not_to_be_replaced_by_an_empty_one(officer, listed, tmp_path):
    shutil.copy(EXAMPLE / "revocations.yaml", listed)
    with pytest.raises(InputError, match="put the last signed version back"):
        run("revoke", "--list", listed, "--key", officer)
