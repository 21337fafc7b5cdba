"""The data beside the tracks by which a run is judged: its folder, its town and its authorisation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC
from pathlib import Path

import numpy as np

from blindspot.camera import Lens
from blindspot.coverage.sight import drone_view
from blindspot.evidence.observed.event_log import EVENTS_FILE, read_events
from blindspot.evidence.observed.lease_spans import leases_of
from blindspot.evidence.observed.limits import Observed
from blindspot.evidence.observed.picture_poses import POSES_FILE, PicturePose, read_whole
from blindspot.evidence.observed.track import Track, first_in_air_s, system_time
from blindspot.law import Authorisation, slot_end
from blindspot.mission import GroundMasks, Mission
from blindspot.site import Site


def observed_of(
    run_dir: Path, mission: Mission, site: Site, masks: GroundMasks, auth: Authorisation, tracks: Mapping[str, Track],
    *, simulated: bool,
) -> Observed:  # fmt: skip
    """The data by which the limits of a flight are judged."""
    events, (pictures, is_whole) = read_events(run_dir / EVENTS_FILE), read_whole(run_dir / POSES_FILE)
    return Observed(
        zones=site.zones,
        pictures=pictures,
        all_pictures=is_whole,
        px_per_m=density_in(masks, mission),
        leases=None if events is None else leases_of(events),
        slot_left_s=slot_left_s(mission, auth, tracks, simulated=simulated),
    )


def slot_left_s(
    mission: Mission, auth: Authorisation, tracks: Mapping[str, Track], *, simulated: bool
) -> float | None:  # fmt: skip
    """Time from the first stamp of the tracks to the end of the slot in which the first drone took off, s; None if it
    is unknown.

    The law's clock of a simulation begins with the mission's start. The law's clock of real drones is the system's
    clock, which stamps the tracks: a mission file may be flown on any later day.
    """
    window, start_utc = auth.file.window, mission.file.start.astimezone(UTC)
    if simulated:
        end = slot_end(window, start_utc)
        return -math.inf if end is None else (end - start_utc).total_seconds()
    up_s = first_in_air_s(tracks)
    if up_s is None:
        return math.inf
    took_off = system_time(up_s)
    if took_off is None:
        return None
    end, before_s = slot_end(window, took_off), up_s - min(float(track.stamp_s[0]) for track in tracks.values())
    return -math.inf if end is None else (end - took_off).total_seconds() + before_s


def density_in(masks: GroundMasks, mission: Mission) -> Callable[[PicturePose], float]:
    """A function that returns a picture's highest pixel density, px/m, by the coverage kernel on the town's heights."""
    cameras = {drone.name: mission.model_of(drone.name).camera for drone in mission.file.fleet}
    lenses = {name: Lens(camera.hfov_deg, camera.width_px, camera.height_px) for name, camera in cameras.items()}
    nothing = np.zeros(masks.grid.shape, bool)

    def density(picture: PicturePose) -> float:
        if picture.drone not in lenses:
            return math.inf
        view = drone_view(
            masks.field, lenses[picture.drone], picture.east_m, picture.north_m, picture.up_m,
            picture.heading_deg % 360.0, max(-90.0, picture.pitch_deg), mission.file.band,
            roll_deg=picture.roll_deg, among=nothing,
        )  # fmt: skip
        return view.max_px_per_m

    return density
