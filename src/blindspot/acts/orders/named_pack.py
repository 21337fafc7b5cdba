"""The battery pack that a person names for a drone."""

from __future__ import annotations

from blindspot.core import InputError
from blindspot.mission import Fleet

COMMAND = "blindspot swapped"


def pack_of(fleet: Fleet, drone: str, pack: str) -> str:
    """The pack of this drone's model; "" if the fleet file lists none. Raises InputError for a pack that is missing, or
    that the drone can't carry."""
    if not fleet.file.packs:
        if pack:
            raise InputError(COMMAND, "--pack", f"is {pack[:40]}, and the fleet file lists no packs", "leave it out")
        return ""
    model = fleet.member(drone).model
    fit = [each.id for each in fleet.file.packs if each.model == model]
    if pack in fit:
        return pack
    problem = f"{pack[:40]} is no pack of model {model}" if pack else "is missing"
    raise InputError(COMMAND, "--pack", problem, f"the fleet file lists {', '.join(fit) or 'none for it'}")
