"""Alerts for the crew, each with its begin and its advice. A pure function of the view's records.

The texts lie in the catalogues of the page, `alert.KIND` and `alert.KIND.do`, so that page, log and other programs say
the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

from blindspot.core import one_line

SILENT_S = 5.0
"""Age from which a drone or a node counts as silent: the page is grey from 3 s on."""
STACK_SILENT_S = 10.0
CLOCK_OFF_S = 2.0
"""Largest difference of two clocks, as in the rule on time of the gate."""
CALM_S = 10.0
"""An alert ends so long after its cause, so that a flickering cause is one alert."""
ON_THE_GROUND = frozenset({"idle", "preflight", "landed", "failed"})
BATTERY_ROWS = ("the battery is needed for the way home", "the battery is too low to reach home")
"""The reasons of the ladder's rows on the battery: with the first one the drone comes home by itself."""
LATE_STATES = ("gap", "short")
"""States of a watched place: nobody looks, or nobody will look in time."""
MOST_ALERTS = 100
ALERT = "alert/"
"""Begin of the keys of the alerts' records."""
LONGEST_VALUE = 300

Known = Mapping[str, tuple[Mapping[str, Any], float]]
"""The records of a view: content and age in seconds, by key."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One cause. `subject` is its drone, node or place; two alerts of one kind and subject are the same alert.

    `detail` is a sentence of the stack, which may name a person: it is no part of the words of the alert.
    """

    kind: str
    subject: str
    values: Mapping[str, str]
    detail: str = ""

    @property
    def key(self) -> str:
        return f"{ALERT}{self.kind}/{self.subject}"

    @property
    def text(self) -> str:
        """The cause, in English."""
        return _filled(f"alert.{self.kind}", self.values)

    @property
    def advice(self) -> str:
        """The advice, in English."""
        return _filled(f"alert.{self.kind}.do", self.values)


def alerts_in(known: Known) -> tuple[Alert, ...]:
    """The causes of alerts in the records, the gravest first."""
    stack = known.get("stack")
    if stack is not None and not stack[1] <= STACK_SILENT_S:
        return (Alert("stack_silent", "stack", {}), *_duties(known))
    found = chain.from_iterable(look(known) for look in LOOKS)
    return tuple(found)[:MOST_ALERTS]


def _below(known: Known, prefix: str) -> Iterator[tuple[str, Mapping[str, Any], float]]:
    for key, (content, age_s) in known.items():
        if key.startswith(prefix):
            yield key.removeprefix(prefix), content, age_s


def _content(known: Known, key: str) -> Mapping[str, Any]:
    return known[key][0] if key in known else {}


def _silent_drones(known: Known) -> Iterator[Alert]:
    for drone, _, age_s in _below(known, "drone/"):
        if not age_s <= SILENT_S:
            yield Alert("drone_silent", drone, {"drone": drone})


def _spent_batteries(known: Known) -> Iterator[Alert]:
    for drone, state, _ in _below(known, "drone/"):
        if state.get("phase") not in ON_THE_GROUND and any(row in str(state.get("reason")) for row in BATTERY_ROWS):
            share = state.get("battery_fraction")
            percent = f"{100.0 * share:.0f} %" if isinstance(share, float | int) else "?"
            yield Alert("battery_short", drone, {"drone": drone, "battery": percent})


def _lost_nodes(known: Known) -> Iterator[Alert]:
    """A node that was never heard still starts: the stack reports that it is not ready."""
    lost = {str(node) for node in _content(known, "stack").get("lost_nodes", ())}
    for node, _, age_s in sorted(_below(known, "node/")):
        if node in lost or not age_s <= SILENT_S:
            yield Alert("node_lost", node, {"node": _value(node)})


def _refused_leases(known: Known) -> Iterator[Alert]:
    """A signed refusal, and a drone in the air whose lease is not heard any more."""
    for drone, lease, age_s in _below(known, "lease/"):
        state = _content(known, f"drone/{drone}")
        flies = state.get("autopilot") == "up" and state.get("phase") not in ON_THE_GROUND
        if age_s <= SILENT_S and not lease.get("granted"):
            values = {"drone": drone, "rule": _value(lease.get("rule"))}
            yield Alert("lease_refused", drone, values, _value(lease.get("sentence")))
        elif age_s > SILENT_S and flies:
            yield Alert("lease_lapsed", drone, {"drone": drone})


def _wrong_clocks(known: Known) -> Iterator[Alert]:
    for drone, state, _ in _below(known, "drone/"):
        off_s = state.get("clock_off_s")
        if isinstance(off_s, float | int) and abs(off_s) > CLOCK_OFF_S:
            yield Alert("clock_differs", drone, {"drone": drone, "seconds": f"{off_s:+.0f}"})


def _troubled_recordings(known: Known) -> Iterator[Alert]:
    for drone, recording, _ in _below(known, "recording/"):
        if trouble := _value(recording.get("trouble")):
            yield Alert("recording_gap", drone, {"drone": drone}, trouble)


