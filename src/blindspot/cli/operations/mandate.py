"""`blindspot operation mandate`: the pilot on duty signs the passes of an evening, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from blindspot.operations import Operation, PassRow


def mandate(
    operation: Annotated[Path, typer.Argument(metavar="OPERATION", help="Operation file.")],
    evening: Annotated[str, typer.Argument(metavar="EVENING", help="The evening, as `next` names it: DATE/SLOT.")],
    person: Annotated[str, typer.Option(help="Name of the pilot on duty.")],
    reason: Annotated[str, typer.Option(help="The reason, in one sentence.")],
    passes: Annotated[
        int | None, typer.Option(min=1, max=99, help="Most take-offs, repeated ones included; the slot's by default.")
    ] = None,
    library: Annotated[
        Path | None, typer.Option("--library", help="Folder of the mission's library. Default: that of its scheduler.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Sign the passes of an evening, whose times stay secret, with the pilot's key. Any stop ends the mandate."""
    from dataclasses import replace

    from blindspot.cli.parts.named_people import own_key
    from blindspot.cli.sessions.the_operation import flown_library, is_simulated, named_crew, state_dir
    from blindspot.core import writable_or_error
    from blindspot.evidence import Journal
    from blindspot.law.orders import MANDATE, Mandate, OrderSigner, key_text, mandated
    from blindspot.mission import MissionRef
    from blindspot.operations import load_operation, occurrences, tours_of
    from blindspot.operations.mandates import keep_mandate, latest_start, operation_sha256, pass_key

    asked = load_operation(operation)
    by, why = named_crew(asked, person, reason)
    own = own_key(key)
    _refuse(asked, by, own)
    assert own is not None
    folder = state_dir(asked, to_fly=True)
    dated = asked if is_simulated(folder) else asked.seen_from(datetime.now(UTC))
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
    simulated = is_simulated(folder)
    if not simulated:
        _refuse_other_days(evening, one.slot_from, ends, datetime.now(UTC))
    signer = OrderSigner(own, asked.fleet.file.name, simulated)
    made = replace(made, signature=signer.sign(mandated(made)))
    Journal(folder.parents[1] / "journal.jsonl", "operation mandate").write(
        MANDATE, person=by, reason=why, evening=one.id, drones=list(asked.drones), passes=most,
        mission=made.mission_sha256, signature=made.signature,
    )  # fmt: skip
    with writable_or_error(folder, "mandates", "see that folder and its disk"):
        keep_mandate(folder, made)
    document = {
        "evening": one.id, "person": by, "passes": most, "drones": asked.drones, "simulated": simulated,
        "from": one.slot_from.isoformat(), "until": ends.isoformat(),
    }  # fmt: skip
    print_result(document, _said(asked, one.id, by, most, one.slot_from, ends, simulated=simulated), as_json=as_json)


def why_other_file(asked: Operation, folder: Path) -> str:
    """The reason why the scheduler takes no mandate for the operation file of now; empty if it does, or none runs."""
    from blindspot.operations import scheduler_lock
    from blindspot.operations.mandates import operation_sha256

    read = scheduler_lock.SchedulerNews.of(folder).operation
    is_same = read in ("", operation_sha256(asked))
    return "" if is_same else f"{asked.path.name} was changed since the scheduler read it"


def why_not_by_mandate(
    asked: Operation, folder: Path, row: PassRow, person: str, at: datetime, *, simulated: bool
) -> str:
    """The reason why the next flight of a pass may not start by the mandate of a person at a moment, as manager and
    gate judge it; empty if the flight may start, or needs no mandate. Raises InputError for a damaged journal."""
    from blindspot.evidence.journals import why_not_by
    from blindspot.law.orders import OrderVerifier, mandated
    from blindspot.mission import MissionRef
    from blindspot.operations.mandates import mandate_of

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
    journal = folder.parents[1] / "journal.jsonl"
    judged = (why_not_by(verifier, journal, act, found, row.next_run) for act in ("mission", "clearance"))
    return next(filter(None, judged), "")


def _refuse(asked: Operation, person: str, key: Ed25519PrivateKey | None) -> None:
    """Raise InputError unless the key is the key named by the fleet file for this pilot."""
    from blindspot.law.orders import key_text

    file, operator = asked.fleet.path, asked.fleet.operator(person)
    if operator is None or not operator.key:
        raise InputError(file, "operators", f"names no key of {person}", "a mandate needs one: authority operator-key")
    if operator.role != "pilot":
        raise InputError(file, "operators", f"{person} is {operator.role}", "let a pilot sign")
    if key is None or key_text(key.public_key()) != operator.key:
        raise InputError("operation mandate", "--key", f"is not the key of {person} in {file.name}", "give that one")


def _refuse_other_days(evening: str, begins: datetime, ends: datetime, now: datetime) -> None:
    """Raise InputError for an evening that is over, and for an evening that a signature of this moment does not
    reach."""
    from blindspot.law.orders import LASTS_S

    lasts = timedelta(seconds=LASTS_S)
    if ends < now:
        raise InputError("operation mandate", evening[:60], "is over", "see blindspot operation next")
    if begins > now and ends > now + lasts:
        problem = f"ends more than {lasts / timedelta(hours=1):g} h from now, and a mandate counts no longer"
        raise InputError("operation mandate", evening[:60], problem, "sign it on its day")


def _said(
    asked: Operation, evening: str, by: str, most: int, begins: datetime, ends: datetime, *, simulated: bool
) -> str:  # fmt: skip
    span = f"{asked.local(begins):%H:%M} to {asked.local(ends):%H:%M}"
    kind = "simulated" if simulated else "real"
    flown = f"{most} passes of the {kind} drones {', '.join(asked.drones)} of fleet {asked.fleet.file.name}"
    return f"{evening}: {by} permits {flown}, {span}; any stop ends it"
