"""Each event: what makes it, and what nearly does."""

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import numpy as np
import pytest

from blindspot.core.errors import InputError
from blindspot.law.files.authorisation_file import EventKind
from blindspot.site.town.frame import LocalFrame
from blindspot.vision.events import rules
from blindspot.vision.events.episodes import Stage
from blindspot.vision.events.rules import Stays
from blindspot.vision.events.settings import CrowdDensity, EventSettings, load_events
from blindspot.vision.events.tracking import Track, TrackState
from blindspot.vision.events.watch import event_watch
from blindspot.vision.town.georeference import GroundPoint

FRAME = LocalFrame(47.0, 2.0, 0.0, 0.0)
YARD = [(0, 0), (20, 0), (20, 20), (0, 20), (0, 0)]
LANE = [(0, -100), (0, 100)]


def track(number, label, east_m, north_m, *, std_m=0.3, velocity=(0.0, 0.0), wide_m=0.6):
    point = GroundPoint(east_m, north_m, 0.0, std_m**2 * np.eye(2), 0.01 * np.eye(2), wide_m)
    return Track(number, TrackState.UPDATE, label, 0.8, point, np.array(velocity), 0.09 * np.eye(2), 0.0, 0.0, 0)


@pytest.fixture
def reported(tmp_path):
    """The reports of a rule over pictures at 5 Hz, given the tracks at each time."""

    def geojson(file, kind, corners, **properties):
        degrees = [list(FRAME.to_wgs84(*corner)) for corner in corners]
        geometry = {"type": kind, "coordinates": [degrees] if kind == "Polygon" else degrees}
        feature = {"type": "Feature", "properties": properties, "geometry": geometry}
        (tmp_path / file).write_text(json.dumps(feature), encoding="utf-8")

    geojson("zones.geojson", "Polygon", YARD, name="yard")
    geojson("lanes.geojson", "LineString", LANE, name="lane", width_m=8)

    def report(kind, tracks_at, until_s, **rule):
        settings = EventSettings.model_validate({"schema": "blindspot.events/1", kind: rule})
        watch = event_watch(settings, tmp_path, FRAME)
        return [event for t in np.arange(0, until_s, 0.2) for event in watch.update(float(t), tracks_at(float(t)))]

    return report


def stages(events):
    return [(event.number, event.stage) for event in events if event.stage is not Stage.UPDATE]


ONCE = [(1, Stage.NEW)]


class TestZoneEntered:
    RULE = MappingProxyType({"zones": "zones.geojson"})

    def test_a_person_who_walks_in_and_out_is_one_event(self, reported):
        events = reported("zone_entered", lambda t: [track(1, "person", -5 + 2 * t, 10)], 25, **self.RULE)
        assert stages(events) == [(1, Stage.NEW), (1, Stage.END)]
        assert events[0].held.zone == "yard"
        assert events[0].held.tracks == (1,)
        assert events[0].held.east_m > 0.5  # the ellipse was inside, not only its middle

    def test_a_person_who_walks_by_is_no_event(self, reported):
        assert reported("zone_entered", lambda t: [track(1, "person", -1.0, 2 * t)], 10, **self.RULE) == []

    def test_a_person_who_may_stand_outside_is_no_event(self, reported):
        assert reported("zone_entered", lambda t: [track(1, "person", 0.5, 10, std_m=2.0)], 10, **self.RULE) == []

    def test_other_kinds_may_enter(self, reported):
        assert reported("zone_entered", lambda t: [track(1, "car", 10, 10)], 10, **self.RULE) == []


