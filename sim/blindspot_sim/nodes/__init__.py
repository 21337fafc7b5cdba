"""The simulator's ROS 2 nodes."""
