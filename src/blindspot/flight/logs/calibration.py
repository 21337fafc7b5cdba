"""The energy model of a drone, fitted to a flight: hover W, cruise W, climb Wh/m, each with its uncertainty.

    power = hover_w + cruise_extra_w (v / cruise)^3 + 3600 climb_wh_per_m max(climb, 0)

is linear in the three values, so that least squares yield them. The uncertainty is that of the fit (1.96 standard
errors: 95 %) and grows with the residuals of the model. Speeds are over ground: fly to and fro, on a calm day.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blindspot.core import InputError
from blindspot.flight.logs.flight_log import STEP_S, FlightLog

HOVER_MPS, CLIMB_MPS, DESCENT_MPS, FAST_MPS = 1.0, 0.5, -0.3, 3.0
LEAST_HOVER_S, LEAST_CRUISE_S, LEAST_CLIMB_M = 30.0, 30.0, 20.0
SURE = 1.96
NAMES = ("hover_w", "cruise_extra_w", "climb_wh_per_m")
"""Keys of a drone file's energy model, in the order of the equation."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A fitted value and half the width of its 95 % interval."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class EnergyFit:
    """`cruise_extra_w` applies at `cruise_mps`, the flown speed. `figures` are in the order of `NAMES`."""

    cruise_mps: float
    used_s: float
    figures: tuple[Figure, ...]


def fit_energy(path: Path, log: FlightLog) -> EnergyFit:
    """Fit the energy model to a log.

    Parameters
    ----------
    path
        The log's file, for messages only.
    log
        The flown part of the log (`read_flight_log`).

    Returns
    -------
    EnergyFit
        Hover W, cruise W and climb Wh/m, each with its 95 % interval. Descents are left out of the fit: a descent
        costs less than the hover assumed by the model.

    Raises
    ------
    InputError
        The flight is too short to determine each of the three values, or a value is negative beyond the uncertainty.
    """
    flown = log.up_mps > DESCENT_MPS
    speed_mps, climb_mps, power_w = log.speed_mps[flown], log.climb_mps[flown], log.power_w[flown]
    level = climb_mps < CLIMB_MPS
    _demand(path, "hover", STEP_S * float((level & (speed_mps < HOVER_MPS)).sum()), LEAST_HOVER_S, "s")
    fast = level & (speed_mps > FAST_MPS)
    _demand(path, "level flight above 3 m/s", STEP_S * float(fast.sum()), LEAST_CRUISE_S, "s")
    _demand(path, "climb", STEP_S * float(climb_mps[~level].sum()), LEAST_CLIMB_M, "m")
    cruise_mps = float(np.percentile(speed_mps[fast], 90))
    model = np.column_stack((np.ones(flown.sum()), log.speed3[flown] / cruise_mps**3, 3600.0 * climb_mps))
    values, _, rank, _ = np.linalg.lstsq(model, power_w, rcond=None)
    if rank < 3:
        raise InputError(path, "", "does not separate hover, cruise and climb", "fly each drone alone")
    rest = power_w - model @ values
    variance = float(rest @ rest) / max(1, len(power_w) - 3)
    errors = SURE * np.sqrt(variance * np.diag(np.linalg.inv(model.T @ model)))
    figures = tuple(Figure(float(v), float(e)) for v, e in zip(values, errors, strict=True))
    for name, figure in zip(NAMES, figures, strict=True):
        if not figure.value + figure.error > 0.0:
            raise InputError(path, name, f"comes out at {figure.value:.3g}", "the wind blew: fly on a calm day")
    return EnergyFit(cruise_mps, STEP_S * len(power_w), figures)


def _demand(path: Path, what: str, there: float, least: float, unit: str) -> None:
    if there < least:
        raise InputError(path, "", f"has {there:.0f} {unit} of {what}", f"at least {least:g} {unit} are needed")
