"""The mandate of a pilot for an evening: signed once, and judged before each pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.acts.evenings.operation_state import flown_library, is_simulated, named_crew, state_dir
from blindspot.core import InputError, writable_or_error
from blindspot.evidence import Journal
from blindspot.evidence.journals import is_stopped_since, why_not_by
from blindspot.law.orders import LASTS_S, MANDATE, Mandate, OrderSigner, OrderVerifier, key_text, mandated
from blindspot.mission import MissionRef
from blindspot.operations import Operation, PassRow, occurrences, scheduler_lock, tours_of
from blindspot.operations.mandates import keep_mandate, latest_start, mandate_of, operation_sha256, pass_key


@dataclass(frozen=True, slots=True)
class SignedEvening:
    """A kept mandate, and the span of the starts that it permits."""

    mandate: Mandate
    begins: datetime
    ends: datetime
    simulated: bool


@dataclass(frozen=True, slots=True)
class EveningToSign:
    """A mandate that waits for the signature of its pilot, over `mandated(mandate)`."""

    mandate: Mandate
    begins: datetime
    ends: datetime
    simulated: bool
    folder: Path
    """The state of the operation."""


def sign_evening(
    asked: Operation, evening: str, person: str, reason: str, key: Callable[[], Ed25519PrivateKey | None],
    now: datetime, *, passes: int | None = None, library: Path | None = None,
) -> SignedEvening:  # fmt: skip
    """Sign the passes of an evening, enter the mandate in the journal, and keep the mandate for the scheduler.

    Parameters
    ----------
    evening
        The evening as DATE/SLOT, with or without the name of the operation before it.
    key
        Returns the person's private key. It is called for a pilot of the operation alone: a key costs a pass-phrase.
    passes
        Most take-offs, repeated ones included; the slot's by default.
    library
        Folder of the flown library; by default that of the scheduler.

    Raises
    ------
    InputError
        For a person or a key that may not sign, for an unknown evening, for an evening that is over or too far away,
        and for an operation file that the scheduler has not read.
    """
    by, _ = named_crew(asked, person, reason)
    own = _own_key(asked, by, key())
    made = evening_to_sign(asked, evening, person, reason, now, passes=passes, library=library)
    signature = OrderSigner(own, asked.fleet.file.name, made.simulated).sign(mandated(made.mandate))
    return keep_signed(made, signature)


def evening_to_sign(
    asked: Operation, evening: str, person: str, reason: str, now: datetime, *, passes: int | None = None,
    library: Path | None = None,
) -> EveningToSign:  # fmt: skip
    """The mandate of an evening before its signature. Parameters and errors are those of `sign_evening`, except those
    of the key."""
    by, why = named_crew(asked, person, reason)
    _refuse_keyless(asked, by)
    folder = state_dir(asked, to_fly=True)
    simulated = is_simulated(folder)
    dated = asked if simulated else asked.seen_from(now)
    one = next((each for each in occurrences(dated) if each.id in (evening, f"{asked.id}/{evening}")), None)
    if one is None:
        raise InputError("operation mandate", evening[:60], "is no evening", "see blindspot operation next")
    most = passes or one.slot.passes
    tours = tours_of(flown_library(asked, library, folder))
    ends = latest_start(one, tours.latest_s)
    ref = MissionRef.of(asked.fleet, asked.mission)
    made = Mandate(
        by, why, asked.drones, operation_sha256(asked), one.id, int(one.slot_from.timestamp()), int(ends.timestamp()),
        most, ref.file, ref.sha256, key_text(pass_key(folder).public_key()),
    )  # fmt: skip
    if problem := why_other_file(asked, folder):
        raise InputError("operation mandate", evening[:60], problem, "start the stack again, then sign")
    if not simulated:
        _refuse_other_days(evening, one.slot_from, ends, now)
    return EveningToSign(made, one.slot_from, ends, simulated, folder)


def keep_signed(made: EveningToSign, signature: str) -> SignedEvening:
    """Enter a signed mandate in the journal, and keep the mandate for the scheduler. The caller knows that the
    signature is the pilot's. Raises BlindspotError if the disk refuses."""
    signed = replace(made.mandate, signature=signature)
    Journal(_journal(made.folder), "operation mandate").write(
        MANDATE, person=signed.person, reason=signed.reason, evening=signed.evening, drones=list(signed.drones),
        passes=signed.most_passes, mission=signed.mission_sha256, signature=signature,
    )  # fmt: skip
    with writable_or_error(made.folder, "mandates", "see the folder and the disk"):
        keep_mandate(made.folder, signed)
    return SignedEvening(signed, made.begins, made.ends, made.simulated)


