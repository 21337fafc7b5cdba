"""Fixed cameras from GeoJSON points with OpenStreetMap's surveillance tags; what no tag says is assumed and told."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from shapely.geometry import Point

from blindspot.site import assumptions
from blindspot.site.frame import LocalFrame
from blindspot.site.geojson import Feature, Properties, number, read_features
from blindspot.site.model import Action, CameraKind, Finding, FixedCamera

COMPASS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
KINDS: dict[str, CameraKind] = {"fixed": "fixed", "dome": "dome", "panorama": "dome", "panning": "panning"}
WIDEST_PINHOLE_DEG = 160.0


def read_cameras(path: Path, frame: LocalFrame) -> tuple[tuple[FixedCamera, ...], tuple[Finding, ...]]:
    """The cameras of a file that may watch public ground, in file order, and everything assumed about them."""
    cameras: list[FixedCamera] = []
    findings: list[Finding] = []
    for feature in read_features(path, frame, "ref"):
        reader = _Reader(path.name, feature)
        why_not = reader.why_not()
        if why_not:
            reader.tell(why_not, "left out", "")
        else:
            cameras.append(reader.camera())
        findings.extend(reader.findings)
    return tuple(cameras), tuple(findings)


@dataclass(slots=True)
class _Reader:
    """Reads one feature and notes what it had to assume."""

    file: str
    feature: Feature
    findings: list[Finding] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    @property
    def tags(self) -> Properties:
        return self.feature.properties

    def tell(self, problem: str, action: Action, detail: str) -> None:
        self.findings.append(Finding(self.file, self.feature.name, problem, action, detail))

    def why_not(self) -> str:
        """Why this feature is no fixed camera of the town, "" if it is one."""
        tags = self.tags
        if not isinstance(self.feature.geometry, Point) or self.feature.geometry.is_empty:
            return f"is a {self.feature.geometry.geom_type}, not a point"
        if tags.get("man_made") != "surveillance":
            return f"has man_made {tags.get('man_made')!r}"
        if tags.get("surveillance:type", "camera") != "camera":
            return f"has surveillance:type {tags['surveillance:type']!r}"
        if tags.get("surveillance") == "indoor":
            return "watches indoors"
        if tags.get("camera:type", "fixed") not in KINDS:
            return f"has camera:type {tags['camera:type']!r}"
        return ""

    def camera(self) -> FixedCamera:
        if "camera:type" not in self.tags:
            self._assume("kind", "has no camera:type", "fixed")
        if "camera:angle" in self.tags:
            self.tell("has camera:angle: tilt to some, width of view to others", "left out", "the tag is not used")
        kind = KINDS[self.tags.get("camera:type", "fixed")]
        heading_deg, sector_deg = self._direction(kind)
        hfov_deg = self._hfov_deg(kind, sector_deg)
        width_px, height_px = self._resolution()
        half_height = math.tan(math.radians(hfov_deg) / 2) * height_px / width_px if kind != "dome" else 0.0
        point = self.feature.geometry
        return FixedCamera(
            id=self.feature.name,
            east_m=float(point.x),
            north_m=float(point.y),
            height_m=self._height_m(),
            kind=kind,
            heading_deg=heading_deg,
            tilt_deg=self._tilt_deg(kind),
            hfov_deg=hfov_deg,
            vfov_deg=assumptions.DOME_VFOV_DEG if kind == "dome" else math.degrees(2 * math.atan(half_height)),
            width_px=width_px,
            height_px=height_px,
            range_m=self._range_m(),
            assumptions=tuple(self.assumed),
        )

    def _assume(self, what: str, problem: str, detail: str) -> None:
        self.assumed.append(what)
        self.tell(problem, "assumed", detail)

    def _direction(self, kind: CameraKind) -> tuple[float | None, float | None]:
        """(heading, width of a stated sector), deg; either None where the tags do not tell."""
        text = self.tags.get("camera:direction")
        heading_deg, sector_deg = parse_direction(text)
        if heading_deg is None and text is not None:
            self.tell(f"has camera:direction {text!r}", "left out", "the tag can't be read")
        if kind == "fixed" and heading_deg is None:
            self._assume("heading", "is fixed and has no direction", "sees nothing that counts")
        if kind == "panning":
            self._assume("panning", "turns", "sees nothing that counts: no place is always in its picture")
        return heading_deg, sector_deg

    def _hfov_deg(self, kind: CameraKind, sector_deg: float | None) -> float:
        stated_deg = number(self.tags, "hfov_deg") or sector_deg
        widest_deg = 360.0 if kind == "dome" else WIDEST_PINHOLE_DEG
        if stated_deg is not None and 0 < stated_deg <= widest_deg:
            return stated_deg
        assumed_deg = 360.0 if kind == "dome" else assumptions.CAMERA_HFOV_DEG
        found = "no field of view" if stated_deg is None else f"a field of view of {stated_deg:g} deg"
        self._assume("hfov", f"has {found}", f"{assumed_deg:g} deg, as a {kind} camera")
        return assumed_deg

    def _tilt_deg(self, kind: CameraKind) -> float:
        if kind == "dome":
            return assumptions.DOME_TILT_DEG
        tilt_deg = number(self.tags, "camera:tilt")
        if tilt_deg is not None and -90 <= tilt_deg <= 90:
            return tilt_deg
        self._assume("tilt", "has no tilt", f"{assumptions.CAMERA_TILT_DEG:g} deg")
        return assumptions.CAMERA_TILT_DEG

    def _height_m(self) -> float:
        text = str(self.tags.get("height", "")).removesuffix("m").strip()
        height_m = number({"height": text}, "height")
        if height_m is not None and 1 <= height_m <= 100:
            return height_m
        self._assume("height", "has no height", f"{assumptions.CAMERA_HEIGHT_M:g} m")
        return assumptions.CAMERA_HEIGHT_M

    def _range_m(self) -> float:
        range_m = number(self.tags, "range_m")
        if range_m is not None and 0 < range_m <= 1000:
            return range_m
        self._assume("range", "has no range", f"{assumptions.CAMERA_RANGE_M:g} m")
        return assumptions.CAMERA_RANGE_M

    def _resolution(self) -> tuple[int, int]:
        match = re.fullmatch(r"(\d{2,5})\s*[xX]\s*(\d{2,5})", str(self.tags.get("resolution", "")).strip())
        if match:
            return int(match[1]), int(match[2])
        width_px, height_px = assumptions.CAMERA_RESOLUTION_PX
        self._assume("resolution", "has no resolution", f"{width_px}x{height_px}")
        return width_px, height_px


def parse_direction(text: object) -> tuple[float | None, float | None]:
    """(heading_deg, sector_deg) of `camera:direction`: degrees, a compass word, or a clockwise range `90-270`."""
    words = [_bearing_deg(word) for word in str(text).strip().upper().split("-")] if text is not None else []
    if len(words) == 1:
        return words[0], None
    if len(words) == 2 and words[0] is not None and words[1] is not None:
        sector_deg = (words[1] - words[0]) % 360
        if sector_deg > 0:
            return (words[0] + sector_deg / 2) % 360, sector_deg
    return None, None


def _bearing_deg(word: str) -> float | None:
    if word in COMPASS:
        return COMPASS.index(word) * 360 / len(COMPASS)
    value = number({"": word}, "")
    return value % 360 if value is not None and 0 <= value <= 360 else None
