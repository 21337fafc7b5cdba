"""Mission files, and the files that they name."""

from pathlib import Path

import pytest
import yaml

from blindspot.core.errors import InputError
from blindspot.core.folders import CONFIG_DIR
from blindspot.mission.drone_model import Accuracy
from blindspot.mission.mission_file import load_mission


@pytest.fixture
def written(tmp_path):
    """The crossroads with one key changed, elsewhere."""

    def write(**changes: object) -> Path:
        source = CONFIG_DIR / "missions" / "crossroads.yaml"
        mission = yaml.safe_load(source.read_text(encoding="utf-8"))
        for key in ("site", "authorisation", "perimeter"):
            mission[key] = str((source.parent / mission[key]).resolve())
        path = tmp_path / "mission.yaml"
        path.write_text(yaml.safe_dump(mission | changes), encoding="utf-8")
        return path

    return write


def test_by_default_no_event_is_asked_for(written):
    assert load_mission(written(), CONFIG_DIR / "drones").events_path is None


def test_an_events_file_lies_beside_the_mission(written, tmp_path):
    (tmp_path / "events.yaml").write_text("schema: blindspot.events/1\n", encoding="utf-8")
    assert load_mission(written(events="events.yaml"), CONFIG_DIR / "drones").events_path == tmp_path / "events.yaml"


def test_a_missing_events_file_is_reported(written):
    with pytest.raises(InputError, match=r"mission\.yaml: events: .*events\.yaml does not exist"):
        load_mission(written(events="events.yaml"), CONFIG_DIR / "drones")


def test_a_start_without_a_time_zone_is_reported_without_the_rest_of_the_file(written):
    with pytest.raises(InputError, match=r"mission\.yaml: start: needs a time zone, e\.g\. \S+ \(found '\S+'\)$"):
        load_mission(written(start="2026-11-06T20:00:00"), CONFIG_DIR / "drones")


def test_the_default_accuracy_is_that_of_a_compass(written):
    model = load_mission(written(), CONFIG_DIR / "drones").model_of("drone1")
    unsaid = type(model).model_validate(model.model_dump(by_alias=True, exclude={"accuracy"}))
    assert unsaid.accuracy == Accuracy(position_std_m=1.0, heading_std_deg=2.0, gimbal_std_deg=0.5)


def test_an_inverted_band_is_refused_when_it_is_read(written):
    with pytest.raises(InputError, match=r"mission\.yaml: band: min_px_per_m must be below max_px_per_m$"):
        load_mission(written(band={"min_px_per_m": 60.0, "max_px_per_m": 25.0}), CONFIG_DIR / "drones")
