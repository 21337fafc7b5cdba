"""`blindspot town new SOURCE OUT`: a town to fly, from one OpenStreetMap file or from the folder of a site."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result

if TYPE_CHECKING:
    from blindspot.acts.towns import NewTown

app = typer.Typer(no_args_is_help=True)


@app.callback()
def town() -> None:
    """Make a town that can be flown at once in simulation."""


@app.command("new")
def new_town(
    source: Annotated[Path, typer.Argument(help="OpenStreetMap file, or the folder of a site.")],
    out: Annotated[Path, typer.Argument(help="New folder for site, mission, fleet and authorisation.")],
    datum_m: Annotated[
        float | None, typer.Option(min=-500, max=9000, help="OpenStreetMap: ground above sea level, m.")
    ] = None,
    geoid_m: Annotated[
        float | None,
        typer.Option(min=-110, max=90, help="OpenStreetMap: geoid above the ellipsoid, m; this machine's by default."),
    ] = None,
    area: Annotated[Path | None, typer.Option(help="OpenStreetMap: GeoJSON polygon of the town in the file.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the town on maps; the folder's name by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a town to fly in simulation: its site, three proposed pads, and all files of a first mission.

    Each file has a comment for each key. Look at the proposed pads before you fly.
    """
    from blindspot.acts.towns import make_town

    made = make_town(source, out, datetime.now(UTC), datum_m=datum_m, geoid_m=geoid_m, area=area, name=name)
    _print(out, made, as_json=as_json)


def _print(out: Path, made: NewTown, *, as_json: bool) -> None:
    from blindspot.core import from_here

    here = shlex.quote(from_here(out))
    mission = f"{here}/missions/{made.name}.yaml"
    print_result(
        {"folder": str(out), "files": list(map(str, made.files)), "pads": list(map(asdict, made.pads))},
        *(f"wrote {from_here(file)}" for file in made.files),
        *(
            f"{pad.name} is proposed at {pad.lat_deg:.7f}, {pad.lon_deg:.7f}, {pad.street}"
            for pad in made.pads
        ),
        "next: look at the town and its pads, plan, fly",
        *(f"  ./blindspot {words}" for words in (
            f"site check {here}/sites/{made.name}", f"plan {mission}", f"sim {mission} --in-process",
        )),
        as_json=as_json,
    )  # fmt: skip
