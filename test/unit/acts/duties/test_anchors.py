"""Time stamps over the head of a journal, by a time-stamp authority that the test makes."""

from __future__ import annotations

import io
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from blindspot.acts.checked_journals import checked_journal
from blindspot.acts.duties import fetch_anchor, request_anchor, take_anchor
from blindspot.core.errors import InputError
from blindspot.evidence.acts.access import Actor
from blindspot.evidence.journals import Journal, verify_journal
from blindspot.evidence.verified import certificates_in

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the time stamps of the test")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CONFIGURATION = """[tsa]
default_tsa = own
[own]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
"""


def certificate(name, key, issuer, issuer_key, *, of_stamps):
    subject, by = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, issuer))
    made = x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(BEGIN).not_valid_after(BEGIN + timedelta(days=36_500))
    made = made.add_extension(x509.BasicConstraints(ca=not of_stamps, path_length=None), critical=True)
    if of_stamps:
        usage = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
        made = made.add_extension(usage, critical=True)
    return made.sign(issuer_key, hashes.SHA256()).public_bytes(Encoding.PEM)


class Authority:
    """A time-stamp authority in a folder."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.root = folder, folder / "root.pem"
        root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root.write_bytes(certificate("root", root, "root", root, of_stamps=False))
        (folder / "tsa.pem").write_bytes(certificate("tsa", own, "root", root, of_stamps=True))
        private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "tsa.key").write_bytes(private)
        (folder / "tsa.cnf").write_text(CONFIGURATION)
        (folder / "serial").write_text("01")

    def answer(self, request):
        answer = request.with_suffix(".tsr")
        words = ["openssl", "ts", "-reply", "-config", "tsa.cnf", "-queryfile", request, "-signer", "tsa.pem", "-inkey",
                 "tsa.key", "-out", answer]  # fmt: skip
        subprocess.run(words, cwd=self.folder, check=True, capture_output=True)
        return answer


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "own")


@pytest.fixture
def journal(tmp_path, monkeypatch):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    path = tmp_path / "journal.jsonl"
    for run in ("first", "second"):
        Journal(path, "mission_manager").write("mission", run=run)
    return path


@pytest.fixture
def stamped(journal, tmp_path, authority):
    request_anchor(tmp_path / "head.tsq", journal)
    return authority.answer(tmp_path / "head.tsq")


def check(journal, *certificates):
    return checked_journal(journal, Actor(), certificates=certificates)


def test_a_time_stamp_over_the_head_is_taken_and_verified(journal, stamped, authority):
    Journal(journal, "mission_manager").write("mission", run="third")  # the journal goes on meanwhile
    done = take_anchor(stamped, authority.root, journal)
    assert done.number == 2 and abs(done.at - datetime.now(UTC)) < timedelta(hours=1)
    found = check(journal, *certificates_in(authority.root))
    assert found.is_whole and "the time stamp over entry 2 is confirmed" in found.remarks[-1]
    assert "name its certificate" in check(journal).remarks[-1]
    assert verify_journal(journal).entries == 4


def test_openssl_confirms_request_and_answer(stamped, authority, tmp_path):
    words = ["openssl", "ts", "-verify", "-in", stamped, "-queryfile", tmp_path / "head.tsq", "-CAfile", authority.root]
    assert "OK" in subprocess.run(words, check=True, capture_output=True, text=True).stdout


def test_another_authority_is_refused_and_openssl_is_named(journal, stamped, tmp_path):
    other = Authority(tmp_path / "other")
    before = journal.read_bytes()
    with pytest.raises(InputError, match="openssl ts -verify"):
        take_anchor(stamped, other.root, journal)
    assert journal.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no answer", b"x" * 20_000])
def test_another_file_is_refused(journal, authority, tmp_path, content):
    (tmp_path / "head.tsr").write_bytes(content)
    with pytest.raises(InputError):
        take_anchor(tmp_path / "head.tsr", authority.root, journal)


def test_an_answer_over_the_hash_of_another_journal_is_refused(stamped, authority, tmp_path):
    other = tmp_path / "other.jsonl"
    Journal(other, "mission_manager").write("mission", run="first")
    with pytest.raises(InputError, match="is not in"):
        take_anchor(stamped, authority.root, other)


def test_a_journal_that_was_rewritten_after_the_time_stamp_is_broken(journal, stamped, authority, tmp_path):
    take_anchor(stamped, authority.root, journal)
    anchored = verify_journal(journal)
    facts = next(iter(reversed([each for each in entries(journal) if each.act == "anchored"]))).facts
    journal.unlink()
    for run in ("first", "forged"):
        Journal(journal, "mission_manager").write("mission", run=run)
    Journal(journal, "authority anchor").write("anchored", **facts)
    found = check(journal, *certificates_in(authority.root))
    assert anchored.is_whole and verify_journal(journal).is_whole, "the chain of the forger is whole"
    assert not found.is_whole and "fits another entry" in found.breaks[0]


def entries(journal):
    from blindspot.evidence.journals.journal import read_entry

    return [read_entry(line) for line in journal.read_bytes().splitlines(keepends=True)]


def test_an_address_is_asked_only_while_no_real_drones_may_fly(journal, authority, tmp_path, monkeypatch):
    """The network of the test is a function."""

    def opened(request, timeout):
        (tmp_path / "asked.tsq").write_bytes(request.data)
        return io.BytesIO(authority.answer(tmp_path / "asked.tsq").read_bytes())

    monkeypatch.setattr("blindspot.acts.duties.anchors.urllib.request.urlopen", opened)
    done = fetch_anchor("https://tsa.example", authority.root, journal)
    assert done.number == 2 and check(journal, *certificates_in(authority.root)).is_whole
    monkeypatch.setattr("blindspot.acts.duties.anchors.urllib.request.urlopen", lambda *_: pytest.fail("it connects"))
    monkeypatch.setattr("blindspot.acts.duties.anchors.stack_record.stacks_here", lambda environ: [RealStack()])
    with pytest.raises(InputError, match="while a stack of real drones runs"):
        fetch_anchor("https://tsa.example", authority.root, journal)


class RealStack:
    is_running, simulated = True, None


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x", "tsa"])
def test_another_kind_of_address_is_refused(journal, authority, url):
    with pytest.raises(InputError, match="is no address"):
        fetch_anchor(url, authority.root, journal)
