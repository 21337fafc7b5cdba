"""MAVROS over ROS: names, types and QoS of MAVROS's topics and services, the link to MAVROS, and one process for each
node."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.nodes.autopilot.mavros_interface import (
        PUBLISHED,
        RAW_SINK,
        RAW_SOURCE,
        SERVICES,
        SUBSCRIBED,
        fill,
        plain,
        raw_topic,
    )
else:
    __getattr__, __all__ = open_door(__name__)