class TestVehicleStopped:
    RULE = MappingProxyType({"inertia_s": 10})

    def test_a_car_that_stops_is_reported_after_a_while(self, reported):
        events = reported("vehicle_stopped", lambda t: [track(1, "car", min(t, 5) * 8, 0)], 30, **self.RULE)
        assert stages(events) == ONCE
        assert events[0].seen_s == pytest.approx(15, abs=0.5)

    @pytest.mark.parametrize("speed_mps", [0.5, 8.0])
    def test_a_car_that_creeps_on_is_none(self, reported, speed_mps):
        assert reported("vehicle_stopped", lambda t: [track(1, "car", speed_mps * t, 0)], 30, **self.RULE) == []

    def test_people_may_stand(self, reported):
        assert reported("vehicle_stopped", lambda t: [track(1, "person", 0, 0)], 30, **self.RULE) == []

    def test_where_zones_are_given_it_counts_there_alone(self, reported):
        cars = [track(1, "car", 10, 10), track(2, "car", -10, 10)]
        events = reported("vehicle_stopped", lambda t: cars, 30, zones="zones.geojson", **self.RULE)
        assert {event.held.tracks for event in events} == {(1,)}


class TestWrongWay:
    RULE = MappingProxyType({"lanes": "lanes.geojson"})

    def drive(self, mps, east_m=0.0):
        return lambda t: [track(1, "car", east_m, -mps * 5 + mps * t, velocity=(0, mps))]

    def test_a_car_against_the_direction_is_reported(self, reported):
        assert stages(reported("wrong_way", self.drive(-8), 8, **self.RULE)) == ONCE

    @pytest.mark.parametrize(("mps", "east_m"), [(8, 0), (-1, 0), (-2.3, 0), (-8, 9)])
    def test_others_are_not(self, reported, mps, east_m):
        """With it, rolling back, not surely fast enough, on the next lane."""
        assert reported("wrong_way", self.drive(mps, east_m), 8, **self.RULE) == []


class TestCrowdDensity:
    RULE = MappingProxyType({"people": 5, "radius_m": 3.0})

    def people(self, count, apart_m):
        return [track(n, "person", apart_m * np.cos(2 * n), apart_m * np.sin(2 * n)) for n in range(1, count + 1)]

    def test_people_close_together_are_one_crowd(self, reported):
        events = reported("crowd_density", lambda t: self.people(6, 1.2), 4, **self.RULE)
        assert stages(events) == ONCE
        assert events[0].held.count == 6

    def test_a_pose_that_is_wrong_for_all_of_them_does_not_hide_it(self, reported):
        far = [replace(one, point=replace(one.point, lasting_m2=9 * np.eye(2))) for one in self.people(6, 1.2)]
        assert stages(reported("crowd_density", lambda t: far, 4, **self.RULE)) == ONCE

    @pytest.mark.parametrize(("count", "apart_m"), [(4, 1.0), (12, 8.0)])
    def test_few_or_far_apart_are_none(self, reported, count, apart_m):
        assert reported("crowd_density", lambda t: self.people(count, apart_m), 4, **self.RULE) == []

    def test_two_crowds_are_two_events(self, reported):
        def both(t):
            there = [replace(one, number=one.number + 50, point=replace(one.point, east_m=one.point.east_m + 40))
                     for one in self.people(6, 1.2)]  # fmt: skip
            return self.people(6, 1.2) + there

        assert stages(reported("crowd_density", both, 4, **self.RULE)) == [(1, Stage.NEW), (2, Stage.NEW)]

    def test_two_crowds_beside_each_other_are_two_events(self, reported):
        """Nearer to each other than a crowd may have moved."""

        def both(t):
            there = [replace(one, number=one.number + 50, point=replace(one.point, east_m=one.point.east_m + 5))
                     for one in self.people(6, 0.5)]  # fmt: skip
            return self.people(6, 0.5) + there

        assert stages(reported("crowd_density", both, 4, **self.RULE)) == [(1, Stage.NEW), (2, Stage.NEW)]

    def test_in_a_full_square_the_uncertainty_of_near_pairs_alone_is_computed(self, monkeypatch):
        """150 people took a third of a second for each picture."""
        calls = []
        monkeypatch.setattr(rules, "std_m", lambda covariance_m2: calls.append(1) or 0.1)
        groups = [track(10 * n + k, "person", 50.0 * n + 0.2 * k, 0.0) for n in range(8) for k in range(8)]
        held, _ = rules.PeopleCrowd(CrowdDensity(people=5, radius_m=3.0))(groups)
        assert [one.count for one in held.values()] == [8] * 8
        assert len(calls) == 8 * 8 * 7


