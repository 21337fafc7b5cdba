"""UAS geographical zones of an ED-318 file (GeoJSON), in the form of ED-269 (`ed269.py`), which judges them.

Unknown values stay unknown, so that they count against the flight there. A zone of type USPACE prohibits: entering one
needs services that this stack does not use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

UNITS = {"M": "M", "FT": "FT"}
M_PER_FT = 0.3048
PERMITTED = {"REQ_AUTHORIZATION": "REQ_AUTHORISATION"}
"""ED-318 writes it with a Z."""


def is_ed318(feature: Mapping[str, Any]) -> bool:
    """Whether a feature is a zone of ED-318: a GeoJSON feature with properties."""
    return feature.get("type") == "Feature" and isinstance(feature.get("properties"), dict)


def as_ed269(feature: Mapping[str, Any], geoid_m: float) -> dict[str, Any]:
    """The zone in the form of ED-269. `geoid_m` is the height of the geoid above the ellipsoid, m.

    Raises KeyError, TypeError, ValueError or AttributeError for a geometry that can't be read.
    """
    properties = feature["properties"]
    nested = properties.get("UASZone")
    said = nested if isinstance(nested, dict) else properties
    kind = said.get("type")
    name = said.get("name")
    texts = [each.get("text") for each in name if isinstance(each, dict)] if isinstance(name, list) else [name]
    return {
        "identifier": said.get("identifier"),
        "name": next((text for text in texts if isinstance(text, str)), ""),
        "restriction": PERMITTED.get(kind, kind) if isinstance(kind, str) else "UNKNOWN",
        "reason": said.get("reason", said.get("reasons")),
        "applicability": said.get("limitedApplicability"),
        "geometry": list(_volumes(feature["geometry"], {}, geoid_m)),
    }


def _volumes(geometry: Mapping[str, Any], outer: Mapping[str, Any], geoid_m: float) -> Iterator[dict[str, Any]]:
    layer = geometry.get("layer") or outer
    kind = geometry["type"]
    if kind == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _volumes(part, layer, geoid_m)
        return
    if kind == "MultiPolygon":
        shapes = [{"type": "Polygon", "coordinates": rings} for rings in geometry["coordinates"]]
    elif kind == "Point" and geometry.get("extent", {}).get("subType") == "Circle":
        shapes = [{"type": "Circle", "center": geometry["coordinates"][:2], "radius": geometry["extent"]["radius"]}]
    else:
        shapes = [{"type": kind, "coordinates": geometry.get("coordinates")}]
    for shape in shapes:
        yield {"horizontalProjection": shape, **_limits(layer, geoid_m)}


def _limits(layer: Mapping[str, Any], geoid_m: float) -> dict[str, Any]:
    """Both limits in metres; a height above the ellipsoid becomes one above the sea. A radius is always in metres. A
    limit without a unit is unknown."""
    is_limited = any(layer.get(end) is not None for end in ("lower", "upper"))
    unit = UNITS.get(str(layer.get("uom", None if is_limited else "m")).upper())
    limits: dict[str, Any] = {"uomDimensions": "M" if unit is not None else layer.get("uom")}
    for end in ("lower", "upper"):
        value, reference = layer.get(end), layer.get(f"{end}Reference")
        if value is None:
            continue
        metres = float(value) * (M_PER_FT if unit == "FT" else 1.0)
        if reference == "WGS84":
            metres, reference = metres - geoid_m, "AMSL"
        limits |= {f"{end}Limit": metres, f"{end}VerticalReference": reference}
    return limits
