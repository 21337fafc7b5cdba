"""INT-03: the statement of separation counts if the person that it names has signed exactly its content."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.unit.law.office import NOW, rules
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.core.errors import InputError
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.drafts.rehearsal import rehearse
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.law.signatures.separation import Separation, write_separation
from blindspot.law.signatures.signing import new_key

HOSTS = ("192.0.2.9", "2001:db8::9")


@pytest.fixture
def stated(office):
    """An authorisation of the office with a statement of a person, read."""

    def load(by="officer-2", key="officer-2", at=NOW, edit=lambda said: None):
        path = office.folder / "separation.yaml"
        signer = office.keys.get(key) or Ed25519PrivateKey.generate()
        write_separation(path, by, "both computers and the radio", HOSTS, signer, at)
        said = yaml.safe_load(path.read_text())
        edit(said)
        path.write_text(yaml.safe_dump(said))
        office.document["analytics"]["separation"] = "separation.yaml"
        return office.load(office.signed(office.document))

    return load


def test_a_signed_statement_is_read_and_go(stated):
    read = stated()
    assert read.separation == Separation(NOW, "officer-2", HOSTS)
    assert rehearse(read, NOW).go


@pytest.mark.parametrize(("by", "key"), [("officer-1", "officer-2"), ("officer-2", "a stranger"), ("nobody", "x")])
def test_another_s_signature_refuses(stated, by, key):
    read = stated(by, key)
    assert read.separation.stated is None and "no trusted key" in read.separation.problem
    assert rules(rehearse(read, NOW)) == ["INT-03"]


@pytest.mark.parametrize("at", [NOW - timedelta(days=30), NOW + timedelta(seconds=1)])
def test_an_old_statement_and_one_of_the_future_refuse(stated, at):
    assert rules(rehearse(stated(at=at), NOW)) == ["INT-03"]
    assert rehearse(stated(at=NOW - timedelta(days=30) + timedelta(seconds=1)), NOW).go


def test_no_change_of_any_field_without_a_new_signature_counts(stated, office):
    stated()
    good = yaml.safe_load((office.folder / "separation.yaml").read_text())
    others = {"stated": "2026-11-27T19:00:01+00:00", "by": "officer-1", "looked_at": "nothing", "hosts": ["192.0.2.1"],
              "signatures": [], "schema": "blindspot.notices/1", "new": 1}  # fmt: skip
    assert set(good) < set(others)
    for field, value in others.items():
        for how in ("changed", "left out"):
            damaged = copy.deepcopy(good)
            damaged.pop(field, None)
            if how == "changed":
                damaged[field] = value
            read = stated(edit=lambda said, damaged=damaged: (said.clear(), said.update(damaged)))
            is_same = how == "left out" and field in ("schema", "new")
            assert rehearse(read, NOW).go == is_same, (field, how)


def test_a_missing_statement_that_is_named_refuses_and_a_new_one_is_read_in_flight(stated, office):
    stated(at=NOW - timedelta(days=31))
    live = LiveAuthorisation(office.folder / "authorisation.yaml", office.folder / "trusted_keys")
    assert live.now.separation.stated == NOW - timedelta(days=31)
    write_separation(office.folder / "separation.yaml", "officer-2", "all", (), office.keys["officer-2"], NOW)
    assert live.look().separation.stated == NOW
    (office.folder / "separation.yaml").unlink()
    assert "invalid" in live.look().separation.problem
    assert rules(rehearse(live.now, NOW)) == ["INT-03"]


@pytest.fixture
def command(tmp_path, monkeypatch):
    private, public = new_key("a long pass-phrase")
    (tmp_path / "own.key").write_bytes(private)
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / "officer-2.pub").write_bytes(public)
    monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(tmp_path / "trusted"))
    monkeypatch.setenv("BLINDSPOT_PASSPHRASE", "a long pass-phrase")

    def run(*words):
        options = ("--person", "officer-2", "--key", str(tmp_path / "own.key"), *words)
        result = CliRunner().invoke(app, ["separation", str(tmp_path / "s.yaml"), *options], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return yaml.safe_load((tmp_path / "s.yaml").read_text())

    return run


def test_the_command_writes_a_signed_statement_of_now(command):
    said = command("--looked-at", "both computers", "--host", "192.0.2.9")
    assert (said["by"], said["looked_at"], said["hosts"]) == ("officer-2", "both computers", ["192.0.2.9"])
    assert len(said["signatures"]) == 1


def test_the_command_signs_for_no_other_person(command, tmp_path):
    """The gate would ignore the statement, at the hour of the flight."""
    with pytest.raises(InputError, match="belongs to officer-2, not to officer-1"):
        command("--looked-at", "all", "--person", "officer-1")
    (tmp_path / "trusted" / "officer-2.pub").unlink()
    with pytest.raises(InputError, match="belongs to an untrusted person"):
        command("--looked-at", "all")
    assert not (tmp_path / "s.yaml").exists()


def test_the_command_refuses_names_of_hosts_and_an_empty_text(command):
    with pytest.raises(InputError, match="--host"):
        command("--looked-at", "all", "--host", "camera.local")
    with pytest.raises(InputError, match="--looked-at: is empty"):
        command("--looked-at", " ")


def test_an_authorisation_without_a_statement_has_none(office):
    assert office.load(office.signed(office.document)).separation is None
    assert load_authorisation(office.folder / "authorisation.yaml", office.folder / "trusted_keys").separation is None
