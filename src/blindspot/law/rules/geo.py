"""Rules on places: where a drone flies, how large the area is, and how closely surfaces are seen."""

from __future__ import annotations

from shapely import LineString, Point, Polygon

from blindspot.core import is_blank, plain_text
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown
from blindspot.mission import Plan

beside, exact = plain_text.beside, plain_text.exact


@rule(
    "GEO-01", "CSI L242-5 IV", "PL IF",
    "The drone flies inside the authorised area, and everything outside it is masked in its pictures.",
    "Le drone vole dans le périmètre autorisé, et tout ce qui est en dehors est masqué dans ses images.",
)  # fmt: skip
def geo_01(ctx: Context) -> Ruling:
    return _geo_01_flying(ctx) if ctx.phase == "IF" else _geo_01_planned(ctx)


def _geo_01_planned(ctx: Context) -> Ruling:
    plan, allowed = ctx.planned, ctx.allowed
    outline = outline_of(plan)
    if not outline.is_valid or not allowed.contains(outline):
        return broken(
            "the plan's perimeter is not inside the authorised area",
            "plan inside the authorised area",
            "planifier dans le périmètre autorisé",
        )
    for route in plan.routes:
        way = [route.home, route.start, *(step.to for step in route.steps), route.over_pad]
        flown = LineString([(place.east_m, place.north_m) for place in way])  # an area may be concave
        landings = [Point(place.east_m, place.north_m) for place in (route.home, *route.failsafe.rally)]
        if not all(allowed.covers(where) for where in (flown, *landings)):
            return broken(
                f"{route.drone} would leave the authorised area",
                "plan inside the authorised area",
                "planifier dans le périmètre autorisé",
            )
    return met("every route lies inside the authorised area")


def _geo_01_flying(ctx: Context) -> Ruling:
    here = ctx.flying
    if here is None or here.east_m is None or here.north_m is None:
        return unknown("where the drone is")
    if not ctx.allowed.covers(Point(here.east_m, here.north_m)):
        return broken(
            "the drone is outside the authorised area", "bring it back inside", "le ramener dans le périmètre"
        )
    if not here.sensor_on:
        return met("inside the authorised area, sensor off")
    if here.outside_masked is None:
        return unknown("whether everything outside the area is masked")
    if not here.outside_masked:
        return broken(
            "ground outside the authorised area is visible",
            "mask everything outside it",
            "masquer tout ce qui est en dehors",
        )
    return met("inside the authorised area, everything outside is masked")


def outline_of(plan: Plan) -> Polygon:
    return Polygon(plan.perimeter) if len(plan.perimeter) >= 3 else Polygon()


@rule(
    "GEO-02", "case law", "PL",
    "The area is within its cap, and an area that is a large share of the commune has a reason in the act.",
    "La surface est sous son plafond ; si elle couvre une grande part de la commune, l'acte le justifie.",
)  # fmt: skip
def geo_02(ctx: Context) -> Ruling:
    given, limits = ctx.file.area, ctx.under.limits
    if limits.max_area_m2 is not None and given.max_area_m2 > limits.max_area_m2:
        return broken(
            f"a {_place(ctx)} of up to {exact(given.max_area_m2)} m2 is too large",
            f"set area.max_area_m2 to at most {exact(limits.max_area_m2)}",
            f"mettre area.max_area_m2 à {exact(limits.max_area_m2)} au plus",
        )
    if ctx.area is None:
        return broken(
            "there is no authorised area",
            "restore the authorised area file",
            "remettre le fichier du périmètre autorisé",
        )
    if ctx.area.area > given.max_area_m2:
        return broken(
            f"the area measures {beside(ctx.area.area, given.max_area_m2, '.0f')} m2",
            f"authorise at most {exact(given.max_area_m2)} m2",
            f"autoriser au plus {exact(given.max_area_m2)} m2",
        )
    if limits.max_commune_share is None:
        return met(f"{ctx.area.area:.0f} of {exact(given.max_area_m2)} m2")
    if given.commune is None:
        return broken(
            "the commune's area is not given",
            "give area.commune: name, code, area_m2",
            "indiquer area.commune : name, code, area_m2",
        )
    share = ctx.area.area / given.commune.area_m2
    if share > limits.max_commune_share and is_blank(given.large_share_reason or ""):
        return broken(
            f"the area is {beside(100 * share, 100 * limits.max_commune_share)} % of {given.commune.name}",
            f"draw at most {exact(100 * limits.max_commune_share)} %, or give area.large_share_reason from the act",
            f"tracer au plus {exact(100 * limits.max_commune_share)} %, ou citer le motif : area.large_share_reason",
        )
    return met(f"{ctx.area.area:.0f} m2, {100 * share:.1f} % of {given.commune.name}")


def _place(ctx: Context) -> str:
    return "test range" if ctx.under.id == "TEST-RANGE" else "site"


@rule(
    "GEO-03", "CSI L242-5 III", "PL",
    "No surface in a planned picture, façades and entrances included, is seen more closely than authorised.",
    "Aucune surface d'une image prévue, façades et entrées comprises, n'est vue de plus près qu'autorisé.",
)  # fmt: skip
def geo_03(ctx: Context) -> Ruling:
    plan, most = ctx.planned, ctx.given.camera.max_px_per_m
    if plan.band.max_px_per_m > most:
        return broken(
            f"the plan allows {beside(plan.band.max_px_per_m, most, 'g')} px/m",
            f"plan at most {exact(most)} px/m",
            f"planifier au plus {exact(most)} px/m",
        )
    highest = plan.intrusion.highest_px_per_m if plan.intrusion is not None else None
    if highest is None and not ctx.simulated:
        return unknown("how closely façades and entrances are seen")
    if highest is not None and highest > most:
        return broken(
            f"a surface would be seen at {beside(highest, most, 'g')} px/m",
            f"plan at most {exact(most)} px/m",
            f"planifier au plus {exact(most)} px/m",
        )
    return met(f"at most {plan.band.max_px_per_m if highest is None else highest:g} px/m on any surface")
