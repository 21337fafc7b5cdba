"""The people of a fleet, as a page shows them."""

from __future__ import annotations

from typing import Any

from blindspot.mission import Fleet


def crew_of(fleet: Fleet) -> dict[str, Any]:
    """Names, roles and public keys of the operators; the packs by drone, for the drones whose packs are listed."""
    found = [operator for name in fleet.operators if (operator := fleet.operator(name)) is not None]
    packs = {
        drone.name: [pack.id for pack in fleet.file.packs if pack.model == drone.model] for drone in fleet.file.drones
    }
    return {
        "has_keys": fleet.has_keys, "packs": packs,
        "people": [{"name": one.name, "role": one.role, "key": one.key} for one in found],
    }  # fmt: skip