def why_other_file(asked: Operation, folder: Path) -> str:
    """The reason why the scheduler takes no mandate for the operation file of now; empty if it does, or none runs."""
    read = scheduler_lock.SchedulerNews.of(folder).operation
    is_same = read in ("", operation_sha256(asked))
    return "" if is_same else f"{asked.path.name} was changed since the scheduler read it"


def why_not_by_mandate(
    asked: Operation, folder: Path, row: PassRow, person: str, at: datetime, *, simulated: bool
) -> str:
    """The reason why the next flight of a pass may not start by the mandate of a person at a moment, as manager and
    gate judge it; empty if the flight may start, or needs no mandate. Raises InputError for a damaged journal."""
    if not asked.fleet.has_keys:
        return ""
    found = mandate_of(folder, asked, row.occurrence, person)
    if found is None:
        return f"{person} has signed no mandate for this evening"
    verifier = OrderVerifier(asked.fleet, simulated=simulated, now_ns=lambda: int(at.timestamp() * 1e9))
    ref = MissionRef.of(asked.fleet, asked.mission)
    if problem := verifier.why_not_signed(mandated(found), found.signature):
        return f"the mandate does not count: {problem}"
    if problem := found.why_not_run(row.next_run, ref.file, ref.sha256):
        return problem
    if problem := found.why_not_drones(asked.drones):
        return problem
    judged = (why_not_by(verifier, _journal(folder), act, found, row.next_run) for act in ("mission", "clearance"))
    return next(filter(None, judged), "")


def mandated_pilots(asked: Operation, folder: Path, evening: str, at: datetime) -> tuple[str, ...]:
    """The pilots whose mandate for the evening is signed by the key that the fleet file names, without a stop since."""
    if not asked.fleet.has_keys:
        return ()
    verifier = OrderVerifier(asked.fleet, simulated=is_simulated(folder), now_ns=lambda: int(at.timestamp() * 1e9))
    found = ((pilot, mandate_of(folder, asked, evening, pilot)) for pilot in asked.file.crew.pilots)
    return tuple(
        pilot for pilot, one in found
        if one is not None and not verifier.why_not_signed(mandated(one), one.signature)
        and not is_stopped_since(_journal(folder), one)
    )  # fmt: skip


def _journal(folder: Path) -> Path:
    """The journal of the stack, of the state folder of an operation."""
    return folder.parents[1] / "journal.jsonl"


def _own_key(asked: Operation, person: str, key: Ed25519PrivateKey | None) -> Ed25519PrivateKey:
    """The person's key. Raises InputError unless the fleet file names this key for this pilot."""
    named_key = _refuse_keyless(asked, person)
    if key is None or key_text(key.public_key()) != named_key:
        file = asked.fleet.path
        raise InputError("operation mandate", "--key", f"is not the key of {person} in {file.name}", "give that one")
    return key


def _refuse_keyless(asked: Operation, person: str) -> str:
    """The public key of a pilot. Raises InputError unless the fleet file names one."""
    file, operator = asked.fleet.path, asked.fleet.operator(person)
    if operator is None or not operator.key:
        raise InputError(file, "operators", f"names no key of {person}", "a mandate needs one: authority operator-key")
    if operator.role != "pilot":
        raise InputError(file, "operators", f"{person} is {operator.role}", "let a pilot sign")
    return operator.key


def _refuse_other_days(evening: str, begins: datetime, ends: datetime, now: datetime) -> None:
    """Raise InputError for an evening that is over, and for an evening that a signature of this moment does not
    reach."""
    lasts = timedelta(seconds=LASTS_S)
    if ends < now:
        raise InputError("operation mandate", evening[:60], "is over", "see blindspot operation next")
    if begins > now and ends > now + lasts:
        problem = f"ends more than {lasts / timedelta(hours=1):g} h from now, and a mandate counts no longer"
        raise InputError("operation mandate", evening[:60], problem, "sign it on the day")
