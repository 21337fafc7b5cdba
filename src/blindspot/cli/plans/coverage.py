"""`blindspot coverage SITE`: coverage of the fixed cameras and their blind spots, as figures, maps and files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.parts.output import AsJson
from blindspot.core import DependencyError, InputError, escape_codes, read_file

if TYPE_CHECKING:
    from datetime import datetime

    from blindspot.coverage.ground import Level
    from blindspot.coverage.maps import Library
    from blindspot.site import Site


def coverage(
    site: Annotated[
        Path | None, typer.Argument(metavar="SITE", help="The site's folder, e.g. config/sites/nantes.")
    ] = None,
    perimeter: Annotated[
        Path | None, typer.Option(help="GeoJSON polygon to survey; the site's whole area of interest by default.")
    ] = None,
    min_px_per_m: Annotated[
        float, typer.Option(min=0.1, max=1000.0, help="Pixel density from which ground counts as seen (EN 62676-4).")
    ] = 25.0,
    out: Annotated[Path | None, typer.Option(help="Folder for the files; runs/coverage-SITE by default.")] = None,
    levels: Annotated[
        Path | None, typer.Option(help="YAML table of levels (levels: {detect: 25}); EN 62676-4:2014 by default.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="Day or moment (2026-11-06, 2026-11-06T20:00+01:00) of the dated obstacles.")
    ] = None,
    as_json: AsJson = False,
    geotiff: Annotated[bool, typer.Option(help="Also write each layer as a cloud-optimised GeoTIFF.")] = False,
    patrol_share: Annotated[
        float | None,
        typer.Option(min=0.01, max=1.0, help="Also count ground that a camera's tour shows this share of the time."),
    ] = None,
    uncertainty: Annotated[
        bool, typer.Option("--uncertainty", help="Also compute the coverage at worst and at best.")
    ] = False,
    occupancy_grid: Annotated[
        bool, typer.Option("--occupancy-grid", help="Also write coverage.yaml and coverage.pgm for nav2's map_server.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="tcp://HOST:PORT", help="Compute the town in tiles on this Dask cluster, as GeoTIFF."),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="BEFORE AFTER",
            help="Instead of SITE: two camera networks, each a site's folder or, for the other's town, a camera file.",
        ),
    ] = None,
    improve: Annotated[
        bool, typer.Option("--improve", help="Instead: find the few camera changes that close most blind ground.")
    ] = False,
    changes: Annotated[
        int | None, typer.Option(min=1, max=20, help="With --improve: largest number of changes; 5 by default.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace an earlier result of another question in the folder.")] = False,
    mission: Annotated[
        Path | None,
        typer.Option(help="With --improve: mission that gives perimeter and density, to compare flights."),
    ] = None,
) -> None:
    """Compute the coverage of every fixed camera of a town, and draw the blind spots."""
    from blindspot.acts.towns import ImprovementRequest
    from blindspot.cli.plans.coverage_tables import print_files
    from blindspot.cli.plans.improve import improve_into
    from blindspot.core import moved, output_folder
    from blindspot.site import obstacles

    at = obstacles.read_moment(on, "--on") if on else None
    if mission and not improve:
        raise InputError(mission, "--mission", "goes with --improve", "or plan it: blindspot plan MISSION")
    if changes and not improve:
        raise InputError("blindspot coverage", "--changes", "goes with --improve", "add it, or leave the option out")
    survey_only: dict[str, Any] = {
        "--geotiff": geotiff, "--patrol-share": patrol_share, "--uncertainty": uncertainty,
        "--occupancy-grid": occupancy_grid, "--scheduler": scheduler,
    }  # fmt: skip
    if improve and compare:
        raise InputError("blindspot coverage", "--improve", "does not go with --compare", "leave one out")
    if improve:
        survey_only["--levels"] = levels
    if (improve or compare) and (given := [name for name, value in survey_only.items() if value]):
        instead = "--improve" if improve else "--compare"
        raise InputError("blindspot coverage", given[0], f"does not go with {instead}", "leave one out")
    common: dict[str, Any] = {"at": at, "perimeter": perimeter, "min_px_per_m": min_px_per_m, "as_json": as_json}
    work: Callable[[Path], tuple[Path, ...]]
    if compare and site is None:
        name = f"compare-{compare[0].stem}-{compare[1].stem}"
        work = partial(_compare, networks=compare, levels=levels, **common)
    elif site and improve:
        name = f"coverage-{site.resolve().name}"
        asked = ImprovementRequest(site, at, perimeter, min_px_per_m, changes or 5, mission)
        work = partial(improve_into, asked=asked, as_json=as_json)
    elif site and not compare:
        name = f"coverage-{site.resolve().name}"
        work = partial(
            _survey, folder=site, levels=levels, geotiff=geotiff, patrol_share=patrol_share, uncertainty=uncertainty,
            occupancy_grid=occupancy_grid, scheduler=scheduler, **common,
        )  # fmt: skip
    else:
        fix = "give the folder of one site, as config/sites/nantes, or two networks"
        raise InputError("blindspot coverage", "", "needs either SITE or --compare BEFORE AFTER", fix)
    folder = out or Path("runs") / name
    with output_folder(folder) as part:
        files = work(part)
        if not force:
            refuse_other_result(folder, part)
    if not as_json:
        print_files(moved(files, folder))


def refuse_other_result(folder: Path, part: Path) -> None:
    """Raise InputError if the folder holds a result of another town, pixel density or date. A result of the same
    question may be replaced, even after a change of the town's files."""
    import json

    for new in sorted(part.glob("*.json")):
        try:
            earlier = json.loads(read_file(folder / new.name))
        except (OSError, ValueError, RecursionError):
            continue
        asked = json.loads(new.read_text(encoding="utf-8"))
        for key in ("site", "min_px_per_m", "as_of"):
            if isinstance(earlier, dict) and earlier.get(key) != asked.get(key):
                problem = f"holds an earlier result with {key} {earlier.get(key)!r}, this one has {asked.get(key)!r}"
                raise InputError(folder / new.name, "--out", problem, "name another folder, or add --force")


