"""Fits the energy model of a drone to a PX4 log and prints the lines for `config/drones/MODEL.yaml`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from blindspot.core.errors import BlindspotError
from blindspot.flight.logs.calibration import NAMES, EnergyFit, fit_energy
from blindspot.flight.logs.flight_log import read_flight_log


def yaml_lines(log: Path, fit: EnergyFit) -> str:
    """Lines for a drone's file; a negative fitted value is written as zero."""
    lines = [f"# fitted to {log.name}, {fit.used_s:.0f} s in the air, 95 % intervals", "performance:"]
    lines += [f"  cruise_mps: {fit.cruise_mps:.1f}", "energy:"]
    for name, figure, digits in zip(NAMES, fit.figures, (1, 1, 4), strict=True):
        lines.append(f"  {name}: {max(0.0, figure.value):.{digits}f}    # +- {figure.error:.{digits}f}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m blindspot_lab.battery", description=__doc__)
    parser.add_argument("log", type=Path, help="PX4 log of a calm flight: hover, fast to and fro, climb")
    log = parser.parse_args(arguments).log
    try:
        print(yaml_lines(log, fit_energy(log, read_flight_log(log))))
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
