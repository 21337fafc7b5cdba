"""The keys beside those of a signature: of leases, recordings, a computer and an operator."""

import stat

import pytest
import yaml
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.core.errors import InputError
from blindspot.law.files.authorisation_file import RecordingKeys
from blindspot.law.keys.computer_key import load_computer_key
from blindspot.law.keys.key_file import public_half
from blindspot.law.keys.recording_key import load_recording_key
from blindspot.law.leases.lease_key import load_lease_key, load_public_lease_key
from blindspot.law.orders.signed_order import key_text
from blindspot.law.signatures.signing import load_key

PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(tmp_path / "trusted"))
    monkeypatch.setenv("BLINDSPOT_PASSPHRASE", PASSPHRASE)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "me.key"
    assert run("key", "--out", path).exit_code == 0
    return path


def test_a_lease_key_is_made_in_its_usual_place_and_never_overwritten(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = run("lease-key")
    private = tmp_path / "config" / "blindspot" / "lease.key"
    assert made.exit_code == 0 and f"{private}.pub: copy it to ~/.config/blindspot/lease.key.pub" in made.output
    assert load_lease_key(private).public_key() == load_public_lease_key(public_half(private))
    with pytest.raises(InputError, match="is there already"):
        run("lease-key")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="can't be written"):
        run("lease-key", "--out", tmp_path / "file" / "lease.key")


def test_a_recording_key_is_under_a_pass_phrase_and_its_public_half_fits_an_authorisation(tmp_path):
    path = tmp_path / "service.key"
    made = run("recording-key", "--out", path)
    public = made.output.splitlines()[0]
    assert made.exit_code == 0 and RecordingKeys(service=public).service == public
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = load_recording_key(path, PASSPHRASE)
    assert key.public_key().public_bytes_raw().hex() == public
    with pytest.raises(InputError, match="is no key under this pass-phrase"):
        load_recording_key(path, "another pass-phrase")
    with pytest.raises(InputError, match="no key is ever overwritten"):
        run("recording-key", "--out", path)


def test_a_key_of_another_kind_opens_no_recording(key):
    with pytest.raises(InputError, match="opens no recording: it is no X25519 key"):
        load_recording_key(key, PASSPHRASE)


def test_the_computer_key_is_made_at_the_first_call_and_printed_at_each(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    first, second = run("computer-key"), run("computer-key")
    private = tmp_path / "config" / "blindspot" / "computer.key"
    assert first.exit_code == 0 and first.output == second.output
    assert first.output.splitlines()[0] == load_computer_key(private).key_id
    assert f"{private}.pub: give it to the authority" in first.output
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="can't be written"):
        run("computer-key", "--out", tmp_path / "file" / "computer.key")


def test_an_operator_key_is_private_signs_orders_and_authorises_nothing(tmp_path):
    path = tmp_path / "martin.key"
    shown = run("operator-key", "--person", "A. Martin", "--out", path).output
    [line] = [line for line in shown.splitlines() if "name:" in line]
    [operator] = yaml.safe_load(line)
    public = load_key(path, PASSPHRASE).public_key()
    assert operator == {"name": "A. Martin", "role": "pilot", "key": key_text(public)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and b"ENCRYPTED" in path.read_bytes()
    assert not (tmp_path / "trusted").exists()
    with pytest.raises(InputError, match="there already"):
        run("operator-key", "--person", "A. Martin", "--out", path)
