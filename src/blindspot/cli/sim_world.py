"""`blindspot sim-world SITE`: a Gazebo world of a site."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result


def sim_world(
    folder: Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.")],
    out: Annotated[Path, typer.Option(help="Folder for the world's files.")],
    perimeter: Annotated[
        Path | None, typer.Option(help="GeoJSON polygon: build only this area and 150 m around it.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="UTC time, for the sun; noon of today by default.", metavar="TIME")
    ] = None,
    people: Annotated[int, typer.Option(min=0, max=500, help="Number of walking people.")] = 40,
    cars: Annotated[int, typer.Option(min=0, max=200, help="Number of driving cars.")] = 12,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the people's paths and the houses' colours.")] = 1,
    shadows: Annotated[bool, typer.Option("--shadows", help="Cast shadows: for a machine with a GPU.")] = False,
    fixed_cameras: Annotated[
        bool,
        typer.Option("--fixed-cameras", help="Add the town's cameras as depth and segmentation sensors."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write a Gazebo world of the site: terrain, streets, buildings, trees, pads, sun, people and cars."""
    from datetime import UTC

    from blindspot.cli.parts.progress_bar import progress_bar
    from blindspot.core import output_folder, writable_or_error
    from blindspot.site import load_area, load_site
    from blindspot_sim.world import Traffic, build_world, identifier

    site = load_site(folder)
    area = load_area(perimeter, site.frame) if perimeter else site.area_of_interest
    moment = at.replace(tzinfo=at.tzinfo or UTC) if at else datetime.now(UTC).replace(hour=12, minute=0)
    name = identifier(perimeter.stem if perimeter else folder.resolve().name)
    with output_folder(out) as part, progress_bar(5) as progress, writable_or_error(out):
        build_world(
            site, area, moment, part, name, Traffic(people, cars, seed),
            shadows=shadows, fixed_cameras=fixed_cameras, progress=progress,
        )  # fmt: skip
    size = sum(file.stat().st_size for file in out.iterdir())
    world = f"{out / name}.sdf"
    print_result(
        {"world": world, "bytes": size},
        f"{world}: {size / 1e6:.1f} MB with its meshes and pictures",
        f"open it:     gz sim {world}",
        f"fly in it:   ros2 launch blindspot gazebo.launch.py mission:=MISSION world:={world}",
        as_json=as_json,
    )
