"""Packs for passes: charged again in time, strong enough, and the number that is missing."""

from __future__ import annotations

import pytest

from blindspot.operations.rota import Flight, Pack, packs_missing, rota


def evening(passes: int, gap_s: float = 1500.0, need_wh: float = 50.0) -> list[Flight]:
    return [
        Flight(number, drone, "m", number * gap_s, number * gap_s + 600.0, need_wh)
        for number in range(passes) for drone in ("drone1", "drone2")
    ]  # fmt: skip


def packs(*capacities_wh: float, rest_s: float = 3600.0, cycles: int = 0) -> list[Pack]:
    return [Pack(f"P{n}", "m", capacity_wh, rest_s, cycles) for n, capacity_wh in enumerate(capacities_wh)]


def test_no_pack_flies_before_it_is_charged_again():
    flights, chosen = evening(4), rota(evening(4), packs(*[80.0] * 6))
    assert chosen is not None
    for flight in flights:
        for other in flights:
            if flight is not other and chosen[flight.number, flight.drone] == chosen[other.number, other.drone]:
                assert abs(flight.from_s - other.from_s) >= 600.0 + 3600.0


def test_too_few_packs_name_the_number_that_would_do():
    fresh = {"m": Pack("new", "m", 80.0, 3600.0)}
    assert rota(evening(3), packs(*[80.0] * 4)) is None
    assert packs_missing(evening(3), packs(*[80.0] * 4), fresh) == {"m": 2}
    assert packs_missing(evening(3), packs(*[80.0] * 6), fresh) == {}
    assert packs_missing(evening(3, need_wh=90.0), packs(*[80.0] * 6), fresh) == {"m": -1}


def test_a_weaker_pack_flies_only_what_it_can():
    flights = [Flight(1, "drone1", "m", 0.0, 600.0, 70.0), Flight(1, "drone2", "m", 0.0, 600.0, 40.0)]
    assert rota(flights, packs(50.0, 80.0)) == {(1, "drone1"): "P1", (1, "drone2"): "P0"}
    assert rota(flights, packs(50.0, 60.0)) is None


@pytest.mark.parametrize("cycles", [(9, 1, 5), (1, 5, 9)])
def test_packs_with_few_charges_are_preferred(cycles):
    own = [Pack(f"P{n}", "m", 80.0, 3600.0, count) for n, count in enumerate(cycles)]
    chosen = rota(evening(1), own)
    assert chosen is not None
    assert f"P{cycles.index(9)}" not in chosen.values()


def test_a_pack_of_another_model_does_not_fit():
    assert rota(evening(1), [Pack("A", "other", 80.0, 0.0)] * 2) is None
