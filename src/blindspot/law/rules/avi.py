"""Rules of aviation: heights, zones, speeds, ground risk, remote identification, night and notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from math import ceil

from blindspot.core import plain_text
from blindspot.law.airspace.geozones import FRENCH, consents, judge_geozones, noticed_problem, zones_problem
from blindspot.law.airspace.ground_risk import OUTSIDE, igrc
from blindspot.law.airspace.population import PopulationError, densest_per_km2
from blindspot.law.airspace.remote_id_numbers import numbers_problem, sent_operator
from blindspot.law.airspace.sun import is_night
from blindspot.law.files.aviation_section import Aviation
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown
from blindspot.law.rules.tim import longest_s
from blindspot.mission import Relief, Route, mission_file

beside, exact = plain_text.beside, plain_text.exact

LAW_CEILING_M = 120.0
NOTAM_AGE = timedelta(hours=1)
NIGHT_STEP = timedelta(minutes=5)
"""Between two checks of the sun during a planned flight."""
NO_AVIATION = broken("the authorisation has no section aviation", "fill in aviation", "remplir aviation")


def _with_aviation(judge: Callable[[Context, Aviation], Ruling]) -> Callable[[Context], Ruling]:
    """A rule on the section `aviation`; a missing section refuses."""
    return lambda ctx: NO_AVIATION if ctx.file.aviation is None else judge(ctx, ctx.file.aviation)


@rule(
    "AVI-01", "EU 2019/947", "PL IF",
    "The height above the terrain stays under the authorisation and under 120 m.",
    "La hauteur au-dessus du terrain reste sous celle de l'autorisation et sous 120 m.",
)  # fmt: skip
def avi_01(ctx: Context) -> Ruling:
    area = ctx.file.area
    ceiling_m = min(area.ceiling_m_agl, LAW_CEILING_M)
    if ctx.phase == "IF":
        height_m = ctx.fact("height_m")
        if height_m is None:
            return unknown("how high the drone is above the terrain")
        if not height_m <= ceiling_m:
            return broken(
                f"the drone is {beside(height_m, ceiling_m)} m above the terrain",
                f"descend to {exact(ceiling_m)} m",
                f"descendre à {exact(ceiling_m)} m",
            )
        return met(f"{height_m:.1f} m above the terrain")
    error_m = mission_file.VERTICAL_ERROR_M
    for route in ctx.planned.routes:
        low_m, high_m = heights(route, ctx.planned.relief)
        if high_m > ceiling_m or low_m < area.floor_m_agl:
            lowest, highest = beside(low_m, area.floor_m_agl), beside(high_m, ceiling_m)
            least, most = exact(area.floor_m_agl + error_m), exact(ceiling_m - error_m)
            return broken(
                f"{route.drone} would fly at {lowest} to {highest} m, the error of {error_m:g} m in its height"
                " included",
                f"plan between {least} and {most} m above the ground",
                f"planifier entre {least} et {most} m au-dessus du sol",
            )
    return met(f"every flight is between {area.floor_m_agl:g} and {exact(ceiling_m)} m above the ground")


def heights(route: Route, relief: Relief) -> tuple[float, float]:
    """(lowest flight above the highest ground, highest above the lowest), m: of its level and of each step with the
    vertical error of flight, and of the autopilot's own return."""
    planned_m, error_m = [route.takeoff_up_m, *(step.to.up_m for step in route.steps)], mission_file.VERTICAL_ERROR_M
    goals_m = (place.up_m for place in (route.home, *route.failsafe.rally))
    return_m = max(goals_m) + route.failsafe.rtl_return_alt_m  # the autopilot counts it from the goal's ground
    return min(planned_m) - error_m - relief.highest_m, max(max(planned_m) + error_m, return_m) - relief.lowest_m


@rule(
    "AVI-02", "EU 2019/947 art. 15", "PL PF IF",
    "Routes, fences and ways home stay outside prohibiting zones, and outside zones without their authority's consent.",
    "Trajets, périmètres et retours évitent les zones interdites et celles dont l'autorité n'a pas donné son accord.",
)  # fmt: skip
def avi_02(ctx: Context) -> Ruling:
    if ctx.phase == "IF":
        zone = ctx.fact("zone")
        if zone is None:
            return unknown("whether the drone is in a prohibited zone")
        if "aviation" not in ctx.under.modules:  # otherwise AVI-08 is about an emergency response
            zone = zone or ctx.fact("emergency")
        return (
            broken(f"the drone is in the prohibited zone {zone}", "leave it", "la quitter")
            if zone
            else met("outside all zones")
        )
    found = []
    if ctx.phase == "PF":
        state, remedy = judge_geozones(ctx.given, ctx.now_utc, simulated=ctx.simulated, plan=ctx.plan)
        if remedy:
            return broken(state, remedy, FRENCH[remedy])
        found.append(state)
    problem = zones_problem(ctx.given, ctx.planned, ctx.now_utc, simulated=ctx.simulated)
    if problem is not None:
        return broken(*problem, FRENCH[problem[1]])
    found.append("outside every zone that is closed to this flight")
    found.extend(f"consent for {each.zone}: {each.ref}" for each in consents(ctx.given, ctx.now_utc))
    return met("; ".join(found))