def _survey(
    part: Path, folder: Path, at: datetime | None, perimeter: Path | None, min_px_per_m: float, levels: Path | None,
    as_json: bool, geotiff: bool, patrol_share: float | None, uncertainty: bool, occupancy_grid: bool,
    scheduler: str | None,
) -> tuple[Path, ...]:  # fmt: skip
    from blindspot.cli.plans import coverage_tables as tables
    from blindspot.coverage import as_text, write_files
    from blindspot.coverage.ground import explain, survey
    from blindspot.coverage.records import figures_of, provenance_of, summarise
    from blindspot.coverage.tiles import Question, is_large
    from blindspot.site import load_area, load_site

    site = load_site(folder, at)
    area = load_area(perimeter, site.frame) if perimeter else site.area_of_interest
    if patrol_share is not None and not any(camera.presets for camera in site.cameras):
        raise InputError(folder, "--patrol-share", "no camera here has a tour", "give one presets or leave it out")
    table, given = _levels(levels), _given(perimeter, levels)
    if scheduler or is_large(site, area):
        from blindspot.cli.plans.coverage_tiles import refuse, survey_in_tiles

        refuse({"--occupancy-grid": occupancy_grid, "--uncertainty": uncertainty}, scheduler)
        question = Question(area, min_px_per_m, table, patrol_share)
        return survey_in_tiles(part, site, question, given, scheduler, web_library("coverage.html"), as_json=as_json)
    library = web_library("coverage.html")
    from blindspot.cli.parts.progress_bar import progress_bar

    with progress_bar(len(site.cameras)) as progress:
        found = survey(site, area, min_px_per_m, progress, patrol_share=patrol_share, bounds=uncertainty)
        spots = explain(site, found.spots, found.causes)
        provenance = provenance_of(site, given)
        figures = figures_of(found, table)
        summary = summarise(found, figures, spots, provenance)
        progress("writing", len(site.cameras))
        files = write_files(
            part, found, figures, spots, summary, provenance,
            library=library, geotiff=geotiff, occupancy_grid=occupancy_grid,
        )  # fmt: skip
    if as_json:
        print(escape_codes(as_text(summary)))
    else:
        tables.print_figures(summary)
        tables.print_blind_spots(spots)
        tables.print_cameras(summary, found.fixed, len(spots))
    return files


def _compare(
    part: Path, networks: tuple[Path, Path], at: datetime | None, perimeter: Path | None, min_px_per_m: float,
    levels: Path | None, as_json: bool,
) -> tuple[Path, ...]:  # fmt: skip
    from blindspot.cli.plans import coverage_tables as tables
    from blindspot.coverage import as_text, write_comparison
    from blindspot.coverage.records import compare, of_both, provenance_of, summarise_change
    from blindspot.site import load_area

    before, after = sites = _networks(*networks, at)
    area = load_area(perimeter, before.frame) if perimeter else before.area_of_interest
    table, given = _levels(levels), _given(perimeter, levels)
    from blindspot.cli.parts.progress_bar import progress_bar

    with progress_bar(max(len(site.cameras) for site in sites)) as progress:
        change = compare(before, after, area, min_px_per_m, progress)
        provenance = of_both(
            *(
                provenance_of(site, [*given, *([path] if path.is_file() else [])])
                for site, path in zip(sites, networks, strict=True)
            )
        )
        summary = summarise_change(change, table, provenance)
        progress("writing", 0)
        files = write_comparison(part, change, summary, provenance)
    if as_json:
        print(escape_codes(as_text(summary)))
    else:
        tables.print_change(summary)
    return files


def _networks(before: Path, after: Path, at: datetime | None) -> tuple[Site, Site]:
    """The two networks. A camera file is read with the town of the other network."""
    from blindspot.site import load_site

    for path in (before, after):
        if not path.exists():
            fix = "name a site's folder or, for the other's town, a file of cameras"
            raise InputError(path, "--compare", "does not exist", fix)
    if before.is_file() and after.is_file():
        raise InputError(before, "--compare", "and the other are both files", "name the site's folder first")
    if before.is_file():
        return load_site(after, at, cameras=before), load_site(after, at)
    return load_site(before, at), load_site(before, at, cameras=after) if after.is_file() else load_site(after, at)


def _levels(path: Path | None) -> tuple[Level, ...]:
    from blindspot.coverage.ground import EN_62676_4_2014, read_levels

    return read_levels(path) if path else EN_62676_4_2014


def _given(*paths: Path | None) -> list[Path]:
    return [path for path in paths if path]


def web_library(page: str) -> Library | None:
    """The library for web maps. If it is missing, print a notice and return None: the page is then left out."""
    from blindspot.core import folders
    from blindspot.coverage.maps import load_library

    try:
        return load_library(folders.WEB_DIR)
    except DependencyError as missing:
        print(f"blindspot: no {page}: {missing}", file=sys.stderr)
        return None
