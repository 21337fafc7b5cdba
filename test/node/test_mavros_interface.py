"""Messages filled from plain fields, and back."""

from mavros_msgs.msg import WaypointList
from mavros_msgs.srv import ParamSetV2
from rclpy.serialization import deserialize_message, serialize_message

from blindspot.nodes.autopilot.mavros_interface import fill, plain


def test_a_whole_number_in_a_float_field_arrives_as_that_number():
    request = fill(ParamSetV2.Request(), {"param_id": "MIS_DIST_1WP", "value": {"type": 3, "double_value": 10000}})
    arrived = deserialize_message(serialize_message(request.value), type(request.value))
    assert arrived.double_value == 10000.0


def test_nested_lists_come_back_as_they_were_given():
    fields = {"current_seq": 1, "waypoints": [{"command": 16, "z_alt": 20.0}, {"command": 21}]}
    reported = plain(fill(WaypointList(), fields))
    assert reported["current_seq"] == 1
    assert [item["command"] for item in reported["waypoints"]] == [16, 21]
    assert reported["waypoints"][0]["z_alt"] == 20.0


def test_lists_of_numbers_come_back_as_lists():
    reported = plain(fill(ParamSetV2.Request(), {"value": {"double_array_value": [1.5, 2.0]}}))
    assert reported["value"]["double_array_value"] == [1.5, 2.0]
