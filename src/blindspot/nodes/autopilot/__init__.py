"""MAVROS over ROS: names, types and QoS of its topics and services, and the link to it."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.nodes.autopilot.mavros_interface import (
        PUBLISHED as PUBLISHED,
        RAW_SINK as RAW_SINK,
        RAW_SOURCE as RAW_SOURCE,
        SERVICES as SERVICES,
        SUBSCRIBED as SUBSCRIBED,
        fill as fill,
        plain as plain,
        raw_topic as raw_topic,
    )
else:
    __getattr__, __all__ = open_door(__name__)
