"""The files that a user names for a dossier, loaded; files that do not belong together are refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely.geometry import Polygon

from blindspot.acts.plans import plan_folder
from blindspot.core import InputError, read_file
from blindspot.coverage.records import Provenance, provenance_of
from blindspot.evidence.dossier import Evenings, SourceFile, file_source, source_of
from blindspot.law import Authorisation, load_authorisation
from blindspot.law.signatures import load_authorised_area
from blindspot.mission import Mission, Plan, load_mission, load_plan
from blindspot.operations import Operation, load_operation
from blindspot.planning.checker import of_another_mission
from blindspot.site import Site, load_area, load_site

SCOPES, CHANGES = ("turned", "built"), ("turn", "park", "raise", "new")
"""Values of `improve.json` that the dossier has words for."""
ROUNDED = 0.01
"""The difference of two figures that were rounded in another way."""
TOLERANCE_M = 0.5
"""A perimeter may leave the authorised area by this much: two files may round their corners in another way."""


@dataclass(frozen=True, slots=True)
class DossierInputs:
    """The loaded files of a question. `perimeter` is the mission's, else the authorised area, else the site's area of
    interest."""

    site: Site
    provenance: Provenance
    perimeter: Polygon
    perimeter_source: SourceFile
    mission: Mission | None
    mission_source: SourceFile | None
    plan: Plan | None
    plan_source: SourceFile | None
    authorisation: Authorisation | None
    authorisation_source: SourceFile | None
    evenings: Evenings | None
    improve: Mapping[str, Any] | None
    improve_source: SourceFile | None
    other_sources: tuple[SourceFile, ...]

    @classmethod
    def of(
        cls, site_dir: Path, mission: Path | None, operation: Path | None, authorisation: Path | None,
        improve: Path | None,
    ) -> DossierInputs:  # fmt: skip
        """Load the files.

        Raises
        ------
        InputError
            A file can't be read, is of another site, another area, another mission or another town.
        """
        evenings = load_operation(operation) if operation is not None else None
        flown = _mission(site_dir, mission, evenings)
        site = load_site(site_dir, flown.file.start if flown is not None else None)
        provenance = provenance_of(site)
        named = authorisation or (flown.authorisation_path if flown is not None else None)
        auth = load_authorisation(named) if named is not None else None
        perimeter, source = _perimeter(site, flown, auth, named)
        plan, plan_source = _plan(flown, site) if flown is not None else (None, None)
        models = flown.model_paths if flown is not None else ()
        return cls(
            site, provenance, perimeter, source, flown, file_source(flown.path) if flown is not None else None, plan,
            plan_source, auth, file_source(named) if named is not None else None,
            _evenings(evenings), *_improve(improve, provenance, site), tuple(file_source(path) for path in models),
        )  # fmt: skip

    def refuse_other_ground(self, blind_m2: float, min_px_per_m: float) -> None:
        """Raise InputError if the improvement was computed for another perimeter or another density than these."""
        if self.improve is None or self.improve_source is None:
            return
        for key, ours, unit in (("min_px_per_m", min_px_per_m, "px/m"), ("blind_area_m2", blind_m2, "m2")):
            theirs = self.improve[key]
            if not abs(theirs - ours) <= ROUNDED:
                problem = f"is {theirs:g} {unit}, and {ours:g} {unit} for the dossier: another perimeter or density"
                fix = "make it again: blindspot coverage SITE --improve --mission MISSION"
                raise InputError(self.improve_source.file, key, problem, fix)


def _mission(site_dir: Path, path: Path | None, evenings: Operation | None) -> Mission | None:
    """The mission, by its own name or by the operation's."""
    if path is None and evenings is None:
        return None
    mission = load_mission(path) if path is not None else evenings.mission if evenings is not None else None
    assert mission is not None
    if evenings is not None and evenings.mission.path.resolve() != mission.path.resolve():
        problem = f"is {evenings.mission.path.name}, and --mission is {mission.path.name}"
        raise InputError(evenings.path, "mission", problem, "name the mission of the operation, or leave --mission out")
    if mission.site_dir.resolve() != site_dir.resolve():
        raise InputError(mission.path, "site", f"is {mission.site_dir}", f"give a mission over {site_dir}")
    return mission


