"""The data beside the tracks by which a run is judged: its folder, its town and its authorisation."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import numpy as np

from blindspot.camera import Lens
from blindspot.coverage.sight import drone_view
from blindspot.evidence.observed.event_log import EVENTS_FILE, read_events
from blindspot.evidence.observed.lease_spans import leases_of
from blindspot.evidence.observed.limits import Observed
from blindspot.evidence.observed.looks import LOOKS_FILE, Look, read_looks
from blindspot.law import Authorisation, slot_end
from blindspot.mission import GroundMasks, Mission
from blindspot.site import Site


def observed_of(run_dir: Path, mission: Mission, site: Site, masks: GroundMasks, auth: Authorisation) -> Observed:
    """The data by which the limits of a flight are judged. The slot is the one that contains the mission's start: in
    simulation the law's clock begins there, and on hardware a mission may start only then."""
    events = read_events(run_dir / EVENTS_FILE)
    start_utc = mission.file.start.astimezone(UTC)
    end = slot_end(auth.file.window, start_utc)
    return Observed(
        zones=site.zones,
        looks=read_looks(run_dir / LOOKS_FILE),
        px_per_m=density_in(masks, mission),
        leases=None if events is None else leases_of(events),
        slot_left_s=-math.inf if end is None else (end - start_utc).total_seconds(),
    )


def density_in(masks: GroundMasks, mission: Mission) -> Callable[[Look], float]:
    """A function that returns a look's highest pixel density, px/m, by the coverage kernel on the town's heights."""
    cameras = {drone.name: mission.model_of(drone.name).camera for drone in mission.file.fleet}
    lenses = {name: Lens(camera.hfov_deg, camera.width_px, camera.height_px) for name, camera in cameras.items()}
    nothing = np.zeros(masks.grid.shape, bool)

    def density(look: Look) -> float:
        if look.drone not in lenses:
            return math.inf
        view = drone_view(
            masks.field, lenses[look.drone], look.east_m, look.north_m, look.up_m,
            look.heading_deg % 360.0, max(-90.0, look.pitch_deg), mission.file.band,
            roll_deg=look.roll_deg, among=nothing,
        )  # fmt: skip
        return view.max_px_per_m

    return density
