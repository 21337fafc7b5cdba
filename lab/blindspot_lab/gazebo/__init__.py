"""A headless Gazebo server, its pictures with true boxes, and the views of fixed cameras in it."""
