"""A town as the program knows it: frozen, in metres ENU about the site's origin, heights above the site's datum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import shapely
from shapely.geometry import LineString, Polygon

from blindspot.site.frame import LocalFrame
from blindspot.site.ground.terrain import FLAT, Terrain

CameraKind = Literal["fixed", "dome", "panning"]
ZoneKind = Literal["no_fly", "private", "public"]
Action = Literal["assumed", "repaired", "left out"]
SIDES = 16
"""Of a crown's outline."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the user's files that was not taken as it stood: where, what, and what was done about it."""

    file: str
    feature: str
    problem: str
    action: Action
    detail: str


@dataclass(frozen=True, slots=True)
class Building:
    """A block with a roof.

    `ground_m` is the lowest ground at its walls, above the datum. `height_m` is the eaves above it: what hides the
    street. `ridge_m` is the highest point of the roof above it: what a drone must stay clear of (0 if unknown).
    `min_height_m` is the underside above it: 0 but for an overhang or a bridge. `assumed` marks a height that no file
    gave. `foot_m` is `ground_m` as the building's own file tells it, None if it does not.
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
        """The eaves above the datum."""
        return self.ground_m + self.height_m

    @property
    def highest_m(self) -> float:
        """The highest point above the datum."""
        return self.ground_m + max(self.height_m, self.ridge_m)


@dataclass(frozen=True, slots=True)
class Tree:
    """A crown, opaque from `base_m` to `height_m` above its ground; the trunk hides nothing. `assumed` marks a width
    that no file gave."""

    id: str
    east_m: float
    north_m: float
    radius_m: float
    ground_m: float
    base_m: float
    height_m: float
    assumed: bool = False

    @property
    def as_block(self) -> Building:
        """The crown as a block that hangs: sixteen sides around its circle."""
        circumscribed_m = self.radius_m / math.cos(math.pi / SIDES)
        crown = shapely.buffer(shapely.Point(self.east_m, self.north_m), circumscribed_m, quad_segs=SIDES // 4)
        return Building(self.id, crown, self.ground_m, self.height_m, False, min_height_m=self.base_m)


@dataclass(frozen=True, slots=True)
class Road:
    """`level` is 0 on the ground, positive on a bridge, negative in a tunnel; `width_m` is the carriageway's."""

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
    """One stop of a panning camera's tour; it stays `dwell_s` there."""

    heading_deg: float
    tilt_deg: float
    hfov_deg: float
    dwell_s: float


@dataclass(frozen=True, slots=True)
class FixedCamera:
    """A CCTV mast; `height_m` above the ground, `tilt_deg` negative below the horizon, angles of the whole picture.

    A dome is one picture of `hfov_deg` degrees around (a cylinder, usually 360) that reaches from the horizon to the
    foot of its mast; the others are pin-holes. `heading_deg` None: nobody knows where it looks. `presets` is the tour
    of a panning camera, empty if nobody tells it. `assumptions` names each value that no file gave: "heading", "tilt",
    "hfov", "height", "resolution", "range".
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
        """Whether its field may count as seen: a panning camera turns away, and one without heading that does not see
        all round looks anywhere."""
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
    """Something that stands already and can bear a camera, `height_m` above the ground."""

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
    """Open ground on which a drone may come down in need."""

    name: str
    polygon: Polygon


@dataclass(frozen=True, slots=True)
class Zone:
    """`floor_m` and `ceiling_m` above the datum: all heights unless the file tells others."""

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
    """As of when its dated obstacles stand; None: all of them do."""

    @property
    def solids(self) -> tuple[Building, ...]:
        """All that hides and that a drone must stay clear of: the buildings, and the crowns as blocks that hang."""
        return (*self.buildings, *(tree.as_block for tree in self.trees))

    def pad(self, name: str) -> Pad:
        """The pad of that name; KeyError if the site has none."""
        for pad in self.pads:
            if pad.name == name:
                return pad
        raise KeyError(name)

    def zones_of(self, kind: ZoneKind) -> tuple[Zone, ...]:
        return tuple(zone for zone in self.zones if zone.kind == kind)
