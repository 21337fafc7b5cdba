"""Whether an operation is possible: packs, crew, pauses and the law, each with the number that would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from blindspot.core import InputError
from blindspot.law import Authorisation, slot_end
from blindspot.law.clearances import together, watched, weeks_from
from blindspot.mission import DroneModel, load_fleet, site_pads
from blindspot.operations.calendar import Occurrence, occurrences
from blindspot.operations.crew import people_needed, turnaround_s
from blindspot.operations.operation_file import Operation
from blindspot.operations.patrols.choices import spread_s
from blindspot.operations.patrols.library import Library
from blindspot.operations.rota import Flight, Pack, packs_missing, packs_of, rota, usable_wh
from blindspot.operations.states import LATE, OccurrenceRow, PackUse


@dataclass(frozen=True, slots=True)
class Tours:
    """The greatest costs of a library's tours, and the least time between tours: the longest flight, the most energy
    of each drone's route, the least and the most time from a start to the next start.

    `place_s` is the longest time for which one place is in pictures in a tour; 0 where nobody asked for it.
    """

    flight_s: float
    need_wh: Mapping[str, float]
    soonest_s: float
    latest_s: float
    place_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason why the operation is impossible, in one sentence, and the change that would do."""

    subject: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.problem}; {self.fix}"


def tours_of(library: Library, models: Mapping[str, DroneModel] | None = None) -> Tours:
    """The costs of a library's variants; with the models of its drones also the time at a place, which takes longer."""
    need_wh: dict[str, float] = {}
    for variant in library.variants:
        for route in variant.plan.routes:
            need_wh[route.drone] = max(need_wh.get(route.drone, 0.0), route.expected.energy_wh)
    choices = [choice for own in library.choices for choice in own if choice.probability > 0.0]
    return Tours(
        max(variant.flight_s for variant in library.variants), need_wh, min(c.from_s for c in choices),
        max(c.until_s for c in choices), _place_s(library, models) if models is not None else 0.0,
    )  # fmt: skip


def _place_s(library: Library, models: Mapping[str, DroneModel]) -> float:
    plans = (together(watched(variant.plan, models)) for variant in library.variants)
    return max((seen_s for seen in plans for seen_s in seen.values()), default=0.0)


def problems(operation: Operation, tours: Tours, authorisation: Authorisation) -> tuple[Problem, ...]:
    """Every reason why some evening of the operation could fail, whatever is drawn; empty if none is known."""
    return (
        *_pilots(operation),
        *_overlaps(operation, tours),
        *_packs(operation, tours),
        *_changes(operation, tours),
        *_law(operation, tours, authorisation),
        *_places(operation, tours, authorisation),
    )


def packs_of_pass(
    operation: Operation, library: Library, occurrence: OccurrenceRow, number: int, used: Sequence[PackUse]
) -> tuple[tuple[str, str], ...]:
    """(drone, pack) of one pass of a drawn evening; empty if the packs do not suffice, or the fleet lists none.

    A pack in `used`, from an earlier pass of any slot, rests first. The result is also empty once
    a pass of the evening was interrupted: another attempt takes packs that the rota does not know. So it stays until
    each pack has rested after a flight with unknown packs. The packs come from the present fleet file: a scheduler
    runs for weeks, and the entries must name the same packs as `confirm` names to the crew. Raises InputError for a
    drone that was taken out of that file.
    """
    try:
        operation = replace(operation, fleet=load_fleet(operation.fleet.path))
    except InputError:
        return ()
    for drone in operation.drones:
        operation.fleet.member(drone)
    # A pass confirmed anew without a flight keeps the same packs; the packs of a pass flown again are in `used`.
    is_repeated = any(row.number == number and row.attempt > 1 and row.took_off for row in occurrence.passes)
    if is_repeated or any(row.state == "interrupted" for row in occurrence.passes):
        return ()
    tours, packs = tours_of(library), packs_of(operation.fleet)
    left = [row.start for row in occurrence.passes if row.number >= number]
    rests_s, ready_s = {pack.id: pack.rest_s for pack in packs}, dict[str, float]()
    for use in used:
        landed = use.ended or use.begun + timedelta(seconds=tours.flight_s)
        rest_s = rests_s.get(use.pack, 0.0) if use.pack else max(rests_s.values(), default=0.0)
        rested_s = (landed - left[0]).total_seconds() + rest_s
        if not use.pack and rested_s > 0.0:
            return ()
        ready_s[use.pack] = max(rested_s, ready_s.get(use.pack, rested_s))
    flights = _flights(operation, tours, [(start - left[0]).total_seconds() for start in left], number)
    chosen = rota(flights, packs, ready_s) or {}
    return tuple((drone, pack) for (of, drone), pack in chosen.items() if of == number)


