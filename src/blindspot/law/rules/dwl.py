"""Rules on dwellings: their façades, entrances and private ground stay hidden."""

from __future__ import annotations

from datetime import timedelta

from blindspot.core import plain_text
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown

MOST_AXIS_S = 1.0
"""Longest time for which the optical axis may rest on a façade, s."""


@rule(
    "DWL-01", "CSI L242-5 III", "IF RC",
    "Façades and private ground are masked before the encoder, or nothing is recorded.",
    "Les façades et les terrains privés sont masqués avant l'encodeur, sinon rien n'est enregistré.",
)  # fmt: skip
def dwl_01(ctx: Context) -> Ruling:
    if ctx.phase == "IF" and ctx.fact("sensor_on") is False:
        return met("the sensor is off")
    masked = ctx.fact("private_masked")
    if masked is None:
        return unknown("whether façades and private ground are masked")
    if not masked:
        return broken(
            "façades or private ground may be visible",
            "stop the sensor until masking is certain",
            "arrêter le capteur jusqu'à ce que le masquage soit certain",
        )
    return met("façades and private ground are masked")


@rule(
    "DWL-02", "CSI L242-5 III", "IF RT",
    "No picture is recorded while the camera rests on a façade; parts that show a dwelling are erased within 48 hours.",
    "Aucune image n'est enregistrée quand la caméra s'arrête sur une façade ; les passages montrant un domicile sont "
    "effacés sous 48 heures.",
)  # fmt: skip
def dwl_02(ctx: Context) -> Ruling:
    if ctx.phase == "IF":
        return _resting(ctx)
    most_h = min(ctx.file.recording.dwelling_purge_h, ctx.under.limits.max_dwelling_purge_h)
    flagged = ctx.fact("flagged")
    if flagged is None:
        return unknown("whether a part shows a dwelling")
    for seen, erased in flagged:
        if (erased if erased is not None else ctx.now_utc) - seen > timedelta(hours=most_h):
            return broken(
                f"a part that shows a dwelling was seen {seen.isoformat()} and kept for longer than {most_h:g} h",
                "erase it now",
                "l'effacer maintenant",
            )
    return met(f"{len(flagged)} parts show a dwelling, each within its {most_h:g} h")


def _resting(ctx: Context) -> Ruling:
    here = ctx.flying
    if here is not None and not here.sensor_on:
        return met("the sensor is off")
    if here is None or here.axis_on_facade_s is None:
        return unknown("where the camera's axis points")
    if not here.axis_on_facade_s <= MOST_AXIS_S:
        return broken(
            f"the axis has rested on a façade for {plain_text.beside(here.axis_on_facade_s, MOST_AXIS_S)} s",
            "turn the camera away",
            "détourner la caméra",
        )
    return met("the axis rests on no façade")
