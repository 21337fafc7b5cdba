"""Rules on retention: recordings end in time, and no copy stays."""

from __future__ import annotations

from datetime import timedelta

from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown

LATE_S = 60.0
"""After a power-off: time from the start of the computer to the erasure, s."""


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
    kept = ctx.kept
    if kept is None or kept.ended is None:
        return unknown("when the deployment ended")
    due = kept.ended + timedelta(hours=most_h)
    if kept.erased is None:
        if ctx.now_utc > due:
            return broken(f"the recordings were due {due.isoformat()}", "erase them now", "les effacer maintenant")
        return met(f"due {due.isoformat()}")
    if not kept.receipt_signed:
        return broken("the erasure has no signed receipt", "sign the receipt", "signer le reçu")
    if kept.erased <= due:
        return met(f"erased {kept.erased.isoformat()}, in time")
    if kept.late_start is None or kept.erased - kept.late_start > timedelta(seconds=LATE_S) or kept.late_start < due:
        return broken(f"erased {kept.erased.isoformat()}, due {due.isoformat()}", "erase in time", "effacer à temps")
    return met(f"erased late, at the first start after {due.isoformat()}")


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
        broken(f"{copies} raw training copies exist", "erase them", "les effacer")
        if copies != 0
        else met("no training copy")
    )
