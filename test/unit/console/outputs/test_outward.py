"""What leaves the computer: alerts and states of drones, never a sighting, a picture or a name of a person."""

import json
from typing import get_args

from blindspot.console.outputs.outward import HIDDEN, PHASES, alerts_out, drones_in, text_of
from blindspot.flight.route.phases import PhaseName

FLEET = ("drone1", "drone2")
DRONE = {
    "drone": "drone1", "run": "evening by A. Martin", "phase": "hold", "reason": "held by A. Martin", "outcome": "",
    "inspection": "", "autopilot": "up", "hold_ends_s": 30.0, "battery_fraction": 0.5, "route_fraction": 0.25,
    "east_m": 1.0, "north_m": 2.0, "up_m": 60.0, "sensor_inhibited": False, "heading_deg": 90.0, "at": [-1.55, 47.2],
}  # fmt: skip
ALERT = {"kind": "node_lost", "values": {"node": "/drone1/camera"}, "detail": "stopped by A. Martin", "rank": 0,
         "since": "21:14:07", "since_utc": "2026-12-03T21:14:07+00:00"}  # fmt: skip
SECRETS = ("Martin", "Dupont", "sighting", "JPEG", "seen at")


def known(**records):
    people = {"operators": ["A. Martin", "Léa Dupont"], "user": "martin", "simulated": True}
    return {key: (content, 0.4) for key, content in {"stack": people, **records}.items()}


def test_a_drone_s_state_has_no_sentence():
    states = drones_in(known(**{"drone/drone1": DRONE, "drone/drone9": DRONE}), FLEET)
    assert list(states) == ["drone1"]
    assert states["drone1"] == {
        "drone": "drone1", "phase": "hold", "autopilot": "up", "camera": "released", "silent": False,
        "battery_fraction": 0.5, "route_fraction": 0.25, "hold_ends_s": 30.0, "east_m": 1.0, "north_m": 2.0,
        "up_m": 60.0, "heading_deg": 90.0, "at_lon_lat": [-1.55, 47.2],
    }  # fmt: skip


def test_the_phases_are_those_of_the_flight():
    assert set(get_args(PhaseName)) == PHASES


def test_an_alert_has_its_words_and_no_detail():
    [alert] = alerts_out(known(**{"alert/node_lost/x": ALERT}), FLEET).values()
    assert (alert["text"], alert["since"]) == ("/drone1/camera is lost", "2026-12-03T21:14:07+00:00")
    assert "Martin" not in text_of("alert", alert)


def test_hostile_content_does_not_leave():
    """Records that forged messages and strange files may make."""
    names = [
        "A. Martin", "léa dupont", "MARTIN's house", "home of Dupont", "a sighting of a person, seen at 3", "x" * 999,
        "\u202eJPEG", "<img src=x>",
    ]  # fmt: skip
    records = {f"alert/place_late/{number}": ALERT | {"kind": "place_late", "values": {"place": name, name: name}}
               for number, name in enumerate(names)}  # fmt: skip
    records["alert/forged/x"] = ALERT | {"kind": "forged", "values": {}}
    records["alert/drone_silent/x"] = ALERT | {"kind": "drone_silent", "values": {"drone": "Martin"}}
    records["sighting/1"] = {"sighting": "a person"}
    records["picture/drone1"] = {"publishers": "JPEG"}
    records["drone/drone1"] = {
        key: "A. Martin" if isinstance(value, str) else ["Dupont", {"sighting": 1}] for key, value in DRONE.items()
    }
    found = known(**records)
    alerts, drones = alerts_out(found, FLEET), drones_in(found, FLEET)
    sent = json.dumps(
        [text_of("alert", one) for one in alerts.values()] + [text_of("drone", one) for one in drones.values()]
    )
    assert not [secret for secret in SECRETS if secret.casefold() in sent.casefold()]
    assert [one["values"]["place"] for one in alerts.values() if one["kind"] == "place_late"] == [HIDDEN] * len(names)
    assert drones["drone1"]["phase"] == drones["drone1"]["autopilot"] == "unknown"


def test_a_place_without_a_name_of_a_person_leaves():
    [alert] = alerts_out(
        known(**{"alert/place_late/x": ALERT | {"kind": "place_late", "values": {"place": "north gate"}}}), FLEET
    ).values()
    assert alert["text"].startswith("north gate")
