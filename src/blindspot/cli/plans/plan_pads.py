"""`blindspot plan --pads N`: the table of places for further pads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blindspot.core import plain_text

if TYPE_CHECKING:
    from blindspot.acts.plans import FurtherPads


def print_pads(further: FurtherPads) -> None:
    """Print the places, and the way to use their file."""
    from rich.table import Table

    from blindspot.cli.parts.screen import Screen

    if not further.places:
        Screen().print("no further pad would open enough ground for a flight")
        return
    table = Table(title="places for further pads, each beside those before it")
    for column in ("name", "latitude, longitude", "street", "a drone there can see"):
        table.add_column(column, justify="right" if column.startswith("a drone") else "left")
    for name, place in further.places.items():
        lon_deg, lat_deg = further.degrees(name)
        area = plain_text.square_metres(place.opens_m2)
        table.add_row(name, f"{lat_deg:.7f}, {lon_deg:.7f}", further.streets[name], area)
    Screen().print(table)
    Screen().print(
        "copy the features that you want into the file of places.launch_pads in the site.yaml, and name them in "
        "further_pads of the mission, which needs swaps and limits.return: straight"
    )
