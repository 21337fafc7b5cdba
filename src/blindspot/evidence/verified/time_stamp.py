"""Time stamps (RFC 3161) over the head of a journal: a stranger's clock proves that the head existed at a time.

The stamped bytes are the 32 bytes of the head's hash. A request and an answer are files: `openssl ts` reads both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from blindspot.core import InputError, read_file, readable_or_error

LARGEST_STAMP = 12_000
"""Bytes of the longest answer, which an entry of the journal holds as text."""
_LARGEST_CERTIFICATES = 100_000


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """An answer of a time-stamp authority."""

    at: datetime
    """The authority's time, UTC."""
    imprint: str
    """SHA-256 of the stamped bytes, in hex."""


def request_for(head: str) -> bytes:
    """The request for a time stamp over a head (64 hex digits), as a `.tsq` file."""
    builder = TimestampRequestBuilder().data(bytes.fromhex(head)).hash_algorithm(HashAlgorithm.SHA256)
    return bytes(builder.build().as_bytes())


def imprint_of(head: str) -> str:
    """The imprint of a time stamp over a head; empty for another text."""
    try:
        return sha256(bytes.fromhex(head)).hexdigest()
    except ValueError:
        return ""


def certificates_in(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates of a time-stamp authority in a PEM file. Raises InputError for another file."""
    with readable_or_error(path, "name the certificate of the time-stamp authority (PEM)", "--certificate"):
        content = read_file(path, _LARGEST_CERTIFICATES)
    try:
        return tuple(x509.load_pem_x509_certificates(content))
    except ValueError as error:
        raise InputError(path, "--certificate", "holds no certificate", "name a PEM file") from error


def read_stamp(answer: bytes) -> TimeStamp:
    """The content of an answer, whoever signed it. Raises ValueError for another text."""
    return _stamp_of(_decoded(answer))


def check_stamp(answer: bytes, certificates: Iterable[x509.Certificate]) -> TimeStamp:
    """The content of an answer that these certificates confirm. Raises ValueError with the reason for another one."""
    response = _decoded(answer)
    builder = VerifierBuilder()
    for certificate in certificates:
        builder = builder.add_root_certificate(certificate)
    stamp = _stamp_of(response)
    try:
        builder.build().verify(response, bytes.fromhex(stamp.imprint))
    except VerificationError as error:
        raise ValueError(str(error)) from error
    return stamp


def _decoded(answer: bytes) -> TimeStampResponse:
    if len(answer) > LARGEST_STAMP:
        raise ValueError(f"has more than {LARGEST_STAMP} bytes")
    return decode_timestamp_response(answer)


def _stamp_of(response: TimeStampResponse) -> TimeStamp:
    info = response.tst_info
    return TimeStamp(info.gen_time.astimezone(UTC), info.message_imprint.message.hex())
