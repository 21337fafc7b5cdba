"""A Gazebo world of a site: its meshes, textures, light, traffic, and the file that names them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot_sim.world.build import Traffic, build_world, identifier
else:
    __getattr__, __all__ = open_door(__name__)
