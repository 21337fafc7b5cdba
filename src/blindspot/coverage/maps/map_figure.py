"""A map inside a web page: the picture alone, and legend and figures as text that wraps on a telephone."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from blindspot.coverage.maps.page import Fact, plate, round_length, sign
from blindspot.coverage.maps.picture import Map


@dataclass(frozen=True, slots=True)
class Figure:
    """A map as the macro `figure` of `parts.html.j2` lays it out. Pictures are data URIs."""

    picture: str
    legend: tuple[tuple[str, str], ...]
    """(sign, text) of each entry."""
    facts: tuple[Fact, ...]
    scale: str
    """The length of the scale bar as text, e.g. "50 m"."""
    scale_percent: float
    """The length of the scale bar in percent of the picture's width."""


def of(drawn: Map) -> Figure:
    """The figure of a map whose layers are drawn. Title and attribution are for the page to say."""
    east_min, _, east_max, _ = drawn.bounds_m
    length_m = round_length((east_max - east_min) / 5)
    return Figure(
        picture=_uri(plate(drawn.picture())),
        legend=tuple((_uri(sign(entry)), entry.label) for entry in drawn.entries),
        facts=tuple(drawn.facts),
        scale=f"{length_m:g} m",
        scale_percent=round(100.0 * length_m / (east_max - east_min), 2),
    )


def _uri(picture: Image.Image) -> str:
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
