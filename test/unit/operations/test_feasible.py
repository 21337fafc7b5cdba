"""An impossible operation is refused with the number that would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from blindspot.core.errors import InputError
from blindspot.law.clearances.counters import Watch
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.operations import feasible
from blindspot.operations.feasible import Tours, packs_of_pass, problems, tours_of
from blindspot.operations.operation_file import load_operation
from blindspot.operations.states import OccurrenceRow, PackUse, PassRow

CONFIG = Path(__file__).parents[3] / "config"
ROUTES = [
    SimpleNamespace(drone="drone1", expected=SimpleNamespace(energy_wh=40.0)),
    SimpleNamespace(drone="drone2", expected=SimpleNamespace(energy_wh=30.0)),
]
LIBRARY = SimpleNamespace(
    variants=[SimpleNamespace(flight_s=600.0, plan=SimpleNamespace(routes=ROUTES))],
    choices=[[SimpleNamespace(from_s=800.0, until_s=1600.0, probability=1.0)]],
)
TOURS = tours_of(LIBRARY)


@pytest.fixture
def own_fleet(tmp_path: Path) -> Callable[[list[str]], Path]:
    """Writes the fleet of the crossroads with these packs."""

    def write(packs: list[str]) -> Path:
        fleet = yaml.safe_load((CONFIG / "fleets/crossroads.yaml").read_text())
        fleet["packs"] = [{"id": pack, "model": "reference"} for pack in packs]
        fleet["site"] = str(CONFIG / "sites/crossroads")
        path = tmp_path / "fleets" / "own.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(fleet))
        if not (tmp_path / "drones").exists():
            (tmp_path / "drones").symlink_to(CONFIG / "drones")
        return path

    return write


@pytest.fixture
def found(operation_with: Callable[..., Path], own_fleet, tmp_path: Path) -> Callable[..., list[str]]:
    """The sentences about an operation whose fleet has eight packs, with other values."""

    def sentences(tours: Tours = TOURS, packs: int = 8, law: dict[str, object] | None = None, **changes) -> list[str]:
        path = own_fleet([f"P{number}" for number in range(packs)])
        operation = load_operation(operation_with(fleet=str(path), **changes))
        content = yaml.safe_load(operation.mission.authorisation_path.read_text())
        content["window"] |= {"daily_slots": EVENINGS, "max_flight_min_per_day": 120} | (law or {})
        content["area"]["geojson"] = str(operation.mission.perimeter_path)
        own = tmp_path / "authorisation.yaml"
        own.write_text(yaml.safe_dump(content))
        return [str(problem) for problem in problems(operation, tours, load_authorisation(own))]

    return sentences


EVENINGS = [{"days": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"], "start": "18:00", "end": "22:00"}]


def test_a_possible_operation_has_no_problem(found):
    assert found() == []


@pytest.mark.parametrize(("place_s", "law", "problem"), [
    (60.0, {}, ""),
    (60.0, {"max_min_per_place_per_week": 9}, ""),
    (60.0, {"max_min_per_place_per_week": 8.9}, "a place may be in pictures for up to 9.0 min in a week, and "
     "SIM-CROSSROADS allows 8.9 min; 8 passes a week, or 9 min, would do"),
    (600.0, {"max_min_per_place_per_week": 5}, "90.0 min in a week, and SIM-CROSSROADS allows 5 min; 0 passes a week"),
])  # fmt: skip
def test_the_weekly_limit_of_a_place_covers_all_passes_of_a_week(found, place_s, law, problem):
    """3 evenings of 3 passes in one week, and the gate would refuse the last ones."""
    sentences = found(tours=replace(TOURS, place_s=place_s), law=law)
    assert len(sentences) == bool(problem) and problem in "".join(sentences)


def test_the_weekly_limit_counts_a_pass_around_the_end_of_a_week_in_both_weeks_as_the_gate_does(found):
    """From Sunday to Tuesday: two evenings in the new week, and the passes of Sunday may fly in it, too."""
    law = {"daily_slots": [EVENINGS[0] | {"end": "03:00"}]}
    late = {
        "slots": [{"name": "late", "from": "22:30", "until": "23:00", "passes": 3}],
        "recurrence": {"from": "2026-11-08", "until": "2026-11-10"},
    }
    tours = replace(TOURS, place_s=60.0)
    assert found(tours=tours, law=law | {"max_min_per_place_per_week": 9}, **late) == []
    [sentence] = found(tours=tours, law=law | {"max_min_per_place_per_week": 8.9}, **late)
    assert "up to 9.0 min in a week" in sentence


def test_the_longest_time_at_a_place_is_that_of_the_worst_variant_over_all_drones(monkeypatch):
    seen = {1: ({"a": 5.0, "b": 2.0}, {"b": 4.0}), 2: ({"a": 1.0}, {"c": 5.5})}
    monkeypatch.setattr(
        feasible, "watched", lambda plan, models: {n: Watch(9.0, each) for n, each in enumerate(seen[plan.number])}
    )
    variants = [SimpleNamespace(flight_s=600.0, plan=SimpleNamespace(routes=ROUTES, number=n)) for n in seen]
    library = SimpleNamespace(variants=variants, choices=LIBRARY.choices)
    assert (tours_of(library, {}).place_s, tours_of(library).place_s) == (6.0, 0.0)


def test_too_few_packs(found):
    [sentence] = found(packs=4)
    assert sentence == (
        "packs: 3 passes may start 13 min apart, and the packs of reference are charged again 60 min after a landing; "
        "2 packs more would do, or passes at least 35 min apart with a swap_s of 1500 s and a revisit_s of 3000 s"
    )
    assert found(packs=4, tours=replace(TOURS, latest_s=2800.0))[0].endswith(
        "at least 35 min apart with a swap_s of 1500 s"
    )
    assert found(packs=0) == ["packs: own.yaml lists no packs; list the packs that the crew has charged"]


NOON = {"name": "noon", "from": "12:00", "until": "12:30", "passes": 2}
EVENING = {"name": "evening", "from": "19:00", "until": "20:00", "passes": 3}
WHOLE_DAYS = {"daily_slots": [EVENINGS[0] | {"start": "11:00", "end": "23:59"}], "max_flight_min_per_day": 240}


def test_two_slots_of_a_day_share_the_packs(found):
    """The first slot lands at 21:03 at the latest, and its packs are charged at 22:03."""
    night = {"name": "night", "from": "21:00", "until": "21:30", "passes": 2}
    [sentence] = found(packs=6, slots=[EVENING, night], law=WHOLE_DAYS)
    assert sentence == (
        "packs: the slots evening and night share the packs of reference: 5 passes may start within 53 min, and a pack "
        "is charged again 60 min after a landing; 4 packs more would do, or 60 min from a slot's latest landing to the "
        "next slot"
    )
    assert found(packs=10, slots=[EVENING, night], law=WHOLE_DAYS) == []
    assert found(packs=6, slots=[NOON, EVENING], law=WHOLE_DAYS) == []


def test_slots_on_both_sides_of_midnight_share_the_packs(found):
    late = {"name": "late", "from": "23:00", "until": "23:30", "passes": 3}
    early = {"name": "early", "from": "00:15", "until": "00:45", "passes": 2}
    sentences = found(packs=6, slots=[late, early])
    assert [one for one in sentences if one.startswith("packs: the slots late and early share")]


def test_slots_so_close_that_a_pass_of_the_second_one_is_missed(found):
    """The passes of the first slot last until 21:03, and the fleet flies one pass at a time."""
    night = {"name": "night", "from": "20:50", "until": "21:30", "passes": 2}
    [sentence] = found(packs=10, slots=[EVENING, night], law=WHOLE_DAYS)
    assert sentence == (
        "slots: the last pass of evening may land at 21:03, and the first one of night may be drawn for 20:50: it is "
        "missed if it is 15 min late; night 2 min later, or fewer passes of evening, would do"
    )
    assert found(packs=10, slots=[EVENING, night | {"from": "20:52"}], law=WHOLE_DAYS) == []
    within = {"name": "within", "from": "19:10", "until": "19:20", "passes": 1}
    [sentence] = found(packs=12, slots=[EVENING, within, night | {"from": "20:52"}], law=WHOLE_DAYS)
    assert "of within may be drawn for 19:10" in sentence


def test_an_evening_across_midnight_counts_for_both_days_and_weeks(found):
    """Drawn late on one evening and early on the next: six passes on one date, which has room for three."""
    late = {"name": "late", "from": "23:00", "until": "00:30", "passes": 3}
    law = {"daily_slots": [EVENINGS[0] | {"end": "04:00"}]}
    assert found(slots=[late], law=law | {"max_flight_min_per_day": 120}) == []
    [sentence] = found(slots=[late], law=law | {"max_flight_min_per_day": 60})
    assert "a day takes up to 120 min of flight" in sentence and "allows 60 min; 3 passes a day" in sentence
    sunday_and_monday = {"from": "2026-11-08", "until": "2026-11-09"}
    week = law | {"max_flight_min_per_day": 120, "max_min_per_place_per_week": 3}
    seen = {"law": week, "recurrence": sunday_and_monday, "tours": replace(TOURS, place_s=60.0)}
    assert found(slots=[late | {"from": "00:15", "until": "00:45"}], **seen) == []
    [sentence] = found(slots=[late], **seen)
    assert "a place may be in pictures for up to 6.0 min in a week" in sentence


def test_a_tour_that_no_pack_can_fly(found):
    [sentence] = found(tours=Tours(600.0, {"drone1": 400.0}, 800.0, 1600.0))
    assert "a tour needs 400 Wh" in sentence
    assert "packs of" in sentence


def test_too_few_pilots(found):
    [sentence] = found(crew={"airborne_per_pilot": 1})
    assert sentence == "crew: 2 drones fly at once, and 1 pilot may have 1 in the air; 1 pilot more would do"


def test_too_few_people_on_the_pads(found):
    [sentence] = found(crew={"hands": []})
    assert "1 person need" in sentence
    assert "and 180 s are planned; 1 person more would do" in sentence


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ({"max_flight_min_per_day": 45}, "up to 60 min of flight, and SIM-CROSSROADS allows 45 min; 2 passes a day"),
        ({"daily_slots": [EVENINGS[0] | {"end": "20:30"}]}, "does not cover 3 occurrences"),
        ({"not_after": "2026-11-03T00:00:00+01:00"}, "not cover 2 occurrences, first Crossroads__evenings/2026-11-03"),
    ],
)  # fmt: skip
def test_the_authorisation_must_cover_every_evening(found, law, words):
    [sentence] = found(law=law)
    assert words in sentence


def test_no_pack_is_named_once_a_pass_of_the_evening_was_interrupted(operation_with):
    """The pack of the interrupted flight is warm, and the rota does not know which one the crew takes instead."""
    operation = load_operation(operation_with())
    begin = datetime(2026, 11, 2, 18, tzinfo=UTC)
    drawn = [PassRow("o", number, begin + timedelta(minutes=25 * number), "v01") for number in (1, 2)]

    def packs(first: PassRow, number: int, *used: PackUse) -> set[str]:
        row = OccurrenceRow("o", begin, begin, 2, "drawn", passes=(first, drawn[1]))
        return {drone for drone, _ in packs_of_pass(operation, LIBRARY, row, number, used)}

    assert packs(replace(drawn[0], state="done", attempt=1), 2) == {"drone1", "drone2"}
    flew = replace(drawn[0], took_off=begin)
    for state, attempt in (("interrupted", 1), ("cleared", 2), ("flying", 2), ("done", 2)):
        assert packs(replace(flew, state=state, attempt=attempt), 1) == set()
        unknown = [] if state == "interrupted" else [PackUse("", begin, begin if state == "done" else None)]
        assert packs(replace(flew, state=state, attempt=attempt), 2, *unknown) == set()
    # It was confirmed anew before its take-off, after a restart: the rota still knows each pack.
    assert packs(replace(drawn[0], state="cleared", attempt=2), 1) == {"drone1", "drone2"}
    assert packs(replace(flew, state="done", attempt=2), 2) == {"drone1", "drone2"}


def test_a_pack_of_an_earlier_slot_rests_before_it_flies_again(operation_with):
    operation = load_operation(operation_with())
    begin, minute = datetime(2026, 11, 2, 18, tzinfo=UTC), timedelta(minutes=1)
    row = OccurrenceRow("late", begin, begin, 1, "drawn", passes=(PassRow("late", 1, begin, "v01"),))

    def packs(*used: PackUse) -> set[str]:
        return {pack for _, pack in packs_of_pass(operation, LIBRARY, row, 1, used)}

    first = packs()
    assert len(first) == 2
    assert packs(*(PackUse(pack, begin - 70 * minute, begin - 60 * minute) for pack in first)) == first
    for landed in (begin - 59 * minute, None):
        warm = packs(*(PackUse(pack, begin - 65 * minute, landed) for pack in first))
        assert len(warm) == 2 and warm.isdisjoint(first)
    assert packs(PackUse("", begin - 65 * minute, begin - 59 * minute)) == set()  # any of them may be warm
    assert packs(PackUse("", begin - 65 * minute, begin - 60 * minute)) == first


def test_packs_are_those_of_the_fleet_file_now(operation_with, own_fleet):
    """A pack was put away while the stack ran: the crew took another one, and the ledger named the old one."""
    begin = datetime(2026, 11, 2, 18, tzinfo=UTC)
    row = OccurrenceRow("late", begin, begin, 1, "drawn", passes=(PassRow("late", 1, begin, "v01"),))
    operation = load_operation(operation_with(fleet=str(own_fleet(["A1", "A2", "A3"]))))

    def packs() -> set[str]:
        return {pack for _, pack in packs_of_pass(operation, LIBRARY, row, 1, ())}

    assert packs() == {"A1", "A2"}
    path = own_fleet(["A2", "A3"])
    assert packs() == {"A2", "A3"}
    path.write_text("packs: [")
    assert packs() == set()
    fleet = yaml.safe_load(own_fleet([]).read_text())
    path.write_text(yaml.safe_dump(fleet | {"drones": fleet["drones"][:1]}))
    again = OccurrenceRow("late", begin, begin, 1, passes=(replace(row.passes[0], state="interrupted"),))
    for evening in (row, again):
        with pytest.raises(InputError, match=r"own\.yaml: drones: has no drone drone2; it has drone1"):
            packs_of_pass(operation, LIBRARY, evening, 1, ())
