"""The entries of a journal about the rights to look of a watch, and the releases of sensors beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

from blindspot.evidence.journals.journal import Entry, Fact

OVER = "over"
"""The fact of a withdrawal that ends a flight."""


@dataclass(slots=True)
class LookEntries:
    """Takes the entries in their order. A mission whose drones have the right to look with their clearance has no such
    entry, and is not judged here."""

    released: dict[str, dict[str, str]] = field(default_factory=dict)
    """By run and drone: the line of the first release of the sensor before an entry of the right."""
    given: set[tuple[str, str]] = field(default_factory=set)
    """Run and drone of each right."""

    def take(self, where: str, entry: Entry) -> str:
        """The break that an entry shows, or ""."""
        facts = entry.facts
        run, drone = str(facts.get("run")), str(facts.get("drone"))
        if entry.act == "look":
            return self._changed(where, entry, run, drone)
        if entry.act == "sensor_release" and (run, drone) not in self.given:
            self.released.setdefault(run, {}).setdefault(drone, where)
        elif entry.act == "clearance" and facts.get("granted") is True:
            self._begun(run, facts.get("drones"))
        elif entry.act == "withdrawal" and OVER in facts:
            self.released.pop(run, None)
        return ""

    def _begun(self, run: str, drones: Fact) -> None:
        """Forget the releases of an earlier flight under the same name."""
        for drone in drones if isinstance(drones, list) else ():
            self.released.get(run, {}).pop(str(drone), None)

    def _changed(self, where: str, entry: Entry, run: str, drone: str) -> str:
        may_look, looking, most = (entry.facts.get(name) for name in ("may_look", "looking", "most"))
        if not isinstance(looking, list) or not isinstance(most, int) or not isinstance(may_look, bool):
            return f"{where}: the entry of the right to look of {drone} lacks a fact"
        if (drone in looking) != may_look:
            return f"{where}: the entry of the right to look of {drone} contradicts its list of drones"
        if not may_look:
            return ""
        early = self.released.get(run, {}).pop(drone, "")
        self.given.add((run, drone))
        if len(looking) > most:
            return f"{where}: {len(looking)} drones may look, and the authorisation permits {most}"
        return f"{early}: the sensor of {drone} is released before its first right to look, {where}" if early else ""
