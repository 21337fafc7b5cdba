"""The public page of an authorisation: its flights as a folder of pages, and the entry of the publication."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from blindspot.acts.journal_runs import runs_of
from blindspot.acts.publications.gathered import journals_of, refuse_other_runs, refuse_unnamed, summary_of, uses_in
from blindspot.acts.run_folders import PLAN, Run, read_json
from blindspot.core import InputError, output_folder, read_file
from blindspot.evidence import Journal, JournalError, entries_of_act, last_entries
from blindspot.evidence.public import (
    FACTS,
    MARK,
    PAGES,
    PerimeterMap,
    PublicFlight,
    PublicPage,
    document_of,
    draw_perimeter,
    flight_of,
    is_due,
    page_in,
)
from blindspot.evidence.verified import VERIFIER, verifier_text
from blindspot.law import Authorisation, load_authorisation
from blindspot.site import LocalFrame, load_area, load_site

PUBLISHED, HEAD_SIGNED = "published", "head_signed"
SIGNED = ("number", "hash", "key_id", "signature")
LARGEST = 50_000_000
OPEN_TO_ALL = 0o644


@dataclass(frozen=True, slots=True)
class Published:
    """A written page: the journal with the entry, the SHA-256 of the index, the number of flights, those younger than
    the delay, and the runs that are in no journal, since a simulation in one process flew them."""

    journal: Path
    index_sha256: str
    flights: int
    younger: int
    in_process: int


def publish_page(
    out: Path, runs: Path, authorisation: Path, delay: timedelta, person: str, now: datetime,
    drone_journals: Sequence[Path] = (),
) -> Published:  # fmt: skip
    """Write the page of all flights under an authorisation that are older than `delay`, after the entry of the
    publication.

    The flights come from the journals in and below `runs`, and from that of this computer's real drones; the folders
    of the runs add figures. A page of ours in `out` is replaced. Raises InputError for runs of other authorisations
    alone, for an unreadable run or journal, for a run that no journal names, and for another page in `out`.
    """
    earlier = _page_before(out)
    auth = load_authorisation(authorisation)
    journals = journals_of(runs)
    found = uses_in(journals, auth.id, drone_journals)
    if not found:
        refuse_other_runs(runs, journals, auth.id)
    folders = {journal: runs_of(journal, (runs,)) for journal in journals}
    in_process = refuse_unnamed(runs, journals, folders)
    documents = {id(use): summary_of(folders[journal].get(use.run)) for use, journal in found}
    retention = timedelta(hours=auth.file.recording.retention_h)
    flights = [
        flight_of(use, documents[id(use)], retention, may_record=auth.file.recording.allowed)
        for use, _ in found if is_due(use, now, delay)
    ]  # fmt: skip
    _refuse_lost(out, earlier, flights)
    place = next((run for use, journal in found if (run := folders[journal].get(use.run)) is not None), None)
    page = PublicPage(auth.file, flights, _heads(journals), now, delay, _map_of(auth, place), VERIFIER)
    journal = found[-1][1] if found else journals[-1]
    index = _write(out, page, journal, person)
    return Published(journal, index, len(flights), len(found) - len(flights), in_process)


def _heads(journals: Iterable[Path]) -> list[dict[str, Any]]:
    """The last entry of each journal with an entry, and the latest head that its computer signed."""
    heads = []
    for journal in journals:
        if (last := next(last_entries(journal), None)) is not None:
            signed = deque((dict(entry.facts) for entry in entries_of_act(journal, HEAD_SIGNED)), maxlen=1)
            of_computer = {name: one[name] for one in signed for name in SIGNED if name in one}
            signature = {"signed": of_computer} if len(of_computer) == len(SIGNED) else {}
            heads.append({"number": last.number, "sha256": last.sha256, **signature})
    return heads


def _map_of(auth: Authorisation, run: Run | None) -> PerimeterMap:
    """The map of the perimeter, with its streets if the run names a town that is here and holds the perimeter."""
    area = json.loads(read_file(auth.area_path, LARGEST))
    lon_deg, lat_deg = _first_point(area)
    near = LocalFrame(lat_deg, lon_deg, 0.0, 0.0)
    centre = load_area(auth.area_path, near).centroid
    lon_deg, lat_deg = near.to_wgs84(centre.x, centre.y)
    named = Path(str(read_json(run.folder / PLAN).get("site") or "")) if run is not None else Path()
    if run is not None and (named / "site.yaml").is_file():
        site = load_site(named)
        with suppress(InputError):  # a perimeter far from the town of the run is refused
            area = load_area(auth.area_path, site.frame)
            if area.intersects(site.area_of_interest):
                roads = ((road.name, road.axis) for road in site.roads if road.is_public)
                return draw_perimeter(area, (lat_deg, lon_deg), roads)
    return draw_perimeter(load_area(auth.area_path, near), (lat_deg, lon_deg), ())


def _first_point(area: Any) -> tuple[float, float]:
    """Longitude and latitude of a point of a GeoJSON document, which `load_area` has still to check."""
    while isinstance(area, dict):
        area = (area.get("features") or [area.get("geometry") or area.get("coordinates")])[0]
    while isinstance(area, list) and area and isinstance(area[0], list):
        area = area[0]
    return float(area[0]), float(area[1])


def _page_before(out: Path) -> Mapping[str, Any]:
    """The facts of our page in a folder; empty without one. Raises InputError for another page."""
    index = out / PAGES["fr"]
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return {}
    if not out.is_dir():
        raise InputError(out, "OUT", "is a file", "name a folder")
    is_ours = index.is_file() and not index.is_symlink() and MARK.encode() in read_file(index, LARGEST)[:2000]
    if not is_ours:
        raise InputError(out, "OUT", "holds other files than a page of this command", "name a new folder")
    return read_json(out / FACTS)


def _refuse_lost(out: Path, earlier: Mapping[str, Any], flights: Sequence[PublicFlight]) -> None:
    """Raise InputError if a flight of the page before is missing now: entries were cut off, or a journal moved."""
    listed = [one.get("reference") for one in earlier.get("flights") or () if isinstance(one, Mapping)]
    known = {flight.reference for flight in flights}
    if lost := [number for number, reference in enumerate(listed, 1) if reference not in known]:
        raise InputError(
            out, "", f"lists flight {lost[0]}, which is in no journal here or younger than the delay",
            "name the folder with its journal and the same delay, or a new folder",
        )  # fmt: skip


def _write(out: Path, page: PublicPage, journal: Path, person: str) -> str:
    """Enter the publication, write the files, and return the SHA-256 of the index."""
    texts = {file: page_in(tongue, page) for tongue, file in PAGES.items()}
    texts |= {VERIFIER: verifier_text()}
    texts |= {FACTS: document_of(page, texts)}
    index = hashlib.sha256(texts[PAGES["fr"]].encode()).hexdigest()
    with output_folder(out, "OUT") as draft:
        for name, text in texts.items():
            (draft / name).write_bytes(text.encode())
            (draft / name).chmod(OPEN_TO_ALL)
        try:
            Journal(journal, "publish").write(
                PUBLISHED, person=person, folder=str(out.resolve()), sha256=index, flights=len(page.flights)
            )
        except JournalError as error:
            raise InputError(out, "OUT", f"is not written ({error})", "see the disk of the journal") from error
    return index
