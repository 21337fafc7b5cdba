"""The console's node in a real graph: the log takes the begin and the end of each alert."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import pytest

from blindspot.console import LiveGround, View
from blindspot.mission import load_fleet
from blindspot.nodes.clients.console_feed import ConsoleFeed
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.site import load_frame
from blindspot.stack import LOOPBACK

FLEET = Path(__file__).parents[2] / "config" / "fleets" / "crossroads.yaml"


@pytest.fixture
def feed(ros_domain, monkeypatch, tmp_path):
    for name, value in (LOOPBACK | {"ROS_DOMAIN_ID": str(ros_domain)}).items():
        monkeypatch.setenv(name, value)
    fleet = load_fleet(FLEET)
    frame = load_frame(fleet.site_dir)
    records = ConsoleRecords(View(), Lock(), fleet, frame, (), tmp_path, "embedded")
    with ConsoleFeed(records, fleet.names, LiveGround(frame)) as feed:
        yield feed


def test_alerts_begin_and_end_in_the_log(feed, capfd):
    for line, warns in (("alert: drone1 is silent", True), ("alert is over: drone1 is silent", False)) * 2:
        feed.say(line, warns)
    feed.spin(0.01)
    said = capfd.readouterr().err
    assert said.count("[WARN]") == said.count("[INFO]") == 2 and said.count("alert is over") == 2