def _waiting_passes(known: Known) -> Iterator[Alert]:
    evening = _content(known, "evening")
    pilots = ", ".join(str(name) for name in evening.get("pilots", ()))
    for one in evening.get("passes", ()):
        if one.get("waits"):
            values = {"number": str(one.get("number")), "latest": str(one.get("latest")), "pilots": _value(pilots)}
            yield Alert("pass_waits", str(one.get("id")), values)


def _late_places(known: Known) -> Iterator[Alert]:
    """Watched places without eyes."""
    for run, mission, _ in _below(known, "run/"):
        if mission.get("outcome"):
            continue
        for place, target in (mission.get("watch") or {}).items():
            if target.get("state") in LATE_STATES:
                yield Alert("place_late", f"{run}/{place}", {"place": _value(place)}, _value(target.get("reason")))


def _foreign_pictures(known: Known) -> Iterator[Alert]:
    for drone, found, _ in _below(known, "picture/"):
        yield Alert("picture_foreign", drone, {"drone": drone}, _value(found.get("publishers")))


def _stuck_outputs(known: Known) -> Iterator[Alert]:
    for name, state, _ in _below(known, "output/"):
        if state.get("stuck_since"):
            values = {"output": name, "count": str(state.get("waiting", 0))}
            yield Alert("output_stuck", name, values, _value(state.get("problem")))


def _duties(known: Known) -> Iterator[Alert]:
    duties = _content(known, "duties")
    if since := _value(duties.get("register_since")):
        yield Alert("register_overdue", "register", {"since": since})
    if count := duties.get("erasures_overdue"):
        yield Alert("erasure_overdue", "recordings", {"count": str(count)})
    if problem := _value(duties.get("problem")):
        yield Alert("duties_unknown", "duties", {}, problem)


LOOKS: Sequence[Callable[[Known], Iterator[Alert]]] = (
    _spent_batteries, _refused_leases, _silent_drones, _lost_nodes, _late_places, _waiting_passes, _wrong_clocks,
    _troubled_recordings, _foreign_pictures, _duties, _stuck_outputs,
)  # fmt: skip
"""In the order of the page."""


def _value(text: object) -> str:
    return one_line(text, LONGEST_VALUE) if text else ""


@dataclass(frozen=True, slots=True)
class StandingAlert:
    """An alert with the moment at which it began."""

    alert: Alert
    since: datetime

    def record(self, rank: int) -> dict[str, Any]:
        """The record of the view; `rank` is the place in the list."""
        return {
            "kind": self.alert.kind, "values": dict(self.alert.values), "detail": self.alert.detail, "rank": rank,
            "since": f"{self.since.astimezone():%H:%M:%S}", "since_utc": self.since.isoformat(timespec="seconds"),
        }  # fmt: skip


class AlertBook:
    """Remembers since when each alert stands.

    Example
    -------
    >>> book = AlertBook()
    >>> begun, ended = book.step(alerts_in({"drone/drone1": ({"phase": "hold"}, 6.0)}), 0.0, datetime.now())
    >>> [standing.alert.text for standing in begun]
    ['drone1 is silent']
    """

    def __init__(self) -> None:
        self._standing: dict[str, tuple[StandingAlert, float]] = {}

    def step(
        self, found: Sequence[Alert], now_s: float, at: datetime
    ) -> tuple[list[StandingAlert], list[StandingAlert]]:  # fmt: skip
        """Take the causes of now; `now_s` is on a steady clock. Returns the alerts that began, and those that ended."""
        begun: list[StandingAlert] = []
        for alert in found:
            known = self._standing.get(alert.key)
            standing = StandingAlert(alert, at if known is None else known[0].since)
            self._standing[alert.key] = standing, now_s
            if known is None:
                begun.append(standing)
        over = [key for key, (_, seen_s) in self._standing.items() if now_s - seen_s > CALM_S]
        return begun, [self._standing.pop(key)[0] for key in over]

    @property
    def standing(self) -> list[StandingAlert]:
        """The alerts that stand, the gravest first."""
        rank = {kind: place for place, kind in enumerate(KINDS)}
        return sorted(
            (one for one, _ in self._standing.values()),
            key=lambda one: (rank.get(one.alert.kind, len(rank)), one.since, one.alert.subject),
        )


KINDS = (
    "stack_silent", "battery_short", "lease_refused", "lease_lapsed", "drone_silent", "node_lost", "place_late",
    "pass_waits", "picture_foreign", "clock_differs", "recording_gap", "duties_unknown", "register_overdue",
    "erasure_overdue", "output_stuck",
)  # fmt: skip
"""The gravest first."""


def _filled(key: str, values: Mapping[str, str]) -> str:
    text = _texts().get(key, key)
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@cache
def _texts() -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(files("blindspot.console").joinpath("web/texts/en.json").read_text("utf-8"))
    return found
