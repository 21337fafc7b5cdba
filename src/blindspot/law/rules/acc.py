"""Rules on access: who may watch and extract, and on which ground afterwards."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown
from blindspot.law.signatures.signing import person_of

REPORT_OF_AN_OFFENCE = "ART40"
"""Article 40 of the code of criminal procedure: the one ground for a consultation after the deployment."""


@rule(
    "ACC-01", "CSI R242-10", "PL PF RC RT",
    "Pilots, viewers and extractors are designated by name, and no one else sees a picture.",
    "Télépilotes et personnes habilitées à visionner ou à extraire sont désignés, et nul autre ne voit d'image.",
    module="people",
)  # fmt: skip
def acc_01(ctx: Context) -> Ruling:
    people = ctx.file.people
    if people is None or not people.pilots:
        return broken("no pilot is designated", "name people.pilots", "désigner des télépilotes : people.pilots")
    day = ctx.now_utc.astimezone(ZoneInfo(ctx.file.window.tz)).date()
    if late := [pilot.id for pilot in people.pilots if pilot.valid_to < day]:
        return broken(
            f"the certificate of {late[0]} has expired",
            "name pilots with a valid certificate",
            "désigner des télépilotes dont le titre est valide",
        )
    if ctx.phase == "PL":
        return met(f"{len(people.pilots)} pilots, {len(people.viewers)} viewers, {len(people.extractors)} extractors")
    if ctx.phase == "PF":
        found, named = ctx.fact("pilots"), tuple(pilot.id for pilot in people.pilots)
    elif ctx.phase == "RC":
        found, named = ctx.fact("viewers"), people.viewers
    else:
        found, named = ctx.fact("extractors"), people.extractors
    if found is None or (ctx.phase == "PF" and not found):
        return unknown("who flies" if ctx.phase == "PF" else "who sees the pictures")
    designated = {person_of(name) for name in named}
    stranger = next((name for name in found if person_of(name) not in designated), None)
    if stranger is not None:
        return broken(
            f"{stranger} is not designated",
            "designate the person in the authorisation",
            "désigner cette personne dans l'autorisation",
        )
    return met(f"{len(found)} people, each designated")


@rule(
    "ACC-02", "CSI L242-4", "RT",
    "After the deployment a recording is read only for a report under article 40 CPP, by two people.",
    "Après l'intervention, un enregistrement n'est lu que pour un signalement (article 40 du CPP), par deux personnes.",
)  # fmt: skip
def acc_02(ctx: Context) -> Ruling:
    reads = ctx.fact("reads")
    if reads is None:
        return unknown("who has read the recordings")
    for read in reads:
        if read.basis != REPORT_OF_AN_OFFENCE:
            return broken(
                f"a recording was read for {read.basis or 'no stated reason'}",
                "read it under ART40 alone",
                "ne le consulter que pour un signalement (ART40)",
            )
        if len({person_of(name) for name in read.people} - {""}) < 2:
            return broken(
                "one person alone has read a recording",
                "read it with a second person",
                "le consulter avec une seconde personne",
            )
    return met(f"{len(reads)} consultations, each under ART40 by two people")
