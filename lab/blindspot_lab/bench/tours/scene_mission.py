"""A reference scene as a mission: its blocks are buildings, its cameras have their field of view, all open ground is
public, and one drone has an unlimited battery."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import rasterio.features
import shapely
from shapely.geometry import box, shape

from blindspot.core.config_file import read_yaml
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import Limits, Mission, MissionFile
from blindspot.mission.plan import DensityBand
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import feature_collection
from blindspot.site.town.model import Building, Pad, Site, Zone
from blindspot_lab.bench.tools.scenes import Scene

DRONE = Path("config") / "drones" / "reference.yaml"
FRAME = LocalFrame(47.2, -1.55, 0.0, 48.0)
CLEAR_M = 10.0
"""Distance of the pad from every wall. The pad is the most central such ground."""
ENOUGH_WH = 2000.0


@dataclass(frozen=True, slots=True)
class SceneMission:
    mission: Mission
    site: Site


def scene_mission(name: str, scene: Scene, folder: Path) -> SceneMission:
    """The mission of a scene. Its perimeter is written into `folder`. Run from the repository's root."""
    area = box(*scene.field.grid.bounds_m)
    perimeter = folder / f"{name}.geojson"
    perimeter.write_text(json.dumps(feature_collection([(area, {})], FRAME, {})))
    model = read_yaml(DRONE, DroneModel)
    model = model.model_copy(update={"energy": model.energy.model_copy(update={"capacity_wh": ENOUGH_WH})})
    file = MissionFile(
        schema="blindspot.mission/1", name=name, kind="sweep", site=".", authorisation="none", perimeter=perimeter.name,
        start=datetime(2026, 11, 6, 20, tzinfo=UTC), fleet=({"name": "drone1", "model": "reference", "pad": "pad"},),
        band=DensityBand(min_px_per_m=25.0, max_px_per_m=60.0),
        limits=Limits(min_up_m=60.0, max_up_m=120.0, over_roofs=True),
    )  # fmt: skip
    mission = Mission(folder / f"{name}.yaml", file, folder, folder / "none", perimeter, {"reference": model})
    site = Site(
        name, folder, FRAME, area, _blocks(scene), (), tuple(replace(c, kind="fixed") for c in scene.sectors),
        (_pad(scene),), (), (Zone("all of it", "public", area),), (), "",
    )  # fmt: skip
    return SceneMission(mission, site)


def _blocks(scene: Scene) -> tuple[Building, ...]:
    """One building for each patch of equal height."""
    grid, top_m = scene.field.grid, scene.field.top_m
    east_m, north_m, _, _ = grid.bounds_m
    to_metres = rasterio.Affine(grid.cell_m, 0.0, east_m, 0.0, grid.cell_m, north_m)
    patches = rasterio.features.shapes(top_m, mask=scene.field.is_building, transform=to_metres)
    return tuple(
        Building(str(k), shape(outline), 0.0, float(height_m), False) for k, (outline, height_m) in enumerate(patches)
    )


def _pad(scene: Scene) -> Pad:
    grid = scene.field.grid
    away_m = cv2.distanceTransform((~scene.field.is_building).astype(np.uint8), cv2.DIST_L2, 5) * grid.cell_m
    clear = grid.centres(np.flatnonzero(away_m >= CLEAR_M))
    middle = shapely.centroid(box(*grid.bounds_m))
    east_m, north_m = clear[np.argmin(np.hypot(clear[:, 0] - middle.x, clear[:, 1] - middle.y))]
    return Pad("pad", float(east_m), float(north_m), 0.0)
