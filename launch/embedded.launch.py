"""The whole stack on simulated autopilots; runs on a computer without other hardware or graphics.

ros2 launch blindspot embedded.launch.py --show-args
"""

from launch import LaunchDescription

from blindspot.stack.launch_description import describe


def generate_launch_description() -> LaunchDescription:
    return describe("embedded")
