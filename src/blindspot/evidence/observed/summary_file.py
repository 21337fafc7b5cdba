"""`summary.json` as typed facts: one class writes the file and reads it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from blindspot.evidence.observed.limits import Judged, State

One = TypeVar("One")
SCHEMA = "blindspot.summary/1"
_LARGEST = 1e12
"""A greater number in a file is no fact of a flight."""


@dataclass(frozen=True, slots=True)
class PlanName:
    id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class FlownSorties:
    """`plans` begins with the first sortie, also if no drone flew."""

    flown: int | None
    of: int | None
    plans: tuple[PlanName, ...]


@dataclass(frozen=True, slots=True)
class CoverageFacts:
    """Shares from 0 to 1. The planned and the seen share are those of the blind ground."""

    fixed_fraction: float | None = None
    blind_area_m2: float | None = None
    planned_blind_fraction: float | None = None
    seen_blind_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class DroneFacts:
    """A drone that stayed on the pad has the flight time 0. A drone that flew without a track has None."""

    name: str
    flight_time_s: float | None = None
    distance_m: float | None = None
    max_route_deviation_m: float | None = None
    min_building_clearance_m: float | None = None
    battery_left_fraction: float | None = None

    @property
    def has_flown(self) -> bool:
        """Whether the drone is known to have left the ground."""
        return self.flight_time_s is not None and self.flight_time_s > 0


@dataclass(frozen=True, slots=True)
class OrderFacts:
    run: str = ""
    person: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The facts of a run in the order of the file, with lengths in m, times in s and shares from 0 to 1. None is
    unknown."""

    simulated: bool | None = None
    """None for a run of an older version. An unknown kind of flight counts as real."""
    outcome: str
    reason: str = ""
    plan: PlanName | None = None
    sorties: FlownSorties | None = None
    """None for a mission of one sortie."""
    rests: tuple[str, ...] | None = None
    """The hashes of the plans for the rest that were made in flight."""
    coverage: CoverageFacts = CoverageFacts()
    drones: tuple[DroneFacts, ...] = ()
    min_separation_m: float | None = None
    """None if two drones were never in the air together, too."""
    violations: tuple[str, ...] | None = None
    limits: tuple[Judged, ...] | None = None
    detections: int | None = None
    wall_time_s: float | None = None
    speed_factor: float | None = None
    order: OrderFacts | None = None
    unaccounted: tuple[str, ...] | None = None
    lost_nodes: tuple[str, ...] | None = None
    proportion: Mapping[str, Any] | None = None
    """What the pictures held, flown and planned: `evidence/proportion`. None for a run of an older version."""
    watch: Mapping[str, Any] | None = None
    """The figures of each target: `evidence/watches`. None for a mission that is no overwatch."""
    pictures: Mapping[str, Any] | None = None
    """The density of the published pictures and the miss rate of their masks: `evidence/publication`."""
    chain: tuple[str, ...] | None = None
    """Events that the writer of the run noted beside the nodes' logs."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further entries. The report does not show them."""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Summary:
        """The summary in a JSON document. A missing entry, and an entry of another type, is unknown."""
        coverage = _mapping(document.get("coverage")) or {}
        return cls(
            simulated=one if isinstance(one := document.get("simulated"), bool) else None,
            outcome=_text(document.get("outcome")),
            reason=_text(document.get("reason")),
            plan=_plan(document.get("plan")),
            sorties=_sorties(document.get("sorties")),
            rests=_texts(document.get("rests")),
            coverage=CoverageFacts(**{name: _number(coverage.get(name)) for name in CoverageFacts.__slots__}),
            drones=_list(document.get("drones"), _drone) or (),
            min_separation_m=_number(document.get("min_separation_m")),
            violations=_texts(document.get("violations")),
            limits=_list(document.get("limits"), _limit),
            detections=_whole(document.get("detections")),
            wall_time_s=_number(document.get("wall_time_s")),
            speed_factor=_number(document.get("speed_factor")),
            order=_order(document.get("order")),
            proportion=_mapping(document.get("proportion")),
            watch=_mapping(document.get("watch")),
            pictures=_mapping(document.get("pictures")),
            **{name: _texts(document.get(name)) for name in ("unaccounted", "lost_nodes", "chain")},
            more={name: value for name, value in document.items() if name not in _NAMES},
        )

    def as_dict(self) -> dict[str, Any]:
        """The JSON document. Optional entries that are unknown are left out."""
        found = {name: getattr(self, name) for name in self.__slots__ if name != "more"}
        shown = {name: value for name, value in found.items() if value is not None or name not in _OPTIONAL}
        plain = {name: value if name == "limits" else _plain(value) for name, value in shown.items()}
        limits = None if self.limits is None else [one.as_dict() for one in self.limits]
        return {"schema": SCHEMA, **plain, "limits": limits, **self.more}

    def to_json(self) -> str:
        return json.dumps(self.as_dict(), indent=1, allow_nan=False) + "\n"


_NAMES = frozenset(("schema", *Summary.__slots__)) - {"more"}
_OPTIONAL = (
    "simulated",
    "plan",
    "sorties",
    "rests",
    "order",
    "proportion",
    "watch",
    "pictures",
    "unaccounted",
    "lost_nodes",
    "chain",
)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return asdict(value) if hasattr(value, "__slots__") else value


def _number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if -_LARGEST < value < _LARGEST else None  # NaN is in no range


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and _number(value) is not None else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _list(value: object, kind: Callable[[Any], One | None]) -> tuple[One, ...] | None:
    """The known entries of a list; None for any other value."""
    read = [kind(one) for one in value] if isinstance(value, list | tuple) else None
    return None if read is None else tuple(one for one in read if one is not None)


def _texts(value: object) -> tuple[str, ...] | None:
    """Every entry counts: a broken limit stays broken, even if the sentence is no text."""
    return _list(value, str)


def _plan(value: object) -> PlanName | None:
    found = _mapping(value)
    return None if found is None else PlanName(_text(found.get("id")), _text(found.get("sha256")))


def _sorties(value: object) -> FlownSorties | None:
    found = _mapping(value)
    if found is None:
        return None
    return FlownSorties(_whole(found.get("flown")), _whole(found.get("of")), _list(found.get("plans"), _plan) or ())


def _drone(value: object) -> DroneFacts | None:
    found = _mapping(value)
    if found is None:
        return None
    return DroneFacts(_text(found.get("name")), *(_number(found.get(name)) for name in DroneFacts.__slots__[1:]))


def _limit(value: object) -> Judged:
    """A limit whose state is no known word counts as not observed."""
    found = _mapping(value) or {}
    state = next((one for one in State if one == found.get("state")), State.not_observed)
    return Judged(_text(found.get("limit")), state, _text(found.get("allowed")), _text(found.get("worst")))


def _order(value: object) -> OrderFacts | None:
    found = _mapping(value)
    return None if found is None else OrderFacts(*(_text(found.get(name)) for name in OrderFacts.__slots__))
