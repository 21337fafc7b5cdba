"""Remote identification, ground risk and the sun, by published values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from blindspot.law.airspace.ground_risk import igrc
from blindspot.law.airspace.remote_id_numbers import numbers_problem, operator_problem, sent_operator, serial_problem
from blindspot.law.airspace.sun import is_night, sun_height_deg


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("FIN87astrdge12k8-xyz", ""), ("FIN87astrdge12k9-xyz", "check"), ("FIN87astrdge12k8-xyy", "check"),
        ("FIN78astrdge12k8-xyz", "check"), ("fin87astrdge12k8-xyz", "form"), ("FIN87astrdge12k8", "form"),
        ("FIN87astrdge12k8-xyz ", "form"), ("", "form"),
    ],
)  # fmt: skip
def test_an_operator_number_has_its_form_and_check_character(number, problem):
    assert problem in operator_problem(number) and bool(operator_problem(number)) == bool(problem)


@pytest.mark.parametrize(
    ("number", "problem"),
    [
        ("EX92AABCDE12345", ""), ("EX921A", ""), ("EX92FABCDE1234567890", ""), ("EX92BABCDE12345", "length"),
        ("EX9209", "form"), ("OX921A", "form"), ("EX92GA", "form"), ("EX921a", "form"), ("", "form"),
    ],
)  # fmt: skip
def test_a_serial_number_has_its_form_and_length(number, problem):
    assert problem in serial_problem(number) and bool(serial_problem(number)) == bool(problem)


def test_the_secret_characters_of_an_operator_number_are_not_sent():
    assert sent_operator("FIN87astrdge12k8-xyz") == "FIN87astrdge12k8"


def test_the_first_wrong_number_is_named():
    assert numbers_problem("FIN87astrdge12k8-xyz", "EX92AABCDE12345") == ""
    assert numbers_problem("FIN87astrdge12k9-xyz", "EX921") == (
        "the operator number FIN87astrdge12k9-xyz has a wrong check character"
    )
    assert numbers_problem("FIN87astrdge12k8-xyz", "").startswith("the serial number  has another form")


@pytest.mark.parametrize(
    ("dimension_m", "speed_mps", "population", "found"),
    [
        (1.0, 25.0, 4.9, 2), (1.0, 25.0, 5.0, 3), (1.0, 25.0, 49.9, 3), (1.0, 25.0, 50.0, 4), (1.0, 25.0, 2_500, 5),
        (1.0, 25.0, 7_500, 6), (1.0, 25.0, 25_000, 6), (3.0, 35.0, 2_500, 6), (3.0, 35.0, 25_000, 7),
        (1.01, 25.0, 2_500, 6), (1.0, 25.1, 2_500, 6), (8.0, 75.0, 499, 6), (20.0, 120.0, 0, 5), (40.0, 200.0, 0, 6),
        (40.1, 200.0, 0, None), (40.0, 200.1, 0, None), (1.0, 25.0, 50_000, 7), (3.0, 35.0, 1e6, 8),
        (3.01, 35.0, 50_000, None), (3.0, 35.1, 50_000, None), (40.0, 200.0, 1e6, None), (8.0, 75.0, 49_999, 8),
        (40.0, 200.0, 49_999, 10),
    ],
)  # fmt: skip
def test_the_ground_risk_class_of_sora(dimension_m, speed_mps, population, found):
    assert igrc(dimension_m, speed_mps, population) == found


@pytest.mark.parametrize(
    ("day", "height_deg"), [("2026-06-21", 66.6), ("2026-12-21", 19.6), ("2026-03-20", 43.1), ("2026-09-23", 42.7)]
)
def test_the_noon_sun_over_nantes_stands_as_the_seasons_say(day, height_deg):
    """At noon its height is 90 deg less the latitude (47.2), plus the declination."""
    begin = datetime.fromisoformat(f"{day}T00:00:00+00:00")
    highest = max(sun_height_deg(47.2, -1.55, begin + timedelta(minutes=n)) for n in range(1440))
    assert highest == pytest.approx(90 - 47.2 + height_deg - 42.8, abs=0.4)


def test_the_sun_agrees_with_astral():
    sun, astral = pytest.importorskip("astral.sun"), pytest.importorskip("astral")
    for lat_deg in (-60.0, 0.0, 48.9):
        for hour in range(0, 24 * 366, 173):
            moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
            expected = sun.elevation(astral.Observer(lat_deg, 2.3), moment, with_refraction=False)
            assert sun_height_deg(lat_deg, 2.3, moment) == pytest.approx(expected, abs=0.1)


def test_night_ends_with_civil_twilight():
    dusk = datetime(2026, 11, 27, 16, 34, 49, tzinfo=UTC)
    assert not is_night(48.9126, 2.2885, dusk - timedelta(seconds=2))
    assert is_night(48.9126, 2.2885, dusk + timedelta(seconds=2))
