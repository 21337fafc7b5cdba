"""Which published figure of the masking is true of a run."""

import json
from datetime import datetime

import pytest

from blindspot.evidence.masks.miss_rate import (
    MODEL_LINE,
    NOT_MEASURED,
    Seen,
    figure_of,
    models_logged,
    published,
    seen_by,
)
from blindspot.evidence.observed.event_log import RunEvent
from blindspot.mission.plan import DensityBand, Origin

BAND = DensityBand(min_px_per_m=25, max_px_per_m=60)


def reported(models=("nanodet",), band=BAND, *, simulated=True, light="day"):
    seen = None if light is None else Seen("visible", (light,))
    return figure_of(models, band, simulated=simulated, seen=seen, rates=published())


NIGHT = DensityBand(min_px_per_m=12.5, max_px_per_m=30)


def plain(text):
    return text.replace("\u00a0", " ")


def test_the_worst_figure_of_the_allowed_densities_comes_first_and_each_is_in_the_note():
    found = reported()
    assert plain(found.value) == "22.7 % at 25 px/m (synthetic)"
    assert "22.7 % at 25 px/m, 6.0 % at 40 px/m, 1.1 % at 60 px/m" in plain(found.note)
    assert "no anonymisation" in found.note
    assert json.loads(json.dumps(found.as_dict())) == {"value": found.value, "note": found.note}, "for summary.json"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"models": ("drawn",)}, "7.0 % at 40 px/m (synthetic)"),
        ({"light": "dusk"}, "13.0 % at 40 px/m (synthetic)"),
        ({"band": DensityBand(min_px_per_m=50, max_px_per_m=60)}, "1.1 % at 60 px/m (synthetic)"),
    ],
)
def test_another_model_light_or_density_has_another_figure(given, value):
    assert plain(reported(**given).value) == value


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"simulated": False}, "No figure from the air on real pictures"),
        ({"models": ("mine",)}, "No figure from the air"),
        ({"models": ()}, "not in the log"),
        ({"models": ("nanodet", "drawn")}, "Several models"),
        ({"light": None}, "The light in the pictures is unknown"),
        ({"light": "dusk", "band": DensityBand(min_px_per_m=10, max_px_per_m=20)}, "10 to 20 px/m, dusk"),
    ],
)
def test_an_unmeasured_case_has_no_figure(given, why):
    found = reported(**given)
    assert found.value == NOT_MEASURED and why in found.note and "%" not in found.note


@pytest.mark.parametrize(
    ("sensors", "times", "seen"),
    [
        (["visible"], ["12:00"], "day"),
        (["visible"], ["15:30", "16:20"], "day and dusk"),  # the sun ends at 2 degrees
        (["visible"], ["16:55"], "dusk"),
        (["visible", "visible"], ["12:00", "17:10"], "day and dusk and night"),
        (["thermal"], ["17:10"], "thermal, night"),
        (["visible"], [], "None"),
        (["visible", None], ["12:00"], "None"),
        (["visible", "thermal"], ["12:00"], "None"),
        ([], ["12:00"], "None"),
    ],
)
def test_the_light_is_that_of_the_sun_and_the_sensors_and_unknown_stays_unknown(sensors, times, seen):
    origin = Origin(lat_deg=47.0, lon_deg=-1.5, datum_amsl_m=0.0, geoid_m=0.0)
    moments = [datetime.fromisoformat(f"2026-11-06T{time}Z") for time in times]
    assert str(seen_by(sensors, origin, moments)) == seen


def test_a_flight_into_the_dusk_needs_a_figure_of_each_light_and_has_the_worst():
    by_day, at_dusk = (
        rate for rate in published() if rate.model == "drawn" and rate.px_per_m == 40 and rate.light != "haze"
    )
    seen = Seen("visible", ("day", "dusk"))
    both = figure_of(("drawn",), BAND, simulated=True, seen=seen, rates=(by_day, at_dusk))
    assert plain(both.value) == "9.0 % at 40 px/m (synthetic)"
    assert figure_of(("drawn",), BAND, simulated=True, seen=seen, rates=(by_day,)).value == NOT_MEASURED
    thermal = Seen("thermal", ("day",))
    assert figure_of(("drawn",), BAND, simulated=True, seen=thermal, rates=(by_day,)).value == NOT_MEASURED


@pytest.mark.parametrize(("model", "value"), [("thermal", "0.0 % at 12.5 px/m"), ("warm", "1.2 % at 20 px/m")])
def test_a_night_in_the_simulator_has_figures_of_rendered_pictures_and_a_real_one_of_real_pictures(model, value):
    night = Seen("thermal", ("night",))
    drawn = figure_of((model,), NIGHT, simulated=True, seen=night, rates=published())
    assert plain(drawn.value).startswith(value) and drawn.value.endswith("(synthetic)")
    assert "synthetic" not in figure_of((model,), NIGHT, simulated=False, seen=night, rates=published()).value


def test_a_rare_miss_never_reads_as_none():
    rare = published()[1].model_copy(update={"missed": 0.0002, "px_per_m": 40.0})
    found = figure_of(("nanodet",), BAND, simulated=True, seen=Seen("visible", ("day",)), rates=(rare,))
    assert plain(found.value) == "0.1 % at 40 px/m (synthetic)"


def test_the_models_are_those_that_the_detectors_named():
    said = [RunEvent(1.0, f"drone{n}.detector", "log", MODEL_LINE + "nanodet") for n in (1, 2)]
    assert models_logged([*said, RunEvent(2.0, "x", "log", "capturing")]) == ("nanodet",)
    assert models_logged([]) == ()
