"""Rules on the information of the public."""

from __future__ import annotations

from blindspot.core import is_blank
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule


@rule(
    "PUB-01", "CSI L242-3, R242-13", "PL PF",
    "The public is informed of the flights, at an address where it can read the notice.",
    "Le public est informé des vols, à une adresse où il peut lire l'avis.",
    module="public_info",
)  # fmt: skip
def pub_01(ctx: Context) -> Ruling:
    info = ctx.file.public_info
    if info is None:
        return broken(
            "the authorisation does not say how the public is informed", "fill in public_info", "remplir public_info"
        )
    if info.mode == "WITHHELD":
        return met("the notice is withheld")
    if is_blank(info.url or ""):
        return broken("the notice to the public has no address", "give public_info.url", "indiquer public_info.url")
    return met(f"published: {info.url}")


@rule(
    "PUB-02", "CSI L242-3", "PL",
    "The notice is withheld only on a ground that the law names, and with a reason.",
    "L'information du public n'est omise que pour un cas prévu par la loi, avec un motif énoncé.",
    module="public_info",
)  # fmt: skip
def pub_02(ctx: Context) -> Ruling:
    info, grounds = ctx.file.public_info, ctx.under.withheld_on
    if info is None:
        return broken("public_info is missing", "fill in public_info", "remplir public_info")
    if info.mode == "PUBLISHED":
        return met("the notice is published")
    if not grounds:
        return broken(f"profile {ctx.under.id} never withholds the notice", "publish it", "publier l'avis")
    if info.withheld_on not in grounds:
        named = " or ".join(grounds)
        return broken(
            "the notice is withheld on no ground of the law",
            f"give public_info.withheld_on: {named}, or publish it",
            f"indiquer public_info.withheld_on : {' ou '.join(grounds)}, ou publier l'avis",
        )
    if is_blank(info.withheld_reason or ""):
        return broken(
            "the notice is withheld without a reason",
            "give public_info.withheld_reason",
            "indiquer public_info.withheld_reason",
        )
    return met(f"withheld on the ground {info.withheld_on}: {info.withheld_reason}")
