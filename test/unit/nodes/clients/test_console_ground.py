"""Messages about seen ground, as the console's map takes them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="NOT TESTED: needs ROS 2")
from blindspot_msgs.msg import SeenCells
from sensor_msgs.msg import PointCloud2, PointField

from blindspot.console import LiveGround
from blindspot.core import InputError
from blindspot.nodes.clients.console_ground import GROUND, ConsoleGround
from blindspot.nodes.graph.messages import AGE_FIELDS


@pytest.fixture
def heard(site):
    """(the messages' taker, its records by key)."""
    taken = {}
    ground = LiveGround(site.frame)
    records = SimpleNamespace(take=taken.__setitem__)
    return ConsoleGround(ground, records), ground, taken


def ages(points, names=AGE_FIELDS):
    rows = np.array(points, np.float32)
    fields = [PointField(name=name, offset=4 * number, datatype=7, count=1) for number, name in enumerate(names)]
    return PointCloud2(height=1, width=len(rows), point_step=4 * len(names), fields=fields, data=rows.tobytes())


def test_ages_and_seen_cells_are_taken_and_each_change_is_counted(heard):
    takes, ground, taken = heard
    takes.take_ages(ages([(1.0, 1.0, 0.0, 5.0), (3.0, 1.0, 0.0, np.nan)]))
    assert taken[GROUND] == {"number": 1} and ground.document(10.0) is not None
    cells = SeenCells(cells=[0, 3])
    cells.info.resolution, cells.info.width, cells.info.height = 1.0, 2, 2
    takes.take_seen(cells)
    assert taken[GROUND] == {"number": 2}


def test_a_message_of_another_form_changes_nothing(heard):
    takes, ground, taken = heard
    short = ages([(1.0, 1.0, 0.0, 5.0)])
    short.width = 7
    for odd in (short, ages([(1.0, 1.0, 0.0, 5.0)], names=("x", "y", "z", "intensity"))):
        with pytest.raises(InputError):
            takes.take_ages(odd)
    with pytest.raises(InputError):
        takes.take_seen(SeenCells(cells=[1]))
    assert not taken and ground.document(0.0) is None