def _flights(operation: Operation, tours: Tours, starts_s: Sequence[float], first: int = 1) -> list[Flight]:
    return [
        Flight(number, drone, operation.fleet.member(drone).model, start_s, start_s + tours.flight_s, need_wh)
        for number, start_s in enumerate(starts_s, first) for drone, need_wh in tours.need_wh.items()
    ]  # fmt: skip


def _soonest(passes: int, gap_s: float) -> list[float]:
    """Starts of passes that follow each other as soon as they may, s: every draw is easier on packs."""
    return [number * gap_s for number in range(passes)]


def _pilots(operation: Operation) -> list[Problem]:
    crew, drones = operation.file.crew, len(operation.drones)
    able = len(crew.pilots) * crew.airborne_per_pilot
    if able >= drones:
        return []
    more = ceil(drones / crew.airborne_per_pilot) - len(crew.pilots)
    return [Problem(
        "crew", f"{drones} drones fly at once, and {_count(len(crew.pilots), 'pilot')} may have {able} in the air",
        f"{_count(more, 'pilot')} more would do",
    )]  # fmt: skip


def _overlaps(operation: Operation, tours: Tours) -> list[Problem]:
    """Whether a slot may still fly passes when the passes of the next slot are late. The fleet flies one pass at a
    time, and all of an evening's before the next one's."""
    swap, waits = timedelta(seconds=operation.mission.file.swap_s), list[tuple[timedelta, Occurrence, Occurrence]]()
    busy, *later = occurrences(operation)
    for one in later:
        waits.append((_latest_landing(busy, tours) + swap - LATE - one.slot_from, busy, one))
        busy = max(busy, one, key=lambda each: _latest_landing(each, tours))
    wait, before, after = max(waits, key=lambda each: each[0], default=(timedelta(), busy, busy))
    if wait <= timedelta():
        return []
    landed, begins = operation.local(_latest_landing(before, tours)), operation.local(after.slot_from)
    return [Problem(
        "slots", f"the last pass of {before.slot.name} may land at {landed:%H:%M}, and the first one of "
        f"{after.slot.name} may be drawn for {begins:%H:%M}: it is missed if it is {LATE / timedelta(minutes=1):.0f} "
        "min late",
        f"{after.slot.name} {ceil(wait / timedelta(minutes=1))} min later, or fewer passes of {before.slot.name}, "
        "would do",
    )]  # fmt: skip


def _packs(operation: Operation, tours: Tours) -> list[Problem]:
    """Whether the packs suffice for each slot by itself, and for slots so close that they share packs."""
    fleet = operation.fleet
    if not fleet.file.packs:
        return [Problem("packs", f"{fleet.path.name} lists no packs", "list the packs that the crew has charged")]
    models = {fleet.member(drone).model for drone in tours.need_wh}
    own = packs_of(fleet)
    rests_s = {m: max([pack.rest_s for pack in own if pack.model == m], default=3600.0) for m in models}
    fresh = {m: Pack(f"new {m}", m, usable_wh(fleet.models[m], None), rests_s[m]) for m in models}
    starts_s = _soonest(max(slot.passes for slot in operation.file.slots), tours.soonest_s)
    if missing := packs_missing(_flights(operation, tours, starts_s), own, fresh):
        return [
            _too_few_packs(operation, tours, own, fresh[model], len(starts_s), more) if more > 0
            else _too_much_energy(operation, tours, fresh[model])
            for model, more in missing.items()
        ]  # fmt: skip
    for slots, joint_s in _shared(operation, tours, max(rests_s.values())):
        if missing := packs_missing(_flights(operation, tours, joint_s), own, fresh):
            return [_too_few_shared(slots, joint_s, fresh[model], more) for model, more in missing.items()]
    return []