def _perimeter(
    site: Site, mission: Mission | None, auth: Authorisation | None, named: Path | None
) -> tuple[Polygon, SourceFile]:
    authorised = load_authorised_area(auth, site.frame) if auth is not None else None
    perimeter = load_area(mission.perimeter_path, site.frame) if mission is not None else authorised
    if auth is not None and authorised is not None and perimeter is not None:
        inside = authorised if mission is not None else site.area_of_interest
        if not inside.buffer(TOLERANCE_M).covers(perimeter):
            of = "the perimeter of the mission" if mission is not None else f"the site {site.name}"
            problem = f"is {auth.file.area.geojson}, which is another area than {of}"
            raise InputError(named or auth.area_path, "area.geojson", problem, "name the authorisation of this area")
    if mission is not None and perimeter is not None:
        return perimeter, file_source(mission.perimeter_path)
    if auth is not None and perimeter is not None:
        return perimeter, file_source(auth.area_path)
    return site.area_of_interest, file_source(site.folder / "site.yaml")


def _plan(mission: Mission, site: Site) -> tuple[Plan | None, SourceFile | None]:
    """The plan that `blindspot plan` keeps of this mission, if there is one and it is still the mission's."""
    path = plan_folder(mission.path) / "plan.json"
    if not path.is_file():
        return None, None
    try:
        plan = load_plan(path)
    except InputError:
        return None, None
    if any(True for _ in of_another_mission(plan, mission, site)):
        return None, None
    return plan, file_source(path, str(path))


def _evenings(operation: Operation | None) -> Evenings | None:
    if operation is None:
        return None
    file = operation.file
    rule = ", ".join(filter(None, (file.recurrence.rule, str(file.recurrence.from_), str(file.recurrence.until or ""))))
    slots = tuple((slot.name, f"{slot.from_:%H:%M}", f"{slot.until:%H:%M}", str(slot.passes)) for slot in file.slots)
    return Evenings(file.name, rule, slots, file.crew.pilots, file_source(operation.path))


def _improve(path: Path | None, ours: Provenance, site: Site) -> tuple[Mapping[str, Any] | None, SourceFile | None]:
    """The document of `blindspot coverage SITE --improve`, made from the same files of the town."""
    if path is None:
        return None, None
    try:
        content = read_file(path)
        found = json.loads(content)
    except OSError as error:
        raise InputError(path, "--improve", f"can't be read ({error.strerror})", "name an existing file") from error
    except (ValueError, RecursionError) as error:
        raise InputError(path, "--improve", "is no JSON", "make it: blindspot coverage SITE --improve") from error
    if not isinstance(found, dict) or found.get("schema") != "blindspot.improve/1":
        raise InputError(path, "schema", "is no blindspot.improve/1", "make it: blindspot coverage SITE --improve")
    if not _is_whole(found):
        raise InputError(path, "sets", "is incomplete", "make it again: blindspot coverage SITE --improve")
    theirs = found.get("inputs_sha256")
    for name, digest in sorted(ours.inputs_sha256.items()):
        if not isinstance(theirs, dict) or theirs.get(name) != digest:
            problem = f"is of another town: {name} has another SHA-256 in {site.folder}"
            raise InputError(path, "inputs_sha256", problem, "make it again: blindspot coverage SITE --improve")
    return found, source_of(path.name, content)


def _is_whole(found: Mapping[str, Any]) -> bool:
    """True if each set of changes has the figures that the dossier shows."""
    try:
        if not math.isfinite(found["min_px_per_m"] + found["blind_area_m2"]):
            return False
        for one in found["sets"]:
            figures = [one[key] for key in ("closed_m2", "closed_fraction", "elsewhere_m2", "private_m2")]
            figures += [one["flight"]["min"] or 0.0] if one.get("flight") and not one["flight"]["why_none"] else []
            for change in one["changes"]:
                named = change["camera"], change["kind"] in CHANGES
                figures += [change["height_m"], change["adds_m2"]]
                figures += [change[key] or 0.0 for key in ("heading_deg", "tilt_deg")]
                if not all(named):
                    return False
            if one["scope"] not in SCOPES or not one["changes"] or not all(map(math.isfinite, figures)):
                return False
    except (KeyError, TypeError, AttributeError, OverflowError):
        return False
    return True
