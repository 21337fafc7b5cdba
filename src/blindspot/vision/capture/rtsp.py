"""The description of a stream, as its RTSP server gives it (RFC 2326, DESCRIBE), without opening the stream."""

from __future__ import annotations

import hashlib
import re
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import SplitResult, unquote, urlsplit

TIMEOUT_S = 3.0
LARGEST_ANSWER = 65_536
"""Bytes; a description has some hundred."""
_PORTS = {"rtsp": 554, "rtsps": 322}
_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


def describe(url: str, timeout_s: float = TIMEOUT_S, now_s: Callable[[], float] = time.monotonic) -> str | None:
    """The session description (SDP) of a stream; `None` if the server gives no whole one within the time-out.

    User and password of the URL serve for basic and digest authentication. The time-out counts from the first
    connection to the end of the last answer, by the clock `now_s`: a server that drips bytes gets no longer.
    """
    if not url.isprintable() or " " in url:
        return None  # a break of lines would be a second request
    until_s = now_s() + timeout_s

    def left_s() -> float:
        if not (left := until_s - now_s()) > 0.0:
            raise TimeoutError("the time for the whole answer is over")
        return left

    try:
        parts = urlsplit(url)
        status, headers, body = _ask(parts, "", left_s)
        if status == 401 and parts.username is not None:
            status, headers, body = _ask(parts, _credentials(parts, headers.get("www-authenticate", "")), left_s)
    except (OSError, ValueError):
        return None
    is_described = status == 200 and headers.get("content-type", "").startswith("application/sdp")
    return body if is_described else None


def _ask(parts: SplitResult, credentials: str, left_s: Callable[[], float]) -> tuple[int, dict[str, str], str]:
    """(status, headers, body) of the answer; raises OSError or ValueError. `left_s` is the time left, s."""
    if parts.hostname is None or parts.scheme not in _PORTS:
        raise ValueError("no RTSP server is named")
    authorised = f"Authorization: {credentials}\r\n" if credentials else ""
    request = f"DESCRIBE {_plain(parts)} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n{authorised}\r\n"
    server = parts.hostname, parts.port or _PORTS[parts.scheme]
    with socket.create_connection(server, left_s()) as plain:
        plain.settimeout(left_s())
        with _secured(plain, parts) as connection:
            connection.settimeout(left_s())
            connection.sendall(request.encode())
            return _answer(connection, left_s)


def _secured(plain: socket.socket, parts: SplitResult) -> socket.socket:
    """The connection under TLS for rtsps. Its certificate is unchecked, as by the reader of the pictures: cameras sign
    their own."""
    if parts.scheme != "rtsps":
        return plain
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=parts.hostname)


def _answer(connection: socket.socket, left_s: Callable[[], float]) -> tuple[int, dict[str, str], str]:
    read, length = b"", 0
    while len(read) < LARGEST_ANSWER:
        head, is_whole, body = read.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        length = int(headers.get("content-length", "0")) if is_whole else 0
        if is_whole and len(body) >= length:
            return int(lines[0].split(" ")[1]), headers, body[:length].decode("utf-8", "replace")
        connection.settimeout(left_s())
        chunk = connection.recv(4096)
        if not chunk:
            break
        read += chunk
    raise ValueError("the answer is incomplete")


def _plain(parts: SplitResult) -> str:
    """The URL without user and password."""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _credentials(parts: SplitResult, challenge: str) -> str:
    """The answer to a challenge, by the user and the password of the URL; "" for a challenge of another form."""
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    scheme = challenge.partition(" ")[0].lower()
    if scheme == "basic":
        return "Basic " + b64encode(f"{user}:{password}".encode()).decode()
    asked = {name: quoted or bare for name, quoted, bare in _FIELD.findall(challenge)}
    if scheme != "digest" or asked.get("algorithm", "MD5").upper() != "MD5":
        return ""
    realm, nonce, url = asked.get("realm", ""), asked.get("nonce", ""), _plain(parts)
    secret, act = _md5(f"{user}:{realm}:{password}"), _md5(f"DESCRIBE:{url}")
    said = f'username="{user}", realm="{realm}", nonce="{nonce}", uri="{url}"'
    if "auth" not in asked.get("qop", "").split(","):
        return f'Digest {said}, response="{_md5(f"{secret}:{nonce}:{act}")}"'
    once = _md5(nonce)[:16]
    response = _md5(f"{secret}:{nonce}:00000001:{once}:auth:{act}")
    return f'Digest {said}, qop=auth, nc=00000001, cnonce="{once}", response="{response}"'


def _md5(text: str) -> str:
    """The hash that RFC 2617 prescribes; it guards nothing here."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
