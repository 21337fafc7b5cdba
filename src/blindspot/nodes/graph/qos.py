"""The quality of service of every topic, by meaning.

MAVROS's sensor topics are best effort: a reliable subscriber would never receive anything.
"""

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

SENSOR = qos_profile_sensor_data
"""Streams where only the newest counts: best effort, volatile, depth 5."""

STATE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""Changing state of which a late subscriber needs the last: reliable, transient local, depth 10."""

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""One current value: reliable, transient local, depth 1."""

EVENTS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
"""Things that happen, none to be missed by who listens: reliable, volatile, depth 10."""

LEASE = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
"""The clearance: never latched, so that a permit can't outlive the gate that gave it. Each is read: the last one may be
forged, or granted where the one before was a refusal."""

LEASE_RECORD = QoSProfile(depth=200, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
"""The clearance for who writes down each of them, when it comes to it: the newest alone would leave gaps."""

HEARTBEAT = QoSProfile(depth=50, reliability=ReliabilityPolicy.BEST_EFFORT, durability=DurabilityPolicy.VOLATILE)
"""Signs of life of all nodes on one topic."""

PICTURE = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)
"""Pictures: the latest frame wins, never a queue. Best effort loses more than half of them: measured with Fast DDS over
shared memory, 14 of 36 pictures of 1.5 MB arrived, and all 36 when reliable."""

CLOCK = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT, durability=DurabilityPolicy.VOLATILE)
"""`/clock`, as rclpy's time source subscribes it."""

RAW_MAVLINK = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT, durability=DurabilityPolicy.VOLATILE)
"""What MAVROS passes on as it came: every message of the vehicle's link."""

LOG = QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""`/rosout`, as rclpy publishes it: what every node says in its log, the last seconds for a late listener, too."""
