"""Interprets OpenStreetMap's tags of buildings, roads, squares and cameras, with pure functions of the tags.

Several values (`3;4`) are alternatives. The value is taken that makes the town less covered and less public.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from blindspot.site.features.bdtopo import TALLEST_M
from blindspot.site.town import assumptions
from blindspot.site.town.model import Action

Tags = Mapping[str, str]

WALKED_AREAS = frozenset({"pedestrian", "footway", "living_street"})
SQUARES = {
    "place": {"square"},
    "leisure": {"park", "common"},
    "landuse": {"recreation_ground", "village_green"},
    "amenity": {"marketplace"},
}
STRUCTURES = frozenset(
    {"antenna", "campanile", "chimney", "communications_tower", "cooling_tower", "crane", "flare", "gasometer",
     "lighthouse", "mast", "minaret", "obelisk", "silo", "storage_tank", "stupa", "tower",
     "ventilation_shaft", "water_tower", "windmill", "windpump"}
)  # fmt: skip
"""Values of `man_made` that a drone must avoid as it avoids a building."""
POLES = frozenset({"flagpole", "utility_pole"})
"""The same if they have a height: without one they are as low as a street lamp."""
PYLONS = frozenset({"tower", "portal"})
"""The same for `power`."""
LINES = frozenset({"line", "minor_line"})
"""Values of `power` that hang in the air."""
HIGH_BRIDGES = frozenset({"viaduct", "aqueduct", "cantilever"})
"""Values of `bridge` for those that stand high over their ground."""
KEYS = ("aerialway", "building", "building:part", "highway", "man_made", "natural", "power", *SQUARES)
"""Only elements with one of these tags are used."""
HEIGHTS = ("height", "building:height", "est_height")
"""The first usable tag counts."""

OPEN_TO_THE_PUBLIC = frozenset({"yes", "public", "designated", "destination"})
WIDEST_ROAD_M = 100.0
MOST_STOREYS = 200.0
LOWEST_STOREY_M = 2.0
"""A height that leaves less for each storey is a mistake, often the height of one storey."""
FOOT_M, INCH_M = 0.3048, 0.0254

_METRIC = re.compile(r"(\d{1,7}(?:[.,]\d{1,20})?)\s*(m|metres?|meters?|ft|feet|foot)?", re.IGNORECASE)
_IMPERIAL = re.compile(r"(\d{1,7}(?:\.\d{1,20})?)\s*'(?:\s*(\d{1,2}(?:\.\d{1,20})?)\s*(?:\"|''))?")
_PRIMES = str.maketrans("\u2032\u2019\u2033\u201d", "''\"\"")
"""Typographic marks of feet and inches, and the plain ones."""


@dataclass(slots=True)
class Reading:
    """The properties that were understood, and the findings (problem, action, detail)."""

    properties: dict[str, object] = field(default_factory=dict)
    findings: list[tuple[str, Action, str]] = field(default_factory=list)

    def report(self, problem: str, action: Action, detail: str = "") -> None:
        self.findings.append((problem, action, detail))


def lengths_m(text: str) -> list[float]:
    """The alternatives of a length: `12`, `12 m`, `12,5`, `40'`, `5'6"`, `40 ft`, `3;4`; [] if unreadable."""
    lengths = [_length_m(part.strip()) for part in text.translate(_PRIMES).split(";")]
    return [] if None in lengths else [length for length in lengths if length is not None]


def _length_m(text: str) -> float | None:
    if metric := _METRIC.fullmatch(text):
        unit = (metric[2] or "m").lower()
        return float(metric[1].replace(",", ".")) * (FOOT_M if unit.startswith("f") else 1.0)
    if imperial := _IMPERIAL.fullmatch(text):
        return float(imperial[1]) * FOOT_M + float(imperial[2] or 0) * INCH_M
    return None


def building(tags: Tags) -> Reading:
    """Heights of a building or a building part. `height` is the ridge. If `roof:height` is missing, it is the eaves,
    too. Without `height` the storeys end at the eaves, and the roof stands on them."""
    read = Reading()
    properties = read.properties
    structure = structure_of(tags)
    nature = tags.get("building") or tags.get("building:part") or structure or "yes"
    if nature != "yes":
        properties["nature"] = nature
    if structure:
        properties["structure"] = True
    top_m = _top_m(read, tags)
    storeys = max(_sensible(read, tags, "building:levels", MOST_STOREYS), default=None)
    if top_m is not None and storeys is not None and top_m < LOWEST_STOREY_M * storeys:
        problem, top_m = f"has a height of {top_m:g} m and {storeys:g} storeys", storeys * assumptions.STOREY_M
        read.report(problem, "assumed", f"{top_m:g} m, the greater one")
    if top_m is not None:
        roof_m = min(_sensible(read, tags, "roof:height", TALLEST_M), default=0.0)
        properties["height_m"] = top_m - roof_m if roof_m < top_m else top_m
        properties["ridge_m"] = top_m
    if storeys is not None:
        properties["storeys"] = storeys
        if top_m is None and (roof_m := _roof_m(read, tags)):
            properties["ridge_m"] = storeys * assumptions.STOREY_M + roof_m
    if structure and top_m is None and storeys is None:
        top_m = properties["height_m"] = assumptions.STRUCTURE_HEIGHT_M
        read.report(f"is a {structure} without height", "assumed", f"{top_m:g} m: no flight crosses it")
    underside_m = _underside_m(read, tags)
    known_top_m = top_m or (storeys or 0.0) * assumptions.STOREY_M
    if underside_m > 0 and 0 < known_top_m <= underside_m:
        read.report(f"has an underside at {underside_m:g} m and a top at {known_top_m:g} m", "repaired", "solid")
    elif underside_m > 0:
        properties["min_height_m"] = underside_m
    return read


def _roof_m(read: Reading, tags: Tags) -> float:
    """Height of the roof above its eaves; 0 if unknown."""
    roof_m = max(_sensible(read, tags, "roof:height", TALLEST_M), default=0.0)
    return roof_m or max(_sensible(read, tags, "roof:levels", MOST_STOREYS), default=0.0) * assumptions.STOREY_M


def _top_m(read: Reading, tags: Tags) -> float | None:
    """The height, or an estimate of it; None if it is unknown."""
    for key in HEIGHTS:
        top_m = max(_sensible(read, tags, key, TALLEST_M), default=None)
        if top_m is not None:
            if key != "height":
                read.report(f"has {key} and no height", "assumed", f"{top_m:g} m")
            return top_m
    return None


def structure_of(tags: Tags) -> str:
    """The name of something tall that stands there: a mast, a chimney, a crane; "" if there is none."""
    if tags.get("man_made") in STRUCTURES or (tags.get("man_made") in POLES and "height" in tags):
        return tags["man_made"]
    if tags.get("power") in PYLONS:
        return f"power {tags['power']}"
    if tags.get("aerialway") == "pylon":
        return "aerialway pylon"
    is_turbine = tags.get("power") == "generator" and "wind" in tags.get("generator:source", "")
    return "wind turbine" if is_turbine else ""


def no_obstacle_because(tags: Tags) -> str:
    """What a thing is that may hide ground or stand in a drone's way, and that is not read; "" for anything else."""
    if tags.get("natural") == "wood" or tags.get("landuse") == "forest":
        return "is a wood"
    if tags.get("power") in LINES:
        return "is a power line"
    if tags.get("man_made") == "bridge" or tags.get("bridge") in HIGH_BRIDGES:
        return "is a bridge, whose deck is no obstacle here"
    aerialway = tags.get("aerialway", "pylon")
    return "" if aerialway in ("pylon", "station") else f"is an aerialway {short(aerialway)}"


