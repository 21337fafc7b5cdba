"""The model of a town: frozen data in metres ENU about the site's origin, with heights above the site's datum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import shapely
from shapely.geometry import LineString, Polygon

from blindspot.site.ground.terrain import FLAT, Terrain
from blindspot.site.town.assumptions import STOREY_M
from blindspot.site.town.frame import LocalFrame

CameraKind = Literal["fixed", "dome", "panning"]
ZoneKind = Literal["no_fly", "private", "public"]
Action = Literal["assumed", "repaired", "left out"]
SIDES = 16
"""Number of sides of a crown's outline."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A change to the data in the user's files: the place, the problem, and the action taken."""

    file: str
    feature: str
    problem: str
    action: Action
    detail: str


@dataclass(frozen=True, slots=True)
class Building:
    """A block with a roof.

    `ground_m` is the lowest ground at its walls, m above the datum. The other heights are above `ground_m`.
    `height_m` is the eaves, which hide the street. `ridge_m` is the highest point of the roof, from which a drone keeps
    its distance (0 if unknown). `min_height_m` is the underside: above 0 for an overhang or a bridge. `assumed` marks
    an assumed height. `foot_m` is `ground_m` according to the building's own file, m above the datum; None if it is
    missing there.
    """

    id: str
    footprint: Polygon
    ground_m: float
    height_m: float
    assumed: bool
    ridge_m: float = 0.0
    min_height_m: float = 0.0
    foot_m: float | None = None

    @property
    def top_m(self) -> float:
        """Height of the eaves above the datum, m."""
        return self.ground_m + self.height_m

    @property
    def highest_m(self) -> float:
        """Height of the highest point above the datum, m. An assumed height counts a storey more."""
        return self.ground_m + max(self.height_m, self.ridge_m) + (STOREY_M if self.assumed else 0.0)


@dataclass(frozen=True, slots=True)
class Tree:
    """A crown that is opaque from `base_m` to `height_m` above its ground. The trunk counts as transparent. `assumed`
    marks an assumed width. `sight_radius_m` is the radius of the part that hides ground; None: the whole crown.
    `tallest_m` is the height from which a drone keeps its distance (0: `height_m`)."""

    id: str
    east_m: float
    north_m: float
    radius_m: float
    ground_m: float
    base_m: float
    height_m: float
    assumed: bool = False
    sight_radius_m: float | None = None
    tallest_m: float = 0.0

    @property
    def as_block(self) -> Building:
        """The crown as a hanging block with sixteen sides around its circle."""
        return self._block(self.radius_m)

    @property
    def hiding_block(self) -> Building | None:
        """The part of the crown that hides ground; None for a crown without such a part."""
        radius_m = self.radius_m if self.sight_radius_m is None else self.sight_radius_m
        return self._block(radius_m) if radius_m > 0 else None

    def _block(self, radius_m: float) -> Building:
        circumscribed_m = radius_m / math.cos(math.pi / SIDES)
        crown = shapely.buffer(shapely.Point(self.east_m, self.north_m), circumscribed_m, quad_segs=SIDES // 4)
        return Building(
            self.id, crown, self.ground_m, self.height_m, False, ridge_m=self.tallest_m, min_height_m=self.base_m
        )


@dataclass(frozen=True, slots=True)
class Road:
    """The axis of a road. `level` is 0 on the ground, positive on a bridge, negative in a tunnel. `width_m` is the
    width of the carriageway."""

    id: str
    axis: LineString
    width_m: float
    nature: str
    private: bool
    level: int
    name: str = ""

    @property
    def is_public(self) -> bool:
        return not self.private and self.level >= 0


@dataclass(frozen=True, slots=True)
class Preset:
    """One stop of a panning camera's tour. The camera stays there for `dwell_s`."""

    heading_deg: float
    tilt_deg: float
    hfov_deg: float
    dwell_s: float


@dataclass(frozen=True, slots=True)
class FixedCamera:
    """A CCTV camera on its mast.

    `height_m` is above the ground. `tilt_deg` is negative below the horizon. `hfov_deg` and `vfov_deg` are the angles
    of the whole picture. A dome has one picture of `hfov_deg` degrees around (a cylinder, usually 360) from the horizon
    to the foot of its mast. All other cameras are pin-hole cameras. `heading_deg` is None if the direction is unknown.
    `presets` is the tour of a panning camera, empty if the tour is unknown. `assumptions` names each assumed value:
    "heading", "tilt", "hfov", "height", "resolution", "range".
    """

    id: str
    east_m: float
    north_m: float
    height_m: float
    kind: CameraKind
    heading_deg: float | None
    tilt_deg: float
    hfov_deg: float
    vfov_deg: float
    width_px: int
    height_px: int
    range_m: float
    assumptions: tuple[str, ...] = ()
    presets: tuple[Preset, ...] = ()

    @property
    def always_sees(self) -> bool:
        """Whether its field of view may count as seen.

        False for a panning camera, because it turns away. False for a camera of unknown heading, unless it sees all
        round.
        """
        all_round = self.kind == "dome" and self.hfov_deg >= 360
        return self.kind != "panning" and (self.heading_deg is not None or all_round)

    @property
    def f_px(self) -> float:
        """Pixels per radian at the picture's centre; pixel density is f_px / depth."""
        if self.kind == "dome":
            return self.width_px / math.radians(self.hfov_deg)
        return self.width_px / 2 / math.tan(math.radians(self.hfov_deg) / 2)


@dataclass(frozen=True, slots=True)
class Pole:
    """An existing pole that can carry a camera at `height_m` above the ground."""

    name: str
    east_m: float
    north_m: float
    height_m: float


@dataclass(frozen=True, slots=True)
class Pad:
    name: str
    east_m: float
    north_m: float
    up_m: float


@dataclass(frozen=True, slots=True)
class EmergencyArea:
    """Open ground on which a drone may land in an emergency."""

    name: str
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone from `floor_m` to `ceiling_m` above the datum. By default it covers all heights."""

    name: str
    kind: ZoneKind
    polygon: Polygon
    floor_m: float = -math.inf
    ceiling_m: float = math.inf


@dataclass(frozen=True, slots=True)
class Site:
    name: str
    folder: Path
    frame: LocalFrame
    area_of_interest: Polygon
    buildings: tuple[Building, ...]
    roads: tuple[Road, ...]
    cameras: tuple[FixedCamera, ...]
    pads: tuple[Pad, ...]
    emergency_areas: tuple[EmergencyArea, ...]
    zones: tuple[Zone, ...]
    findings: tuple[Finding, ...]
    attribution: str
    terrain: Terrain = FLAT
    trees: tuple[Tree, ...] = ()
    poles: tuple[Pole, ...] = ()
    moment: datetime | None = None
    """The moment for which dated obstacles are selected; None: all of them stand."""

    @property
    def solids(self) -> tuple[Building, ...]:
        """All objects that a drone must avoid: buildings, and crowns as hanging blocks."""
        return (*self.buildings, *(tree.as_block for tree in self.trees))

    @property
    def opaque(self) -> tuple[Building, ...]:
        """All objects that hide ground: buildings, and the hiding parts of crowns."""
        return (*self.buildings, *(block for tree in self.trees if (block := tree.hiding_block)))

    def pad(self, name: str) -> Pad:
        """The pad of that name. Raises KeyError for an unknown name."""
        for pad in self.pads:
            if pad.name == name:
                return pad
        raise KeyError(name)

    def zones_of(self, kind: ZoneKind) -> tuple[Zone, ...]:
        return tuple(zone for zone in self.zones if zone.kind == kind)
