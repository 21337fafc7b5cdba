"""The whole stack on a real autopilot through MAVROS.

ros2 launch blindspot hardware.launch.py --show-args
"""

from launch import LaunchDescription

from blindspot.stack.launch_description import describe


def generate_launch_description() -> LaunchDescription:
    return describe("hardware")
