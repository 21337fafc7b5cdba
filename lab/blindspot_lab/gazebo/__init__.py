"""Pictures and true boxes from a headless Gazebo server."""
