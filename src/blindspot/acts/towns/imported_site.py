"""A site folder made from published map files of a town."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from blindspot.core import output_folder, progress_of, writable_or_error
from blindspot.site import Finding, Site, load_site
from blindspot.site.importers import (
    Place,
    Sources,
    check_heights,
    check_kept_heights,
    gather,
    keep_drawn,
    named_by_source,
    refuse_filled,
    write_report,
    write_site,
)


@dataclass(frozen=True, slots=True)
class ImportedSite:
    """A site in its folder, every finding about its sources, and the file of the report."""

    site: Site
    findings: tuple[Finding, ...]
    report: Path


def import_town(
    out: Path, sources: Sources, place: Place, *, name: str | None = None, area: Path | None = None,
    force: bool = False,
) -> ImportedSite:  # fmt: skip
    """Build the folder of a site from map files, and write a report of every assumption.

    `name` is the name of the town on maps, the folder's name by default. `area` is a GeoJSON polygon; by default the
    area is around buildings and roads. With `force` the folder may hold files, and the drawn files are kept. Raises
    InputError.
    """
    refuse_filled(out, force)
    check_heights(sources, place)
    with output_folder(out, "OUT") as part, progress_of("import") as progress:
        keep_drawn(out, part)
        made = import_into(part, name or out.resolve().name, sources, area, place, progress)
        check_kept_heights(out, part)
    return ImportedSite(made.site, made.findings, out / made.report.name)


def import_into(
    folder: Path,
    title: str,
    sources: Sources,
    area: Path | None,
    place: Place,
    progress: Callable[[str, int, int | None], None],
) -> ImportedSite:
    """Write a site and its report into a folder. Raises InputError."""
    town = gather(sources, area, progress)
    progress("writing", 0, None)
    with writable_or_error(folder, "OUT"):
        noted = write_site(folder, title, town, sources, place)
    progress("checking", 0, None)
    with named_by_source(sources):
        site = load_site(folder)
    findings = (*noted, *site.findings)
    counts = {
        "buildings": len(site.buildings),
        "roads": len(site.roads),
        "cameras": len(site.cameras),
        "public_squares": len(site.zones_of("public")),
    }
    return ImportedSite(site, findings, write_report(folder, title, sources, counts, findings))
