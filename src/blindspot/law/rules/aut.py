"""Rules on the authorisation itself: existence, signatures, and recipient."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from blindspot.core import is_blank
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown
from blindspot.law.signatures.signing import person_of


@rule(
    "AUT-01", "CSI L242-5 IV", "PL PF",
    "A valid authorisation is there, with every section that its profile needs.",
    "Une autorisation valide existe, avec toutes les rubriques que son profil exige.",
)  # fmt: skip
def aut_01(ctx: Context) -> Ruling:
    if ctx.auth is None or ctx.profile is None or ctx.problem:
        return broken(
            ctx.problem or "there is no authorisation",
            "give a valid authorisation with its area file",
            "fournir une autorisation valide avec le fichier de son périmètre",
        )
    lacking = [need for need in ctx.profile.needs if need != "signer" and getattr(ctx.file, need) is None]
    if lacking:
        return broken(
            f"the authorisation lacks {', '.join(lacking)}",
            f"{ctx.profile.id} needs it: add it",
            f"{ctx.profile.id} l'exige : l'ajouter",
        )
    day = ctx.now_utc.astimezone(ZoneInfo(ctx.file.window.tz)).date()
    for name, paper in (("act", ctx.file.act), ("owner_declaration", ctx.file.owner_declaration)):
        if paper is not None and paper.date > day:
            return broken(
                f"its {name} is of {paper.date.isoformat()}, later than the flight",
                f"fly from that day on, or correct {name}.date",
                f"voler à partir de ce jour, ou corriger {name}.date",
            )
    return met(f"{ctx.file.id} is valid and complete")


@rule(
    "AUT-02", "policy", "PL PF IF",
    "A trusted key signed exactly this content; a public authority's file has the keys of two different people.",
    "Une clé de confiance a signé exactement ce contenu ; pour une autorité publique, les clés de deux personnes.",
)  # fmt: skip
def aut_02(ctx: Context) -> Ruling:
    auth, profile = ctx.given, ctx.under
    if profile.signers == 0:
        if not ctx.simulated:
            return broken(
                f"profile {profile.id} has no signature, so it is for simulation alone",
                "use a signed profile",
                "employer un profil signé",
            )
        return met("the profile needs no signature in simulation")
    if "signer" in profile.needs and auth.file.signer is None:
        return broken("the authorisation names no responsible person", "name a signer", "nommer un signataire : signer")
    if not auth.signers:
        return broken(
            "no key that this machine trusts has signed the file's content",
            "sign it: blindspot authority sign FILE --key KEY",
            "la signer : blindspot authority sign FICHIER --key CLÉ",
        )
    if auth.act_problem:
        return broken(auth.act_problem, "restore the act's file", "remettre le fichier de l'acte")
    if "act" in profile.needs and auth.file.act is not None and auth.file.act.pdf is None:
        return broken(
            "the authorisation names no file of the act, so its hash is unchecked",
            "name it as act.pdf",
            "le nommer : act.pdf",
        )
    return _two_people(ctx) if profile.signers == 2 else met(f"signed by {', '.join(auth.people or auth.signers)}")


def _two_people(ctx: Context) -> Ruling:
    act = ctx.file.act
    if "signer" in ctx.under.needs:
        return _signer_and_another(ctx)
    if act is None:
        return broken("the authorisation names no act", "transcribe the act", "transcrire l'acte")
    first, second = person_of(act.transcribed_by), person_of(act.countersigned_by)
    if first == second:
        return broken(
            f"{act.transcribed_by} would countersign an own transcription",
            "let a second person countersign",
            "faire contresigner par une seconde personne",
        )
    for person, named in ((first, act.transcribed_by), (second, act.countersigned_by)):
        if person not in ctx.given.people:
            return broken(
                f"no trusted key of {named} has signed the file's content",
                "blindspot authority sign, then countersign by a second person",
                "blindspot authority sign, puis countersign par une seconde personne",
            )
    return met(f"signed by {act.transcribed_by} and {act.countersigned_by}")


def _signer_and_another(ctx: Context) -> Ruling:
    """Two people without an act: the responsible person, and any other whom this machine trusts."""
    signer, people = ctx.file.signer, ctx.given.people
    if signer is None or person_of(signer.name) not in people:
        return broken(
            "no trusted key of the responsible person has signed the file's content",
            "let the signer sign: blindspot authority sign FILE --key KEY",
            "faire signer la personne nommée signer : blindspot authority sign FICHIER --key CLÉ",
        )
    if len(people) < 2:
        return broken(
            f"{signer.name} alone has signed",
            "let a second person countersign: blindspot authority countersign FILE --key KEY",
            "faire contresigner par une seconde personne : blindspot authority countersign FICHIER --key CLÉ",
        )
    return met(f"signed by {', '.join(people)}")


@rule(
    "AUT-03", "CSI L242-5, L242-6", "PL",
    "The service is one that the profile allows; municipal police never.",
    "Le service est l'un de ceux que le profil permet, jamais la police municipale.",
)  # fmt: skip
def aut_03(ctx: Context) -> Ruling:
    profile = ctx.under
    if profile.off_because is not None and (why := _why_still_off(ctx)):
        return broken(
            f"profile {profile.id} is off: {profile.off_because}; {why}",
            "use a profile that is in force",
            "employer un profil en vigueur",
        )
    if profile.takes_rule_pack and not profile.pack:
        return broken(
            "the authorisation names no rule pack",
            "name the country's rules as rule_pack",
            "nommer les règles du pays : rule_pack",
        )
    if profile.pack and is_blank(profile.reviewed_by) and not ctx.simulated:
        return broken(
            f"no lawyer has checked the rule pack {profile.pack}",
            "name the one who has, as reviewed_by",
            "nommer celui qui les a vérifiées : reviewed_by",
        )
    if "service" not in profile.modules:
        return met("the profile is open to anyone")
    service = ctx.file.service
    if service is None:
        return broken("the authorisation names no service", "name the service", "nommer le service")
    if source := profile.barred.get(service.type):
        return broken(
            f"service {service.type} may never operate drones: {source}",
            _one_of(profile.services),
            _one_of_fr(profile.services),
        )
    if service.type not in profile.services:
        return broken(
            f"service {service.type} is not one of profile {profile.id}",
            _one_of(profile.services),
            _one_of_fr(profile.services),
        )
    return met(f"{service.type} may operate under {profile.id}")


def _why_still_off(ctx: Context) -> str:
    basis, act = ctx.file.legal_basis, ctx.file.act
    if basis is None:
        return "no legal basis is given"
    if ctx.now_utc.astimezone(ZoneInfo(ctx.file.window.tz)).date() < basis.in_force:
        return f"{basis.act} is in force from {basis.in_force.isoformat()} on"
    signers = {person_of(act.transcribed_by), person_of(act.countersigned_by)} if act is not None else set()
    if not set(ctx.given.basis_by) - signers:
        return "no third trusted person has signed the legal basis"
    return ""


def _one_of(services: tuple[str, ...]) -> str:
    return f"let one of these operate: {', '.join(services)}"


@rule(
    "AUT-04", "CSI R242-15", "PL",
    "The authority of the act decides in that department.",
    "L'autorité de l'acte est celle qui est compétente dans le département.",
    module="act",
)  # fmt: skip
def aut_04(ctx: Context) -> Ruling:
    act, profile = ctx.file.act, ctx.under
    if act is None:
        return broken("the authorisation names no act", "transcribe the act", "transcrire l'acte")
    if profile.departments and act.department not in profile.departments:
        return broken(
            f"{act.department!r} is no department",
            "write act.department as its code alone",
            "n'écrire que le numéro du département : act.department",
        )
    competent = profile.authorities.get(act.department, profile.other_authority)
    if competent is None:
        return broken(
            f"no authority is known for {act.department}", "correct act.department", "corriger act.department"
        )
    if act.authority != competent:
        return broken(
            f"{act.authority} does not decide in {act.department}",
            f"obtain an act of {competent}",
            f"obtenir un acte de {competent}",
        )
    return met(f"{act.authority} decides in {act.department}")


@rule(
    "AUT-05", "CSI L242-5 IV", "PL PF IF",
    "The authorisation is not revoked, and the revocation list is fresh.",
    "L'autorisation n'est ni retirée ni abrogée, et la liste des révocations est à jour.",
)  # fmt: skip
def aut_05(ctx: Context) -> Ruling:
    revocation, known = ctx.file.revocation, ctx.given.revocations
    if revocation is None:
        return met("it is revoked by taking the file away")
    if known is None:
        return unknown("whether the authorisation is revoked")
    most_s = min(revocation.max_staleness_s, ctx.under.limits.max_staleness_s)
    if why := known.why_refused(ctx.file.id, most_s, ctx.now_utc):
        if known.entry_of(ctx.file.id) is not None:
            return broken(
                why,
                "obtain another authorisation: a revocation has no end",
                "obtenir une autre autorisation : une révocation est définitive",
            )
        return broken(
            why,
            "blindspot authority revoke --list FILE --key KEY issues a fresh list",
            "établir une liste à jour : blindspot authority revoke --list FICHIER --key CLÉ",
        )
    return met(f"not on the revocation list of {known.issued.isoformat() if known.issued else ''}")


@rule(
    "AUT-06", "CSI R242-14", "PL",
    "The commitment to the data protection authority and the impact assessment are referenced.",
    "L'engagement de conformité (CNIL) et l'analyse d'impact sont référencés.",
    module="data_protection",
)  # fmt: skip
def aut_06(ctx: Context) -> Ruling:
    found = ctx.file.data_protection
    if found is None or is_blank(found.cnil_commitment_ref):
        return broken(
            "the commitment to the CNIL has no reference",
            "give data_protection.cnil_commitment_ref",
            "indiquer data_protection.cnil_commitment_ref",
        )
    if is_blank(found.dpia_ref):
        return broken(
            "the impact assessment has no reference",
            "give data_protection.dpia_ref",
            "indiquer data_protection.dpia_ref",
        )
    return met(f"commitment {found.cnil_commitment_ref}, assessment {found.dpia_ref}")


@rule(
    "AUT-07", "policy", "PL PF IF",
    "A profile for simulation never arms a real autopilot; at level 2 the autopilot itself asks before it arms.",
    "Un profil de simulation n'arme jamais un autopilote réel ; au niveau 2 l'autopilote demande avant d'armer.",
)  # fmt: skip
def aut_07(ctx: Context) -> Ruling:
    profile = ctx.under
    if ctx.simulated:
        return met("every autopilot is a simulation")
    if profile.level == 0:
        return broken(
            f"profile {profile.id} can't arm a real autopilot",
            "fly in simulation, or use an authorisation of profile TEST-RANGE on your own field",
            "voler en simulation, ou sur son propre terrain avec une autorisation de profil TEST-RANGE",
        )
    if ctx.phase != "PF":
        return met(f"profile {profile.id} may arm real autopilots")
    asks = ctx.fact("autopilot_asks")
    if asks is None:
        return unknown("whether the autopilots ask before they arm")
    if not asks:
        return broken("an autopilot arms without asking", "set COM_ARM_AUTH_REQ 1", "mettre COM_ARM_AUTH_REQ à 1")
    return met("every autopilot asks before it arms")


def _one_of_fr(services: tuple[str, ...]) -> str:
    return f"confier les vols à l'un de ceux-ci : {', '.join(services)}"
