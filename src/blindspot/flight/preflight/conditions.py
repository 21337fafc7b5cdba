"""The condition of each check before a flight, in the order of the list; the reference shows them."""

from __future__ import annotations

from collections.abc import Mapping

CONDITIONS: Mapping[tuple[str, ...], str] = {
    ("authority",): (
        "the authority grants the plan now; the command gives the clearance back at the end. A drone that is "
        "cleared for another plan is refused"
    ),
    ("route",): "it begins on the ground: the rest of a plan has no take-off",
    ("clearance",): (
        "a lease for this plan and this mission is received. Until then `flight_control` sends no request to the "
        "autopilot"
    ),
    ("autopilot", "drone"): "heard within 3 s; on the ground and disarmed. Otherwise the list ends here",
    ("firmware",): (
        "PX4 1.14 to 1.18; on hardware a release. Other versions are refused on hardware; a simulation reports a "
        "newer one and continues. If MAVROS lacks the version, pre-flight asks by MAVLink message, because PX4 "
        "1.18 ignores MAVROS 2.12's own request"
    ),
    ("return",): "PX4 1.17 or later, if the drone returns along its mission. Otherwise the list ends here",
    ("simulation",): (
        "only for a `flight_control` with `simulated: true`: the autopilot reports itself as simulated. Otherwise "
        "the list ends here"
    ),
    ("sensors",): "every sensor that the autopilot uses is healthy",
    ("radio control",): "heard: the pilot must be able to take over. Skipped in simulation",
    ("link",): (
        "the drone's file says `telemetry_radio: none`, `signed` or `tunnel` (reason). An unknown value and `open`"
        " are refused on hardware"
    ),
    ("GPS",): "8 satellites, and the receiver's own accuracy within 3 m",
    ("estimator",): "attitude, speed, position, height and heading are valid; the GPS is free of glitches",
    ("home",): (
        "home and drone within 5 m of the planned pad, home at most 3 m above or below the drone: all heights "
        "count from it, and PX4 keeps the height of a home that a ground station has set. Judged again before "
        "arming"
    ),
    ("battery",): "enough for the whole route and the reserve, also at the temperature that it reports",
    ("clock",): "this computer is within 1 s of the autopilot's UTC, which comes from GNSS. Skipped in simulated time",
    ("latest landing",): (
        "the route plus `landing_spare_s` fits the time left until the mission's `latest_landing`, if that is set"
    ),
    ("other drones",): (
        "each other drone of the plan stands on the ground, or is heard in the air with its place; in the air the "
        "drone would hold at once"
    ),
    ("gimbal", "camera"): "heard within 2 s and 3 s; the gimbal is free of faults",
    ("camera's card",): (
        "the drone's file says `camera.records_to_card: false`, because a camera's own recordings are unmasked. An"
        " unknown value is refused on hardware"
    ),
    ("MAVROS",): (
        "its version on this computer goes with the firmware. Checked only on the computer that flies the drone; "
        "the embedded simulation has no MAVROS"
    ),
    ("temperature",): (
        "this computer is at most as hot as `computer_hot_c`. A computer that lacks a sensor needs "
        "`computer_hot_c: 0.0`. Skipped in simulation"
    ),
    ("storage",): "2 GB free on the disk of the run",
    ("geozones",): (
        "the authorisation's file exists, is unchanged, can be judged and is valid for another hour, and up to the"
        " time after which the route is given up (half as long again as planned, and a minute); a simulation "
        "reports a file that cannot be judged and continues. If the authorisation names none, a simulation takes "
        "the no-fly zones of the site as current, and hardware is refused"
    ),
    ("ROS graph",): (
        "encrypted and authenticated by enclaves, or open. An open graph is a warning, with the remaining danger, "
        'and does not block. The row "link" is about MAVLink'
    ),
    ("orders",): (
        "each flight needs the signature of a pilot, or the fleet file names no keys. Unsigned orders are a "
        "warning before a real flight"
    ),
    ("fleet file",): (
        "the drone has the same fleet file (SHA-256) as the ground station, so that a key that was taken out "
        "counts nowhere. The leases name the ground station's file, signed; `preflight` takes the drone's from its"
        " facts. Both parts count the file that they read at their start. Skipped in simulation"
    ),
    ("flight_control",): (
        "no other process publishes the drone's status: a second `flight_control`, on another computer, would obey"
        " each goal and each order, too. The check waits 30 s, in which DDS forgets a killed process. Skipped in "
        "simulation"
    ),
    ("remote ID",): (
        "the drone's numbers are valid and those of the authorisation, MAVROS takes them, and a module reports "
        "that it is ready. A simulation needs no module. Without numbers in the fleet file nothing is sent; an "
        "authorisation that names numbers then refuses a real flight"
    ),
    ("parameters",): "see the autopilot's parameters",
    ("fence",): "it encloses the pad and the whole route, and is higher than the return",
    ("fence upload", "rally upload", "mission upload"): (
        "uploaded and read back equal; a refusal shows the autopilot's reason, if it gives one"
    ),
    ("clearance holds", "mission mode", "arming"): (
        "the autopilot shows AUTO.MISSION and reports that it would arm; the lease is still valid, or valid again "
        "within 30 s"
    ),
    ("journal",): "the entry of the arming is written, and the lease is valid",
    ("left in",): "AUTO.LOITER again: with a mission selected, an arming by hand would fly it",
}
"""By the names of checks: the condition under which they pass. `preflight` adds the first line and the last."""
