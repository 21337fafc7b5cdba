"""A street that is small enough to know by heart, and what is found of it."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from shapely.geometry import LineString, box

from blindspot.coverage.ground.blind_ground import split_ground
from blindspot.coverage.ground.site_survey import Survey
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.sight.fixed import FixedCoverage
from blindspot.site.ground.grid import Grid, HeightField
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.model import Building, FixedCamera, Road

GRID = Grid(100.0, -50.0, 0.5, 12, 16)
CAMERA = FixedCamera(
    id="<west>", east_m=100.2, north_m=-47.0, height_m=5.0, kind="fixed", heading_deg=90.0, tilt_deg=-10.0,
    hfov_deg=60.0, vfov_deg=40.0, width_px=1920, height_px=1080, range_m=30.0,
)  # fmt: skip
PROVENANCE = Provenance("surveyed & drawn by hand", {"site.yaml": 64 * "a", "roads.geojson": 64 * "b"})


@pytest.fixture
def provenance():
    return PROVENANCE


@pytest.fixture
def found() -> Survey:
    """12 x 16 cells of public ground (6 m by 8 m) with a building over columns 6 and 7; a camera sees columns 0..2 at
    40 px/m (9 m2) and columns 3..5 at 20 px/m (9 m2: blind, too few pixels); the rest is out of range (24 m2)."""
    top = np.zeros(GRID.shape, np.float32)
    top[:, 6:8] = 9.0
    density = np.zeros(GRID.shape, np.float32)
    density[:, 0:3], density[:, 3:6] = 40.0, 20.0
    causes = np.where(density > 0, 3, 0).astype(np.uint8)
    fixed = FixedCoverage(density, (density > 0).astype(np.uint8), {"<west>": 18.0}, {"turning": "turns"})
    perimeter = box(*GRID.bounds_m)
    field = HeightField(GRID, np.zeros_like(top), top)
    spots = split_ground(np.ones(GRID.shape, bool), field, fixed, perimeter, 25.0)
    site = SimpleNamespace(
        name="Crossing <1>",
        folder=Path("nowhere"),
        frame=LocalFrame(47.21, -1.55, 10.0, 48.0),
        area_of_interest=perimeter,
        buildings=(Building("house", box(103, -50, 104, -44), 0.0, 9.0, False),),
        trees=(),
        roads=(Road("way 1", LineString([(90, -47), (120, -47)]), 4.0, "street", False, 0, "rue </script> Haute"),),
        cameras=(CAMERA,),
        zones=(),
        zones_of=lambda kind: (),
        attribution=PROVENANCE.attribution,
    )
    return Survey(site, fixed, spots, causes)
