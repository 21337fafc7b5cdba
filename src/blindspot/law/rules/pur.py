"""Rules on the purpose: why this flight is needed, and how much of it."""

from __future__ import annotations

from blindspot.core import is_blank, plain_text
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown
from blindspot.mission import Plan, Route


@rule(
    "PUR-01", "CSI L242-5 I", "PL PF",
    "There is one purpose, and it is on the closed list of the profile.",
    "La finalité est unique et figure sur la liste fermée du profil.",
    module="purpose",
)  # fmt: skip
def pur_01(ctx: Context) -> Ruling:
    purpose, service = ctx.file.purpose, ctx.file.service
    if purpose is None:
        return broken(
            "the authorisation names no purpose", "name the purpose of the act", "nommer la finalité de l'acte"
        )
    kind = ctx.under.purposes.get(purpose.code)
    if kind is None:
        listed = ", ".join(ctx.under.purposes)
        return broken(
            f"{purpose.code} is no lawful purpose of {ctx.under.id}",
            f"name one of: {listed}",
            f"nommer l'une de celles-ci : {listed}",
        )
    if kind.services and (service is None or service.type not in kind.services):
        return broken(
            f"{purpose.code} is for {', '.join(kind.services)} alone",
            "name another purpose",
            "nommer une autre finalité",
        )
    return met(f"{purpose.code}: {kind.en}")


@rule(
    "PUR-02", "CSI L242-5 IV; Conseil constitutionnel 2021-817 DC, 2021-834 DC", "PL",
    "Dated facts before the act justify the purpose, and another means was rejected for a reason.",
    "Des faits datés, antérieurs à l'acte, motivent la finalité, et un autre moyen est écarté par un motif énoncé.",
    module="purpose",
)  # fmt: skip
def pur_02(ctx: Context) -> Ruling:
    purpose, necessity, act = ctx.file.purpose, ctx.file.necessity, ctx.file.act
    facts = [] if purpose is None else [fact for fact in purpose.facts if fact.count > 0 and not is_blank(fact.source)]
    if not facts:
        return broken(
            "no dated fact justifies the purpose",
            "give purpose.facts with count and source",
            "indiquer purpose.facts avec nombre et source",
        )
    if act is not None and (late := [fact for fact in facts if fact.date > act.date]):
        return broken(
            f"the fact of {late[0].date.isoformat()} is later than the act",
            "give facts before the act",
            "citer des faits antérieurs à l'acte",
        )
    rejected = [] if necessity is None else necessity.alternatives
    if not any(not (is_blank(each.means) or is_blank(each.why_insufficient)) for each in rejected):
        return broken(
            "no other means was considered",
            "give necessity.alternatives with why_insufficient",
            "indiquer necessity.alternatives avec why_insufficient",
        )
    return met(f"{len(facts)} dated facts, {len(rejected)} other means rejected")


@rule(
    "PUR-03", "CSI L242-5 IV; Conseil constitutionnel 2021-817 DC, 2021-834 DC", "PL",
    "A renewal states why drones are still the only means.",
    "Un renouvellement établit que le recours aux drones demeure le seul moyen d'atteindre la finalité.",
    module="purpose",
)  # fmt: skip
def pur_03(ctx: Context) -> Ruling:
    necessity = ctx.file.necessity
    if necessity is None:
        return broken("the authorisation states no necessity", "fill in necessity", "remplir necessity")
    if necessity.renewal_index > 0 and is_blank(necessity.only_means_statement or ""):
        number = necessity.renewal_index
        return broken(
            f"renewal {number} gives no reason",
            "say why it is still the only means: only_means_statement",
            "dire pourquoi il reste le seul moyen : only_means_statement",
        )
    return met("first authorisation" if necessity.renewal_index == 0 else "the renewal gives its reason")


@rule(
    "PUR-04", "CSI L242-4", "PL PF IF",
    "Flights are not permanent: minutes a day over all drones, and minutes a week for each place.",
    "Les vols ne sont pas permanents : minutes par jour pour tous les drones, et par semaine pour chaque lieu.",
)  # fmt: skip
def pur_04(ctx: Context) -> Ruling:
    most_min = ctx.file.window.max_flight_min_per_day
    if ctx.flown_s is None and not ctx.simulated:
        return unknown("how long the drones flew that day")
    before_s, planned_s = ctx.flown_s or 0.0, 0.0
    if ctx.phase != "IF" and ctx.plan is not None:
        before_s = max(before_s, _claimed_s(ctx, ctx.plan))
        planned_s = sum(route.expected.flight_time_s for route in ctx.plan.routes)
    if before_s + planned_s > most_min * 60.0:
        if planned_s == 0.0:
            return flown_out(most_min)
        planned = f"{plain_text.beside(planned_s / 60, most_min, '.0f')} min of flight are planned, all drones together"
        return broken(
            f"{planned}, and {before_s / 60:.0f} min were flown that day" if before_s > 0.0 else planned,
            f"fly at most {plain_text.exact(most_min)} min a day, all drones together",
            f"voler au plus {plain_text.exact(most_min)} min par jour, tous drones confondus",
        )
    return _places(ctx, f"{(before_s + planned_s) / 60:.0f} of {most_min:g} min of the day")


def flown_out(most_min: float) -> Ruling:
    """The refusal of any further flight on a day."""
    return broken(f"{most_min:g} min were flown that day", "fly on tomorrow", "reprendre les vols demain")


def _places(ctx: Context, day: str) -> Ruling:
    most_min = ctx.file.window.max_min_per_place_per_week
    if most_min is None and "places" not in ctx.under.modules:
        return met(day)
    if most_min is None:
        return broken(
            "no limit is set for a place and week",
            "give window.max_min_per_place_per_week",
            "indiquer window.max_min_per_place_per_week",
        )
    if ctx.place_s is None:
        return unknown("how long each place was in pictures this week")
    if ctx.place_s > most_min * 60.0:
        return broken(
            f"a place would be in pictures for {plain_text.beside(ctx.place_s / 60, most_min)} min this week",
            f"watch each place for at most {plain_text.exact(most_min)} min a week",
            f"filmer chaque lieu au plus {plain_text.exact(most_min)} min par semaine",
        )
    return met(f"{day}; {ctx.place_s / 60:.1f} of {most_min:g} min of the week at one place")


def _claimed_s(ctx: Context, plan: Plan) -> float:
    """Flight time before this plan that the plan itself reports, s."""
    drones = len(plan.routes) if ctx.mission is None else len(ctx.mission.file.fleet)
    sorties_s = 0.0 if plan.sortie is None else plan.sortie.flown_s * drones
    return sorties_s + sum(_flown_s(route) for route in plan.routes)


def _flown_s(route: Route) -> float:
    return route.begin.flown_s if route.begin is not None else 0.0
