"""Rules on recordings: a closed list, nothing unmasked, and a chain that shows every change."""

from __future__ import annotations

from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown

PICTURES, POSES, STATUS = "camera/image_masked/compressed", "camera/pose", "drone_status"
ALWAYS = (PICTURES, POSES, STATUS, "clearance")
REPORTED, EVENTS = ("detections", "sightings"), ("events",)
"""Recorded only if the authorisation lists a detector or, for events, an event."""
CLOSED_LIST = (*ALWAYS, *REPORTED, *EVENTS)
"""Every topic of a drone that may ever be recorded (REC-01); parameters can't add a topic."""


def permitted_topics(file: AuthorisationFile) -> tuple[str, ...]:
    """The topics of a drone that an authorisation permits to record."""
    analytics = file.analytics
    return (*ALWAYS, *(REPORTED if analytics.detectors else ()), *(EVENTS if analytics.events else ()))


@rule(
    "REC-01", "CSI R242-9", "RC",
    "Recording is authorised, and only topics of the closed list are recorded.",
    "L'enregistrement est autorisé et se limite aux flux de la liste fermée.",
)  # fmt: skip
def rec_01(ctx: Context) -> Ruling:
    if not ctx.file.recording.allowed:
        return broken("the authorisation does not allow recording", "fly without a recording", "voler sans enregistrer")
    topics = ctx.fact("topics")
    if topics is None:
        return unknown("which topics are recorded")
    permitted = permitted_topics(ctx.file)
    found = next((topic for topic in topics if topic not in permitted), None)
    if found is not None:
        return broken(f"topic {found} may not be recorded", "leave it out", "le retirer")
    return met(f"{len(topics)} topics, each on the closed list")


@rule(
    "REC-02", "CSI L242-2", "RC",
    "No unmasked picture reaches a disk in clear.",
    "Aucune image non masquée n'atteint un disque en clair.",
)  # fmt: skip
def rec_02(ctx: Context) -> Ruling:
    clear = ctx.fact("clear_bytes")
    if clear is None:
        return unknown("whether unmasked pictures are on a disk")
    if clear != 0:
        return broken(
            f"{clear} bytes of unmasked pictures are on a disk in clear",
            "stop the recorder, erase them",
            "arrêter l'enregistreur et les effacer",
        )
    return met("no unmasked picture on a disk in clear")


@rule(
    "REC-03", "CSI R242-9, L242-2", "RC",
    "A recording is sealed for two holders: each chunk is bound to the one before, and the head is signed.",
    "Un enregistrement est scellé pour deux détenteurs : chaque bloc est lié au précédent, et la tête est signée.",
)  # fmt: skip
def rec_03(ctx: Context) -> Ruling:
    recorded = ctx.recorded
    if recorded is None or None in (recorded.holders, recorded.chained, recorded.head_signed):
        return unknown("whether the recording is chained and signed")
    if not recorded.holders or len(recorded.holders) < 2:
        return broken(
            "recording.keys of the authorisation does not name two keys that seal a recording",
            "name a key of the service and a key of the authority in it",
            "y inscrire une clé du service et une clé de l'autorité",
        )
    if not recorded.chained:
        return broken("a chunk is outside the hash chain", "stop the recorder", "arrêter l'enregistreur")
    if not recorded.head_signed:
        return broken("the head of the chain is not signed", "sign it", "la signer")
    return met("sealed for two holders, chained, with a signed head")
