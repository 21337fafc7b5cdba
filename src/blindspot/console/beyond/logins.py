"""Logins of people at other computers: a page signs the challenge of its own connection with the key of an operator.

The private key stays in the page. A challenge names this server and its fleet, so that a signature for one console
opens no other, and its purpose differs from the purpose of an order.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from blindspot.console.beyond.certificate import Certificate
from blindspot.core import RefusedError
from blindspot.mission import Fleet

PURPOSE = "blindspot.console-login/1"
SIGNED_WITHIN_S = 60.0
"""Time from a challenge to its signature, s."""
AGAIN_WITHIN_S = 600.0
"""A page whose connection broke comes back with its session for so long, s: a stop does not wait for a pass-phrase."""
NONCE_BYTES = 18
LOGIN = "login"
_KEY, _SIGNATURE = re.compile(r"[0-9a-f]{64}"), re.compile(r"[A-Za-z0-9+/]{86}==")


@dataclass(slots=True)
class Session:
    """A person at one address. The session counts while a connection is open, and for new connections some time
    longer."""

    token: str
    person: str
    role: str
    address: str
    open: int = 0
    left_s: float = 0.0


class Logins:
    """The sessions of one server. Threads may share one object.

    Parameters
    ----------
    fleet
        Its file names the operators with their keys.
    refuse
        Gets person, order and problem of a refused attempt.
    now_ns, now_s
        UTC of this computer in ns, and a steady clock.
    """

    def __init__(
        self, fleet: Fleet, refuse: Callable[[str, str, str], object], *,
        now_ns: Callable[[], int] = time.time_ns, now_s: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        people = [one for name in fleet.operators if (one := fleet.operator(name)) is not None]
        self._people = {one.key: one for one in people if one.key}
        self._fleet, self._refuse, self._now_ns, self._now_s = fleet.file.name, refuse, now_ns, now_s
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()

    def attempt(self, server: str, address: str) -> Attempt:
        """The attempt of one connection. `server` is host and port as the page has opened them, `address` the page's
        computer."""
        said = [PURPOSE, self._fleet, self._now_ns(), server, secrets.token_urlsafe(NONCE_BYTES)]
        text = json.dumps(said, separators=(",", ":"), ensure_ascii=True)
        return Attempt(self, text, address, self._now_s())

    def enter(self, attempt: Attempt, said: object) -> Session:
        """Begin a session, or take one up again, by the answer of a page. Raises RefusedError."""
        answer: Mapping[str, object] = said if isinstance(said, dict) else {}
        if "session" in answer:
            return self._again(str(answer["session"]), attempt.address)
        key, signature = str(answer.get("key")), str(answer.get("signature"))
        operator = self._people.get(key)
        if operator is None:
            known = f"the key {key[:16]}" if _KEY.fullmatch(key) else "no key"
            self._stranger("", f"a page at {attempt.address} shows {known}: the fleet file names nobody with it")
        if self._now_s() - attempt.at_s > SIGNED_WITHIN_S:
            self._stranger(operator.name, f"the login was signed after more than {SIGNED_WITHIN_S:.0f} s: repeat it")
        if not _is_signed(key, signature, attempt.text):
            self._stranger(operator.name, f"a page at {attempt.address} has not signed with the key of this person")
        session = Session(secrets.token_urlsafe(NONCE_BYTES), operator.name, operator.role, attempt.address, open=1)
        with self._lock:
            self._forget()
            self._sessions[session.token] = session
        return session

    def _again(self, token: str, address: str) -> Session:
        with self._lock:
            self._forget()
            found = self._found(token, address)
            if found is not None:
                found.open += 1
                return found
        raise RefusedError(("the session is over: log in again",), "")

    def leave(self, session: Session) -> None:
        """A connection of a session ended."""
        with self._lock:
            session.open, session.left_s = session.open - 1, self._now_s()

    def may_ask(self, token: str, address: str) -> bool:
        """Whether a question counts: its session has an open connection, so that the question is seen as one."""
        with self._lock:
            found = self._found(token, address)
        return found is not None and found.open > 0

    def _found(self, token: str, address: str) -> Session | None:
        for session in self._sessions.values():
            if hmac.compare_digest(session.token.encode(), token.encode("utf-8", "surrogatepass")):
                return session if session.address == address else None
        return None

    def _forget(self) -> None:
        for token, session in list(self._sessions.items()):
            if not session.open and self._now_s() - session.left_s > AGAIN_WITHIN_S:
                del self._sessions[token]

    def _stranger(self, person: str, problem: str) -> NoReturn:
        self._refuse(person, LOGIN, problem)
        raise RefusedError((problem,), "")


class Attempt:
    """The challenge of one connection: no other connection, and no second answer, can use it."""

    def __init__(self, logins: Logins, text: str, address: str, at_s: float) -> None:
        self.text, self.address, self.at_s = text, address, at_s
        self._logins: Logins | None = logins

    def answer(self, said: object) -> Session:
        """The session of the person who signed the text. Raises RefusedError, also for a second answer."""
        logins, self._logins = self._logins, None
        if logins is None:
            raise RefusedError(("this login was answered before",), "")
        return logins.enter(self, said)


@dataclass(frozen=True, slots=True)
class Beyond:
    """What a server needs that other computers open: its host as they write it, its certificate, its logins."""

    host: str
    certificate: Certificate
    logins: Logins


def _is_signed(key: str, signature: str, text: str) -> bool:
    if _SIGNATURE.fullmatch(signature) is None:
        return False
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(base64.b64decode(signature, validate=True), text.encode())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True
