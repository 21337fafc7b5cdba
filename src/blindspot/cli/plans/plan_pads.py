"""`blindspot plan --pads N`: places for further pads, as a table, on a map, and as a file of launch pads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from blindspot.cli.parts.output import square_metres
from blindspot.core import progress_of, writable_or_error
from blindspot.coverage.ground import streets_on
from blindspot.coverage.maps import Map, seen_map
from blindspot.planning.papers import Outcome
from blindspot.planning.reasons import PadPlace, pad_places
from blindspot.site import LocalFrame, Pad

FILE_NAME, PICTURE_NAME = "further_pads.geojson", "further_pads.png"
LISTED = 8
"""Number of places whose ground is stated beside the map. The command lists all of them."""


def propose_pads(folder: Path, it: Outcome, most: int) -> tuple[Path, ...]:
    """Find the places, print the places, and write the places into the folder with a map. Returns the files; none
    without a place. Raises InputError."""
    from blindspot.cli.parts.screen import Screen

    with progress_of("places for pads") as progress:
        progress("places for pads", 0, None)
        found = pad_places(it.mission, it.site, it.spots, it.seen | it.seen_elsewhere, most)
    if not found:
        Screen().print("no further pad would open enough ground for a flight")
        return ()
    proposed = dict(zip(_new_names(it, len(found)), found, strict=True))
    _print(it, proposed)
    file, picture = folder / FILE_NAME, folder / PICTURE_NAME
    with writable_or_error(folder):
        file.write_text(json.dumps(_geojson(it.site.frame, proposed), indent=1), encoding="utf-8")
        _map(it, proposed).save(picture)
    Screen().print(
        "copy the features that you want into the file of places.launch_pads in the site.yaml, and name them in "
        "further_pads of the mission, which needs swaps and limits.return: straight"
    )
    return file, picture


def _print(it: Outcome, proposed: Mapping[str, PadPlace]) -> None:
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen

    table = Table(title="places for further pads, each beside those before it")
    for column in ("name", "latitude, longitude", "street", "a drone there can see"):
        table.add_column(column, justify="right" if column.startswith("a drone") else "left")
    grid = it.spots.field.grid
    streets, street_of = streets_on(it.site, grid)
    for name, place in proposed.items():
        lon_deg, lat_deg = _degrees(it.site.frame, place)
        street = streets[street_of[grid.index(place.east_m, place.north_m)]]
        table.add_row(name, f"{lat_deg:.7f}, {lon_deg:.7f}", street, square_metres(place.opens_m2))
    Screen().print(table)


def _geojson(frame: LocalFrame, proposed: Mapping[str, PadPlace]) -> dict[str, object]:
    features = [
        {
            "type": "Feature", "properties": {"name": name, "note": "proposed; look at the place before it is used"},
            "geometry": {"type": "Point", "coordinates": _degrees(frame, place)},
        }
        for name, place in proposed.items()
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}


def _map(it: Outcome, proposed: Mapping[str, PadPlace]) -> Map:
    """The ground that the mission's flights leave, and the places."""
    seen = it.seen | it.seen_elsewhere
    title = f"{it.site.name}: places for further pads"
    picture = seen_map(it.site, it.spots.masks, it.spots.perimeter, seen, (), title=title)
    picture.pads([Pad(name, place.east_m, place.north_m, 0.0) for name, place in proposed.items()], named=True)
    for name, place in list(proposed.items())[:LISTED]:
        picture.fact(name, square_metres(place.opens_m2))
    return picture


def _new_names(it: Outcome, count: int) -> list[str]:
    """Names that no pad of the site has."""
    taken = {pad.name for pad in it.site.pads}
    names = (f"further{number}" for number in range(1, len(taken) + count + 1))
    return [name for name in names if name not in taken][:count]


def _degrees(frame: LocalFrame, place: PadPlace) -> tuple[float, float]:
    lon_deg, lat_deg = frame.to_wgs84(place.east_m, place.north_m)
    return round(lon_deg, 7), round(lat_deg, 7)
