"""`blindspot plan --pads N`: places for further pads, as a table and as a file that a site's launch pads take."""

from __future__ import annotations

import json
from pathlib import Path

from blindspot.cli.parts.output import square_metres
from blindspot.core import progress_of, writable_or_error
from blindspot.coverage.ground import streets_on
from blindspot.planning.papers import Outcome
from blindspot.planning.reasons import pad_places
from blindspot.site import LocalFrame

FILE_NAME = "further_pads.geojson"


def propose_pads(folder: Path, it: Outcome, most: int) -> tuple[Path, ...]:
    """Find the places, print them, and write them into the folder. Returns the file; nothing without a place. Raises
    InputError."""
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen

    with progress_of("places for pads") as progress:
        progress("places for pads", 0, None)
        found = pad_places(it.mission, it.site, it.spots, it.seen | it.seen_elsewhere, most)
    if not found:
        Screen().print("no further pad would open enough ground for a flight")
        return ()
    names, (streets, street_of) = _new_names(it, len(found)), streets_on(it.site, it.spots.field.grid)
    table = Table(title="places for further pads, each beside those before it")
    for column in ("name", "latitude, longitude", "street", "a drone there can see"):
        table.add_column(column, justify="right" if column.startswith("a drone") else "left")
    features = []
    for name, place in zip(names, found, strict=True):
        lon_deg, lat_deg = _degrees(it.site.frame, place.east_m, place.north_m)
        street = streets[street_of[it.spots.field.grid.index(place.east_m, place.north_m)]]
        table.add_row(name, f"{lat_deg:.7f}, {lon_deg:.7f}", street, square_metres(place.opens_m2))
        features.append({
            "type": "Feature", "properties": {"name": name, "note": "proposed; look at the place before it is used"},
            "geometry": {"type": "Point", "coordinates": [lon_deg, lat_deg]},
        })  # fmt: skip
    Screen().print(table)
    file = folder / FILE_NAME
    with writable_or_error(folder):
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}, indent=1), encoding="utf-8")
    pads_file = "the file of places.launch_pads in the site.yaml"
    Screen().print(f"copy the features that you want into {pads_file}, and name them in further_pads of the mission")
    return (file,)


def _new_names(it: Outcome, count: int) -> list[str]:
    """Names that no pad of the site has."""
    taken = {pad.name for pad in it.site.pads}
    names = (f"further{number}" for number in range(1, len(taken) + count + 1))
    return [name for name in names if name not in taken][:count]


def _degrees(frame: LocalFrame, east_m: float, north_m: float) -> tuple[float, float]:
    lon_deg, lat_deg = frame.to_wgs84(east_m, north_m)
    return round(lon_deg, 7), round(lat_deg, 7)
