"""The camera of a simulated drone: a town with its people and cars at the time of each pose."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from blindspot.camera import CameraPose, Lens
from blindspot.vision.town import Town
from blindspot_sim.pictures.people import People
from blindspot_sim.pictures.renderer import Renderer
from blindspot_sim.pictures.thermal import ThermalRenderer, ThermalSensor
from blindspot_sim.pictures.vehicles import Vehicles

Picture = NDArray[np.uint8]


class SimulatedCamera:
    """A source of pictures. With a `thermal` sensor it sees the heat of a clear night, else the light of a clear
    afternoon."""

    def __init__(
        self, town: Town, lens: Lens, people: int, seed: int, vehicles: int = 0, thermal: ThermalSensor | None = None
    ) -> None:
        self.lens = lens
        self._renderer = (
            Renderer(town, lens, seed) if thermal is None else ThermalRenderer(town, lens, seed, sensor=thermal)
        )
        self._before: CameraPose | None = None
        self._people = People(town, people, seed)
        self._vehicles = Vehicles(town, vehicles, seed)

    def picture(self, pose: CameraPose) -> Picture:
        """(height, width, 3) BGR; a thermal picture has three equal channels, as a live camera's."""
        people, vehicles = self._people.at(pose.stamp_s), self._vehicles.at(pose.stamp_s)
        if isinstance(self._renderer, Renderer):
            return self._renderer.render(pose, people, vehicles)
        before, self._before = self._before, pose
        grey = self._renderer.render(pose, people, vehicles, before)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
