"""The consequence of each lost node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Order = Literal["hold", "stand_by", "resume", "return_home", "abort", "reattach"]


@dataclass(frozen=True, slots=True)
class Loss:
    """The consequence of losing a node: an order to its drone (or to all, for a town-wide node), and its meaning."""

    order: Order | None
    meaning: str
    back_within_s: float = 0.0
    """Wall time after the loss in which a node that is being started again may come back, before the order is
    given."""
    on_ground: str = ""
    """The meaning for a drone that may not have taken off, if it differs."""


LOSSES: Mapping[str, Loss] = {
    "flight_control": Loss(
        "reattach",
        "the uploaded mission continues without pictures until it is watched again",
        on_ground="if the drone has taken off, its uploaded mission continues without pictures until it is watched "
        "again",
    ),
    "camera": Loss("return_home", "the pictures have stopped"),
    "detector": Loss("return_home", "the masking has stopped"),
    "coverage_monitor": Loss("return_home", "the seen ground is unknown", 12.0),
    "authority": Loss("return_home", "leases can't be renewed", 7.0),
    "recorder": Loss(None, "the recording has stopped; the flight does not need it"),
    "logbook": Loss(None, "the record of the run has a gap; the flight does not need it"),
    "coverage_planner": Loss(None, "no new plan can be made; the flight does not need one"),
    "simulator": Loss(None, "the simulated autopilots are gone"),
    "clock": Loss(None, "Gazebo's time stands still"),
    "mavros": Loss(
        None,
        "the uploaded mission continues; flight_control decides",
        on_ground="if the drone has taken off, its uploaded mission continues; flight_control decides",
    ),
}
"""By the node's own name. The loss of a drone's node gives an order to that drone if it flies; the loss of a town-wide
node gives it to every drone. The seen ground may wait for a restart, since it is no matter of safety. So may the
authority: each drone acts by itself on leases that lapse, and holds at the end of this time."""
