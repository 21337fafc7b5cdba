"""Heat of surfaces: temperatures, emissivities, and the radiance that a thermal camera receives from 8 to 14 um."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

BAND_UM = (8.0, 14.0)
SIGMA = 5.670374e-8
"""Stefan-Boltzmann constant, W/m2/K4."""
C2_UM_K = 14387.77
"""Second constant of Planck's law, um K."""
KELVIN = 273.15
TERMS = 12
"""Terms of the series of a black body's share. The first omitted term is below 1e-9 for all temperatures here."""
EMISSIVITY: Mapping[str, float] = {
    "street": 0.95, "pavement": 0.94, "grass": 0.98, "wall": 0.93, "window": 0.85, "roof": 0.92, "trunk": 0.95,
    "leaves": 0.97, "skin": 0.98, "hair": 0.95, "clothes": 0.95, "car": 0.85, "bonnet": 0.85, "chassis": 0.9,
    "wheel": 0.94, "glass": 0.85,
}  # fmt: skip
"""Share of a black body's radiance that a surface emits. It reflects the sky with the rest."""


@dataclass(frozen=True, slots=True)
class Heat:
    """Temperatures of a town, C. `surfaces` has the keys of EMISSIVITY; `driven` holds the warmer parts of a car whose
    engine runs. Ground in the shadow of the sun is `shade_k` colder. The camera shows `range_c`, of a black body, from
    black to white: warmer and colder surfaces are cut off."""

    surfaces: Mapping[str, float]
    driven: Mapping[str, float]
    sky_c: float
    range_c: tuple[float, float]
    shade_k: float = 0.0

    def radiance(self, surface: str, warmer_k: float = 0.0, *, is_driving: bool = False) -> float:
        """Radiance of a surface that is `warmer_k` warmer than usual, W/m2/sr."""
        celsius = (self.driven if is_driving else {}).get(surface, self.surfaces[surface]) + warmer_k
        share = EMISSIVITY[surface]
        return share * black_body(celsius) + (1.0 - share) * black_body(self.sky_c)


def black_body(celsius: float) -> float:
    """Radiance of a black body in BAND_UM, W/m2/sr."""
    kelvin = celsius + KELVIN
    low, high = (_share_below(edge_um * kelvin) for edge_um in BAND_UM)
    return (high - low) * SIGMA * kelvin**4 / math.pi


def _share_below(um_k: float) -> float:
    """Share of a black body's radiance below a wavelength times a temperature."""
    x = C2_UM_K / um_k
    series = (math.exp(-n * x) / n * (x**3 + 3 * x**2 / n + 6 * x / n**2 + 6 / n**3) for n in range(1, TERMS + 1))
    return 15.0 / math.pi**4 * sum(series)


NIGHT = Heat(
    surfaces={
        "street": 9.0, "pavement": 8.0, "grass": 4.0, "wall": 9.0, "window": 12.0, "roof": 1.0, "trunk": 7.0,
        "leaves": 6.0, "skin": 29.0, "hair": 20.0, "clothes": 15.0, "car": 2.0, "bonnet": 1.0, "chassis": 6.0,
        "wheel": 5.0, "glass": 4.0,
    },
    driven={"bonnet": 26.0, "wheel": 20.0, "chassis": 18.0, "car": 6.0, "glass": 8.0},
    sky_c=-30.0,
    range_c=(-10.0, 24.0),
)  # fmt: skip
"""A clear, calm evening at 6 C, some hours after sunset: streets keep the day's heat, roofs and parked cars are colder
than the air. The values are assumed, not measured."""
HOT_DAY = Heat(
    surfaces={
        "street": 50.0, "pavement": 46.0, "grass": 36.0, "wall": 40.0, "window": 36.0, "roof": 54.0, "trunk": 33.0,
        "leaves": 31.0, "skin": 35.0, "hair": 40.0, "clothes": 37.0, "car": 52.0, "bonnet": 54.0, "chassis": 44.0,
        "wheel": 46.0, "glass": 42.0,
    },
    driven={"bonnet": 64.0, "wheel": 58.0, "chassis": 60.0},
    sky_c=0.0,
    range_c=(15.0, 65.0),
    shade_k=8.0,
)  # fmt: skip
"""A summer afternoon at 33 C: streets in the sun are warmer than people. The values are assumed, not measured."""
