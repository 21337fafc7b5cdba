"""From nothing to a signed authorisation for one's own field, as a person does it."""

import json
import stat
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from blindspot.cli.authority import app
from blindspot.core.errors import InputError
from blindspot.law.authorisation import load_authorisation
from blindspot.law.leases.lease_key import load_lease_key, load_public_lease_key, public_half

PASSPHRASE = "correct horse battery"
FENCE = Path(__file__).parents[3] / "config" / "missions" / "crossroads_perimeter.geojson"
SIGNED = ("--signer", "A. Engineer", "--contact", "+33 1 23 45")


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


@pytest.fixture
def authorisation(key, tmp_path):
    out = tmp_path / "range"
    result = run("new", "--profile", "test-range", "--fence", FENCE, *SIGNED, "--key", key, "--out", out)
    assert result.exit_code == 0
    return out / "authorisation.yaml"


def test_a_key_is_private_trusted_and_never_overwritten(key, tmp_path):
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in key.read_bytes()
    assert (tmp_path / "trusted" / "me.pub").is_file()
    with pytest.raises(InputError, match="there already"):
        run("key", "--out", key)
    other = tmp_path / "elsewhere" / "me.key"
    with pytest.raises(InputError, match="trusted already"):
        run("key", "--out", other)


def test_a_new_test_range_is_signed_bound_to_its_fence_and_reports_no_person(authorisation):
    read = load_authorisation(authorisation)
    assert read.file.profile == "TEST-RANGE" and len(read.signers) == 1
    assert read.file.analytics.detectors == () and read.file.analytics.masking == "REQUIRED"
    assert read.area_path.read_bytes() == FENCE.read_bytes()
    assert read.file.signer.name == "A. Engineer"
    assert "signed by trusted keys: " + read.signers[0] in run("check", authorisation).output


def test_a_simulation_of_ones_own_town_needs_a_perimeter_and_no_name(tmp_path):
    out = tmp_path / "sim"
    assert run("new", "--profile", "sim-only", "--fence", FENCE, "--out", out).exit_code == 0
    read = load_authorisation(out / "authorisation.yaml")
    assert read.file.profile == "SIM-ONLY" and read.signers == () and read.file.signatures == ()


@pytest.mark.parametrize(("words", "told"), [
    (("--profile", "sim-only", *SIGNED), "carries no signature"), (("--profile", "test-range", *SIGNED), "--key"),
    (("--profile", "test-range",), "--signer"),
])  # fmt: skip
def test_wrong_options_for_a_profile_are_refused(tmp_path, words, told):
    with pytest.raises(InputError, match=told):
        run("new", *words, "--fence", FENCE, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_changed_word_voids_it_until_it_is_signed_again(authorisation, key):
    said = yaml.safe_load(authorisation.read_text())
    said["area"]["ceiling_m_agl"] = 60.0
    authorisation.write_text(yaml.safe_dump(said))
    assert load_authorisation(authorisation).signers == ()
    assert "signed by trusted keys: none" in run("check", authorisation).output
    assert run("sign", authorisation, "--key", key).exit_code == 0
    again = load_authorisation(authorisation)
    assert len(again.signers) == 1 and again.file.area.ceiling_m_agl == 60.0
    assert len(again.file.signatures) == 1


def test_a_moved_fence_is_refused(authorisation):
    fence = authorisation.parent / FENCE.name
    fence.write_text(fence.read_text() + "\n")
    with pytest.raises(InputError, match="not the authorised file"):
        load_authorisation(authorisation)


def test_a_key_that_is_trusted_no_more_counts_for_nothing(authorisation, tmp_path):
    (tmp_path / "trusted" / "me.pub").unlink()
    assert load_authorisation(authorisation).signers == ()


@pytest.mark.parametrize(
    ("corners_deg", "told"),
    [
        ([[0.0, 47.0], [0.01, 47.0], [0.01, 47.01], [0.0, 47.01], [0.0, 47.0]], "at most 250000 m2"),
        ([[0.0, 47.0], [0.001, 47.001], [0.001, 47.0], [0.0, 47.001], [0.0, 47.0]], "without crossings"),
    ],
)
def test_an_unusable_fence_is_refused(key, tmp_path, corners_deg, told):
    geometry = {"type": "Polygon", "coordinates": [corners_deg]}
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    fence = tmp_path / "fence.geojson"
    fence.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(InputError, match=told):
        run("new", "--profile", "test-range", "--fence", fence, *SIGNED, "--key", key, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_invalid_options_are_refused(key, tmp_path):
    out = ("--key", key, "--out", tmp_path / "out")
    fence = tmp_path / "fence.geojson"
    with pytest.raises(InputError, match="can't be read"):
        run("new", "--profile", "test-range", "--fence", fence, *SIGNED, *out)
    fence.write_text("{")
    with pytest.raises(InputError, match="no GeoJSON"):
        run("new", "--profile", "test-range", "--fence", fence, *SIGNED, *out)
    with pytest.raises(InputError, match="no time zone"):
        run("new", "--profile", "test-range", "--fence", FENCE, *SIGNED, *out, "--tz", "Mars/Here")
    assert run("new", "--profile", "fr", "--fence", FENCE, *SIGNED, *out).exit_code == 2


def test_a_simulation_carries_no_signature(key):
    simulation = Path(__file__).parents[3] / "config" / "authorisations" / "crossroads_sim.yaml"
    with pytest.raises(InputError, match="carries no signature"):
        run("sign", simulation, "--key", key)


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
