"""Checks of the files given as evidence. Each raises InputError if its file lacks the required fact."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

from blindspot.core import InputError, read_file, read_yaml, readable_or_error
from blindspot.flight.logs import fit_energy, log_length_s, read_flight_log
from blindspot.law import judge_signatures, load_authorisation
from blindspot.vision.capture import Calibration

LEAST_LOG_S = 60.0


def completed_on_px4(path: Path) -> None:
    """A run's `summary.json`: completed within all limits, with a PX4 in the list of processes beside it."""
    summary = _json(path, "blindspot.summary/1")
    broken = summary.get("violations")
    if summary.get("outcome") != "completed" or broken != []:
        number = len(broken) if isinstance(broken, list) else "an unknown number of"
        found = f"says {summary.get('outcome')} with {number} violations"
        raise InputError(path, "outcome", found, "fly the mission again until the flight is completed without any")
    limits = summary.get("limits")
    states = [(str(one.get("limit")), one.get("state")) for one in limits] if _are_mappings(limits) else []
    unknown = [limit for limit, state in states if state != "kept"]
    if unknown or not states:
        found = f"has no word that the limit was kept: {unknown[0]}" if unknown else "names no limit that was kept"
        raise InputError(path, "limits", found, "fly again until each limit is observed and kept")
    processes = path.parent / "processes.json"
    if not any(name.startswith("px4_") for name in _json(processes)):
        raise InputError(processes, "", "names no PX4", "fly with: blindspot sim MISSION --mode sitl")


def hardware_can_run(path: Path) -> None:
    """The output of `blindspot doctor --json` on the drone's computer."""
    lacks: Any = _json(path, "blindspot.doctor/1")
    for key in ("modes", "hardware", "lacks"):
        lacks = lacks.get(key, ["an answer"]) if isinstance(lacks, dict) else ["an answer"]
    if lacks != []:
        lacking = ", ".join(map(str, lacks)) if isinstance(lacks, list) else "an answer"
        raise InputError(path, "modes.hardware", f"lacks {lacking}", "fix this as blindspot doctor explains")


def flight_log(path: Path) -> None:
    """A PX4 log of a minute or more."""
    if (length_s := log_length_s(path)) < LEAST_LOG_S:
        raise InputError(path, "", f"holds {length_s:.0f} s", f"give a log of at least {LEAST_LOG_S:g} s")


def battery_log(path: Path) -> None:
    """A log to which the energy model of a drone can be fitted."""
    fit_energy(path, read_flight_log(path))


def calibration(path: Path) -> None:
    read_yaml(path, Calibration)


def signed_test_range(path: Path) -> None:
    authorisation = load_authorisation(path)
    if authorisation.file.profile != "TEST-RANGE" or not authorisation.signers:
        raise InputError(path, "profile", "is no TEST-RANGE signed by a trusted key", "blindspot authority new")


def authorised_site(path: Path) -> None:
    """The town's own authorisation, signed as its profile asks: neither SIM-ONLY nor TEST-RANGE."""
    authorisation = load_authorisation(path)
    profile = authorisation.file.profile
    if profile in ("SIM-ONLY", "TEST-RANGE"):
        raise InputError(path, "profile", f"is {profile}", "a town is flown under an act of its authorities")
    for verdict in judge_signatures(authorisation, datetime.now(UTC)):
        raise InputError(path, verdict.rule, verdict.reason, verdict.remedy)


def _are_mappings(value: object) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _json(path: Path, schema: str = "") -> dict[str, Any]:
    try:
        content = json.loads(_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InputError(path, "", "is no JSON", "give the file as written") from error
    if not isinstance(content, dict) or (schema and content.get("schema") != schema):
        raise InputError(path, "schema", f"is not {schema or 'a mapping'}", "give the file as written")
    return content


def _bytes(path: Path) -> bytes:
    with readable_or_error(path, "name an existing file"):
        return read_file(path)
