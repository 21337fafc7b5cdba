"""A webhook: JSON by POST, signed with HMAC-SHA256 over time and body. Only the first line of an answer is read."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from blindspot.console.outputs.delivery import DeliveryError
from blindspot.console.outputs.outbox import Waiting
from blindspot.core import one_line

DEADLINE_S = 10.0
"""Longest time of one message: a receiver that hangs, or answers byte by byte, is a failure."""


class Webhook:
    """Sends messages to one address; `deadline_s` bounds each."""

    def __init__(self, url: str, secret: bytes, ca_file: Path | None = None, deadline_s: float = DEADLINE_S) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._deadline_s = parts.hostname or "", parts.port, deadline_s
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._secret = secret
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None

    def send(self, message: Waiting) -> None:
        """Raises DeliveryError or OSError unless the receiver answers with a code from 200 to 299."""
        body, at = message.body.encode(), str(int(time.time()))
        headers = {
            "Content-Type": "application/json", "User-Agent": "blindspot", "X-Blindspot-Id": str(message.id),
            "X-Blindspot-Time": at, "X-Blindspot-Signature": signature_of(self._secret, at, body),
        }  # fmt: skip
        connection = self._connection()
        ends = threading.Timer(self._deadline_s, _cut, (connection,))
        ends.daemon = True
        ends.start()
        try:
            connection.request("POST", self._path, body, headers)
            status = connection.getresponse().status
        except (http.client.HTTPException, ValueError, AttributeError) as error:  # the last: cut while it connected
            raise DeliveryError(f"the answer of {self._host} is no answer ({one_line(error, 100)})") from error
        finally:
            ends.cancel()
            connection.close()
        if not 200 <= status <= 299:
            raise DeliveryError(f"{self._host} answers {status}")

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._deadline_s)
        return http.client.HTTPSConnection(self._host, self._port, timeout=self._deadline_s, context=self._tls)


def signature_of(secret: bytes, at: str, body: bytes) -> str:
    """What a receiver compares: the time protects against an old message that is sent again."""
    return "sha256=" + hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
