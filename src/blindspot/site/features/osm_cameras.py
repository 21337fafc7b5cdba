"""Reads fixed cameras from GeoJSON points with OpenStreetMap's surveillance tags. Missing values are assumed, with a
finding each."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError
from shapely.geometry import Point

from blindspot.core import Section, config_file, plainly
from blindspot.site.town import assumptions, lens
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import Feature, Properties, number, read_features
from blindspot.site.town.model import Action, CameraKind, Finding, FixedCamera, Preset

COMPASS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
KINDS: dict[str, CameraKind] = {"fixed": "fixed", "dome": "dome", "panorama": "dome", "panning": "panning"}
WIDEST_PINHOLE_DEG = 160.0
FEWEST_PX = 16
LIMITS = {"height": (1.0, 100.0), "camera:tilt": (-90.0, 90.0), "range_m": (1.0, 1000.0), "hfov_deg": (0.1, 360.0)}
"""Possible values of a camera, metres and degrees."""
READ = (
    "camera:type", "camera:direction", "direction", "camera:tilt", "camera:angle", "height", "hfov_deg", "focal_mm",
    "sensor_mm", "sensor", "resolution", "range_m", "presets", "ref", "man_made", "surveillance", "surveillance:type",
)  # fmt: skip
"""All tags that are read."""
READABLE = "the tag can't be read: right are degrees, a compass word (NNE, north-east) and a range (90-270)"
DIRECTIONS = ("camera:direction", "direction")
"""The first readable tag counts. The second one is common in older entries."""
NEIGHBOURS = ("surveillance:zone", "camera:mount")
"""OpenStreetMap's own tags that are ignored here, although their names are similar to tags of `READ`."""
MISTYPED = 0.8
"""Minimum similarity (0..1) of a tag and its mistyped form, chosen by a few examples."""
SPOKEN = {"hfov": "field of view"}
DISAGREE = 1.1
"""Fields of view that differ by more than a tenth contradict each other."""


class Stop(Section):
    """One preset in a file."""

    heading_deg: float = Field(ge=0, le=360)
    tilt_deg: float = Field(ge=-90, le=90)
    hfov_deg: float = Field(gt=0, le=WIDEST_PINHOLE_DEG)
    dwell_s: float = Field(gt=0, le=86_400)


TOUR = TypeAdapter(Annotated[list[Stop], Field(min_length=1)])


def read_cameras(path: Path, frame: LocalFrame) -> tuple[tuple[FixedCamera, ...], tuple[Finding, ...]]:
    """Read the cameras of a file that may watch public ground, in file order, and everything assumed about them."""
    cameras: list[FixedCamera] = []
    findings: list[Finding] = []
    taken: set[str] = set()
    for feature in read_features(path, frame, "ref"):
        reader = _Reader(path.name, feature)
        why_not = reader.why_not()
        if why_not:
            reader.report(why_not, "left out", "")
        else:
            reader.take_own_name(taken)
            cameras.append(reader.camera())
        findings.extend(reader.findings)
    return tuple(cameras), tuple(findings)


