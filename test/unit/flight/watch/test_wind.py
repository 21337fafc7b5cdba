"""The wind from how a drone leans, against drones that obey the same drag exactly."""

from __future__ import annotations

from math import nan

import pytest
from hypothesis import given, strategies as st

from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.flight.watch.wind import AVERAGE_S, Wind, WindEstimate

DRAG_PER_S = 0.45
STEP_S = 0.1


def fly(estimate: WindEstimate, thrust, wind=(0.0, 0.0), speed=(0.0, 0.0), for_s=60.0, landed="in_air"):
    """Integrates dv/dt = thrust - drag (v - wind) and lets the estimate listen; what it says at the end."""
    v, reported = list(speed), None
    for step in range(round(for_s / STEP_S)):
        a = thrust(step * STEP_S, v)
        reported = estimate.hear(Telemetry(
            stamp_s=step * STEP_S, landed=landed, east_mps=v[0], north_mps=v[1],
            thrust_east_mps2=a[0], thrust_north_mps2=a[1], motion_age_s=0.1,
        ))  # fmt: skip
        for k in (0, 1):
            v[k] += STEP_S * (a[k] - DRAG_PER_S * (v[k] - wind[k]))
    return reported


@given(east_mps=st.floats(-12.0, 12.0), north_mps=st.floats(-12.0, 12.0))
def test_a_hover_leans_into_the_wind(east_mps, north_mps):
    hover = (-DRAG_PER_S * east_mps, -DRAG_PER_S * north_mps)
    reported = fly(WindEstimate(DRAG_PER_S), lambda t, v: hover, (east_mps, north_mps), for_s=12.0)
    assert reported == Wind(pytest.approx(east_mps, abs=1e-6), pytest.approx(north_mps, abs=1e-6))


def test_flying_to_and_fro_is_no_wind():
    """Full speed to either side in turn: what is left of it stays under a metre a second."""

    def sway(t, v):
        return (3.0 * ((6.0 if t % 30.0 < 15.0 else -6.0) - v[0]), 0.0)

    reported = fly(WindEstimate(DRAG_PER_S), sway, for_s=95.0)
    assert reported is not None and reported.speed_mps < 1.0


def test_the_wind_is_unknown_on_the_ground_too_early_or_without_an_attitude():
    def still(t, v):
        return (0.0, 0.0)

    assert fly(WindEstimate(DRAG_PER_S), still, landed="on_ground") is None
    assert fly(WindEstimate(DRAG_PER_S), still, for_s=2.0 * AVERAGE_S - 0.5) is None
    assert fly(WindEstimate(DRAG_PER_S), still, for_s=2.0 * AVERAGE_S + 0.5) == Wind(0.0, 0.0)
    assert fly(WindEstimate(DRAG_PER_S), lambda t, v: (nan, 0.0)) is None


def test_a_gust_before_a_silence_is_no_lasting_wind():
    """The last report is read again at every call: its tilt may have been a gust or an acceleration."""
    estimate = WindEstimate(DRAG_PER_S)
    assert fly(estimate, lambda t, v: (0.0, 0.0), for_s=12.0) == Wind(0.0, 0.0)
    for tick in range(100):
        leant = Telemetry(
            stamp_s=12.0 + tick * STEP_S, landed="in_air", east_mps=0.0, north_mps=0.0, thrust_east_mps2=3.0,
            thrust_north_mps2=0.0, motion_age_s=tick * STEP_S,
        )  # fmt: skip
        reported = estimate.hear(leant)
    assert reported is None