def _too_much_energy(operation: Operation, tours: Tours, fresh: Pack) -> Problem:
    """A tour that not even a new pack can fly."""
    fleet, model = operation.fleet, fresh.model
    need_wh = max(need for drone, need in tours.need_wh.items() if fleet.member(drone).model == model)
    energy = fleet.models[model].energy
    whole_wh = need_wh / (1.0 - energy.reserve_fraction) * energy.capacity_wh / energy.usable_wh()
    return Problem(
        "packs", f"a tour needs {need_wh:.0f} Wh, and a new pack of {model} may give {fresh.flies_wh:.0f} Wh",
        f"packs of {whole_wh:.0f} Wh, or a mission with less ground for each drone, would do",
    )  # fmt: skip


def _too_few_packs(
    operation: Operation, tours: Tours, own: Sequence[Pack], fresh: Pack, passes: int, more: int
) -> Problem:
    """Too few packs for the passes of one slot."""
    gap_min = _gap_that_does(operation, tours, own, passes)
    later = "" if gap_min is None else f", or {_later(operation, tours, gap_min)}"
    return Problem(
        "packs",
        f"{passes} passes may start {tours.soonest_s / 60:.0f} min apart, and the packs of {fresh.model} are charged "
        f"again {fresh.rest_s / 60:.0f} min after a landing", f"{_count(more, 'pack')} more would do{later}",
    )  # fmt: skip


def _later(operation: Operation, tours: Tours, gap_min: int) -> str:
    """Passes with more time in between, and with a longer promise if this promise leaves no time for starts that are
    hard to guess."""
    swap_s = 60.0 * gap_min - tours.flight_s
    missing_s = 60.0 * gap_min + spread_s() - tours.latest_s
    revisit_s = 60 * ceil(((operation.mission.file.revisit_s or 0.0) + missing_s) / 60)
    promise = f" and a revisit_s of {revisit_s} s" if missing_s > 0.0 else ""
    return f"passes at least {gap_min} min apart with a swap_s of {ceil(swap_s)} s{promise}"


def _too_few_shared(slots: Sequence[str], starts_s: Sequence[float], fresh: Pack, more: int) -> Problem:
    """Too few packs for slots that follow each other closely."""
    rest = f"{fresh.rest_s / 60:.0f} min"
    return Problem(
        "packs",
        f"the slots {' and '.join(dict.fromkeys(slots))} share the packs of {fresh.model}: {len(starts_s)} passes may "
        f"start within {starts_s[-1] / 60:.0f} min, and a pack is charged again {rest} after a landing",
        f"{_count(more, 'pack')} more would do, or {rest} from a slot's latest landing to the next slot",
    )


def _shared(operation: Operation, tours: Tours, rest_s: float) -> list[tuple[tuple[str, ...], tuple[float, ...]]]:
    """Slots that begin before the packs of an earlier slot are charged: the names, and the closest starts of any
    draw, s."""
    calendar, found = occurrences(operation), dict[tuple[tuple[str, ...], tuple[float, ...]], None]()
    for number, first in enumerate(calendar):
        slots, starts_s, before = [first.slot.name], _soonest(first.slot.passes, tours.soonest_s), first
        charged = _latest_landing(first, tours) + timedelta(seconds=rest_s)
        for one in calendar[number + 1 :]:
            if one.slot_from >= charged:
                break
            pause = one.slot_from - _latest_landing(before, tours) + timedelta(seconds=tours.flight_s)
            begin_s = starts_s[-1] + max(tours.soonest_s, pause.total_seconds())
            starts_s += [begin_s + start_s for start_s in _soonest(one.slot.passes, tours.soonest_s)]
            slots, before = [*slots, one.slot.name], one
        if len(slots) > 1:
            found[tuple(slots), tuple(starts_s)] = None
    return list(found)


def _gap_that_does(operation: Operation, tours: Tours, packs: Sequence[Pack], passes: int) -> int | None:
    """The least whole minutes between two starts for which the packs suffice; None if no gap is long enough."""
    first = ceil(tours.soonest_s / 60)
    longest = ceil((tours.flight_s + max((pack.rest_s for pack in packs), default=0.0)) / 60)
    for minutes in range(first, max(first, longest) + 1):
        if rota(_flights(operation, tours, _soonest(passes, 60.0 * minutes)), packs) is not None:
            return minutes
    return None


