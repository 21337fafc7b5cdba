"""Acts on the recordings of a run: who may see, export and erase the recordings, and the entry before each act.

CSI R242-12 asks for a journal of five kinds of acts. The authorisation names the people of each role. The entries of a
run's clearances and recordings keep these names, so that a command needs no other file. Without the entry nothing is
done.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from blindspot.core import InputError, is_blank
from blindspot.evidence.journals.journal import Entry, Fact, Journal
from blindspot.law import AuthorisationFile, judge_reading, load_profile, profile_names
from blindspot.law.orders import key_text
from blindspot.law.signatures import person_of, sign_content

Act = Literal["consultation", "live", "communication", "purge", "verification", "flag", "hold"]
"""`live` is the consultation of the masked picture in flight."""
CLEARANCE, RECORDING, SEALED, ERASED = "clearance", "recording", "recording_sealed", "recording_erased"
JOURNALLED: Mapping[str, tuple[str, ...]] = {
    "collection": ("sensor_release", RECORDING),
    "modification": (SEALED,),
    "consultation": ("consultation",),
    "communication": ("communication",),
    "erasure": ("purge", ERASED),
}
"""For each kind of act, the journal entries that this software writes before the act. No command changes a recording:
the hash is entered at the closing, so that a change by another program shows."""
ROLES: Mapping[Act, str] = {
    "consultation": "viewers", "communication": "extractors", "purge": "admins", "verification": "auditors",
}  # fmt: skip
"""The list of the authorisation that a person must be on. Without admins the extractors erase: recordings must not
outlive their time."""
_FLAGGERS = ("pilots", "viewers", "extractors")
"""Each of them may say that a part shows a dwelling."""
_LOOKERS = ("viewers", "pilots")
"""Each of them may look at the masked picture in flight."""
_NAME: Mapping[str, str] = {
    "pilots": "pilot",
    "viewers": "viewer", "extractors": "extractor", "admins": "admin", "auditors": "auditor",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts, as the command line names them; `key` signs the entry. A key that never leaves a browser
    signs there: `signature` and its time `signed_at` take the place of the key."""

    person: str = ""
    reason: str = ""
    key: Ed25519PrivateKey | None = None
    basis: str = ""
    """Ground in the law on which a recording is read, such as ART40."""
    second: Actor | None = None
    """The second person who reads it, with an own key."""
    signature: str = ""
    signed_at: str = ""


def people_facts(file: AuthorisationFile) -> dict[str, Fact]:
    """Profile, purpose and filled lists of people of an authorisation, as kept in the entries of clearances and
    recordings."""
    people = file.people
    lists = {role: _names(getattr(people, role)) for role in _NAME} if people is not None else {}
    keys = [f"{key} {name}" for name, key in people.keys.items()] if people is not None else []
    purpose = {"purpose": file.purpose.code} if file.purpose is not None else {}
    return {
        "profile": file.profile,
        **purpose,
        **{name: each for name, each in {**lists, "keys": keys}.items() if each},
    }


