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
    "The notice is withheld only if the purpose allows it, and with a reason.",
    "L'information du public n'est omise que si la finalité le permet, et pour un motif énoncé.",
    module="public_info",
)  # fmt: skip
def pub_02(ctx: Context) -> Ruling:
    info, purpose = ctx.file.public_info, ctx.file.purpose
    if info is None or purpose is None:
        return broken("purpose or public_info is missing", "fill in both", "remplir les deux")
    if info.mode == "PUBLISHED":
        return met("the notice is published")
    kind = ctx.under.purposes.get(purpose.code)
    if kind is None or not kind.may_withhold:
        return broken(f"purpose {purpose.code} does not allow to withhold the notice", "publish it", "publier l'avis")
    if is_blank(info.withheld_reason or ""):
        return broken(
            "the notice is withheld without a reason",
            "give public_info.withheld_reason",
            "indiquer public_info.withheld_reason",
        )
    return met(f"withheld: {info.withheld_reason}")
