"""The outputs of a fleet file: what goes to the outbox when the view changes, and an output that can't be used."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import pytest

from blindspot.console import View
from blindspot.console.alerts import alerts_in
from blindspot.console.outputs import OutputNews
from blindspot.mission import load_fleet
from blindspot.mission.outputs.console_section import ConsoleSection

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
AT = datetime(2026, 12, 3, 21, 14, 7, tzinfo=UTC)
ALERT = {"kind": "drone_silent", "values": {"drone": "drone1"}, "detail": "", "rank": 0, "since_utc": AT.isoformat()}


@pytest.fixture
def view():
    made = View()
    made.take("stack", {"simulated": True, "operators": [], "user": "martin"}, 0.0)
    made.take("drone/drone1", {"phase": "idle"}, 0.0)
    return made


@pytest.fixture
def fleet(tmp_path):
    """The crossroads' fleet with a webhook whose secret has this mode."""

    def made(mode=0o600, secret="a secret of the town"):
        file = tmp_path / "hook.secret"
        file.write_text(secret)
        file.chmod(mode)
        section = ConsoleSection.model_validate(
            {"outputs": {"webhook": {"url": "http://127.0.0.1:1/", "secret_file": "hook.secret"}}}
        )
        found = load_fleet(FLEET)
        return replace(found, path=tmp_path / "fleet.yaml", file=found.file.model_copy(update={"console": section}))

    return made


def test_alerts_and_changes_of_phase_wait_for_the_receiver(fleet, view, tmp_path):
    with OutputNews(fleet(), tmp_path / "outbox", view, Lock()) as news:
        news.step(0.0, AT)
        view.take("drone/drone1", {"phase": "takeoff", "reason": "by A. Martin"}, 1.0)
        view.take("alert/drone_silent/drone1", ALERT, 1.0)
        news.step(1.0, AT)
        view.keep("alert/", ())
        news.step(1.5, AT)  # looks once a second
        news.step(2.0, AT)
    rows = sqlite3.connect(tmp_path / "outbox" / "webhook.sqlite").execute("SELECT body FROM messages ORDER BY id")
    sent = [json.loads(body) for (body,) in rows]
    assert [(one["type"], one.get("state"), one.get("phase")) for one in sent] == [
        ("alert", "begun", None), ("drone", None, "takeoff"), ("alert", "over", None),
    ]  # fmt: skip
    assert all((one["simulated"], one["at"]) == (True, AT.isoformat()) for one in sent) and "Martin" not in str(sent)
    assert view.contents(2.0)["output/webhook"][0]["waiting"] == 3


@pytest.mark.parametrize("wrong", [{"mode": 0o644}, {"secret": "short"}])
def test_an_output_that_can_t_be_used_is_an_alert_and_the_page_goes_on(fleet, view, tmp_path, wrong):
    with OutputNews(fleet(**wrong), tmp_path / "outbox", view, Lock()) as news:
        news.step(0.0, AT)
    assert [alert.kind for alert in alerts_in(view.contents(0.0))] == ["output_stuck"]


def test_without_outputs_nothing_is_written(view, tmp_path):
    with OutputNews(load_fleet(FLEET), tmp_path / "outbox", view, Lock()) as news:
        news.step(0.0, AT)
    assert not (tmp_path / "outbox").exists() and view.keys("output/") == []
