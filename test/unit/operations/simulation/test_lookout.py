from __future__ import annotations

import numpy as np
import pytest

from blindspot.operations.patrols.best_schedule import chances
from blindspot.operations.patrols.choices import Choice, Places
from blindspot.operations.simulation.lookout import entropy_bits, safe_s, success


def places_at(first_s: list[list[float]], last_s: list[list[float]] | None = None) -> Places:
    return Places(np.array(first_s), np.array(last_s if last_s is not None else first_s), 0.0)


SAME = places_at([[100.0, 300.0, 500.0]])


def test_a_timetable_lets_every_act_succeed_that_is_shorter_than_its_gap_and_none_that_is_longer():
    timetable = ((Choice(0, 1800.0, 1800.0, 1.0),),)
    assert success(timetable, SAME, 1200.0) == success(timetable, SAME, 1790.0) == 1.0
    assert success(timetable, SAME, 1810.0) == 0.0


def test_with_one_tour_and_uniform_starts_the_chance_is_the_share_of_starts_after_the_act():
    uniform = ((Choice(0, 800.0, 1600.0, 1.0),),)
    assert success(uniform, SAME, 1200.0) == pytest.approx(0.5, abs=1e-6)
    assert success(uniform, SAME, 1400.0) == pytest.approx(0.25, abs=1e-6)


def test_he_chooses_the_place_that_is_seen_early_now_and_late_next_time():
    there_and_back = places_at([[100.0, 300.0, 500.0], [500.0, 300.0, 100.0]])
    back = ((Choice(1, 800.0, 1600.0, 1.0),), (Choice(0, 800.0, 1600.0, 1.0),))
    assert success(back, there_and_back, 1200.0) == pytest.approx(1.0)
    assert success(back, there_and_back, 1600.0) == pytest.approx(0.5, abs=1e-6)


def test_he_acts_only_in_the_situation_that_suits_him_best():
    places = places_at([[100.0], [100.0]])
    choices = ((Choice(0, 800.0, 900.0, 1.0),), (Choice(1, 1500.0, 1600.0, 1.0),))
    assert success(choices, places, 1200.0) == pytest.approx(1.0)


def test_waiting_for_the_take_off_that_is_overdue_helps_where_the_next_look_comes_late():
    late = places_at([[500.0]], [[900.0]])
    rarely = ((Choice(0, 1000.0, 1100.0, 0.5), Choice(0, 2000.0, 2100.0, 0.5)),)
    assert float(chances(0, rarely[0], late, 1200.0)[0]) == pytest.approx(0.5)  # at once, after the last view
    assert success(rarely, late, 1200.0) == pytest.approx(1.0)  # 1100 s without a take-off: the next one is at 2000 s


def test_an_act_shorter_than_the_way_to_a_place_succeeds_after_the_take_off():
    uniform = ((Choice(0, 800.0, 1600.0, 1.0),),)
    assert success(uniform, SAME, 500.0) == 1.0
    assert safe_s(uniform, SAME) == pytest.approx(840.0, abs=1.5)


def test_entropy_is_that_of_the_likeliest_variant_to_guess():
    minutes = Choice(0, 800.0, 800.0 + 16 * 60.0, 1.0)
    assert entropy_bits(((minutes,),)) == pytest.approx(4.0)
    assert entropy_bits(((minutes,), (Choice(0, 900.0, 930.0, 1.0),))) == pytest.approx(0.0)
