"""The topic of clear pictures, and the conditions under which it may exist."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import Image

from blindspot.core import InputError
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.parameters import declare_bool

TOPIC = "camera/image_raw"


def clear_publisher(node: Node, camera: str, *, simulated: bool) -> Publisher | None:
    """The publisher of clear pictures, for development in a simulation; None unless a parameter requests it.

    Raises InputError unless the pictures are simulated. A topic is believed: in mode gazebo a simulator publishes it.
    `camera` is the name of the source, which must exist.
    """
    wanted = declare_bool(
        node, "publish_clear_pictures", False,
        describe="Publish unmasked pictures as camera/image_raw to all subscribers; only in simulations.",
    )  # fmt: skip
    kind, simulated = node.get_parameter("source").value, bool(node.get_parameter("simulated").value)
    if kind == "topic" and not simulated:
        node.get_logger().warning(f"clear pictures come by the topic {camera}: this whole ROS domain sees them")
    if not wanted:
        return None
    if not simulated or kind in ("device", "url", "pipeline", "video"):
        problem = "would show real people, unmasked, to every process in this ROS domain"
        raise InputError("camera", "publish_clear_pictures", problem, "use it in a simulation alone")
    node.get_logger().warning(f"clear pictures are published as {TOPIC}")
    return node.create_publisher(Image, TOPIC, qos.PICTURE)
