"""The density of published pictures: what the authorisation asks, and what the measured figures allow."""

from dataclasses import dataclass
from datetime import datetime
from itertools import product
from pathlib import Path

import pytest
import yaml

from blindspot.evidence.masks.miss_rate import Rate, Seen, rates_beside
from blindspot.evidence.masks.publication import (
    COARSE_PX_PER_M,
    PUBLICATION_LINE,
    Publication,
    picture_facts,
    publication_in,
    publication_of,
    publications_logged,
)
from blindspot.evidence.observed.event_log import RunEvent
from blindspot.law.files.authorisation_file import Analytics, AuthorisationFile
from blindspot.law.loaded import Loaded
from blindspot.mission.plan import DensityBand
from blindspot.vision.models.models import default_model

REPOSITORY = Path(__file__).resolve().parents[4]
BAND = DensityBand(min_px_per_m=25, max_px_per_m=60)
MOST = 0.05
THERMAL_NIGHT = Seen("thermal", ("night",))


def rate(missed=0.02, px_per_m=25.0, **other):
    given = {
        "model": "mine",
        "seen_from": "air",
        "pictures": "real",
        "source": "a town",
        "light": "night",
        "heads": 500,
    }
    return Rate.model_validate({**given, "missed": missed, "px_per_m": px_per_m, **other})


def asked(**keys):
    return Analytics.model_validate({"masking": "REQUIRED", **keys})


@dataclass(frozen=True)
class Case:
    """A measured figure of the model, and whether it is good enough for a real flight at night at 25 to 60 px/m."""

    rates: tuple[Rate, ...]
    is_good: bool


CASES = (
    Case((), False),
    Case((rate(),), True),
    Case((rate(missed=0.06),), False),
    Case((rate(px_per_m=40),), False),  # heads are smaller at 25
    Case((rate(px_per_m=20),), True),
    Case((rate(px_per_m=80),), False),
    Case((rate(), rate(missed=0.06, px_per_m=40)), False),
    Case((rate(), rate(missed=0.5, px_per_m=10)), True),  # a better one at 25 is known
    Case((rate(light="day"),), False),
    Case((rate(model="other"),), False),
    Case((rate(pictures="synthetic"),), False),
    Case((rate(seen_from="fixed_camera"),), False),
)


@pytest.mark.parametrize("case", CASES)
def test_no_combination_publishes_finer_than_its_rule(case):
    for sensor, flown, most, unmeasured, own in product(
        ("visible", "thermal"), ("visible", "thermal", None), (None, MOST), ("coarse", "withhold"), (None, 5, 10, 30)
    ):
        rates = [one.model_copy(update={"sensor": sensor}) for one in case.rates]
        keys = {"unmeasured": unmeasured, "max_missed_heads": most, "publish_px_per_m": own}
        seen = None if flown is None else Seen(flown, ("night",))
        found = publication_of(asked(**keys), BAND, "mine", seen, simulated=False, rates=rates)
        limit = 25 if own is None else own
        if most is None or (case.is_good and flown == sensor):
            assert (found.px_per_m, found.why, found.is_withheld) == (limit, "", False)
            continue
        assert found.why
        assert found.is_withheld == (unmeasured == "withhold")
        assert found.is_withheld or (found.is_coarse and found.px_per_m == min(limit, COARSE_PX_PER_M))


def judged(*rates, seen=THERMAL_NIGHT, simulated=False, most=MOST):
    return str(publication_of(asked(max_missed_heads=most), BAND, "mine", seen, simulated=simulated, rates=rates))


def test_the_line_names_the_missing_figure_or_the_worse_one():
    assert judged() == "published at 12.5 px/m: no figure for mine, thermal, night"
    assert judged(rate(px_per_m=40, sensor="thermal")).endswith("no figure for mine, thermal, night, 25 px/m")
    assert judged(rate(missed=0.227), seen=Seen("visible", ("night",))).endswith(
        "mine, night: 22.7 % missed at 25 px/m, over 5 %"
    )
    assert judged(seen=None).endswith("sensor or light unknown")


def test_a_sunset_in_mid_flight_needs_figures_of_each_light():
    dusk, night = rate(light="dusk"), rate()
    seen = Seen("visible", ("dusk", "night"))
    assert judged(dusk, night, seen=seen) == "published at 25 px/m"
    assert judged(dusk, seen=seen) == "published at 12.5 px/m: no figure for mine, night"


