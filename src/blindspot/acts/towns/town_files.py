"""The files of a town to fly, each key with a comment: mission, fleet, drone model, pads, perimeter, authorisation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

from blindspot.acts.towns.commented import Key, commented, descriptions
from blindspot.core import CONFIG_DIR

if TYPE_CHECKING:
    from pydantic import BaseModel
    from shapely.geometry import Polygon

    from blindspot.planning.reasons import FirstPad
    from blindspot.site import LocalFrame

MODEL, DRONE = "reference", "drone1"
PADS_FILE = "launch_pads.geojson"
PROPOSED = "proposed; look at the place before it is used"
WIND: Mapping[str, float] = MappingProxyType({"from_deg": 250.0, "speed_mps": 2.0, "gust_mps": 0.5})
PEOPLE = 8
LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "min_up_m": 60.0, "max_up_m": 100.0, "building_clearance_m": 5.0, "separation_m": 15.0, "max_speed_mps": 6.0,
        "min_pitch_deg": -90.0, "max_pitch_deg": -50.0,
    }
)  # fmt: skip
"""Those of the tutorial."""
OF_AUTHORISATION: Mapping[Key, str] = MappingProxyType(
    {
        ("schema",): "Kind and version of the file",
        ("id",): "Its name in every journal and report",
        ("profile",): "SIM-ONLY: simulated autopilots alone",
        ("signatures",): "None: nobody answers for a simulation",
        ("window",): "When flights are permitted",
        ("window", "not_before"): "First moment",
        ("window", "not_after"): "Last moment",
        ("window", "daily_slots"): "Hours of each day",
        ("window", "daily_slots", "days"): "Days of the week",
        ("window", "daily_slots", "start"): "First minute",
        ("window", "daily_slots", "end"): "Last minute",
        ("window", "tz"): "Time zone of these hours",
        ("window", "max_flight_min_per_day"): "Flight time of all drones in a day, min",
        ("area",): "Where flights are permitted",
        ("area", "geojson"): "The polygon, a file in this folder",
        ("area", "sha256"): "Its hash: blindspot authority hash FILE",
        ("area", "max_area_m2"): "Largest permitted area, m2",
        ("area", "floor_m_agl"): "Lowest flight above the ground, m",
        ("area", "ceiling_m_agl"): "Highest flight above the ground, m",
        ("sensors",): "Permitted cameras",
        ("sensors", "max_simultaneous_cameras"): "Most drones at once",
        ("sensors", "cameras"): "Limits of each camera",
        ("sensors", "cameras", "id"): "Name of the camera",
        ("sensors", "cameras", "min_pitch_deg"): "Steepest view, deg; -90 looks straight down",
        ("sensors", "cameras", "max_pitch_deg"): "Flattest view, deg",
        ("sensors", "cameras", "max_zoom"): "Greatest zoom",
        ("sensors", "cameras", "max_px_per_m"): "Greatest pixel density, px/m",
        ("recording",): "Masked pictures on board",
        ("recording", "allowed"): "Whether a mission may record",
        ("recording", "retention_h"): "Hours until a recording is erased",
        ("recording", "dwelling_purge_h"): "Hours until pictures of homes are erased",
        ("analytics",): "What programs do with pictures",
        ("analytics", "masking"): "Persons and private ground are masked",
        ("analytics", "detectors"): "Detectors that may report",
        ("analytics", "events"): "Events that may be reported",
        ("analytics", "unmeasured"): "Pictures without a good figure of the masking: coarse, or withheld",
        ("analytics", "interconnections"): "Other files that sightings are compared with: none",
    }
)


def of_model(document: Mapping[str, Any], model: type[BaseModel], head: str) -> str:
    """A document as YAML, validated, with the descriptions of its model as comments. `head` begins the file."""
    model.model_validate(document)
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=False)
    return f"# {head}\n{commented(text, descriptions(model))}"


def mission_of(name: str, stem: str, pad: str, start: datetime) -> dict[str, Any]:
    return {
        "schema": "blindspot.mission/1",
        "name": name,
        "kind": "sweep",
        "site": f"../sites/{stem}",
        "authorisation": "../authorisations/authorisation.yaml",
        "perimeter": f"{stem}_perimeter.geojson",
        "start": start.isoformat(),
        "fleet": [{"name": DRONE, "model": MODEL, "pad": pad}],
        "band": {"min_px_per_m": 25.0, "max_px_per_m": 60.0},
        "limits": dict(LIMITS),
        "wind": dict(WIND),
        "people": PEOPLE,
        "seed": 1,
    }


def fleet_of(name: str, stem: str, pad: str) -> dict[str, Any]:
    return {
        "schema": "blindspot.fleet/1",
        "name": name,
        "site": f"../sites/{stem}",
        "drones": [{"name": DRONE, "model": MODEL, "pad": pad}],
        "packs": [{"id": "A1", "model": MODEL}, {"id": "A2", "model": MODEL}],
        "simulation": {"wind": dict(WIND), "people": PEOPLE, "seed": 1},
    }


def drone_text() -> str:
    """The model file of the reference drone, each key with a comment."""
    from blindspot.mission import DroneModel

    text = (CONFIG_DIR / "drones" / f"{MODEL}.yaml").read_text(encoding="utf-8")
    return commented(text, descriptions(DroneModel))


def write_perimeter(path: Path, name: str, perimeter: Polygon, frame: LocalFrame) -> None:
    from blindspot.site.town import geojson

    document = geojson.feature_collection([(perimeter, {"name": name})], frame)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def add_pads(path: Path, proposed: Mapping[str, FirstPad], frame: LocalFrame) -> None:
    """Add pads to a file of launch pads. The pads that a person drew stay."""
    document = json.loads(path.read_text(encoding="utf-8"))
    for name, place in proposed.items():
        lon_deg, lat_deg = frame.to_wgs84(place.east_m, place.north_m)
        geometry = {"type": "Point", "coordinates": [round(lon_deg, 7), round(lat_deg, 7)]}
        properties = {"name": name, "note": PROPOSED}
        document["features"].append({"type": "Feature", "properties": properties, "geometry": geometry})
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def new_names(taken: Iterable[str], count: int) -> list[str]:
    """Names that no pad of the site has."""
    known = set(taken)
    names = (f"pad{number}" for number in range(1, len(known) + count + 1))
    return [name for name in names if name not in known][:count]
