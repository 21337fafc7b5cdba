"""Flight logic without a part of it: what a campaign, a formula and a search must be able to notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from blindspot.flight.control import sensor, state
from blindspot.flight.control.state import FlightState
from blindspot.flight.route.phases import MISSION, RETURN
from blindspot.flight.watch import ladder
from blindspot.flight.watch.who_flies import who_flies
from blindspot.law.leases.lease import LeaseWatch

Replacement = tuple[object, str, object]
"""An object, the name of its attribute, and the attribute's other value."""


def without_rows(*names: str) -> Callable[[], Replacement]:
    """The ladder without some rows."""
    table = ladder.rows
    return lambda: (ladder, "rows", lambda s: tuple(row for row in table(s) if row.name not in names))


def _ask_the_pilot_back() -> Replacement:
    def let_others_fly(state: FlightState) -> bool:
        if state.seen.mode == "POSCTL":
            state.enter("en_route", "", MISSION)
        return False

    return FlightState, "let_others_fly", let_others_fly


def _keep_the_sensor_on() -> Replacement:
    def inhibit(state: FlightState) -> None:
        state.sensor_inhibited = state.phase != "en_route"

    return sensor, "inhibit_unless_lawful", inhibit


def _a_mission_after_a_failsafe_is_the_pilots() -> Replacement:
    return (
        state,
        "who_flies",
        lambda seen, ours, *, falls_back_to: who_flies(seen, ours, falls_back_to=falls_back_to - {MISSION, RETURN}),
    )


MUTANTS: Mapping[str, Callable[[], Replacement]] = {
    "the lease is not looked at": lambda: (LeaseWatch, "at", lambda *_: "ok"),
    "the sensor stays on": _keep_the_sensor_on,
    "the pilot is asked back": _ask_the_pilot_back,
    "no battery row": without_rows("battery low", "battery spent"),
    "no fence row": without_rows("fence near", "fence close", "fence crossed"),
    "no zone row": without_rows("zone near", "zone close", "zone entered"),
    "no drone row": without_rows("drone near", "route left"),  # either holds a drone that is led astray
    "no time limits": lambda: (state, "time_limit_s", lambda *_: float("inf")),
    "a mission after a failsafe is the pilot's": _a_mission_after_a_failsafe_is_the_pilots,
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The flight logic of a mutant; the usual one for an empty name."""
    if not name:
        yield
        return
    owner, attribute, value = MUTANTS[name]()
    kept = getattr(owner, attribute)
    setattr(owner, attribute, value)
    try:
        yield
    finally:
        setattr(owner, attribute, kept)
