"""Orders of named persons as they travel: signed with the person's own key, verified before anything moves. Pure.

Any process on the network can send an order under any name. If the fleet file names keys, an order to fly counts only
under four conditions: the person's key has signed the order (Ed25519), the person is a pilot, the order is of this
moment, and the order has not arrived before. An order that makes a drone safer counts without a signature: a stop must
never wait for a key.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from blindspot.law.orders.mandate import MANDATE, Mandate, Past, read_mandate
from blindspot.mission import Fleet

FLY = "fly"
MOVES = frozenset({FLY, "resume", "jump", "inspect", "swapped"})
"""Orders after which a drone flies, or flies on: only these need a signature and a pilot."""
VALID_S = 60.0
"""Age after which an order counts no more, s."""
CLOCKS_S = 2.0
"""Largest lead of the person's clock over ours, s."""
MOST_SORTIES = 100
"""Most plans in one order of a mission; each entry of the mission in the journal has all plans."""
LASTS_S = 24 * 3600.0
"""Age after which the order of a mission gets no further clearance, s."""
FLY_WITHIN_S = 15.0
"""Age after which an order of `MOVES` with a time is too old: the sender reports an unanswered order by then.
A node that stood still would carry the order out after the person has given the order up."""
_BEFORE = "the order was signed before this node started or drones were stopped: give it again"
_NS = 1_000_000_000
_PURPOSE = "blindspot.order/3"
_TIME = re.compile(r"(?:mandate:[^:]+:)?(\d{1,20}):[^:]*")
_FORM = re.compile(r"(\d{1,20}):([A-Za-z0-9+/]{86}==)")


@dataclass(frozen=True, slots=True)
class Ordered:
    """The order of a person: the signed content except fleet and time."""

    order: str
    """One of `MOVES`, or another order."""
    person: str
    reason: str
    drones: tuple[str, ...] = ()
    """Empty: every drone that flies."""
    details: tuple[str | int | float, ...] = ()
    """Of `fly`: mission file, its hash, run, hash of the plan of each sortie. Of other orders: step, place, aim,
    seconds, what follows the look."""

    @property
    def plans(self) -> tuple[str, ...]:
        """Hashes of the plans that an order to fly names, a sortie each, in their order."""
        return tuple(map(str, self.details[3:])) if self.order == FLY else ()


