"""The end of a clearance that nobody gives back, for example because the asking process died."""

from __future__ import annotations

from collections.abc import Collection
from math import inf

DOWN_S = 30.0
"""Time on the ground, disarmed, after which a flight has ended. A drone that bounces or is armed again at once is
still in the mission, and a living requester gives the clearance back within seconds."""
LANDED_S = 5.0
"""Time on the ground, disarmed, after which a drone gets no more leases of the flown clearance."""
IDLE_S = 600.0
"""Longest wait without any armed drone. Pre-flight takes minutes, and after a change of packs the next sortie's plan
has a clearance of its own. A requester that waits longer asks again for the same plan, and the wait begins anew. A
longer clearance would let anyone arm the drones, hours after the last person looked at the pads."""


class Lapse:
    """Watches the drones of one clearance. A permitted arming counts like an armed drone, so that a clearance never
    lapses between the permission and the first report of the armed drone."""

    def __init__(self) -> None:
        self.flown: set[str] = set()
        """Drones that have been up."""
        self.landed: set[str] = set()
        """Drones whose flight has ended: with a lease, anyone could arm them until the others are down."""
        self._busy_s = -inf
        self._down_s = inf
        self._since_s: dict[str, float] = {}
        """By drone: time since which it is reported as down."""

    def anew(self) -> Lapse:
        """The same wait from the beginning. "Flown" and "landed" stay true for a drone: places are counted once."""
        fresh = Lapse()
        fresh.flown, fresh.landed = set(self.flown), set(self.landed)
        return fresh

    def arms(self, now_s: float) -> None:
        """A drone may arm now."""
        self._busy_s = max(self._busy_s, now_s)

    def why(self, drones: Collection[str], up: Collection[str], down: Collection[str], now_s: float) -> str:
        """The reason why the clearance of these drones ends now, or "". Call it at least once a second.

        Drones in `up` are reported as armed or off the ground, and drones in `down` as down and disarmed. A
        silent drone is in neither. `now_s` is a time that only goes forward.
        """
        flies, stands = set(drones) & set(up), set(drones) & set(down)
        if self._busy_s == -inf and flies:  # cleared anew in flight: a drone that stands may have landed
            self.landed |= stands
        if self._busy_s == -inf or flies:
            self._busy_s = now_s
        self.flown |= flies
        self._since_s = {drone: self._since_s.get(drone, now_s) for drone in stands}
        self.landed |= {d for d, at_s in self._since_s.items() if d in self.flown and now_s - at_s >= LANDED_S}
        self._down_s = min(self._down_s, now_s) if set(drones) <= set(down) else inf
        if self.flown >= set(drones) and now_s - self._down_s >= DOWN_S:
            return f"its drones have been down for {DOWN_S:g} s, and nobody gave it back"
        if now_s - self._busy_s >= IDLE_S:
            return f"no drone of it was armed for {IDLE_S / 60:g} min"
        return ""