def _underside_m(read: Reading, tags: Tags) -> float:
    if "min_height" in tags:
        return min(_sensible(read, tags, "min_height", TALLEST_M, lowest=0.0), default=0.0)
    levels = min(_sensible(read, tags, "building:min_level", MOST_STOREYS, lowest=0.0), default=0.0)
    if levels:
        detail = f"{levels * assumptions.STOREY_M:g} m: {levels:g} storeys of {assumptions.STOREY_M:g} m"
        read.report("has building:min_level and no min_height", "assumed", detail)
    return levels * assumptions.STOREY_M


def _sensible(read: Reading, tags: Tags, key: str, highest: float, lowest: float = 1e-3) -> list[float]:
    """The tag's alternatives between `lowest` and `highest`. If the list is empty, a finding reports the tag."""
    if key not in tags:
        return []
    values = [value for value in lengths_m(tags[key]) if lowest <= value <= highest]
    if not values:
        read.report(f"has {key} {short(tags[key])}", "left out", "the tag can't be used")
    return values


def no_road_because(tags: Tags) -> str:
    """The reason for which a `highway` is excluded as an open-air way for pedestrians; "" if it is one."""
    if tags["highway"] not in assumptions.HIGHWAY_WIDTH_M:
        return f"has highway {short(tags['highway'])}"
    if tags.get("motorroad") == "yes":
        return "is a motor road"
    return "runs indoors" if _indoors(tags) else ""


