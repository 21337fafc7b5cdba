"""The data of one stay in a phase: each phase begins with new data, so nothing is reset by hand."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from blindspot.flight.control.inspect import Inspection, LineFlight
from blindspot.flight.route.mission_items import Item
from blindspot.flight.route.phases import PhaseName
from blindspot.flight.vehicle.vehicle import Reply
from blindspot.flight.watch.ladder import Row
from blindspot.mission import Point, Route


@dataclass(slots=True)
class NextMission:
    """In a hold: the mission that is uploaded and then flown from item `first` on.

    `route` is another route of the fleet, `None` for a jump along the present route, or for the rest of the climb.
    """

    items: tuple[Item, ...]
    first: int
    route: Route | None = None
    upload: Reply | None = None


@dataclass(slots=True)
class Stay:
    """One stay in a phase, from `entered_s` (the node's clock) for at most `limit_s`."""

    entered_s: float = 0.0
    limit_s: float = inf
    watches_only: bool = False
    """Whether the phase was ordered by another party of ours: it gets no command, except by an order."""
    ordered: tuple[PhaseName, str] | None = None
    """In a reattach: the gravest order of a person meanwhile, and the reason."""
    left_over: str = ""
    """In a pre-flight: the mode requested by the previous flight after the landing, which may still show."""
    held_by: Row | None = None
    """The lost lease that began this hold: with the lease the hold ends."""
    ordered_hold: str = ""
    """The holder, in words, of a hold that only a person may end; empty for any other hold."""
    stands_by: bool = False
    """Whether this hold waits for another route of the fleet."""
    next_mission: NextMission | None = None
    inspection: Inspection | None = None
    clearing: tuple[Point, Reply] | None = None
    """The place where the way of the inspection begins, and the ground station's answer."""
    rests_s: float = inf
    """Time since which the drone has been slow in the hold before the inspection, s."""
    way_back: LineFlight | None = None
    """The line of an inspection broken off by this hold: this line leads back to the route."""
    resumes_for: str = ""
    """The person whose order lets the drone resume its route in this hold, once the hold shows; empty for a hold that
    lasts. Each order begins another stay, so a hold that a person gives meanwhile lasts."""
    line_unknown: bool = False
    """Whether this hold broke an inspection off whose line a restart has lost."""
    astray_s: float = inf
    """Time since which the drone is off that line, s."""
    chosen: Reply | None = None
    """The answer to the choice of the item at which a return from this hold begins."""
    chosen_s: float = -inf
    resumed_from: PhaseName = "hold"
    late_after: str = ""
    """The pilot's mode after which a requested mission mode may still show, late."""
    release: Reply | None = None
    """The journal's answer to the release of the sensor; `None` while the law or the phase inhibits it."""
