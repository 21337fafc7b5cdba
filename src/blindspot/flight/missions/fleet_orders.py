"""Orders of people to a fleet: permitted persons, and the concerned mission's drones. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from blindspot.core import is_blank, one_line

TO_ALL = ("hold", "resume", "return_home", "abort")
TO_ONE = ("jump", "inspect")
SWAPPED = "swapped"
CALLS_OFF = ("return_home", "abort")
"""Orders that also call off a mission before the flight. They are carried out even if the journal fails."""
STOPS = ("hold", *CALLS_OFF)
"""Orders that make drones safer: they need no key, and wait for no disk."""
MOST_MISSED = 12
"""Named drones with a sentence of their own: any process can name any number."""


def why_not_ordered(person: str, reason: str, operators: Collection[str]) -> str:
    """The reason why this person may not give an order, in one sentence; empty if they may. No operators: any person
    with a name may."""
    if is_blank(person):
        return "an order needs the name of a person"
    if is_blank(reason):
        return "an order needs a reason"
    if operators and person not in operators:
        return f"{person} is no operator of this fleet: the fleet file lists {', '.join(operators)}"
    return ""


def why_busy(drones: Collection[str], missions: Mapping[str, tuple[str, Collection[str]]]) -> str:
    """The reason why a mission with these drones can't start, in one sentence; empty if it can. `missions` gives name
    and drones of each mission in progress, by run."""
    for run, (name, taken) in missions.items():
        for drone in drones:
            if drone in taken:
                return f"{drone} flies mission {name} (run {run}): wait for its end, or leave {drone} out"
    return ""


@dataclass(frozen=True, slots=True)
class InProgress:
    """A mission in progress, as seen by an order: names of the drones."""

    drones: tuple[str, ...]
    flying: tuple[str, ...] = ()
    swapping: tuple[str, ...] = ()
    """Drones whose battery packs are awaited."""
    piloted: tuple[str, ...] = ()
    """Drones in flight that their pilots have."""


def strays_of(
    order: str, named: Collection[str], flying: Collection[str], missions: Mapping[str, InProgress]
) -> tuple[str, ...]:  # fmt: skip
    """The drones in reach of an order without a known mission: among the `flying` drones the named drones, or all. Only
    stops reach any.

    Such a drone flies on after the file of its mission was lost, or on another stack's order. A person must be able
    to stop such a drone, whatever this stack knows about the drone.
    """
    known = {drone for mission in missions.values() for drone in mission.flying}
    out = (name for name in flying if name not in known and (not named or name in named))
    return tuple(out) if order in STOPS else ()


@dataclass(frozen=True, slots=True)
class Addressees:
    """The concerned drones of an order, by run, and a sentence for each of the first `MOST_MISSED` named drones out
    of reach."""

    to: Mapping[str, tuple[str, ...]]
    missed: tuple[str, ...] = ()


def addressees(
    order: str, named: Sequence[str], fleet: Collection[str], missions: Mapping[str, InProgress],
    strays: Collection[str] = (),
) -> Addressees:  # fmt: skip
    """Sort an order to the missions in progress.

    Parameters
    ----------
    order
        One of `TO_ALL`, `TO_ONE` or `SWAPPED`; any other order reaches no drone.
    named
        Names of the drones; empty for every drone that flies. `SWAPPED` and the orders `TO_ONE` need names. A resume
        takes a drone from the pilot only by name, or if pilots have all flying drones.
    fleet
        Names of all drones of the fleet.
    missions
        The missions in progress by run.
    strays
        Drones that fly without a mission and get this order in another way: no such drone is missed.
    """
    if order not in (*TO_ALL, *TO_ONE, SWAPPED):
        return Addressees({}, (f"{one_line(order, 20)!r} is no order",))
    if order in TO_ONE and len(set(named)) != 1:
        return Addressees({}, (f"{order} needs the name of one drone",))
    if order == SWAPPED and not named:
        return Addressees({}, ("swapped needs the names of the drones whose packs were changed",))
    reached = {run: _reached(order, mission) for run, mission in missions.items()}
    left = _left_to_pilots(missions) if order == "resume" and not named else ()
    to = {
        run: tuple(drone for drone in drones if (not named or drone in named) and drone not in left)
        for run, drones in reached.items()
    }
    found = {drone for drones in to.values() for drone in drones}
    names = [name for name in dict.fromkeys(named) if name not in found and name not in strays]
    missed = [f"{name} is in the pilot's hands: name the drone to resume it" for name in left]
    missed += [_why_missed(order, name, fleet) for name in names[:MOST_MISSED]]
    missed += [f"{len(names) - MOST_MISSED} more can't be reached"] if len(names) > MOST_MISSED else []
    return Addressees({run: drones for run, drones in to.items() if drones}, tuple(missed))


def _reached(order: str, mission: InProgress) -> tuple[str, ...]:
    """The drones of a mission that an order can reach. A mission on the ground is called off as a whole."""
    if order == SWAPPED:
        return mission.swapping
    return mission.drones if order in CALLS_OFF and not mission.flying else mission.flying


def _left_to_pilots(missions: Mapping[str, InProgress]) -> tuple[str, ...]:
    """The drones left to their pilots by a resume without names; no drone if pilots have all flying drones."""
    piloted = tuple(drone for mission in missions.values() for drone in mission.piloted)
    flying = [drone for mission in missions.values() for drone in mission.flying]
    return piloted if set(flying).difference(piloted) else ()


def _why_missed(order: str, drone: str, fleet: Collection[str]) -> str:
    if drone not in fleet:
        return f"the fleet has no drone {one_line(drone, 50)!r}"
    return f"{drone} waits for no other pack" if order == SWAPPED else f"{drone} flies no mission"
