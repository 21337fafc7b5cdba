"""`blindspot site field FENCE OUT ...`: a site made of your own bare field, with a first mission over it."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.cli.parts.place_options import place_of


def make_field(
    fence: Annotated[Path, typer.Argument(help="GeoJSON with the one polygon of your field.")],
    out: Annotated[Path, typer.Argument(help="New folder for the site, the mission and the drone's file.")],
    ground_amsl_m: Annotated[
        float, typer.Option(min=-500, max=9000, help="The field's ground above mean sea level, m.")
    ],
    pad: Annotated[str, typer.Option(help="LAT,LON of the launch pad in degrees; the middle by default.")] = "",
    geoid_m: Annotated[
        float | None,
        typer.Option(min=-110, max=90, help="EGM96 geoid above the ellipsoid, m; this machine's grid by default."),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the field on maps.")] = "My field",
    as_json: AsJson = False,
) -> None:
    """Make a site of your own bare field, free of buildings and cameras."""
    from blindspot.core import from_here, output_folder
    from blindspot.site import field, load_site
    from blindspot.site.importers import geoid_m as geoid_at, refuse_filled

    refuse_filled(out, force=False)
    at = place_of("--pad", pad) if pad else None
    geoid_m = geoid_at(*field.middle_of(fence)) if geoid_m is None else geoid_m
    start = datetime.now(UTC).replace(microsecond=0, second=0).isoformat()
    with output_folder(out, "OUT") as part:
        drafts = field.write_field(
            part, fence, name=name, start=start, pad=at, ground_amsl_m=ground_amsl_m, geoid_m=geoid_m
        )
        files = [out / file.relative_to(part) for file in drafts]
    load_site(out / "sites" / "field")
    made = shlex.quote(from_here(out))
    new = f"authority new --profile sim-only --fence {made}/missions/fence.geojson --out {made}/authorisations"
    print_result(
        {"folder": str(out), "files": [str(file) for file in files]},
        *(f"wrote {from_here(file)}" for file in files),
        "next: an authorisation for simulation, then a first flight",
        *(f"  ./blindspot {words}" for words in (new, f"sim {made}/missions/field.yaml")),
        as_json=as_json,
    )
