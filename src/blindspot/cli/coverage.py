"""`blindspot coverage SITE`: what the fixed cameras see, what they leave blind, as figures, a map and a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry import Polygon

    from blindspot.coverage.blind_spots import BlindSpots
    from blindspot.coverage.causes import BlindSpot
    from blindspot.coverage.fixed import FixedCoverage
    from blindspot.site.model import Site


def coverage(
    site: Annotated[Path, typer.Argument(help="The site's folder, e.g. config/sites/nantes.")],
    perimeter: Annotated[
        Path | None, typer.Option(help="GeoJSON polygon to look at; the site's whole area of interest unless given.")
    ] = None,
    min_px_per_m: Annotated[
        float, typer.Option(min=0.1, max=1000.0, help="Pixel density from which ground counts as seen (EN 62676-4).")
    ] = 25.0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for what is written; runs/coverage-SITE unless given.")
    ] = None,
    levels: Annotated[
        Path | None, typer.Option(help="YAML table of levels (levels: {detect: 25}); EN 62676-4:2014 unless given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as one JSON document instead.")] = False,
    geotiff: Annotated[bool, typer.Option(help="Write each layer as a cloud-optimised GeoTIFF, too.")] = False,
) -> None:
    """Compute what every fixed camera of a town sees, and draw what is left blind."""
    import json

    from blindspot.coverage.causes import explain
    from blindspot.coverage.geotiff import write_layers
    from blindspot.coverage.levels import EN_62676_4_2014, read_levels
    from blindspot.coverage.summary import summarise
    from blindspot.site.load import load_area, load_site

    folder = out or Path("runs") / f"coverage-{site.resolve().name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(folder, "--out", f"can't be made ({error.strerror})") from error
    town = load_site(site)
    area = load_area(perimeter, town.frame) if perimeter else town.area_of_interest
    table = read_levels(levels) if levels else EN_62676_4_2014
    fixed, spots, causes = _compute(town, area, min_px_per_m)
    summary = summarise(town, spots, fixed, causes, table, tuple(file for file in (perimeter, levels) if file))
    text = json.dumps(summary, ensure_ascii=False, indent=1)
    told = explain(town, spots, causes)
    files = _write(folder, town, spots, told, text)
    if geotiff:
        try:
            files += write_layers(folder, town, spots, fixed, causes)
        except OSError as error:
            raise InputError(folder, "--geotiff", f"can't be written ({error})") from error
    if as_json:
        print(text)
    else:
        _tell(summary, told, fixed, files)


def _compute(town: Site, area: Polygon, min_px_per_m: float) -> tuple[FixedCoverage, BlindSpots, NDArray[np.uint8]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from blindspot.coverage.blind_spots import blind_spots
    from blindspot.coverage.causes import causes_of
    from blindspot.coverage.fixed import fixed_coverage
    from blindspot.site.raster import height_field

    margin_m = max((camera.range_m for camera in town.cameras if camera.always_sees), default=0.0)
    east_min, north_min, east_max, north_max = area.bounds
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("cameras", total=len(town.cameras))
        field = height_field(
            town, (east_min - margin_m, north_min - margin_m, east_max + margin_m, north_max + margin_m)
        )
        fixed = fixed_coverage(town, field, progress=lambda done, _: progress.update(task, completed=done))
        progress.update(task, description="public ground", total=None)
        spots = blind_spots(town, field, fixed, area, min_px_per_m)
        progress.update(task, description="reasons")
        causes = causes_of(town, field, fixed)
    return fixed, spots, causes


def _write(folder: Path, town: Site, spots: BlindSpots, told: tuple[BlindSpot, ...], summary: str) -> tuple[Path, ...]:
    from blindspot.coverage.blind_spots import write_blind_spots
    from blindspot.coverage.town_maps import coverage_map

    picture, outlines, figures = folder / "coverage.png", folder / "blind_spots.geojson", folder / "coverage.json"
    properties = [
        {
            "reason": spot.cause,
            "nearest_camera": spot.camera or None,
            "nearest_camera_m": round(spot.camera_distance_m, 1) if spot.camera else None,
            "nearest_road": spot.road or None,
        }
        for spot in told
    ]
    try:
        coverage_map(town, spots).save(picture)
        write_blind_spots(outlines, spots, town.frame, town.attribution, properties)
        figures.write_text(summary + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(folder, "--out", f"can't be written ({error.strerror})") from error
    return picture, outlines, figures


def _tell(summary: dict[str, Any], told: tuple[BlindSpot, ...], fixed: FixedCoverage, files: tuple[Path, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    public_m2, console = summary["public_area_m2"], Console()
    table = Table(title=f"{summary['site']}: coverage at {summary['min_px_per_m']:g} px/m", show_header=False)
    rows = [("public ground", public_m2), ("seen by fixed cameras", summary["fixed_area_m2"])]
    rows += [("blind", summary["blind_area_m2"])]
    rows += [(f"  {why}", area_m2) for why, area_m2 in summary["blind_area_by_reason_m2"].items()]
    rows += [
        (f"seen at {name} ({level['min_px_per_m']:g} px/m)", level["area_m2"])
        for name, level in summary["public_area_by_level_m2"].items()
    ]
    rows += [(f"cameras that see it: {n}", area_m2) for n, area_m2 in summary["public_area_by_cameras_m2"].items()]
    for label, area_m2 in rows:
        share = f"{100 * area_m2 / public_m2:.1f} %" if public_m2 else ""
        table.add_row(label, f"{area_m2:,.0f} m2".replace(",", " "), share)
    console.print(table)
    _tell_largest(told)
    looking = sum(area_m2 > 0 for area_m2 in fixed.area_m2.values())
    in_all = len(fixed.area_m2) + len(fixed.left_out)
    console.print(f"{len(told)} blind spots; {looking} of {in_all} cameras see something here")
    for reason, count in sorted(summary["cameras"]["left_out"].items()):
        console.print(f"  {count} not counted: {reason}")
    for file in files:
        console.print(f"wrote {file}", soft_wrap=True)


def _tell_largest(told: tuple[BlindSpot, ...], number: int = 5) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="largest blind spots")
    for column in ("m2", "reason", "nearest camera", "nearest road"):
        table.add_column(column, justify="right" if column == "m2" else "left")
    for spot in told[:number]:
        camera = f"{spot.camera} ({spot.camera_distance_m:.0f} m)" if spot.camera else ""
        table.add_row(f"{spot.area_m2:,.0f}".replace(",", " "), spot.cause, camera, spot.road)
    if told:
        Console().print(table)
