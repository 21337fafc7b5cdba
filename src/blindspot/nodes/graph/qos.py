"""The quality of service of every topic, by meaning.

MAVROS's sensor topics are best effort: a reliable subscriber would receive nothing.
"""

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

SENSOR = qos_profile_sensor_data
"""Streams whose newest message alone counts: best effort, volatile, depth 5."""

STATE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""Changing state whose last value a late subscriber needs: reliable, transient local, depth 10."""

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""One current value: reliable, transient local, depth 1."""

EVENTS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
"""Events that every subscriber must receive: reliable, volatile, depth 10."""

LEASE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
"""The clearance: never latched, so that a permit can't outlive the gate that gave the permit. Each message is read: the
last message may be forged, or may be a grant after a refusal."""

LEASE_RECORD = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
"""The clearance for a subscriber that records each message, possibly late: a shorter queue would leave gaps."""

HEARTBEAT = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT, durability=DurabilityPolicy.VOLATILE)
"""Heartbeats of all nodes on one topic."""

PICTURE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
"""Pictures: the latest frame wins, never a queue. Best effort loses more than half of them: measured with Fast DDS over
shared memory, 14 of 36 pictures of 1.5 MB arrived, and all 36 when reliable."""

CLOCK = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT, durability=DurabilityPolicy.VOLATILE)
"""`/clock`, as rclpy's time source subscribes it."""

RAW_MAVLINK = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT, durability=DurabilityPolicy.VOLATILE)
"""Raw MAVLink from MAVROS: every message of the vehicle's link."""

LOG = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""`/rosout`, as rclpy publishes it: the log of every node; a late subscriber also gets the last seconds."""