@rule(
    "AVI-03", "EU 2019/947", "PL",
    "Mass, size and speed are those of the authorisation.",
    "La masse, la taille et la vitesse sont celles de l'autorisation.",
)  # fmt: skip
def avi_03(ctx: Context) -> Ruling:
    aviation = ctx.file.aviation
    if aviation is None:
        return NO_AVIATION if "aviation" in ctx.under.modules else met("no limit of its own")
    for route in ctx.planned.routes:
        home_mps = route.failsafe.parameters.get("MPC_XY_CRUISE", 0.0)  # the autopilot's own return
        fastest_mps = max((*(step.speed_mps for step in route.steps), home_mps))
        if fastest_mps > aviation.vmax_mps:
            return broken(
                f"{route.drone} would fly at {beside(fastest_mps, aviation.vmax_mps, 'g')} m/s",
                f"plan at most {exact(aviation.vmax_mps)} m/s",
                f"planifier au plus {exact(aviation.vmax_mps)} m/s",
            )
        model = ctx.models.get(route.model) if ctx.models is not None else None
        if model is None and not ctx.simulated:
            return unknown(f"how large and heavy {route.drone} is")
        if model is not None and model.mass_kg > aviation.mtom_kg:
            return broken(
                f"{route.drone} weighs {beside(model.mass_kg, aviation.mtom_kg, 'g')} kg",
                f"fly at most {exact(aviation.mtom_kg)} kg",
                f"employer un drone de {exact(aviation.mtom_kg)} kg au plus",
            )
        if model is not None and model.span_m > aviation.dim_m:
            return broken(
                f"{route.drone} measures {beside(model.span_m, aviation.dim_m, 'g')} m",
                f"fly at most {exact(aviation.dim_m)} m",
                f"employer un drone de {exact(aviation.dim_m)} m au plus",
            )
    return met(f"at most {exact(aviation.vmax_mps)} m/s, {exact(aviation.mtom_kg)} kg, {exact(aviation.dim_m)} m")


@rule(
    "AVI-04", "EU 2019/947 art. 11, SORA 2.5", "PL",
    "A contingency volume is given, the ground-risk buffer is 1:1 or computed, and the risk class fits the population.",
    "Volume de contingence donné, zone tampon de 1:1 ou calculée, classe de risque adaptée à la population.",
    module="aviation",
)  # fmt: skip
@_with_aviation
def avi_04(ctx: Context, aviation: Aviation) -> Ruling:
    ceiling_m = ctx.file.area.ceiling_m_agl
    if aviation.contingency_m <= 0.0:
        return broken(
            "there is no contingency volume", "give aviation.contingency_m", "indiquer aviation.contingency_m"
        )
    if aviation.ground_risk_buffer_m < ceiling_m and aviation.ballistic_ref is None:
        return broken(
            f"the ground-risk buffer of {beside(aviation.ground_risk_buffer_m, ceiling_m, 'g')} m is below the ceiling",
            f"take at least {exact(ceiling_m)} m (1:1), or name the computation as aviation.ballistic_ref",
            f"prévoir au moins {exact(ceiling_m)} m (1:1), ou nommer le calcul : aviation.ballistic_ref",
        )
    if aviation.regime == "EU-OPEN":
        return met("the open category needs no ground risk class")
    if aviation.population is not None:
        try:
            return _ground_risk(aviation, densest_per_km2(ctx.given, ctx.planned))
        except PopulationError as error:
            return broken(
                f"the population below is unknown: {error}",
                "have a raster authorised that covers it all",
                "faire autoriser une carte qui couvre toute la zone",
            )
    if aviation.regime == "EU-SPECIFIC":
        return broken(
            "no raster gives the population below",
            "name aviation.population: file, sha256, unit",
            "nommer aviation.population : file, sha256, unit",
        )
    if aviation.population_per_km2 is None or aviation.population_source is None:
        return broken(
            "the population density is not given",
            "give aviation.population_per_km2 and population_source",
            "indiquer aviation.population_per_km2 et population_source",
        )
    return _ground_risk(aviation, aviation.population_per_km2)


def _ground_risk(aviation: Aviation, per_km2: float) -> Ruling:
    """The ruling for a density below the plan; a larger density in the authorisation counts instead."""
    found = igrc(aviation.dim_m, aviation.vmax_mps, max(per_km2, aviation.population_per_km2 or 0.0))
    if found is None or found >= OUTSIDE:
        return broken(
            "the drone is outside the SORA table",
            "fly a smaller or slower drone, or over fewer people",
            "employer un drone plus petit ou plus lent, ou survoler moins de monde",
        )
    if aviation.igrc is None or aviation.igrc < found:
        return broken(
            f"the ground risk class is {found}",
            f"set aviation.igrc to {found}, and mitigate accordingly",
            f"mettre aviation.igrc à {found}, avec les atténuations correspondantes",
        )
    return met(f"ground risk class {found}, {aviation.igrc} authorised")


