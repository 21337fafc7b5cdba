"""Rules on retention: recordings end in time, and no copy stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from blindspot.law.rules.context import Context
from blindspot.law.rules.facts import KeptRecording
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown

LATE_S = 60.0
"""After a power-off: time from the start to the erasure, s."""


@rule(
    "RET-01", "CSI L242-4", "RC RT",
    "Recordings are erased at most 168 hours after the deployment ends, with a signed receipt.",
    "Les enregistrements sont effacés au plus 168 heures après l'intervention, avec un reçu signé.",
)  # fmt: skip
def ret_01(ctx: Context) -> Ruling:
    most_h = min(ctx.file.recording.retention_h, ctx.under.limits.max_retention_h)
    if most_h <= 0:
        return broken("recordings may be kept for 0 h", "fly without a recording", "voler sans enregistrer")
    if ctx.phase == "RC":
        return met(f"kept for at most {most_h:g} h")
    recordings = ctx.fact("recordings")
    if recordings is None:
        return unknown("which recordings are kept")
    found = (_in_time(each, ctx.now_utc) for each in recordings)
    return next((each for each in found if not each.ok), met(f"{len(recordings)} recordings, each within its time"))


def _in_time(each: KeptRecording, now_utc: datetime) -> Ruling:
    """Whether one recording is kept and erased in its time."""
    if each.due is None:
        return unknown(f"whether {each.name} is erased, or when it is due")
    due = each.due.isoformat()
    if each.erased is None:
        if now_utc > each.due:
            return broken(f"{each.name} was due {due}", "erase it now", "l'effacer maintenant")
        return met(f"due {due}")
    if not each.receipt_signed:
        return broken(f"the erasure of {each.name} has no signed receipt", "sign the receipt", "signer le reçu")
    if each.erased <= each.due:
        return met(f"erased {each.erased.isoformat()}, in time")
    start = each.late_start
    if start is None or each.erased - start > timedelta(seconds=LATE_S) or start < each.due:
        said = f"{each.name} was erased {each.erased.isoformat()}, due {due}"
        return broken(said, "erase in time", "effacer à temps")
    return met(f"erased late, at the first start after {due}")


@rule(
    "RET-02", "CSI R242-11", "RT",
    "No raw picture is kept for training.",
    "Aucune image brute n'est conservée pour l'apprentissage.",
)  # fmt: skip
def ret_02(ctx: Context) -> Ruling:
    copies = ctx.fact("training_copies")
    if copies is None:
        return unknown("whether there are training copies")
    return (
        broken(f"{copies} files beside the recordings may hold their pictures", "erase them", "les effacer")
        if copies != 0
        else met("no training copy")
    )