def test_a_figure_of_rendered_pictures_counts_in_a_simulation_alone():
    drawn = rate(pictures="synthetic", sensor="thermal")
    assert judged(drawn, simulated=True) == "published at 25 px/m"
    assert "no figure" in judged(drawn) and "no figure" in judged(rate(sensor="thermal"), simulated=True)


@pytest.mark.parametrize(("hour", "said"), [("12:00", "published at 25 px/m"), ("16:30", "no figure for drawn, dusk")])
def test_every_light_of_the_longest_flight_of_the_day_counts(hour, said):
    asked_for = Loaded.of(REPOSITORY / "config" / "missions" / "nantes_evening.yaml")
    auth, mission = asked_for.authorisation, asked_for.mission
    analytics = auth.file.analytics.model_copy(update={"max_missed_heads": 0.1})
    object.__setattr__(auth, "file", auth.file.model_copy(update={"analytics": analytics}))
    start = datetime.fromisoformat(f"2026-11-06T{hour}:00+01:00")
    by_day = rate(model="drawn", pictures="synthetic", light="day")
    found = publication_in(mission, auth, "visible", "drawn", start, simulated=True, rates=[by_day])
    assert said in str(found)


def test_rates_of_ones_own_lie_beside_the_own_list_of_models(tmp_path):
    own = rate().model_dump(mode="json")
    (tmp_path / "miss_rates.yaml").write_text(yaml.dump({"schema": "blindspot.miss_rates/1", "rates": [own]}))
    assert rates_beside(tmp_path / "models.yaml")[-1] == rate()
    assert rates_beside(tmp_path / "elsewhere" / "models.yaml") == rates_beside(REPOSITORY / "config" / "models.yaml")


def test_the_density_of_a_run_is_the_one_that_its_detectors_named():
    said = [RunEvent(1.0, f"drone{n}.detector", "log", f"{PUBLICATION_LINE}published at 25 px/m") for n in (1, 2)]
    found = publications_logged([*said, RunEvent(2.0, "x", "log", "capturing")])
    assert found == (Publication(25.0),)
    facts = {"published_px_per_m": 25.0, "coarse": False, "withheld": False, "why": "", "missed_heads": None}
    assert picture_facts(found, None) == facts
    assert picture_facts((), None)["published_px_per_m"] is None


@pytest.mark.parametrize("said", [Publication(12.5, "no figure for mine, night"), Publication(0.0, "none", True)])
def test_a_publication_is_read_back_from_a_log(said):
    assert publications_logged([RunEvent(1.0, "drone1.detector", "log", f"{PUBLICATION_LINE}{said}")]) == (said,)
    facts = picture_facts((said,), None)
    assert (facts["coarse"], facts["withheld"], facts["why"]) == (said.is_coarse, said.is_withheld, said.why)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("publish_px_per_m", float("nan")), ("publish_px_per_m", 4), ("publish_px_per_m", 61),
        ("max_missed_heads", 1.1), ("max_missed_heads", float("nan")), ("unmeasured", "show"),
    ],
)  # fmt: skip
def test_a_key_out_of_range_is_refused(key, value):
    with pytest.raises(ValueError, match=key):
        asked(**{key: value})


def test_a_published_density_above_the_cameras_own_is_refused():
    file = yaml.safe_load((REPOSITORY / "config" / "authorisations" / "nantes_sim.yaml").read_text())
    file["sensors"]["cameras"][0]["max_px_per_m"] = 40
    for most, is_refused in ((40, False), (41, True)):
        file["analytics"]["publish_px_per_m"] = most
        if is_refused:
            with pytest.raises(ValueError, match="publish_px_per_m is 41, and a camera may see 40"):
                AuthorisationFile.model_validate(file)
        else:
            assert AuthorisationFile.model_validate(file).analytics.publish_px_per_m == most


def test_the_example_of_a_night_is_flown_with_the_thermal_model_at_its_own_density():
    asked_for = Loaded.of(REPOSITORY / "config" / "missions" / "nantes_night.yaml")
    mission, auth = asked_for.mission, asked_for.authorisation
    sensors = {mission.model_of(drone.name).camera.sensor for drone in mission.file.fleet}
    assert sensors == {"thermal"} and auth.file.aviation.night
    assert auth.file.analytics.detectors == (default_model("thermal"),)
    found = publication_in(
        mission, auth, "thermal", default_model("thermal"), mission.file.start, simulated=True, rates=()
    )
    assert str(found) == "published at 12.5 px/m"
