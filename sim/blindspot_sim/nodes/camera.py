"""Node `camera` of a simulation: `blindspot.nodes.camera` with the rendered town as an additional picture source."""

from __future__ import annotations

from functools import partial

from blindspot.camera import CameraPose
from blindspot.mission import Fleet
from blindspot.nodes import CameraNode
from blindspot.nodes.cameras import Camera, binned_lens_of_drone
from blindspot.nodes.graph import run
from blindspot.vision.capture import DrawnSource, PictureSource
from blindspot.vision.town import Town
from blindspot_sim.pictures.simulated_camera import Picture, SimulatedCamera
from blindspot_sim.pictures.thermal import ThermalSensor


def rendered_camera(fleet: Fleet, drone: str, binning: int, seed: int) -> Camera:
    """The camera of a fleet's drone, over the rendered town of each mission with the fleet's people and vehicles."""
    stream, lens = binned_lens_of_drone(fleet, drone, binning)
    world, own = fleet.file.simulation, fleet.model_of(drone).camera
    thermal = ThermalSensor(time_constant_s=own.exposure_s) if own.sensor == "thermal" else None

    def over_the_town(town: Town) -> PictureSource:
        camera = SimulatedCamera(town, lens, world.people, seed, world.vehicles, thermal)
        return DrawnSource(lens, camera.picture)

    return Camera(DrawnSource(lens, _without_a_town), stream, binning, "renderer", drawn=over_the_town)


def _without_a_town(pose: CameraPose) -> Picture:
    raise RuntimeError("a picture was asked for without a mission")


SimulatedCameraNode = partial(CameraNode, rendered=rendered_camera)


def main() -> None:
    run(SimulatedCameraNode, holds_pictures=True)
