"""The whole stack on PX4's own simulation (SIH) through MAVROS.

ros2 launch blindspot sitl.launch.py --show-args
"""

from launch import LaunchDescription

from blindspot.stack.launch_description import describe


def generate_launch_description() -> LaunchDescription:
    return describe("sitl")
