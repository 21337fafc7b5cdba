"""`blindspot coverage SITE`: what the fixed cameras see, what they leave blind, as figures, a map and a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.errors import InputError

if TYPE_CHECKING:
    from shapely.geometry import Polygon

    from blindspot.coverage.blind_spots import BlindSpots
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
        Path | None, typer.Option(help="Folder for the map and the GeoJSON; runs/coverage-SITE unless given.")
    ] = None,
) -> None:
    """Compute what every fixed camera of a town sees, and draw what is left blind."""
    from blindspot.site.load import load_area, load_site

    folder = out or Path("runs") / f"coverage-{site.resolve().name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(folder, "--out", f"can't be made ({error.strerror})") from error
    town = load_site(site)
    area = load_area(perimeter, town.frame) if perimeter else town.area_of_interest
    fixed, spots = _compute(town, area, min_px_per_m)
    files = _write(folder, town, spots)
    _tell(town, fixed, spots, files)


def _compute(town: Site, area: Polygon, min_px_per_m: float) -> tuple[FixedCoverage, BlindSpots]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from blindspot.coverage.blind_spots import blind_spots
    from blindspot.coverage.fixed import fixed_coverage
    from blindspot.site.raster import height_field

    margin_m = max((camera.range_m for camera in town.cameras if camera.always_sees), default=0.0)
    east_min, north_min, east_max, north_max = area.bounds
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("cameras", total=len(town.cameras))
        field = height_field(
            town, (east_min - margin_m, north_min - margin_m, east_max + margin_m, north_max + margin_m)
        )
        fixed = fixed_coverage(town, field, progress=lambda done, _: progress.update(task, completed=done))
        progress.update(task, description="public ground", total=None)
        spots = blind_spots(town, field, fixed, area, min_px_per_m)
    return fixed, spots


def _write(folder: Path, town: Site, spots: BlindSpots) -> tuple[Path, Path]:
    from blindspot.coverage.blind_spots import write_blind_spots
    from blindspot.coverage.town_maps import coverage_map

    picture, outlines = folder / "coverage.png", folder / "blind_spots.geojson"
    try:
        coverage_map(town, spots).save(picture)
        write_blind_spots(outlines, spots, town.frame, town.attribution)
    except OSError as error:
        raise InputError(folder, "--out", f"can't be written ({error.strerror})") from error
    return picture, outlines


def _tell(town: Site, fixed: FixedCoverage, spots: BlindSpots, files: tuple[Path, Path]) -> None:
    from rich.console import Console
    from rich.table import Table

    share = spots.fixed_fraction
    table = Table(title=f"{town.name}: coverage at {spots.min_px_per_m:g} px/m", show_header=False)
    for label, area_m2, part in (
        ("public ground", spots.public_area_m2, ""),
        ("seen by fixed cameras", spots.fixed_area_m2, f"{100 * share:.1f} %"),
        ("blind", spots.blind_area_m2, f"{100 * (1 - share):.1f} %"),
    ):
        table.add_row(label, f"{area_m2:,.0f} m2".replace(",", " "), part)
    console = Console()
    console.print(table)
    looking = sum(area_m2 > 0 for area_m2 in fixed.area_m2.values())
    console.print(f"{len(spots.polygons)} blind spots; {looking} of {len(town.cameras)} cameras see something here")
    reasons = sorted(set(fixed.left_out.values()))
    for reason in reasons:
        count = sum(why == reason for why in fixed.left_out.values())
        console.print(f"  {count} not counted: {reason}")
    for file in files:
        console.print(f"wrote {file}", soft_wrap=True)
