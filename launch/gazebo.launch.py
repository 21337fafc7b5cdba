"""The whole stack on PX4 and Gazebo through MAVROS and ros_gz.

ros2 launch blindspot gazebo.launch.py --show-args
"""

from launch import LaunchDescription

from blindspot.stack.launch_description import describe


def generate_launch_description() -> LaunchDescription:
    return describe("gazebo")