def _changes(operation: Operation, tours: Tours) -> list[Problem]:
    """Whether the people change all packs within the pause that the library counts on."""
    if max(slot.passes for slot in operation.file.slots) == 1:
        return []
    crew, file = operation.file.crew, operation.fleet.file
    _, known = site_pads(operation.fleet)
    pads = [(pad.east_m, pad.north_m) for pad in (known[operation.fleet.member(name).pad] for name in operation.drones)]
    people, pause_s = len(crew.pilots) + len(crew.hands), operation.mission.file.swap_s
    needed_s = turnaround_s(pads, people, file.swap_s)
    if needed_s <= pause_s:
        return []
    enough = people_needed(pads, file.swap_s, pause_s)
    fix = f"a swap_s of {ceil(needed_s)} s in the mission would do"
    if enough is not None and enough > people:
        fix = f"{_count(enough - people, 'person').replace('persons', 'people')} more would do, or {fix}"
    who = _count(people, "person").replace("persons", "people")
    return [Problem("crew", f"{who} need {needed_s:.0f} s to change all packs, and {pause_s:.0f} s are planned", fix)]


def _law(operation: Operation, tours: Tours, authorisation: Authorisation) -> list[Problem]:
    """Whether the authorisation covers each occurrence from earliest start to latest landing."""
    window, found = authorisation.file.window, []
    late = [one for one in occurrences(operation) if not _covers(authorisation, one, tours)]
    if late:
        first = late[0]
        last = operation.local(_latest_landing(first, tours))
        found.append(Problem(
            "authorisation",
            f"{authorisation.id} does not cover {_count(len(late), 'occurrence')}, first {first.id}, whose "
            f"last landing may be at {last:%H:%M}",
            "end the slot earlier, plan fewer passes, or ask for longer hours",
        ))  # fmt: skip
    # The gate counts by date: a draw may put passes of two evenings on one date, before and after midnight.
    by_day, zone = Counter[date](), ZoneInfo(window.tz)
    for one in occurrences(operation):
        for begin, end in _passes(one, tours):
            first_day, last_day = begin.astimezone(zone).date(), end.astimezone(zone).date()
            by_day.update(first_day + timedelta(days=number) for number in range((last_day - first_day).days + 1))
    most = max(by_day.values(), default=0) * len(tours.need_wh) * tours.flight_s / 60
    if window.max_flight_min_per_day is not None and most > window.max_flight_min_per_day:
        each = len(tours.need_wh) * tours.flight_s / 60
        passes = int(window.max_flight_min_per_day // each)
        found.append(Problem(
            "authorisation", f"a day takes up to {most:.0f} min of flight, and {authorisation.id} allows "
            f"{window.max_flight_min_per_day:g} min",
            f"{_count(passes, 'pass')} a day, or {ceil(most)} min, would do",
        ))  # fmt: skip
    return found


def _places(operation: Operation, tours: Tours, authorisation: Authorisation) -> list[Problem]:
    """Whether the authorisation lets each place be in pictures in all passes of a week."""
    window, passes = authorisation.file.window, Counter[str]()
    for one in occurrences(operation):
        for begin, end in _passes(one, tours):
            last = end - timedelta(seconds=tours.flight_s)
            passes.update({*weeks_from(begin, window), *weeks_from(last, window)})  # as the gate counts them
    most_min, need_min = window.max_min_per_place_per_week, max(passes.values(), default=0) * tours.place_s / 60
    if most_min is None or need_min <= most_min:
        return []
    enough = _count(int(most_min * 60 // tours.place_s), "pass")
    return [Problem(
        "authorisation",
        f"a place may be in pictures for up to {need_min:.1f} min in a week, and {authorisation.id} allows "
        f"{most_min:g} min", f"{enough} a week, or {ceil(need_min)} min, would do",
    )]  # fmt: skip


def _passes(one: Occurrence, tours: Tours) -> Iterator[tuple[datetime, datetime]]:
    """The earliest start and the latest landing of each pass, by any draw."""
    for number in range(one.slot.passes):
        latest_s = number * tours.latest_s + tours.flight_s
        yield (
            one.slot_from + timedelta(seconds=number * tours.soonest_s), one.slot_until + timedelta(seconds=latest_s)
        )  # fmt: skip


def _latest_landing(one: Occurrence, tours: Tours) -> datetime:
    return one.slot_until + timedelta(seconds=(one.slot.passes - 1) * tours.latest_s + tours.flight_s)


def _covers(authorisation: Authorisation, one: Occurrence, tours: Tours) -> bool:
    end = slot_end(authorisation.file.window, one.slot_from)
    return end is not None and _latest_landing(one, tours) <= end


def _count(number: int, word: str) -> str:
    """ "1 pack", "2 packs", "3 passes"."""
    return f"{number} {word}" + ("" if number == 1 else "es" if word.endswith("s") else "s")