@rule(
    "AVI-05", "EU 2019/945, 2019/947", "PF IF",
    "Remote identification is active, with the authorised and valid numbers of operator and drone.",
    "L'identification à distance est active, avec les numéros valides et autorisés.",
    module="aviation",
)  # fmt: skip
@_with_aviation
def avi_05(ctx: Context, aviation: Aviation) -> Ruling:
    if aviation.rid is None:
        if aviation.regime == "STATE":
            return met("state aircraft outside 2019/947")
        return broken(
            "the authorisation names no remote identification",
            "give aviation.rid: operator, serials",
            "indiquer aviation.rid : operator, serials",
        )
    rid = aviation.rid
    if problem := next(filter(None, (numbers_problem(rid.operator, serial) for serial in rid.serials)), ""):
        return broken(problem, "correct aviation.rid", "corriger aviation.rid")
    state = ctx.fact("remote_id")
    if state is None:
        return unknown("whether remote identification is active")
    if not state.active:
        return broken("remote identification is not active", "switch it on", "l'activer")
    stranger = next((serial for serial in state.serials if serial not in rid.serials), None)
    if state.operator != sent_operator(rid.operator) or stranger is not None or not state.serials:
        return broken(
            f"remote identification sends other numbers: {' '.join(filter(None, (state.operator, stranger)))}",
            "set the authorised operator and serial numbers",
            "régler les numéros autorisés de l'exploitant et du drone",
        )
    if len(set(state.serials)) < len(state.serials):
        return broken(
            "two drones send the same serial number",
            "give each drone its own number in the fleet file",
            "donner à chaque drone son propre numéro dans le fichier de flotte",
        )
    return met(f"active, {', '.join(state.serials)}")


@rule(
    "AVI-06", "EU 2019/947 UAS.OPEN.060", "PF IF",
    "A flight at night is authorised, and the drone shows its green light.",
    "Le vol de nuit est autorisé, et le feu vert du drone est allumé.",
    module="aviation",
)  # fmt: skip
@_with_aviation
def avi_06(ctx: Context, aviation: Aviation) -> Ruling:
    origin = ctx.planned.origin
    flight = timedelta(seconds=0.0 if ctx.phase == "IF" else longest_s(ctx))
    within = [NIGHT_STEP * step for step in range(ceil(flight / NIGHT_STEP))]  # a night of the north may be short
    if not any(is_night(origin.lat_deg, origin.lon_deg, ctx.now_utc + after) for after in (*within, flight)):
        return met("by day")
    if not aviation.night:
        return broken(
            "the flight is at night",
            "fly by day, or have nights authorised: aviation.night",
            "voler de jour, ou faire autoriser la nuit : aviation.night",
        )
    light = ctx.fact("green_light")
    if light is None:
        return unknown("whether the green light is on")
    return met("at night, green light on") if light else broken("the green light is off", "switch it on", "l'allumer")


@rule(
    "AVI-08", "EU 2019/947 UAS.OPEN.060(3)", "IF",
    "The drone leaves an area where an emergency response is under way.",
    "Le drone quitte une zone où une intervention de secours est en cours.",
    module="aviation",
)  # fmt: skip
def avi_08(ctx: Context) -> Ruling:
    area = ctx.fact("emergency")
    if area is None:
        return unknown("whether an emergency response is below")
    return (
        broken(f"an emergency response is below: {area}", "leave the area", "quitter la zone")
        if area
        else met("no emergency response")
    )


@rule(
    "AVI-10", "policy", "PF",
    "The snapshot of notices to airmen is less than one hour old, and the plan stays outside its zones.",
    "Le relevé des NOTAM date de moins d'une heure, et le plan évite ses zones.",
    module="aviation",
)  # fmt: skip
def avi_10(ctx: Context) -> Ruling:
    notices = ctx.given.notices
    if notices is not None and notices.problem:
        return broken(
            notices.problem,
            "look the notices up, and sign them: blindspot authority notices",
            "consulter les NOTAM et les signer : blindspot authority notices",
        )
    at = notices.retrieved if notices is not None else ctx.fact("notam_at")
    if at is None:
        return unknown("how old the notices to airmen are")
    if not timedelta(0) <= ctx.now_utc - at < NOTAM_AGE:
        return broken(f"the notices to airmen are of {at.isoformat()}", "fetch them again", "les consulter à nouveau")
    problem = noticed_problem(ctx.given, notices.zones, ctx.planned, ctx.now_utc) if notices is not None else None
    return broken(*problem, FRENCH[problem[1]]) if problem is not None else met(f"notices of {at.isoformat()}")
