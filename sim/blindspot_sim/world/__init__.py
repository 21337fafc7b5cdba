"""A Gazebo world of a site: its meshes, textures, light, traffic, and the file that names them."""
