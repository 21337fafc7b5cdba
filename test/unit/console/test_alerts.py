"""Alerts: each cause, its begin and end, and its words in both languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import pytest
from test.unit.console.test_texts import CATALOGUES

from blindspot.console.alert_watch import AlertWatch
from blindspot.console.alerts import BATTERY_ROWS, CALM_S, KINDS, AlertBook, alerts_in
from blindspot.console.view import View
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.watch.ladder import rows
from blindspot.mission.fleet_file import load_fleet

FLEET = Path(__file__).parents[3] / "config" / "fleets" / "crossroads.yaml"
AT = datetime(2026, 12, 3, 21, 14, 7, tzinfo=UTC)
FLIES = {"phase": "en_route", "reason": "", "battery_fraction": 0.4}
CAUSES = {
    "stack_silent": {"stack": ({}, 11.0)},
    "battery_short": {"drone/drone1": (FLIES | {"phase": "return", "reason": BATTERY_ROWS[0]}, 0.2)},
    "lease_refused": {"lease/drone1": ({"granted": False, "rule": "TIM-01", "sentence": "too late"}, 0.5)},
    "lease_lapsed": {
        "drone/drone1": (FLIES | {"autopilot": "up"}, 0.4),
        "lease/drone1": ({"granted": True}, 6.0),
    },
    "pass_waits": {
        "evening": (
            {"pilots": ["A. Martin"], "passes": [{"id": "e/2", "number": 2, "latest": "21:20", "waits": True}]},
            1.0,
        )
    },
    "clock_differs": {"drone/drone1": (FLIES | {"clock_off_s": -90}, 0.4)},
    "recording_gap": {"recording/drone1": ({"trouble": "no picture since 6 s"}, 0.5)},
    "drone_silent": {"drone/drone1": (FLIES, 6.0)},
    "node_lost": {"stack": ({"lost_nodes": ["/drone1/camera"]}, 0.2)},
    "place_late": {"run/r": ({"watch": {"north gate": {"state": "gap", "reason": "nobody looks"}}}, 0.2)},
    "picture_foreign": {"picture/drone1": ({"publishers": "/drone1/impostor"}, 1.0)},
    "output_stuck": {"output/webhook": ({"stuck_since": "2026-12-03T21:14:07+00:00", "problem": "no answer"}, 1.0)},
    "register_overdue": {"duties": ({"register_since": "2026-11-20"}, 1.0)},
    "duties_unknown": {"duties": ({"problem": "journal.jsonl, line 3: is no entry"}, 1.0)},
    "erasure_overdue": {"duties": ({"erasures_overdue": 2}, 1.0)},
}
WELL = {
    "stack": ({"lost_nodes": []}, 0.4), "drone/drone1": (FLIES, 0.4), "node//drone1/camera": ({}, 0.2),
    "run/r": ({"watch": {"north gate": {"state": "watched"}}}, 0.4),
    "duties": ({"register_since": "", "erasures_overdue": 0}, 20.0), "recording/drone1": ({"trouble": ""}, 0.5),
    "lease/drone1": ({"granted": True, "rule": ""}, 0.5),
    "evening": ({"pilots": ["A. Martin"], "passes": [{"id": "e/1", "number": 1, "waits": False}]}, 1.0),
}  # fmt: skip


def test_a_well_stack_has_no_alert():
    assert alerts_in(WELL) == ()


@pytest.mark.parametrize("kind", CAUSES)
def test_each_cause_is_one_alert_that_says_what_to_do(kind):
    alerts = alerts_in(WELL | CAUSES[kind])
    assert [alert.kind for alert in alerts] == [kind]
    assert "{" not in alerts[0].text + alerts[0].advice
    json.dumps(dict(alerts[0].values), allow_nan=False)


def test_each_kind_has_its_words_in_both_languages():
    assert set(CAUSES) == set(KINDS)
    for texts in CATALOGUES.values():
        assert {f"alert.{kind}{end}" for kind in KINDS for end in ("", ".do")} <= set(texts)


@pytest.mark.parametrize("kind", ["place_late", "duties_unknown", "output_stuck"])
def test_a_sentence_that_may_name_a_person_is_no_part_of_the_words(kind):
    alert = alerts_in(CAUSES[kind])[0]
    assert alert.detail and alert.detail not in alert.text + alert.advice + str(dict(alert.values))


def test_the_rows_of_the_battery_are_rows_of_the_ladder():
    model = load_fleet(FLEET).model_of("drone1")
    assert set(BATTERY_ROWS) <= {row.reason for row in rows(FlightSettings(model))}


def test_a_node_that_starts_is_not_lost():
    assert alerts_in({"stack": ({"lost_nodes": ["/drone1/camera"]}, 0.2)}) == ()
    silent = alerts_in(WELL | {"node//drone1/camera": ({}, 6.0)})
    assert [alert.subject for alert in silent] == ["/drone1/camera"]


def test_an_alert_keeps_its_begin_and_ends_once_its_cause_is_away_for_a_while():
    book, silent = AlertBook(), alerts_in(CAUSES["drone_silent"])
    begun, _ = book.step(silent, 0.0, AT)
    assert [one.since for one in begun] == [AT]
    assert book.step(silent, 5.0, AT.replace(minute=20)) == ([], [])
    assert book.standing[0].since == AT
    assert book.step((), 5.0 + CALM_S, AT) == ([], []), "a flickering cause is one alert"
    _, ended = book.step((), 5.1 + CALM_S, AT)
    assert [one.alert.kind for one in ended] == ["drone_silent"] and book.standing == []


def test_the_gravest_alert_stands_first():
    book = AlertBook()
    book.step(alerts_in(WELL | CAUSES["erasure_overdue"] | CAUSES["node_lost"] | CAUSES["battery_short"]), 0.0, AT)
    assert [one.alert.kind for one in book.standing] == ["battery_short", "node_lost", "erasure_overdue"]


def test_alerts_stand_in_the_view_and_in_the_log():
    view, said = View(), []
    view.take("drone/drone1", FLIES, 0.0)
    watch = AlertWatch(view, Lock(), lambda line, warns: said.append((line, warns)))
    watch.step(6.0, AT)
    watch.step(6.5, AT)  # too early for another look
    shown = json.loads(view.since(0, 6.0))["set"]["alert/drone_silent/drone1"]
    assert (shown["kind"], shown["since_utc"]) == ("drone_silent", "2026-12-03T21:14:07+00:00")
    view.take("drone/drone1", FLIES, 20.0)
    watch.step(20.0, AT)
    assert [warns for _, warns in said] == [True, False]
    assert not any(key.startswith("alert/") for key in json.loads(view.since(0, 20.0))["ages"])
