"""Pictures and reports belong to the mission of their time."""

from __future__ import annotations

import threading
import weakref

from test.factories import masks_over
from test.node.conftest import order_of

from blindspot.nodes.cameras import eyes as eyes_module
from blindspot.site.ground.grid import Grid


def test_between_missions_no_picture_is_masked_or_reported(camera):
    seen = camera("person", mission=None, shown="whole, jpeg")
    seen.spin_until(lambda: seen.stamp_s > 103.0, act=seen.expose)
    assert seen.detector.logged == "picture dropped: no mission"
    seen.spin_until(lambda: seen.stamp_s > 104.0, act=seen.expose)
    assert (seen.masked, seen.jpegs, seen.detections, seen.sightings) == ([], [], [], [])


def test_a_mission_with_another_hash_masks_and_reports_nothing(camera, mission_path):
    seen = camera("person", mission=None)
    seen.order = order_of(mission_path)
    seen.order.sha256 = "f" * 64
    seen.taken_in = f" {seen.order.sha256}"
    seen.mission.publish(seen.order)
    dropped = "picture dropped: the mission can't be loaded"
    seen.spin_until(lambda: seen.detector.logged == dropped, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])


def test_pictures_before_the_town_is_loaded_are_dropped_with_a_reason(camera, mission_path, monkeypatch):
    loading, town = threading.Event(), eyes_module.town_of_mission
    monkeypatch.setattr(eyes_module, "town_of_mission", lambda mission: loading.wait() and town(mission))
    seen = camera("person", mission=None)
    seen.order = order_of(mission_path)
    seen.taken_in = f" {seen.order.sha256}"
    seen.mission.publish(seen.order)
    try:
        dropped = "picture dropped: the mission is being loaded"
        seen.spin_until(lambda: seen.detector.logged == dropped, act=seen.expose)
        assert seen.masked == []
    finally:
        loading.set()
    seen.spin_until(lambda: seen.masked, act=seen.expose)


def test_leases_of_another_mission_inhibit(camera, changed_mission):
    seen = camera("person")
    leased = seen.order
    seen.begin(changed_mission(people=3))
    seen.order = leased
    seen.spin_until(lambda: seen.detector.logged == "picture dropped: no lease", act=seen.expose)
    assert seen.masked == []


def test_what_a_mission_may_report_ends_with_it(camera, mission_with_events, changed_mission):
    """The second mission's authorisation lists no detector and no event."""
    seen = camera("person", mission=mission_with_events("zone_entered"))
    seen.spin_until(lambda: seen.events and seen.sightings, act=seen.expose)
    seen.begin(changed_mission("second", law={"detectors: [nanodet]": "detectors: []"}), run="second")
    seen.spin_until(lambda: seen.masked, act=seen.expose)
    for reports in (seen.masked, seen.detections, seen.sightings, seen.events):
        reports.clear()
    seen.spin_until(lambda: len(seen.masked) >= 3, act=seen.expose)
    assert (seen.detections, seen.sightings, seen.events) == ([], [], [])


def test_a_picture_of_the_mission_before_is_dropped(camera, changed_mission):
    """Camera and detector hear of a mission at different times."""
    seen = camera("person")
    before = seen.taken_in
    seen.begin(changed_mission(people=3))
    seen.taken_in = before
    dropped = "picture dropped: it was taken in another mission"
    seen.spin_until(lambda: seen.detector.logged == dropped, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])


def test_a_picture_that_was_under_way_when_the_mission_changed_goes_nowhere(camera, changed_mission):
    seen, other = camera("person"), changed_mission(people=3)
    search, orders = seen.detector.detector.detect, []

    def drop_meanwhile(bgr):
        if not orders:
            orders.append(seen.detector.mission.drop("the mission is being loaded"))
        return search(bgr)

    seen.detector.detector.detect = drop_meanwhile
    seen.spin_until(lambda: orders, act=seen.expose)
    seen.spin_until(lambda: "being loaded" in seen.detector.logged, act=seen.expose)
    assert (seen.masked, seen.detections, seen.sightings) == ([], [], [])
    seen.begin(other)
    seen.spin_until(lambda: seen.masked, act=seen.expose)


def test_each_run_has_its_own_blind_ground(camera, tmp_path, mission_path):
    seen = camera("person", mission=None, run_dir=tmp_path, search_ms=200.0)
    (tmp_path / "first").mkdir()
    masks_over(Grid(-1.0, -1.0, 1.0, 2, 2)).save(tmp_path / "first" / "ground.npz")
    for run, is_known in (("first", True), ("second", False)):
        seen.begin(mission_path, run)
        masked = len(seen.masked)
        seen.spin_until(lambda before=masked: len(seen.masked) > before, seen.expose)
        assert (seen.eyes.pipeline.search.blind is not None) == is_known


def test_a_former_missions_town_is_forgotten(camera, changed_mission):
    seen = camera("person")
    seen.spin_until(lambda: seen.masked, act=seen.expose)
    town = weakref.ref(seen.eyes)
    seen.begin(changed_mission(people=3))
    seen.spin_until(lambda: town() is None)
