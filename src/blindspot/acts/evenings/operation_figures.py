"""The figures and the map of the report on an operation."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from blindspot.acts.evenings.operation_state import evenings_of, flown_library, is_simulated, state_dir
from blindspot.core import InputError
from blindspot.coverage.ground import GroundAges
from blindspot.coverage.maps import map_figure
from blindspot.operations import Operation, figures, is_scheduled, operation_report, read_ledger, states
from blindspot.stack import ages_file


def figures_of(operation: Operation, library: Path | None, now: datetime) -> tuple[dict[str, Any], map_figure.Figure]:
    """The figures and the map of the report. In a simulation, whose clock is its own, ages count up to the latest view.
    Of real drones an evening whose time is over counts as missed or over, also if no scheduler has noted it yet."""
    state = state_dir(operation)
    known, kept = flown_library(operation, library, state), state.parents[1]
    simulated = is_simulated(state)
    ages, now_s = GroundAges(), now.timestamp()
    file = ages_file(kept, operation.mission.site_dir)
    is_known = ages.load(file)
    if not is_known and os.path.lexists(file):
        raise InputError(file, "", "can't be read, or is damaged", "move it away: the report then leaves the ages out")
    if is_known and simulated and np.isfinite(ages.last_seen_s).any():
        now_s = float(np.nanmax(ages.last_seen_s))
    rows = read_ledger(state)
    begun, _ = evenings_of(rows if simulated else [_missed_if_over(row, now) for row in rows])
    left_at = None if simulated or is_scheduled(state) else now
    document = figures(operation, known, begun, ages, now_s, simulated=simulated, unscheduled_at=left_at)
    return document, operation_report.age_figure(operation, known, ages, now_s)


def _missed_if_over(row: states.OccurrenceRow, now: datetime) -> states.OccurrenceRow:
    """A row of a ledger; a row that is still planned after the slot counts as missed."""
    is_over = row.state == "planned" and row.slot_until < now
    return replace(row, state="missed", reason="no scheduler ran in its slot") if is_over else row
