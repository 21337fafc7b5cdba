"""The view: newest content, ages, bounds."""

import json
import math

from blindspot.console.view import MOST_CHARS, MOST_RECORDS, View


def message(view, number=0, now_s=0.0):
    return json.loads(view.since(number, now_s))


def test_a_page_that_knows_nothing_gets_every_record_and_later_only_the_changes():
    view = View()
    view.take("drone/drone1", {"phase": "idle"}, 1.0)
    view.take("drone/drone2", {"phase": "idle"}, 1.0)
    first = message(view)
    assert first["set"] == {"drone/drone1": {"phase": "idle"}, "drone/drone2": {"phase": "idle"}}
    view.take("drone/drone2", {"phase": "takeoff"}, 2.0)
    view.take("drone/drone2", {"phase": "en_route"}, 3.0)
    assert message(view, first["number"])["set"] == {"drone/drone2": {"phase": "en_route"}}


def test_a_record_that_says_the_same_again_is_younger_and_no_change():
    view = View()
    view.take("stack", {"ready": True}, 1.0)
    number = view.number
    view.take("stack", {"ready": True}, 5.0)
    assert message(view, number, now_s=6.0) == {"number": number, "refused": 0, "set": {}, "ages": {"stack": 1.0}}


def test_a_late_old_record_makes_nothing_older():
    view = View()
    view.take("node/a", {}, 5.0)
    view.take("node/a", {}, 4.0)
    assert message(view, now_s=5.0)["ages"] == {"node/a": 0.0}


def test_a_forgotten_mission_has_no_age_any_more():
    view = View()
    for name in ("run/a", "run/b", "drone/drone1"):
        view.take(name, {}, 0.0)
    view.keep("run/", {"run/b"})
    assert set(message(view)["ages"]) == {"run/b", "drone/drone1"}


def test_bad_records_change_nothing_but_a_counter():
    view = View()
    view.take("drone/drone1", {"battery": 0.5}, 0.0)
    assert not view.take("drone/drone1", {"battery": math.nan}, 1.0)
    assert not view.take("drone/drone1", {"battery": object()}, 1.0)
    assert not view.take("drone/drone1", {"reason": "x" * (MOST_CHARS + 1)}, 1.0)
    assert message(view)["set"] == {"drone/drone1": {"battery": 0.5}}
    assert message(view)["refused"] == 3


def test_the_number_of_records_is_bounded():
    view = View()
    taken = [view.take(f"node/{number}", {}, 0.0) for number in range(MOST_RECORDS + 3)]
    assert (taken.count(True), view.refused) == (MOST_RECORDS, 3)
    assert view.take("node/0", {"a": 1}, 1.0)  # a known record still changes
