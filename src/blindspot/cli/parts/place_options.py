"""Places as options of a command."""

from __future__ import annotations

from math import nan

from blindspot.core import InputError


def place_of(option: str, text: str, *, in_metres: bool = False) -> tuple[float, float]:
    """LAT,LON in degrees, or EAST,NORTH in metres. Raises InputError for another text."""
    try:
        one, other = (float(word) for word in text.split(","))
    except ValueError:
        one = other = nan
    most_one, most_other = (50_000.0, 50_000.0) if in_metres else (90.0, 180.0)
    if not (abs(one) <= most_one and abs(other) <= most_other):
        form = "EAST,NORTH, for example 120,-35" if in_metres else "LAT,LON in degrees, for example 47.2153,-1.5560"
        raise InputError(option, "", f"{text[:40]} is no place", f"give {form}")
    return one, other
