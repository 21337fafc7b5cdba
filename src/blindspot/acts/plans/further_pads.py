"""Places for further pads: on a map, and as a file of launch pads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import plain_text, progress_of, writable_or_error
from blindspot.coverage.ground import streets_on
from blindspot.coverage.maps import Map, seen_map
from blindspot.planning.papers import Outcome
from blindspot.planning.reasons import PadPlace, pad_places
from blindspot.site import LocalFrame, Pad

FILE_NAME, PICTURE_NAME = "further_pads.geojson", "further_pads.png"
LISTED = 8
"""Number of places whose ground is stated beside the map. The command lists all of them."""


@dataclass(frozen=True, slots=True)
class FurtherPads:
    """The places by the name of the proposed pad, the street of each, and the written files; all empty without a
    place."""

    places: Mapping[str, PadPlace]
    streets: Mapping[str, str]
    frame: LocalFrame
    files: tuple[Path, ...]

    def degrees(self, name: str) -> tuple[float, float]:
        """(Longitude, latitude) of a place, deg."""
        return _degrees(self.frame, self.places[name])


def propose_pads(folder: Path, it: Outcome, most: int) -> FurtherPads:
    """Find at most `most` places, and write the places into the folder with a map. Raises InputError."""
    with progress_of("places for pads") as progress:
        progress("places for pads", 0, None)
        found = pad_places(it.mission, it.site, it.spots, it.seen | it.seen_elsewhere, most)
    if not found:
        return FurtherPads({}, {}, it.site.frame, ())
    proposed = dict(zip(_new_names(it, len(found)), found, strict=True))
    file, picture = folder / FILE_NAME, folder / PICTURE_NAME
    with writable_or_error(folder):
        file.write_text(json.dumps(_geojson(it.site.frame, proposed), indent=1), encoding="utf-8")
        _map(it, proposed).save(picture)
    return FurtherPads(proposed, _streets(it, proposed), it.site.frame, (file, picture))


def _streets(it: Outcome, proposed: Mapping[str, PadPlace]) -> dict[str, str]:
    """The street of each place."""
    grid = it.spots.field.grid
    names, street_of = streets_on(it.site, grid)
    return {name: names[street_of[grid.index(place.east_m, place.north_m)]] for name, place in proposed.items()}


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
        picture.fact(name, plain_text.square_metres(place.opens_m2))
    return picture


def _new_names(it: Outcome, count: int) -> list[str]:
    """Names that no pad of the site has."""
    taken = {pad.name for pad in it.site.pads}
    names = (f"further{number}" for number in range(1, len(taken) + count + 1))
    return [name for name in names if name not in taken][:count]


def _degrees(frame: LocalFrame, place: PadPlace) -> tuple[float, float]:
    lon_deg, lat_deg = frame.to_wgs84(place.east_m, place.north_m)
    return round(lon_deg, 7), round(lat_deg, 7)
