"""The words of an order as its person signs them: none of its fields may be changed on the way."""

from __future__ import annotations

import pytest
from blindspot_msgs.srv import Order
from geometry_msgs.msg import Point

from blindspot.nodes.orders.signed_orders import ordered

CHANGED = {
    "order": "jump", "drones": ["drone2"], "person": "B. Roy", "reason": "a fire", "step": 1,
    "position": Point(x=1.0), "heading_deg": 1.0, "pitch_deg": -1.0, "seconds": 1.0, "then": "resume",
}  # fmt: skip


def test_the_list_of_fields_is_complete():
    assert {*CHANGED, "signature"} == set(Order.Request.get_fields_and_field_types())


@pytest.mark.parametrize("field", CHANGED)
def test_each_field_is_signed(field):
    asked, other = Order.Request(order="inspect"), Order.Request(order="inspect")
    setattr(other, field, CHANGED[field])
    assert ordered(asked) != ordered(other)
