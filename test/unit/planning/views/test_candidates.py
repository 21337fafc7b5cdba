"""The height of flights: over roofs as high as the lowest ground allows, over streets the fastest, in the limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.core.config_file import read_yaml
from blindspot.core.errors import PlanningError
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import VERTICAL_ERROR_M, Limits
from blindspot.mission.plan import DensityBand
from blindspot.planning.views.candidates import POSE_ERROR_M, flying_height_m, lens_of

MODEL = read_yaml(Path(__file__).parents[4] / "config" / "drones" / "reference.yaml", DroneModel)
BAND = DensityBand(min_px_per_m=25.0, max_px_per_m=60.0)
OVER_ROOFS = Limits(min_up_m=60.0, max_up_m=120.0, over_roofs=True)


@pytest.mark.parametrize("rise_m", [0.0, 5.0, 30.0])
def test_the_lowest_ground_is_still_seen_straight_down(rise_m: float) -> None:
    band = DensityBand(min_px_per_m=26.0, max_px_per_m=60.0)  # up to 117 m, so that the limits leave the choice
    height_m = flying_height_m(MODEL, band, OVER_ROOFS, rise_m)
    farthest_m = lens_of(MODEL).depth_for(band.min_px_per_m)
    assert farthest_m - 2.5 * POSE_ERROR_M < height_m + rise_m < farthest_m - POSE_ERROR_M


def test_the_limits_hold_with_the_vertical_error_of_a_flight() -> None:
    assert flying_height_m(MODEL, BAND, OVER_ROOFS, rise_m=100.0) == OVER_ROOFS.min_up_m + VERTICAL_ERROR_M
    low = OVER_ROOFS.model_copy(update={"max_up_m": 80.0})
    assert flying_height_m(MODEL, BAND, low) == 80.0 - VERTICAL_ERROR_M


@pytest.mark.parametrize(("work_s", "expected_m"), [(0.0, 80.0), (50.0, 80.0), (105.0, 90.0), (500.0, 113.0)])
def test_much_work_over_streets_is_done_from_higher_up(work_s: float, expected_m: float) -> None:
    """At 80 m the flattest view still has the least density at its far edge; at 90 m a metre of the climb takes as long
    as its larger pictures save."""
    streets = OVER_ROOFS.model_copy(update={"over_roofs": False, "max_up_m": 115.0, "max_pitch_deg": -50.0})
    assert flying_height_m(MODEL, BAND, streets, work_s=work_s) == pytest.approx(expected_m, abs=1.0)


def test_flights_over_streets_take_the_same_height_on_any_slope() -> None:
    streets = OVER_ROOFS.model_copy(update={"over_roofs": False})
    assert flying_height_m(MODEL, BAND, streets) == flying_height_m(MODEL, BAND, streets, rise_m=20.0)


def test_the_height_that_a_lens_needs_is_tried_before_it_is_named() -> None:
    """A ceiling just above the depth of the cap leaves no room for the error of flight."""
    for changes, word in (({"max_up_m": 50.0, "min_up_m": 20.0}, "raise max_up_m to at least "),
                          ({"max_up_m": 120.0, "min_up_m": 119.9}, "lower min_up_m at least to ")):  # fmt: skip
        asked = OVER_ROOFS.model_copy(update=changes)
        band = BAND if "raise" in word else DensityBand(min_px_per_m=30.0, max_px_per_m=60.0)
        with pytest.raises(PlanningError, match=word) as refused:
            flying_height_m(MODEL, band, asked)
        value_m = float(str(refused.value).partition(word)[2].split()[0])
        name = word.split()[1]
        assert flying_height_m(MODEL, band, asked.model_copy(update={name: value_m})) > 0.0
        nearly = value_m - 1.0 if "raise" in word else value_m + 1.0
        with pytest.raises(PlanningError):
            flying_height_m(MODEL, band, asked.model_copy(update={name: nearly}))
