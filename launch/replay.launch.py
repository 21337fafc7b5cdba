"""A recorded run, played again.

ros2 launch blindspot replay.launch.py --show-args
"""

from launch import LaunchDescription

from blindspot.stack.launch_description import describe


def generate_launch_description() -> LaunchDescription:
    return describe("replay")