def road(tags: Tags) -> Reading:
    """The properties of a road. `private` and `level` are always set; unclear tags close the road to the public."""
    read = Reading()
    read.properties.update(nature=tags["highway"], private=_is_private(read, tags), level=_level(read, tags))
    if tags.get("name"):
        read.properties["name"] = tags["name"]
    widths_m = _sensible(read, tags, "width", WIDEST_ROAD_M)
    lanes = _sensible(read, tags, "lanes", WIDEST_ROAD_M / assumptions.LANE_M)
    if widths_m:
        read.properties["width_m"] = min(widths_m)
    elif lanes:
        read.properties["width_m"] = min(lanes) * assumptions.LANE_M
        read.report("has lanes and no width", "assumed", f"{min(lanes):g} lanes of {assumptions.LANE_M:g} m")
    return read


def _is_private(read: Reading, tags: Tags) -> bool:
    """Whether the tags exclude the public. A service way counts as a private yard unless its tags open it."""
    access = tags.get("access")
    if tags.get("foot") in ("yes", "designated") or access in OPEN_TO_THE_PUBLIC:
        return False
    if access is not None or tags.get("foot") == "private":
        return True
    if tags["highway"] == "service" and tags.get("service") != "alley":
        read.report("is a service way without access", "assumed", "not open to the public")
        return True
    return False


def _level(read: Reading, tags: Tags) -> int:
    """0 on the ground, positive on a bridge, negative in a tunnel. An unreadable layer counts as underground."""
    text = tags.get("layer", "0")
    layer = int(text) if re.fullmatch(r"[+-]?\d{1,2}", text) else None
    if layer is None:
        read.report(f"has layer {short(text)}", "assumed", "underground: not open to the public")
        return -1
    if tags.get("tunnel", "no") not in ("no", "building_passage") or tags.get("level", "").startswith("-"):
        return min(layer, -1)
    return max(layer, 1) if tags.get("bridge", "no") != "no" else layer


def is_square(tags: Tags) -> bool:
    """Whether an area is public ground by its tags: a square, a park, or a pedestrian street drawn as an area."""
    tagged = any(tags.get(key) in values for key, values in SQUARES.items()) or tags.get("highway") in WALKED_AREAS
    access = tags.get("access", "yes") in OPEN_TO_THE_PUBLIC
    return tagged and access and not _indoors(tags) and not tags.get("layer", "0").startswith("-")


def is_area(tags: Tags) -> bool:
    """Whether a closed way means the ground that it encloses. A highway needs the tag `area=yes` for this."""
    return tags.get("area") == "yes" or ("highway" not in tags and tags.get("area") != "no")


def no_camera_because(tags: Tags) -> str:
    """The reason for which a surveillance point is excluded as a street camera; "" if it is one."""
    kind = tags.get("surveillance:type", "camera")
    if kind != "camera":
        return f"has surveillance:type {short(kind)}"
    return "watches indoors" if tags.get("surveillance") == "indoor" else ""


def short(text: str) -> str:
    """A value for a message: quoted, and cut if it is long."""
    return repr(text if len(text) <= 40 else text[:40] + "...")


def _indoors(tags: Tags) -> bool:
    return tags.get("indoor", "no") != "no"
