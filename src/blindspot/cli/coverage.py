"""`blindspot coverage SITE`: what the fixed cameras see, what they leave blind, as figures, a map and a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from blindspot.coverage.survey import Progress


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
    occupancy_grid: Annotated[
        bool, typer.Option("--occupancy-grid", help="Write coverage.yaml and coverage.pgm for nav2's map_server, too.")
    ] = False,
) -> None:
    """Compute what every fixed camera of a town sees, and draw what is left blind."""
    from blindspot.cli import coverage_tables as tables
    from blindspot.coverage.causes import explain
    from blindspot.coverage.files import as_text, make_folder, write_files
    from blindspot.coverage.levels import EN_62676_4_2014, read_levels
    from blindspot.coverage.provenance import provenance_of
    from blindspot.coverage.summary import summarise
    from blindspot.coverage.survey import survey
    from blindspot.site.load import load_area, load_site

    folder = out or Path("runs") / f"coverage-{site.resolve().name}"
    make_folder(folder)
    town = load_site(site)
    area = load_area(perimeter, town.frame) if perimeter else town.area_of_interest
    table = read_levels(levels) if levels else EN_62676_4_2014
    with progress_bar(len(town.cameras)) as progress:
        found = survey(town, area, min_px_per_m, progress)
        told = explain(town, found.spots, found.causes)
        provenance = provenance_of(town, (file for file in (perimeter, levels) if file))
        summary = summarise(found, told, table, provenance)
        progress("writing", len(town.cameras))
        files = write_files(
            folder, found, told, summary, provenance, geotiff=geotiff, occupancy_grid=occupancy_grid
        )
    if as_json:
        print(as_text(summary))
        return
    tables.print_figures(summary)
    tables.print_blind_spots(told)
    tables.print_cameras(summary, found.fixed, len(told))
    tables.print_files(files)


@contextmanager
def progress_bar(cameras: int) -> Iterator[Progress]:
    """A bar on standard error for as long as the work goes on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as bar:
        task = bar.add_task("heights", total=cameras)
        yield lambda what, done: bar.update(task, description=what, completed=done)
