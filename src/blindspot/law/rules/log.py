"""Rules on the journal and the register."""

from __future__ import annotations

from datetime import timedelta

from blindspot.core import is_blank
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown

ACTS = ("collection", "modification", "consultation", "communication", "erasure")
KEPT_DAYS = 3 * 365 + 1
WEEK = timedelta(days=7)


@rule(
    "LOG-01", "CSI R242-12", "PF IF RC RT",
    "Collection, modification, consultation, communication and erasure are journalled and kept for three years; "
    "without the journal nothing runs.",
    "Collecte, modification, consultation, communication et effacement sont journalisés et conservés trois ans ; "
    "sans journal rien ne fonctionne.",
)  # fmt: skip
def log_01(ctx: Context) -> Ruling:
    book = ctx.book
    if book is None or book.writable is None:
        return unknown("whether the journal works")
    if not book.writable:
        return broken(
            "the journal can't be written, or its chain is broken",
            "see the folder and the disk",
            "vérifier son dossier et son disque",
        )
    if book.acts is None or book.kept_days is None:
        return unknown("which acts the journal records, and for how long it is kept")
    if missing := [act for act in ACTS if act not in book.acts]:
        return broken(f"the journal does not record {missing[0]}", "record it", "l'y inscrire")
    if book.kept_days < KEPT_DAYS:
        kept = f"the journal is kept for {book.kept_days} days"
        return broken(
            kept,
            f"keep it for {KEPT_DAYS} days, on a disk, and put back journals that are missing",
            f"le conserver {KEPT_DAYS} jours, sur un disque, et remettre les journaux manquants",
        )
    return met(f"the journal works, records {len(book.acts)} kinds of acts, and is kept for {book.kept_days} days")


@rule(
    "LOG-02", "CSI L242-5 VI", "PL PF RT",
    "The register of uses has a recipient and is sent to it every week.",
    "Le registre des traitements a un destinataire et lui est transmis chaque semaine.",
    module="register",
)  # fmt: skip
def log_02(ctx: Context) -> Ruling:
    protection = ctx.file.data_protection
    if protection is None or is_blank(protection.register_recipient):
        return broken(
            "the register has no recipient",
            "give data_protection.register_recipient",
            "indiquer data_protection.register_recipient",
        )
    if ctx.phase == "PL":
        return met(f"sent to {protection.register_recipient}")
    if ctx.book is None and not ctx.simulated:
        return unknown("when the register was sent")
    sent = ctx.noted("register_sent")
    if sent is not None and sent > ctx.now_utc:
        return broken(
            f"the register would be sent in the future, at {sent.isoformat()}",
            "see the computer's clock",
            "vérifier l'horloge de l'ordinateur",
        )
    since = max(sent, ctx.file.window.not_before) if sent is not None else ctx.file.window.not_before
    if ctx.now_utc - since > WEEK:
        return broken(
            f"the register was not sent since {since.isoformat()}",
            "send the register of the week: blindspot authority register",
            "transmettre le registre de la semaine : blindspot authority register",
        )
    return met(f"register sent, or a week not yet over since {since.isoformat()}")


@rule(
    "LOG-03", "CSI L242-5 VI, R242-12", "PF RT",
    "The register of the last mission is complete.",
    "Le registre de la dernière mission est complet.",
    module="register",
)  # fmt: skip
def log_03(ctx: Context) -> Ruling:
    complete = ctx.noted("register_complete")
    if complete is None:
        return unknown("whether the register is complete")
    return (
        met("the register is complete")
        if complete
        else broken(
            "the register lacks the end of a mission",
            "note its end: blindspot authority end-run",
            "noter sa fin : blindspot authority end-run",
        )
    )