def key_text(key: Ed25519PublicKey) -> str:
    """A public key as the fleet file has it: 64 hex digits."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def order_content(ordered: Ordered, fleet: str, at_ns: int, *, simulated: bool) -> bytes:
    """The bytes that a person signs: ASCII, one JSON list."""
    said = [_PURPOSE, fleet, simulated, at_ns, *astuple(ordered)]
    return json.dumps(said, separators=(",", ":"), ensure_ascii=True).encode()


def mandated(mandate: Mandate) -> Ordered:
    """The words of a mandate, as signed by the pilot."""
    return Ordered(MANDATE, mandate.person, mandate.reason, mandate.drones, mandate.details)


def order_details(
    step: int = 0, at: tuple[float, float, float] = (0.0, 0.0, 0.0), heading_deg: float = 0.0, pitch_deg: float = 0.0,
    seconds: float = 0.0, then: str = "",
) -> tuple[str | int | float, ...]:  # fmt: skip
    """The details of an order other than `fly`; the time of a look is `seconds`, the place is m ENU."""
    return (step, *map(float, at), float(heading_deg), float(pitch_deg), float(seconds), then)


def signature_at(at_ns: int, signed: str) -> str:
    """The signature as an order carries it: the time in ns, and 64 bytes in base64."""
    return f"{at_ns}:{signed}"


def unsigned(now_ns: Callable[[], int] = time.time_ns) -> str:
    """The signature of an unsigned order: the time alone."""
    return f"{now_ns()}:"


@dataclass(frozen=True, slots=True)
class OrderSigner:
    """Signs the orders of one person to one fleet. An order to a simulation is none to the real fleet."""

    key: Ed25519PrivateKey
    fleet: str
    """Its name in the fleet file."""
    simulated: bool
    now_ns: Callable[[], int] = time.time_ns

    def sign(self, ordered: Ordered) -> str:
        """The signature, as the order carries it: the time in ns, and 64 bytes in base64."""
        at_ns = self.now_ns()
        content = order_content(ordered, self.fleet, at_ns, simulated=self.simulated)
        return signature_at(at_ns, base64.b64encode(self.key.sign(content)).decode())


class OrderVerifier:
    """Decides for one node which orders count. One object serves the whole life of a node.

    Parameters
    ----------
    fleet
        Its file names the operators with their keys and roles.
    simulated
        Whether the stack is a simulation.
    now_ns
        UTC of this computer, ns.
    """

    def __init__(self, fleet: Fleet, *, simulated: bool, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._fleet, self.simulated, self._now_ns = fleet, simulated, now_ns
        self._after_ns = now_ns()
        """Orders that were signed before the start of this node, or before the last stop, do not count."""
        self._last_ns: dict[str, int] = {}
        """By person: time of the latest order that counted."""
        self._stopped_ns = -1
        """Time of the last stop."""

    def stopped(self) -> None:
        """Drones were stopped or called home: an order that was signed before counts no more."""
        self._after_ns = self._stopped_ns = max(self._after_ns, self._now_ns())

    def stopped_since(self, at_ns: int) -> bool:
        """Whether this node has heard a stop since then."""
        return self._stopped_ns >= at_ns

    def why_not(self, ordered: Ordered, signature: str, *, drone: str = "") -> str:
        """The reason against an order that arrives now; empty if the order counts. A signed order counts once.
        `drone` is the drone that asks."""
        if problem := self.why_not_signed(ordered, signature):
            return problem
        if ordered.order in MOVES - {FLY} and (problem := self._why_old(f"to {ordered.order}", signature)):
            return problem
        if ordered.order not in MOVES or not self._fleet.has_keys:
            return ""
        if drone and ordered.drones and drone not in ordered.drones:
            return f"it is no order to {drone}"
        at_ns = _time_of(signature)
        if problem := self.why_not_now(signature):
            return problem
        if at_ns <= self._last_ns.get(ordered.person, -1):
            return f"the order of {ordered.person} has arrived before, or a newer one has: give it again"
        self._last_ns[ordered.person] = at_ns
        return ""

    def why_not_signed(self, ordered: Ordered, signature: str) -> str:
        """The reason why an order to fly is not the person's; empty for a right signature, or without a need for a
        signature. Its age is not judged. A mission may be ordered by a person's mandate."""
        is_free = ordered.order not in MOVES and ordered.order != MANDATE
        return "" if is_free else self.why_not_by_pilot(ordered, signature)

    def why_not_by_pilot(self, ordered: Ordered, signature: str) -> str:
        """The reason why an order, of whatever kind, is not signed by the pilot whom it names; as `why_not_signed`."""
        operator = self._fleet.operator(ordered.person)
        if operator is not None and operator.role != "pilot":
            return f"{ordered.person} is {operator.role} and no pilot: {ordered.order} is an order of a pilot"
        if not self._fleet.has_keys:
            return ""
        if operator is None or not operator.key:
            return f"the fleet file names no key of {ordered.person}: an order to {ordered.order} has to be signed"
        if ordered.order == FLY and (by := read_mandate(signature)) is not None:
            return self._why_not_mandated(ordered, *by)
        return self._why_not_by(ordered, signature, operator.key, f"the key of {ordered.person}")

    def why_not_plan(self, ordered: Ordered, plan: str, *, is_first: bool = False) -> str:
        """The reason why the order of a mission is none to fly the plan of this hash; empty if it names the plan, of
        the first sortie if `is_first`. Without keys an order may name none."""
        plans = ordered.plans[:1] if is_first else ordered.plans
        if plan in plans or not (plans or self._fleet.has_keys):
            return ""
        return f"the order of {ordered.person} names another plan: let a pilot order this one"

    def why_not_begun(
        self, ordered: Ordered, signature: str, plan: str, drone: str, *, is_later: bool = False
    ) -> str:  # fmt: skip
        """The reason why the order of a mission begins no flight of a plan on a drone; empty if it may. Its age is
        judged by the day, since the gate judges the plan meanwhile. A node started later may have flown the first
        sortie before; the caller knows about later sorties. `is_later`: the drone has flown this post of a watch by
        the same order before, and was called home since."""
        problem = self.why_not_signed(ordered, signature) or self.why_not_plan(ordered, plan)
        if problem or not self._fleet.has_keys:
            return problem
        if (by := read_mandate(signature)) is not None and (problem := by[0].why_not_drones([drone])):
            return problem
        at_ns = _time_of(signature)
        if not -CLOCKS_S * _NS <= self._now_ns() - at_ns <= LASTS_S * _NS:
            return f"the order was signed more than {LASTS_S / 3600:g} h ago, or in the future: give it again"
        return _BEFORE if plan == ordered.plans[0] and not is_later and at_ns <= self._after_ns else ""

    def _why_not_by(self, ordered: Ordered, signature: str, key: str, name: str) -> str:
        """The reason why an order is not signed with a key; empty if it is."""
        found = _FORM.fullmatch(signature)
        if found is None:
            mandate = ", or sign the mandate of an evening" if ordered.order == FLY else ""
            return f"the order of {ordered.person} is not signed: give the person's --key{mandate}"
        content = order_content(ordered, self._fleet.file.name, int(found[1]), simulated=self.simulated)
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
            public.verify(base64.b64decode(found[2], validate=True), content)
        except (InvalidSignature, binascii.Error):
            return f"the order is not signed with {name}, or was changed"
        return ""

    def _why_not_mandated(self, ordered: Ordered, mandate: Mandate, signature: str) -> str:
        """The reason why a mission is not ordered by a mandate of the person; empty for a valid mandate."""
        if mandate.person != ordered.person:
            return f"the mandate is of another person than {ordered.person}"
        if problem := self.why_not_signed(mandated(mandate), mandate.signature):
            return f"the mandate does not count: {problem}"
        mission, sha256, run = (str(each) for each in ordered.details[:3])
        problem = mandate.why_not_run(run, mission, sha256)
        return problem or self._why_not_by(
            ordered, signature, mandate.key, f"the key in the mandate of {ordered.person}"
        )

    def why_not_now(self, signature: str) -> str:
        """The reason why a valid signature counts at another time only; empty if it counts now, or none is needed."""
        if not self._fleet.has_keys:
            return ""
        at_ns, now_ns = _time_of(signature), self._now_ns()
        if at_ns > now_ns + CLOCKS_S * _NS:
            return "the order was signed in the future: set the clocks of both computers"
        if now_ns - at_ns > VALID_S * _NS:
            return f"the order was signed more than {VALID_S:g} s ago: give it again"
        return _BEFORE if at_ns <= self._after_ns else ""

    def why_not_mandate_now(self, mandate: Mandate, run: str, runs: frozenset[str], stopped_ns: int) -> str:
        """The reason against a new pass by a valid mandate now; empty if the pass may start. `runs` are the flown
        runs of the mandate, `stopped_ns` is the time of the last stop in the journal."""
        signed_ns, now_ns = _time_of(mandate.signature), self._now_ns()
        if signed_ns > now_ns + CLOCKS_S * _NS:
            return "the mandate was signed in the future: set the clocks of both computers"
        if now_ns - signed_ns > LASTS_S * _NS:
            return f"the mandate was signed more than {LASTS_S / 3600:g} h ago: sign another"
        past = Past(stopped_ns >= signed_ns or self.stopped_since(signed_ns), runs)
        return mandate.why_not_now(run, now_ns / _NS, past, simulated=self.simulated)

    def why_late(self, signature: str) -> str:
        """The reason why an order to fly, signed or not, begins no mission any more; empty if it does. A manager that
        stood still would fly a mission after the person has given the mission up."""
        found = _TIME.fullmatch(signature)
        if found is None:
            return "the order to fly has no time: give it with blindspot fly"
        if int(found[1]) - self._now_ns() > CLOCKS_S * _NS:
            return "the order to fly is of the future: set the clocks of both computers"
        if self.stopped_since(int(found[1])):
            return "drones were stopped since the order to fly was given: give it again"
        return self._why_old("to fly", signature)

    def _why_old(self, order: str, signature: str) -> str:
        """The reason why an order comes too late; empty if it does not, or states no time."""
        found = _TIME.fullmatch(signature)
        age_s = 0.0 if found is None else (self._now_ns() - int(found[1])) / _NS
        return f"the order {order} is {age_s:.0f} s old: give it again" if age_s > FLY_WITHIN_S else ""

    def lasts(self, signature: str) -> bool:
        """Whether the order of a mission that was cleared before may be cleared again."""
        return 0 <= self._now_ns() - _time_of(signature) <= LASTS_S * _NS


def _time_of(signature: str) -> int:
    """Time of an order's signature, ns; with a mandate, that of the scheduler's own."""
    return int(signature.split(":")[-2])
