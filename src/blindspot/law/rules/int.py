"""Rules against identification and against links with other personal data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from blindspot.core import is_blank, recognises
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown

SENSITIVE: Mapping[str, str] = {
    "en": """ethnic, ethnicity, ethnicities, race, races, racial, skin, religion, religions, religious, gender, genders,
        politic, political, politics, union member, union members, trade union, sexual, sexuality, disability,
        disabilities, disabled, illness, disease""",
    "fr": """ethnie, ethnies, ethnique, peau, religieux, religieuse, sexe, opinion politique, opinions politiques,
        syndicat, syndical, syndicale, sexuel, sexuelle, sexualite, handicap, handicape, maladie""",
    "de": """ethnie, ethnisch, rasse, hautfarbe, hautton, religios, geschlecht, politisch, gewerkschaft, sexuell,
        sexualitat, behinderung, krankheit""",
    "nl": """etnisch, etniciteit, huid, huidskleur, religie, godsdienst, geslacht, politiek, vakbond, seksueel,
        seksualiteit, beperking, ziekte""",
    "it": """etnia, etnico, etnica, razza, pelle, religione, religioso, religiosa, sesso, opinione politica,
        opinioni politiche, sindacato, sindacale, sessuale, sessualita, disabilita, malattia""",
    "es": """etnia, etnico, etnica, raza, piel, religioso, religiosa, sexo, genero, opinion politica,
        opiniones politicas, sindicato, sindical, sexualidad, discapacidad, enfermedad""",
}
"""By language: whole words in the name of a model, a class, a node or a message that is about a sensitive attribute of
persons. The health of the autopilot is none."""

SEPARATION_AGE = timedelta(days=30)
"""Age from which a person's statement that nothing is connected counts no more."""


def forbidden(name: str) -> bool:
    """Whether a name is about recognising persons or vehicles, or about a sensitive attribute."""
    return recognises(name, also=tuple(SENSITIVE.values()))


def _is_forbidden(name: str, *, detector: bool = False) -> Ruling:
    """The ruling on a name that is `forbidden`. A name in other letters is written out: such a name may look like a
    plain name."""
    shown = name if name.isascii() else ascii(name)
    named = f"detector {shown}" if detector else shown
    found = f"{named} recognises" if name.isascii() else f"{named} recognises, or hides its meaning"
    return broken(found, "use none of that kind", "n'en employer aucun de ce genre")


def detector_ruling(file: AuthorisationFile, detector: str) -> tuple[str, Ruling]:
    """(rule, its ruling) on one detector under an authorisation."""
    if forbidden(detector):
        return "INT-01", _is_forbidden(detector, detector=True)
    if detector not in file.analytics.detectors:
        return "INT-04", broken(
            f"detector {detector} is not on the list", "run with masking only", "se limiter au masquage"
        )
    return "INT-04", met(f"detector {detector} is on the list")


def event_ruling(file: AuthorisationFile, event: str) -> tuple[str, Ruling]:
    """(rule, ruling) on one event under an authorisation; the list of events is empty by default."""
    if event not in file.analytics.events:
        return "INT-04", broken(
            f"event {event} is not on the list",
            "leave it out of the events file",
            "le retirer du fichier des événements",
        )
    return "INT-04", met(f"event {event} is on the list")


@rule(
    "INT-01", "CSI L242-4, AI Act 5", "PL PF IF RC",
    "No model, node or message recognises faces, plates or persons, or is about a sensitive attribute.",
    "Aucun modèle, nœud ou message ne reconnaît visage, plaque ou personne, ni ne porte sur une donnée sensible.",
)  # fmt: skip
def int_01(ctx: Context) -> Ruling:
    for detector in ctx.file.analytics.detectors:
        if forbidden(detector):
            return _is_forbidden(detector, detector=True)
    if ctx.phase in ("PL", "IF"):
        return met("no listed detector recognises")
    names = ctx.fact("names")
    if names is None:
        return unknown("which models, nodes and messages run")
    found = next((name for name in names if forbidden(name)), None)
    return _is_forbidden(found) if found is not None else met("no part of the stack recognises")


@rule(
    "INT-02", "AI Act 5, CSI L242-4", "PF",
    "Every loaded model is on the list of allowed models, by its hash.",
    "Chaque modèle chargé figure sur la liste des modèles permis, par son empreinte.",
)  # fmt: skip
def int_02(ctx: Context) -> Ruling:
    if ctx.ready is None or ctx.ready.models is None:
        return unknown("which models are loaded")
    for name, sha256 in ctx.ready.models:
        if sha256 not in ctx.ready.allowed_models:
            return broken(
                f"model {name} has an unknown hash, {sha256[:12]}",
                "install the listed model",
                "installer le modèle de la liste",
            )
    return met(f"{len(ctx.ready.models)} models, each on the list")


@rule(
    "INT-03", "CSI L242-4", "PL PF IF",
    "There is no link with any other processing of personal data.",
    "Il n'y a ni interconnexion ni mise en relation avec un autre traitement de données à caractère personnel.",
)  # fmt: skip
def int_03(ctx: Context) -> Ruling:
    if ctx.file.analytics.interconnections:
        return broken(
            "the authorisation lists an interconnection",
            "leave analytics.interconnections empty",
            "laisser analytics.interconnections vide",
        )
    if ctx.phase == "PL":
        return met("no interconnection is listed")
    links = ctx.fact("links_out")
    if links is None:
        return unknown("whether another system is connected")
    if links:
        return broken(
            f"{links[0]} is connected",
            "cut it off, or name it as an own device",
            "le débrancher, ou le nommer comme équipement propre",
        )
    statement = ctx.given.separation
    if statement is not None and statement.problem:
        return broken(
            statement.problem,
            "look, state it and sign: blindspot authority separation",
            "constater, l'attester et signer : blindspot authority separation",
        )
    at = statement.stated if statement is not None else ctx.fact("separated_at")
    if at is None:
        return unknown("whether a system is connected that no software sees, for no person states that none is")
    if not timedelta(0) <= ctx.now_utc - at < SEPARATION_AGE:
        return broken(
            f"the statement of separation is of {at.isoformat()}",
            "look and state it anew",
            "constater et l'attester à nouveau",
        )
    return met(f"no other system; statement of {at.isoformat()}")


@rule(
    "INT-04", "CSI L242-4", "PL PF",
    "A detector may report only if the authorisation lists it, with a legal reference.",
    "Un détecteur ne signale que si l'autorisation le cite, avec une référence légale.",
)  # fmt: skip
def int_04(ctx: Context) -> Ruling:
    analytics, most = ctx.file.analytics, ctx.under.limits.detectors
    if not analytics.detectors and not analytics.events:
        return met("masking only")
    if most == "none":
        place = "a test range" if ctx.under.id == "TEST-RANGE" else f"profile {ctx.under.id}"
        return broken(
            f"{place} permits no reports of people or events",
            "leave analytics.detectors and analytics.events empty",
            "laisser analytics.detectors et analytics.events vides",
        )
    if most == "with_legal_reference" and is_blank(analytics.detector_legal_ref or ""):
        return broken(
            "the detectors have no legal reference",
            "give analytics.detector_legal_ref, or list no detector",
            "indiquer analytics.detector_legal_ref, ou ne citer aucun détecteur",
        )
    return met(f"listed: {', '.join(analytics.detectors)}")