@dataclass(frozen=True, slots=True)
class Held:
    """The holdings of a run, by journal entries and files. `run` is "" for a run in the stack's folder."""

    run: str
    entries: tuple[Entry, ...]
    has_recording: bool

    @classmethod
    def of(cls, run: str, entries: Iterable[Entry], *, has_recording: bool) -> Held:
        granted = (each for each in entries if each.act == RECORDING or each.facts.get("granted") is True)
        return cls(run, tuple(each for each in granted if each.act in (CLEARANCE, RECORDING)), has_recording)

    @property
    def is_guarded(self) -> bool:
        """Whether a public authorisation covers the run: only designated people act on such a run."""
        return any(is_of_authority(profile) for profile in self.profiles)

    @property
    def needs_name(self) -> bool:
        """Whether the person must be named: a recording of unknown origin counts as one of an authority."""
        return self.is_guarded or (self.has_recording and not self.profiles)

    @property
    def profiles(self) -> frozenset[str]:
        """The profiles of all authorisations of the run."""
        return frozenset(str(each.facts["profile"]) for each in self.entries if each.facts.get("profile"))

    def named(self, role: str) -> frozenset[str]:
        """People whom every authorisation of the run puts on a list."""
        lists = [
            frozenset(person_of(name) for name in _texts(each.facts.get(role)))
            for each in self.entries if is_of_authority(str(each.facts.get("profile") or ""))
        ]  # fmt: skip
        return frozenset.intersection(*lists) if lists else frozenset()

    def keys(self, person: str) -> frozenset[str]:
        """The public keys that the authorisations name for a person."""
        lines = (line.partition(" ") for each in self.entries for line in _texts(each.facts.get("keys")))
        return frozenset(key for key, _, name in lines if person_of(name) == person_of(person))

    def why_not(self, act: Act, actor: Actor) -> str:
        """The reason why this person may not do this; empty if they may."""
        if not self.needs_name:
            return ""
        if is_blank(actor.person) or is_blank(actor.reason):
            return "was recorded under an authorisation of an authority: no act on it without a name and a reason"
        if not self.is_guarded:
            return ""
        roles = self._roles(act)
        if person_of(actor.person) not in frozenset().union(*map(self.named, roles)):
            return f"{actor.person} is no {' or '.join(_NAME[role] for role in roles)} of its authorisation"
        return self._why_not_signed(act, actor) or self._why_not_read(act, actor)

    def _roles(self, act: Act) -> tuple[str, ...]:
        """The lists of which a person must be on one."""
        if act == "flag":
            return _FLAGGERS
        if act == "live":
            return _LOOKERS
        if act == "hold" or (act == "purge" and not self.named(ROLES[act])):
            return ("extractors",)
        return (ROLES[act],)

    def _why_not_signed(self, act: Act, actor: Actor) -> str:
        keys = self.keys(actor.person)
        is_signed = actor.key is not None and key_text(actor.key.public_key()) in keys
        if keys and not is_signed and not _has_signed(keys, access_content(act, self.run, actor), actor.signature):
            return f"the authorisation names a key of {actor.person}, who has to sign with it"
        return ""

    def _why_not_read(self, act: Act, actor: Actor) -> str:
        """ACC-02: under a French authority a recording is exported or kept longer for a report of an offence alone, by
        two people."""
        if act not in ("communication", "hold") or not self.has_recording or not any(map(is_french, self.profiles)):
            return ""
        second = actor.second or Actor()
        if verdict := judge_reading((actor.person, second.person), actor.basis):
            return str(verdict)
        if person_of(second.person) not in self.named("extractors") | self.named("viewers"):
            return f"{second.person} is neither extractor nor viewer of its authorisation"
        return self._why_not_signed(act, second)


def enter(journal: Path, by: str, act: Act, held: Held, actor: Actor, **facts: Fact) -> None:
    """Write the entry of an act, before it. Raises InputError for a person who may not act, and JournalError if the
    disk holds no entry: the act must stay undone."""
    if problem := held.why_not(act, actor):
        raise InputError(held.run or "this run", "", problem, "see people in the authorisation")
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    actor = _signed(act, held.run, actor, at)
    if actor.second is not None:
        second = _signed(act, held.run, actor.second, at)
        facts |= {"basis": actor.basis, "second": second.person, "second_signature": second.signature}
    name, live = ("consultation", {"live": True}) if act == "live" else (act, {})
    Journal(journal, by).write(
        name, run=held.run, person=actor.person, reason=actor.reason, signed_at=actor.signed_at,
        signature=actor.signature, **live, **facts,
    )  # fmt: skip


def _signed(act: Act, run: str, actor: Actor, at: str) -> Actor:
    """The person with a signature of now, unless the person has no key, or signed elsewhere."""
    if actor.signature:
        return actor
    actor = replace(actor, signed_at=at)
    if actor.key is None:
        return actor
    return replace(actor, signature=sign_content(access_content(act, run, actor), actor.key).sig)


def access_content(act: Act, run: str, actor: Actor) -> bytes:
    """The bytes that the person signs, with the time `signed_at`."""
    said = ["blindspot.access/1", act, run, actor.person, actor.reason, actor.signed_at]
    return json.dumps(said, separators=(",", ":"), ensure_ascii=True).encode()


def _has_signed(keys: Iterable[str], content: bytes, signature: str) -> bool:
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(
                base64.b64decode(signature, validate=True), content
            )
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def is_of_authority(profile: str) -> bool:
    """Whether flights under a profile are judged by the authority's own rules of pre-flight; an unknown one is."""
    if not profile:
        return False
    try:
        return load_profile(profile).preflight_by == "authority"
    except InputError:
        return True


def is_french(profile: str) -> bool:
    """Whether the French code governs the recordings of a profile; that of an unknown one counts as French."""
    return profile.startswith("FR-") or (is_of_authority(profile) and profile not in profile_names())


def _names(listed: Iterable[Any]) -> list[str]:
    """The names of people; a pilot has also a certificate."""
    return [each if isinstance(each, str) else each.id for each in listed]


def _texts(fact: Fact) -> list[str]:
    return [str(each) for each in fact] if isinstance(fact, list) else []
