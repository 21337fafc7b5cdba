"""Supported pairs of PX4 and MAVROS, and the evidence for each. The reference shows this table.

A pair is "run" if whole missions were flown on it, "recorded" if the simulated autopilot is compared with recorded
flights, "read" if only sources and release notes were read. Any other pair is "not known": refused on hardware,
reported in a simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from blindspot.flight.vehicle.vehicle import Firmware

State = Literal["run", "recorded", "read", "refused", "not known"]
Release = tuple[int, int]

OLDEST_PX4, NEWEST_PX4 = (1, 14), (1, 18)
OLDEST_MAVROS, NEWER_MAVROS = (2, 12), (2, 13)
NO_HOLD_BEFORE_A_FAILSAFE = "the plan counts on COM_FAIL_ACT_T, which is missing; install PX4 1.14 or newer"


@dataclass(frozen=True, slots=True)
class Pair:
    """One PX4 with one MAVROS; `evidence` states the evidence, or the problem and its remedy."""

    px4: Release
    mavros: Release
    state: State
    evidence: str

    @property
    def refused(self) -> bool:
        return self.state == "refused"

    @property
    def known(self) -> bool:
        return self.state != "not known"


MATRIX: tuple[Pair, ...] = (
    Pair((1, 14), (2, 12), "read", "sources and release notes read"),
    Pair((1, 15), (2, 12), "run", "whole missions of one and two drones; a development version, SIH"),
    Pair((1, 16), (2, 12), "read", "sources and release notes read"),
    Pair((1, 17), (2, 12), "recorded", "19 scenarios of an alpha version, SIH; in Gazebo missions on a later branch"),
    Pair((1, 18), (2, 12), "read", "release notes read; MAVROS 2.12 asks in vain for the firmware, "
         "so pre-flight asks by another"),
    Pair((1, 14), (2, 13), "read", "changes of MAVROS read"),
    Pair((1, 15), (2, 13), "read", "changes of MAVROS read"),
    Pair((1, 16), (2, 13), "read", "changes of MAVROS read"),
    Pair((1, 17), (2, 13), "read", "changes of MAVROS read"),
    Pair((1, 18), (2, 13), "read", "release notes and changes of MAVROS read"),
)  # fmt: skip
"""MAVROS 2.13 stands for all newer ones of version 2."""


def support(firmware: Firmware, mavros: tuple[int, ...] = OLDEST_MAVROS) -> Pair:
    """The pair of this firmware with this MAVROS (its version's numbers)."""
    px4, with_it = firmware.release, mavros_release(mavros)
    if firmware.autopilot != "PX4":
        return Pair(px4, with_it, "refused", "the modes and failsafes are others; install PX4 1.14 or newer")
    if px4 < OLDEST_PX4:
        return Pair(px4, with_it, "refused", NO_HOLD_BEFORE_A_FAILSAFE)
    for pair in MATRIX:
        if (pair.px4, pair.mavros) == (px4, with_it):
            return pair
    newest = ".".join(map(str, NEWEST_PX4))
    if px4 > NEWEST_PX4:
        return Pair(px4, with_it, "not known", f"newer than any known PX4; {newest} is the newest")
    return Pair(px4, with_it, "not known", "MAVROS 2.12 and newer versions 2 are known: install such a version")


def mavros_release(version: tuple[int, ...]) -> Release:
    """The matrix's release for a version; the version's own release if the matrix lacks the release."""
    release = (version[0], version[1]) if len(version) > 1 else (0, 0)
    return NEWER_MAVROS if release[0] == NEWER_MAVROS[0] and release > NEWER_MAVROS else release
