"""The instances are the published ones: as many clients, loads and vehicles at least as they have there."""

import pytest

from blindspot_lab.bench.tours.route_instances import INSTANCES


@pytest.mark.parametrize(
    ("name", "clients", "load", "depot"),
    [
        ("CMT6", 50, 777, [30, 40]),
        ("CMT7", 75, 1364, [40, 40]),
        ("CMT10", 199, 3186, [35, 35]),
        ("CMT13", 120, 1375, [10, 45]),
    ],
)
def test_they_are_whole(name, clients, load, depot):
    (instance,) = (one for one in INSTANCES if one.name == name)
    table = instance.table()
    assert len(table) == clients + 1
    assert table[:, 2].sum() == load
    assert table[0].tolist() == [*depot, 0]
    assert (table[1:, 2] <= instance.capacity).all()
