"""Node `camera` of a simulation: `blindspot.nodes.camera` with the rendered town as an additional picture source."""

from __future__ import annotations

from functools import partial

from blindspot.mission import Mission
from blindspot.nodes import CameraNode
from blindspot.nodes.cameras import Camera, binned_lens_of_drone
from blindspot.nodes.graph import run
from blindspot.vision.capture import DrawnSource
from blindspot.vision.town import town_of_mission
from blindspot_sim.pictures.renderer import SimulatedCamera


def rendered_camera(mission: Mission, drone: str, binning: int, seed: int) -> Camera:
    """The camera of a drone of a mission, over the rendered town with its simulated people and vehicles."""
    stream, lens = binned_lens_of_drone(mission, drone, binning)
    moving = mission.file
    camera = SimulatedCamera(town_of_mission(mission), lens, moving.people, seed, moving.vehicles)
    return Camera(DrawnSource(camera.lens, camera.picture), stream, binning, "renderer", limits=moving.limits)


SimulatedCameraNode = partial(CameraNode, rendered=rendered_camera)


def main() -> None:
    run(SimulatedCameraNode, holds_pictures=True)


if __name__ == "__main__":
    main()
