"""The certificate of a console for tablets: made once, for one host, and read only where it fits."""

import hashlib
import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from blindspot.cli.law.authority import app
from blindspot.console.beyond.certificate import certified_host, make_certificate, read_certificate
from blindspot.core import InputError

NOW = datetime(2026, 12, 5, 12, 0, tzinfo=UTC)
HOST = "192.168.1.5"


def run(*arguments):
    return CliRunner().invoke(app, ["console-certificate", *map(str, arguments)], catch_exceptions=False)


def test_the_printed_fingerprint_is_the_certificate_s_and_the_key_is_the_owner_s_alone(tmp_path):
    out = tmp_path / "tls"
    shown = run("--host", HOST, "--out", out)
    found = x509.load_pem_x509_certificate((out / "console.crt").read_bytes())
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert((out / "console.crt").read_text())).digest()
    assert shown.exit_code == 0 and shown.output.splitlines()[0] == f"SHA-256 {digest.hex(':').upper()}"
    assert stat.S_IMODE((out / "console.key").stat().st_mode) == 0o600
    assert isinstance(found.public_key().curve, ec.SECP256R1)
    assert found.not_valid_after_utc - found.not_valid_before_utc <= timedelta(days=397)
    assert not found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_no_key_is_overwritten(tmp_path):
    assert run("--host", HOST, "--out", tmp_path).exit_code == 0
    before = (tmp_path / "console.key").read_bytes()
    with pytest.raises(InputError, match="is there already"):
        run("--host", "192.168.1.6", "--out", tmp_path)
    (tmp_path / "console.crt").unlink()
    with pytest.raises(InputError, match="is there already"):
        run("--host", "192.168.1.6", "--out", tmp_path)
    assert (tmp_path / "console.key").read_bytes() == before


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::1", "fd00::2", "a b", "-x.example", "10.0.0.256", "x" * 65, "é.fr"])
def test_another_text_than_one_name_or_address_is_no_host(host):
    with pytest.raises(InputError, match="no address that a browser opens"):
        certified_host(host, "console")


def test_a_host_is_written_as_browsers_write_it():
    assert [certified_host(each, "console") for each in ("Ground-1.Town.Example", HOST)] == [
        "ground-1.town.example", HOST,
    ]  # fmt: skip


@pytest.mark.parametrize("host", [HOST, "ground.local"])
def test_a_certificate_serves_its_own_host_for_a_year(tmp_path, host):
    made = make_certificate(host, tmp_path, NOW)
    found = read_certificate(tmp_path, host, NOW)
    assert found == made
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(found.file, found.key)
    for other in ("192.168.1.6", "other.local"):
        with pytest.raises(InputError, match=f"is for another host than {other}"):
            read_certificate(tmp_path, other, NOW)
    for at in (NOW - timedelta(days=2), made.ends):
        with pytest.raises(InputError, match="counts from 2026-12-04 to 2028-01-05"):
            read_certificate(tmp_path, host, at)


def test_a_missing_foreign_or_open_key_is_refused_in_one_sentence(tmp_path):
    ours, other = tmp_path / "ours", tmp_path / "other"
    with pytest.raises(InputError, match="has no certificate"):
        read_certificate(ours, HOST, NOW)
    for folder in (ours, other):
        make_certificate(HOST, folder, NOW)
    (ours / "console.key").chmod(0o644)
    with pytest.raises(InputError, match="has mode 0644: others can use it; chmod 600"):
        read_certificate(ours, HOST, NOW)
    for text in ((other / "console.key").read_bytes(), b"no key"):
        (ours / "console.key").chmod(0o600)
        (ours / "console.key").write_bytes(text)
        with pytest.raises(InputError, match="is not the key of the certificate"):
            read_certificate(ours, HOST, NOW)
    (ours / "console.crt").write_text("no certificate")
    with pytest.raises(InputError, match="is no certificate"):
        read_certificate(ours, HOST, NOW)
