"""Rules on sensors: no sound, few cameras, and the limits of each camera."""

from __future__ import annotations

from blindspot.core import plain_text
from blindspot.law.files.authorisation_file import CameraCap
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown
from blindspot.mission import Leg, View

beside, exact = plain_text.beside, plain_text.exact


@rule(
    "SEN-01", "CSI L242-4", "PF RC",
    "There is no microphone, no audio topic and no audio track.",
    "Il n'y a ni microphone, ni flux ni piste audio.",
)  # fmt: skip
def sen_01(ctx: Context) -> Ruling:
    found = ctx.fact("audio_tracks" if ctx.phase == "RC" else "audio_devices")
    if found is None:
        return unknown("whether there is a source of sound")
    return broken(f"{found[0]} is a source of sound", "remove it", "la retirer") if found else met("no source of sound")


@rule(
    "SEN-02", "CSI L242-5 IV and VII", "PL PF IF",
    "No more cameras work at the same time than authorised, over all plans of one authorisation, and than the order on "
    "the department's cameras allows.",
    "Le nombre de caméras simultanées ne dépasse ni l'autorisation, pour tous ses plans de vol, ni l'arrêté sur les "
    "caméras du département.",
)  # fmt: skip
def sen_02(ctx: Context) -> Ruling:
    most, limit = ctx.file.sensors.max_simultaneous_cameras, ctx.under.limits.max_cameras
    if limit is not None and most > limit:
        return broken(
            f"{most} cameras at once are too many for {_place(ctx)}",
            f"set sensors.max_simultaneous_cameras to at most {limit}",
            f"mettre sensors.max_simultaneous_cameras à {limit} au plus",
        )
    if (refused := _department(ctx)) is not None:
        return refused
    if ctx.phase == "IF":
        found = ctx.fact("cameras_on")
        if found is None:
            return unknown("how many cameras are on")
        return (
            broken(f"{found} cameras are on", f"use at most {most}", f"en employer {most} au plus")
            if found > most
            else met(f"{found} of {most} cameras")
        )
    if ctx.plan is None:
        return met(f"at most {most} cameras")
    # A turn of a watch begins without the right to look: its drone is among the others if it has the right.
    flying = len(ctx.plan.routes) if ctx.plan.watch is None else 0
    if flying > most:
        return broken(f"{flying} cameras would fly at once", f"fly at most {most}", f"en faire voler {most} au plus")
    if ctx.cameras_beside is None and not ctx.simulated:
        return unknown("how many cameras fly on other plans")
    beside = ctx.cameras_beside or 0
    if beside and flying + beside > most:
        return broken(
            f"{flying + beside} cameras would fly at once, {beside} of them on other plans",
            f"fly at most {most}, or wait for the end of another plan",
            f"en faire voler {most} au plus, ou attendre la fin d'un autre plan",
        )
    return met(f"{flying + beside} of {most} cameras")


def _department(ctx: Context) -> Ruling | None:
    """The refusal by the order on the cameras of the act's department, which the authorisation transcribes. Cameras of
    other services in the department are unknown here: the order's authority shares the number among them."""
    order, sensors = ctx.under.department_cameras, ctx.file.sensors
    if order is None:
        return None
    if sensors.max_cameras_in_department is None:
        return broken(
            "the department's number of cameras is not transcribed",
            f"transcribe it from {order.en}: sensors.max_cameras_in_department",
            f"le transcrire de {order.fr} : sensors.max_cameras_in_department",
        )
    if sensors.max_simultaneous_cameras > sensors.max_cameras_in_department:
        return broken(
            f"{sensors.max_simultaneous_cameras} cameras at once are more than the department may use, "
            f"{sensors.max_cameras_in_department}",
            f"set sensors.max_simultaneous_cameras to at most {sensors.max_cameras_in_department}",
            f"mettre sensors.max_simultaneous_cameras à {sensors.max_cameras_in_department} au plus",
        )
    return None


def _place(ctx: Context) -> str:
    return "a test range" if ctx.under.id == "TEST-RANGE" else f"profile {ctx.under.id}"


@rule(
    "SEN-03", "policy", "PL IF",
    "Pitch, zoom and pixel density stay inside the limits of the camera.",
    "L'inclinaison, le zoom et la densité de pixels restent dans les limites de la caméra.",
)  # fmt: skip
def sen_03(ctx: Context) -> Ruling:
    cap = ctx.given.camera
    if ctx.phase == "IF":
        return _sen_03_flying(ctx)
    for route in ctx.planned.routes:
        for step in route.steps:
            if isinstance(step, View | Leg) and not cap.min_pitch_deg <= step.aim.pitch_deg <= cap.max_pitch_deg:
                return broken(
                    f"{route.drone} would aim at {_pitch(step.aim.pitch_deg, cap)} deg ({step.id})",
                    f"aim between {exact(cap.min_pitch_deg)} and {exact(cap.max_pitch_deg)} deg",
                    f"viser entre {exact(cap.min_pitch_deg)} et {exact(cap.max_pitch_deg)} deg",
                )
    return met(f"every aim is between {exact(cap.min_pitch_deg)} and {exact(cap.max_pitch_deg)} deg")


def _pitch(pitch_deg: float, cap: CameraCap) -> str:
    """A pitch outside the camera's limits, and the broken limit."""
    nearer_deg = cap.min_pitch_deg if pitch_deg < cap.min_pitch_deg else cap.max_pitch_deg
    return beside(pitch_deg, nearer_deg, "g")


def _sen_03_flying(ctx: Context) -> Ruling:
    cap, here = ctx.given.camera, ctx.flying
    if here is not None and not here.sensor_on:
        return met("the sensor is off")
    if here is None or here.pitch_deg is None or here.zoom is None or here.px_per_m is None:
        return unknown("how the camera looks")
    if not cap.min_pitch_deg <= here.pitch_deg <= cap.max_pitch_deg:
        return broken(
            f"the camera aims at {_pitch(here.pitch_deg, cap)} deg",
            f"aim between {exact(cap.min_pitch_deg)} and {exact(cap.max_pitch_deg)}",
            f"viser entre {exact(cap.min_pitch_deg)} et {exact(cap.max_pitch_deg)}",
        )
    if not here.zoom <= cap.max_zoom:
        return broken(
            f"the zoom is {beside(here.zoom, cap.max_zoom, 'g')}",
            f"zoom at most {exact(cap.max_zoom)}",
            f"limiter le zoom à {exact(cap.max_zoom)}",
        )
    if not here.px_per_m <= cap.max_px_per_m:
        return broken(
            f"a surface is seen at {beside(here.px_per_m, cap.max_px_per_m, 'g')} px/m",
            f"stay at most at {exact(cap.max_px_per_m)} px/m",
            f"rester à {exact(cap.max_px_per_m)} px/m au plus",
        )
    return met(f"{here.pitch_deg:g} deg, zoom {here.zoom:g}, {here.px_per_m:g} px/m")
