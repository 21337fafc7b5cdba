"""The camera of a flight: inhibited unless the law and the route permit it, and stowed on the way home."""

from __future__ import annotations

from math import isfinite

from blindspot.flight.control.inspecting import is_looking
from blindspot.flight.control.state import FlightState
from blindspot.flight.route.phases import MISSION
from blindspot.flight.watch.views import is_on_view

NO_RIGHT = "the right to look is with another drone, or with none"


def inhibit_unless_lawful(state: FlightState) -> None:
    """Permit capture only with a lease that has the right to look, no due row, an aimed camera on a view or an
    inspected point, and the entry of its release in the journal."""
    may = state.due is None and state.lease == "ok" and state.may_look
    may = may and (state.phase == "inspect" or (state.phase == "en_route" and state.seen.mode == MISSION))
    if not may:
        state.sensor_inhibited, state.stay.release = True, None
        return
    inspects = state.phase == "inspect"
    aimed = is_looking(state) if inspects else is_on_view(state.route, state.items, state.seen, state.settings)
    if aimed and state.stay.release is None:
        state.stay.release = state.note("sensor_release", state.reason or "on its route")
    release = state.stay.release
    state.sensor_inhibited = not (aimed and release is not None and release.ok)
    if release is not None and release.state in ("refused", "timed out"):
        state.add_reason(f"no pictures: {release.detail}")


def stow(state: FlightState) -> None:
    """Point the camera ahead and level on the way home or down, and in a hold without a lease: requested once, and
    reported on failure.

    PX4 does the same for PX4's own return and landing, and takes the gimbal meanwhile. The request is therefore sent
    only after the mode shows. The gimbal is left alone while the pilot or the failsafe has the drone.
    """
    without_lease = state.phase == "hold" and state.lease not in ("ok", "inhibit")
    if not (state.phase in ("return", "landing") or without_lease) or state.asked.disarms:
        state.stowing = None
    elif state.stowing is None:
        if not (state.is_heard() and state.asked.is_obeyed and isfinite(state.seen.heading_deg)):
            return
        level_deg = min(0.0, state.settings.model.camera.gimbal_max_pitch_deg)
        state.stowing = state.vehicle.point_gimbal(level_deg, state.seen.heading_deg)
    elif state.stowing.state in ("refused", "timed out"):
        state.add_reason(f"the camera is not stowed: {state.stowing.detail}")