@dataclass(slots=True)
class _Reader:
    """Reads one feature and notes its assumptions as findings."""

    file: str
    feature: Feature
    findings: list[Finding] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    pixels: float = 1.0
    """Share of the resolution that counts, below 1 for a field of view that contradicts itself."""

    @property
    def tags(self) -> Properties:
        return self.feature.properties

    def report(self, problem: str, action: Action, detail: str) -> None:
        self.findings.append(Finding(self.file, self.feature.name, problem, action, detail))

    def take_own_name(self, taken: set[str]) -> None:
        """Number a camera whose name is `taken`: its coverage is counted by its name."""
        names = (f"{self.feature.name} ({number})" for number in count(2))
        name = self.feature.name if self.feature.name not in taken else next(n for n in names if n not in taken)
        taken.add(name)
        if name != self.feature.name:
            self.feature = replace(self.feature, name=name)
            self.report("has the ref of another camera", "repaired", "named so here")

    def why_not(self) -> str:
        """The reason for which this feature is excluded as a fixed camera of the town; "" if it is one."""
        tags = self.tags
        if not isinstance(self.feature.geometry, Point) or self.feature.geometry.is_empty:
            return f"is a {self.feature.geometry.geom_type}, not a point"
        if tags.get("man_made") != "surveillance":
            return f"has man_made {tags.get('man_made')!r}"
        if tags.get("surveillance:type", "camera") != "camera":
            return f"has surveillance:type {tags['surveillance:type']!r}"
        if tags.get("surveillance") == "indoor":
            return "watches indoors"
        if str(tags.get("camera:type", "fixed")) not in KINDS:
            return f"has camera:type {tags['camera:type']!r:.40}"
        return ""

    def camera(self) -> FixedCamera:
        for tag in self.tags:
            if (meant := _meant(tag)) and meant not in self.tags:
                self.report(f"has {tag}, which is not read", "left out", f"is {meant} meant?")
        heading_deg, sector_deg = self._direction()
        width_px, height_px = self._resolution()
        stated_deg = self._stated_hfov_deg(sector_deg, width_px, height_px)
        kind = self._kind(stated_deg)
        presets = self._presets(kind)
        if presets:
            closest = min(presets, key=lambda preset: preset.hfov_deg)
            hfov_deg, tilt_deg = closest.hfov_deg, closest.tilt_deg
        else:
            hfov_deg, tilt_deg = self._hfov_deg(kind, stated_deg), self._tilt_deg(kind)
        self._read_aim(kind, heading_deg, hfov_deg, presets)
        point = self.feature.geometry
        return FixedCamera(
            id=self.feature.name,
            east_m=float(point.x),
            north_m=float(point.y),
            height_m=self._number("height", "height", assumptions.CAMERA_HEIGHT_M, "m"),
            kind=kind,
            heading_deg=heading_deg,
            tilt_deg=tilt_deg,
            hfov_deg=hfov_deg,
            vfov_deg=assumptions.DOME_VFOV_DEG if kind == "dome" else lens.vfov_deg(hfov_deg, width_px, height_px),
            width_px=max(1, int(self.pixels * width_px)),
            height_px=max(1, int(self.pixels * height_px)),
            range_m=self._number("range_m", "range", assumptions.CAMERA_RANGE_M, "m"),
            assumptions=tuple(dict.fromkeys(self.assumed)),
            presets=presets,
        )

    def _assume(self, what: str, problem: str, detail: str) -> None:
        self.assumed.append(what)
        self.report(problem, "assumed", detail)

    def _assume_for(self, tag: str, what: str, assumed: str) -> None:
        """Assume a value whose tag is missing or unusable."""
        given = self.tags.get(tag)
        if given in (None, ""):
            self._assume(what, f"has no {SPOKEN.get(what, what)}", assumed)
        else:
            problem = f"has a {SPOKEN.get(what, what)} that can't be used"
            self._assume(what, problem, f"{assumed}, as {tag} is {given!r:.40}")

    def _number(self, tag: str, what: str, assumed: float, unit: str) -> float:
        value = number({tag: str(self.tags.get(tag, "")).removesuffix("m")}, tag)
        if value is not None and is_usable(tag, value):
            return value
        self._assume_for(tag, what, f"{assumed:g} {unit}")
        return assumed

    def _kind(self, stated_deg: float | None) -> CameraKind:
        if "camera:type" not in self.tags:
            self._assume("kind", "has no camera:type", "fixed")
        kind = KINDS[str(self.tags.get("camera:type", "fixed"))]
        if kind == "dome" and stated_deg is not None and stated_deg <= WIDEST_PINHOLE_DEG:
            self.report("is a dome that does not see all round", "assumed", "a fixed camera in a dome's housing")
            return "fixed"
        return kind

    def _direction(self) -> tuple[float | None, float | None]:
        """(heading, width of a stated sector), deg. Each is None if the tags lack it."""
        read = {}
        for tag in DIRECTIONS:
            text = self.tags.get(tag)
            heading_deg, sector_deg = parse_direction(text)
            if heading_deg is not None:
                read[tag] = heading_deg, sector_deg
            elif text is not None:
                self.report(f"has {tag} {text!r:.40}", "left out", READABLE)
        first, *others = read or ("",)
        if others and read[first] != read[others[0]]:
            detail = f"camera:direction counts, {read[first][0]:g} deg"
            self.report(f"has another direction, {read[others[0]][0]:g} deg", "left out", detail)
        return read.get(first, (None, None))

    def _read_aim(
        self, kind: CameraKind, heading_deg: float | None, hfov_deg: float, presets: tuple[Preset, ...]
    ) -> None:
        if kind == "panning" and presets:
            detail = f"never counts as a fixed view; blind for {assumptions.PANNING_MOVE_S:g} s at each move"
            self._assume("panning", "turns through presets and gives no time between them", detail)
        elif kind == "panning":
            self._assume("panning", "turns", "excluded from the coverage: no place is always in its picture")
        elif heading_deg is None and not (kind == "dome" and hfov_deg >= 360):
            self._assume("heading", f"is {kind} and has no direction", "excluded from the coverage")

    def _stated_hfov_deg(self, sector_deg: float | None, width_px: int, height_px: int) -> float | None:
        """The field of view from any of the tags.

        If the tags disagree, the narrowest picture counts with the pixels per metre of the widest, with a finding. The
        widest picture would see ground that may lie beside the real one.
        """
        if "camera:angle" in self.tags:
            self.report(
                "has camera:angle, which means the tilt or the field of view", "left out", "the tag is not used"
            )
        ways = {
            "hfov_deg": number(self.tags, "hfov_deg"),
            "lens": self._lens_hfov_deg(width_px, height_px),
            "sector of camera:direction": sector_deg,
        }
        given = {way: deg for way, deg in ways.items() if deg is not None and 0 < deg <= 360}
        if given and max(given.values()) > DISAGREE * min(given.values()):
            found = ", ".join(f"{deg:.0f} deg ({way})" for way, deg in given.items())
            narrowest, widest = min(given.values()), max(given.values())
            detail = f"{narrowest:.0f} deg, with the pixels per metre of {widest:.0f} deg"
            self._assume("hfov", f"contradicts itself: sees {found}", detail)
            self.pixels = _share_of_pixels(narrowest, widest)
            return narrowest
        return next(iter(given.values()), ways["hfov_deg"])

    def _lens_hfov_deg(self, width_px: int, height_px: int) -> float | None:
        """The field of view from `focal_mm` and `sensor_mm` (width) or `sensor` (optical format)."""
        focal_mm, sensor_mm = number(self.tags, "focal_mm"), number(self.tags, "sensor_mm")
        if sensor_mm is None and "sensor" in self.tags:
            sensor_mm = lens.sensor_width_mm(self.tags["sensor"], width_px, height_px)
            if sensor_mm is None:
                self.report(f"has sensor {self.tags['sensor']!r}", "left out", 'an optical format reads as 1/2.8"')
            else:
                self.report(f"has a sensor of {self.tags['sensor']}", "assumed", f"{sensor_mm:.2f} mm wide")
        if focal_mm is None and sensor_mm is None:
            return None
        if focal_mm is None or sensor_mm is None or not (0.5 <= focal_mm <= 500 and 0.5 <= sensor_mm <= 50):
            self.report("has an incomplete lens", "left out", 'give focal_mm with sensor_mm (width) or sensor (1/2.8")')
            return None
        return lens.hfov_deg(focal_mm, sensor_mm)

    def _hfov_deg(self, kind: CameraKind, stated_deg: float | None) -> float:
        widest_deg = 360.0 if kind == "dome" else WIDEST_PINHOLE_DEG
        if stated_deg is not None and 0 < stated_deg <= widest_deg:
            return stated_deg
        assumed_deg = 360.0 if kind == "dome" else assumptions.CAMERA_HFOV_DEG
        if stated_deg is None:
            self._assume_for("hfov_deg", "hfov", f"{assumed_deg:g} deg, {kind}")
        else:
            problem = f"has a field of view of {stated_deg:g} deg"
            self._assume("hfov", problem, f"{assumed_deg:g} deg, {kind}")
        return assumed_deg

    def _presets(self, kind: CameraKind) -> tuple[Preset, ...]:
        """The tour of a panning camera; empty unless the whole tour is readable."""
        given = self.tags.get("presets")
        if given is None:
            return ()
        if kind != "panning":
            self.report("has presets and does not turn", "left out", "only camera:type=panning has a tour")
            return ()
        try:
            stops = TOUR.validate_json(given) if isinstance(given, str) else TOUR.validate_python(given)
        except ValidationError as error:
            where = config_file.field_of(("presets", *error.errors()[0]["loc"]))
            self.report(f"has presets that can't be read: {where}: {plainly(error)}", "left out", "the whole tour")
            return ()
        return tuple(Preset(stop.heading_deg % 360, stop.tilt_deg, stop.hfov_deg, stop.dwell_s) for stop in stops)

    def _tilt_deg(self, kind: CameraKind) -> float:
        if kind == "dome":
            return assumptions.DOME_TILT_DEG
        return self._number("camera:tilt", "tilt", assumptions.CAMERA_TILT_DEG, "deg")

    def _resolution(self) -> tuple[int, int]:
        match = re.fullmatch(r"(\d{2,5})\s*[xX]\s*(\d{2,5})", str(self.tags.get("resolution", "")).strip())
        if match and min(int(match[1]), int(match[2])) >= FEWEST_PX:
            return int(match[1]), int(match[2])
        width_px, height_px = assumptions.CAMERA_RESOLUTION_PX
        self._assume_for("resolution", "resolution", f"{width_px}x{height_px}")
        return width_px, height_px


