"""The entries of a journal about the rights to look of a watch, and the releases of sensors beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

from blindspot.evidence.journals.journal import Entry, Fact

_Turn = tuple[str, str]
"""Run and drone."""


@dataclass(slots=True)
class LookEntries:
    """Takes the entries in their order. A mission whose drones have the right to look with their clearance has no such
    entry, and is not judged here."""

    released: dict[_Turn, str] = field(default_factory=dict)
    """By turn: the line of the first release of its sensor before an entry of its right."""
    given: set[_Turn] = field(default_factory=set)

    def take(self, where: str, entry: Entry) -> str:
        """The break that an entry shows, or ""."""
        run = str(entry.facts.get("run"))
        if entry.act == "clearance":
            self._begun(run, entry.facts.get("drones"))
        turn = run, str(entry.facts.get("drone"))
        if entry.act == "sensor_release":
            if turn not in self.given:
                self.released.setdefault(turn, where)
            return ""
        return self._changed(where, entry, turn) if entry.act == "look" else ""

    def _begun(self, run: str, drones: Fact) -> None:
        """Forget the releases of an earlier flight under the same name."""
        for drone in drones if isinstance(drones, list) else ():
            self.released.pop((run, str(drone)), None)

    def _changed(self, where: str, entry: Entry, turn: _Turn) -> str:
        drone, may_look, looking = turn[1], entry.facts.get("may_look"), entry.facts.get("looking")
        most = entry.facts.get("most")
        if not isinstance(looking, list) or not isinstance(most, int) or not isinstance(may_look, bool):
            return f"{where}: the entry of the right to look of {drone} lacks a fact"
        if (drone in looking) != may_look:
            return f"{where}: the entry of the right to look of {drone} contradicts its list of drones"
        if not may_look:
            return ""
        early = "" if turn in self.given else self.released.get(turn, "")
        self.given.add(turn)
        if len(looking) > most:
            return f"{where}: {len(looking)} drones may look, and the authorisation permits {most}"
        return f"{early}: the sensor of {drone} is released before its first right to look, {where}" if early else ""