class TestPersonOnGround:
    RULE = MappingProxyType({"inertia_s": 3})

    def test_a_person_who_falls_and_stays_is_reported(self, reported):
        def fallen(t):
            return [track(1, "person", 1.4 * min(t, 4), 0, wide_m=0.6 if t < 4 else 1.6)]

        events = reported("person_on_ground", fallen, 12, **self.RULE)
        assert stages(events) == ONCE
        assert events[0].began_s >= 4

    def test_a_standing_person_is_no_event(self, reported):
        assert reported("person_on_ground", lambda t: [track(1, "person", 0, 0, wide_m=0.8)], 12, **self.RULE) == []

    def test_a_cyclist_is_no_event(self, reported):
        assert reported("person_on_ground", lambda t: [track(1, "person", 4 * t, 0, wide_m=1.7)], 12, **self.RULE) == []


class TestAbandonedObject:
    RULE = MappingProxyType({"inertia_s": 5, "alone_m": 4})

    def test_a_bag_is_reported_once_its_owner_is_away(self, reported):
        def left(t):
            return [track(1, "suitcase", 0, 0, wide_m=0.4), track(2, "person", 0.5 + max(0, t - 5), 0)]

        events = reported("abandoned_object", left, 20, **self.RULE)
        assert stages(events) == ONCE
        assert events[0].began_s == pytest.approx(8.6, abs=0.3)

    def test_a_bag_that_is_carried_or_watched_is_none(self, reported):
        def carried(t):
            return [track(1, "backpack", 1.4 * t, 0), track(2, "handbag", 0, 9), track(3, "person", 2, 9)]

        assert reported("abandoned_object", carried, 20, **self.RULE) == []


def test_a_stopping_place_is_forgotten_with_its_track():
    stays = Stays()
    for number in range(100):
        stays(replace(track(number, "person", number, 0.0), seen_s=float(number)))
    assert len(stays) <= 5


def test_the_law_knows_every_event_by_its_name():
    assert set(EventSettings.model_fields) - {"schema_"} == set(get_args(EventKind))


def test_events_that_are_not_allowed_are_left_out():
    asked = {"schema": "blindspot.events/1", "crowd_density": {}, "person_on_ground": {}}
    settings = EventSettings.model_validate(asked)
    assert settings.asked == ("crowd_density", "person_on_ground")
    assert settings.only({"crowd_density", "wrong_way"}).asked == ("crowd_density",)


def test_a_file_with_an_event_that_is_unknown_is_refused(tmp_path: Path):
    path = tmp_path / "events.yaml"
    path.write_text("schema: blindspot.events/1\nloitering: {}\n", encoding="utf-8")
    with pytest.raises(InputError, match="loitering: is an unknown key"):
        load_events(path)


@pytest.mark.parametrize(("event", "rule"), [
    ("zone_entered", "{zones: z.geojson, labels: [person, unicorn]}"), ("abandoned_object", "{labels: [unicorn]}"),
])  # fmt: skip
def test_a_kind_that_can_never_be_seen_is_refused(tmp_path: Path, event, rule):
    path = tmp_path / "events.yaml"
    path.write_text(f"schema: blindspot.events/1\n{event}: {rule}\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"{event}.labels.*unicorn"):
        load_events(path)


def test_the_example_in_the_guide_is_an_events_file(tmp_path: Path):
    guide = (Path(__file__).parents[4] / "docs" / "guide" / "sightings.md").read_text(encoding="utf-8")
    shown = next(block for block in guide.split("```yaml\n")[1:] if "blindspot.events" in block).partition("```")[0]
    (tmp_path / "events.yaml").write_text(shown, encoding="utf-8")
    assert load_events(tmp_path / "events.yaml").asked == ("zone_entered", "vehicle_stopped", "wrong_way")
