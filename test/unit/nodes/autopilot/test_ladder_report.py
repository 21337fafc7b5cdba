"""A row of the ladder as a message: no text for an unknown number."""

from __future__ import annotations

from math import inf, nan

import pytest
from diagnostic_msgs.msg import DiagnosticStatus

from blindspot.flight.control.margins import Margin
from blindspot.nodes.autopilot.ladder_report import row_status


def test_a_row_without_a_number_says_its_progress_alone():
    status = row_status(Margin("pad taken", "hold", "within 5 m", "quiet", nan, nan, "", nan, inf))
    assert (status.level, status.name, status.message) == (DiagnosticStatus.OK, "pad taken", "quiet")
    assert {pair.key for pair in status.values} == {"action", "limit"}


@pytest.mark.parametrize(
    ("progress", "level"), [("counting", DiagnosticStatus.WARN), ("due", DiagnosticStatus.ERROR)]
)  # fmt: skip
def test_value_and_time_left_are_texts_of_two_decimals(progress, level):
    status = row_status(Margin("camera lost", "return", "30 s", progress, 3.004, 30.0, "s", 0.1, 27.0))
    assert status.level == level
    assert {pair.key: pair.value for pair in status.values} == {
        "action": "return", "value": "3.00 s", "limit": "30 s", "used": "0.10", "left_s": "27.00",
    }  # fmt: skip
