from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from blindspot.operations.operation_file import load_operation
from blindspot.operations.simulation.weeks import FlownPass, PassToFly, simulate

CELLS = 40


@pytest.fixture
def operation(operation_with):
    return load_operation(operation_with())


def flown(library, flight: PassToFly, missed: Sequence[int] = ()) -> FlownPass:
    """A pass exactly as planned, except for the missed cells."""
    sights = next(variant.sights for variant in library.variants if variant.plan is flight.plan)
    views = sorted(
        (float(time_s), cell)
        for cell in range(CELLS) if cell not in missed
        for time_s in {sights.first_s[cell], sights.last_s[cell]}
    )  # fmt: skip
    return FlownPass([(time_s, np.array([cell])) for time_s, cell in views], 580.0, "completed")


def test_evenings_flown_as_planned_keep_the_promise_everywhere(operation, random_library):
    library = random_library(5)
    result = simulate(operation, library, lambda flights: [flown(library, flight) for flight in flights], 21)
    found = result.document()
    assert len(result.evenings) == 3
    assert found["passes"] == {"completed": 9}
    assert found["revisit"]["kept_fraction"] == 1.0
    assert found["revisit"] | {"unreported_breaches": 0, "unreported_cells": 0, "counts_differ": 0} == found["revisit"]
    assert found["start_entropy_bits"]["first"] == pytest.approx(5.9, abs=0.1)


def test_a_broken_promise_is_counted_alike_by_both_counts(operation, random_library):
    """Two cells are missed in every second pass, and one pass of the last evening sees nothing at all."""
    library = random_library(6)

    def fly(flights: Sequence[PassToFly]) -> Iterable[FlownPass]:
        for number, flight in enumerate(flights):
            missed = range(CELLS) if number == 7 else (3, 8) if number % 3 == 1 else ()
            yield flown(library, flight, missed)

    result = simulate(operation, library, fly, 21)
    assert result.kept_fractions[:2] == (1 - 2 / CELLS,) * 2
    assert result.kept_fractions[2] < 0.5
    assert result.counts_differ == 0
    for evening in result.evenings:
        assert np.allclose(evening.longest_s, evening.checked_s, atol=0.01)


@pytest.mark.parametrize("outcome", ["completed", "aborted"])
def test_a_promised_place_that_waits_is_in_the_report_of_its_evening(operation, random_library, outcome):
    library = random_library(6)

    def fly(flights: Sequence[PassToFly]) -> Iterable[FlownPass]:
        for number, flight in enumerate(flights):
            is_short = number == 1
            whole = flown(library, flight, (3, 8) if is_short else ())
            yield replace(whole, outcome=outcome) if is_short else whole

    result = simulate(operation, library, fly, 21)
    found = result.document()["revisit"]
    assert result.kept_fractions[0] == 1 - 2 / CELLS
    missed_m2 = 2 * library.masks.grid.cell_area_m2 if outcome == "completed" else None
    assert {breach.missed_m2 for breach in result.evenings[0].reported} == {missed_m2}
    assert (found["unreported_breaches"], found["unreported_cells"]) == (0, 0)


def test_a_place_that_waits_though_each_pass_saw_it_is_an_unreported_breach(operation, random_library):
    """Its views in the second pass come ten minutes later than planned, and no order was late."""
    library = random_library(6)

    def fly(flights: Sequence[PassToFly]) -> Iterable[FlownPass]:
        for number, flight in enumerate(flights):
            whole = flown(library, flight, ())
            later_s = 600.0 * (number == 1)
            yield replace(whole, views=[(time_s + later_s, cells) for time_s, cells in whole.views])

    found = simulate(operation, library, fly, 21).document()["revisit"]
    assert found["unreported_breaches"] >= 1
    assert found["unreported_cells"] > 0


def test_only_the_first_days_are_flown_each_pass_at_its_own_time_with_a_seed_of_its_own(operation, random_library):
    library, flights = random_library(5), []

    def fly(asked: Sequence[PassToFly]) -> Iterable[FlownPass]:
        flights.extend(asked)
        return [flown(library, flight) for flight in asked]

    result = simulate(operation, library, fly, 1)
    starts = [flight.mission.file.start for flight in flights]
    assert len(result.evenings) == 1
    assert len({flight.seed for flight in flights}) == 3
    assert starts == [one.start for one in result.evenings[0].passes]
    assert {start.date().isoformat() for start in starts} == {"2026-11-02"}