def _share_of_pixels(narrow_deg: float, wide_deg: float) -> float:
    """The share of a wide picture's width that a narrow one has at the same pixels per metre."""
    if narrow_deg > WIDEST_PINHOLE_DEG:
        return narrow_deg / wide_deg
    half = [math.radians(min(deg, WIDEST_PINHOLE_DEG)) / 2 for deg in (narrow_deg, wide_deg)]
    return math.tan(half[0]) / math.tan(half[1])


def _meant(tag: str) -> str | None:
    """The tag of `READ` that an unknown tag resembles: other punctuation, a missing unit, or a typing error."""
    if tag in READ or tag in NEIGHBOURS:
        return None
    plain = {_letters(known): known for known in READ}
    for ending in ("", "deg", "m", "mm"):
        if (known := plain.get(_letters(tag) + ending)) is not None:
            return known
    near = difflib.get_close_matches(_letters(tag), plain, 1, MISTYPED)
    return plain[near[0]] if near else None


def _letters(tag: str) -> str:
    return re.sub(r"[^a-z]", "", tag.lower())


def is_usable(tag: str, value: float) -> bool:
    """Whether a number is possible for a camera. A tag outside `LIMITS` accepts every number."""
    low, high = LIMITS.get(tag, (-math.inf, math.inf))
    return low <= value <= high


def parse_direction(text: object) -> tuple[float | None, float | None]:
    """(heading_deg, sector_deg) of `camera:direction`: degrees, a compass word (`NNE`, `north-north-east`), or a
    clockwise range `90-270`, `N-SE`."""
    if text is None:
        return None, None
    plain = str(text).strip().upper()
    whole = _bearing_deg(plain)
    if whole is not None:
        return whole, None
    words = [_bearing_deg(word) for word in plain.split("-")]
    if len(words) == 2 and words[0] is not None and words[1] is not None:
        sector_deg = (words[1] - words[0]) % 360
        if sector_deg > 0:
            return (words[0] + sector_deg / 2) % 360, sector_deg
    return None, None


def _bearing_deg(word: str) -> float | None:
    """Bearing from degrees or one compass word. The long form may be joined with hyphens or spaces, or written as one
    word."""
    short = re.sub(r"(NORTH|EAST|SOUTH|WEST)[ -]?", lambda long: long[1][0], word.strip())
    if short in COMPASS:
        return COMPASS.index(short) * 360 / len(COMPASS)
    value = number({"": word}, "")
    return value % 360 if value is not None and 0 <= value <= 360 else None
