"""The ladder to a drone's first flight over a town: the evidence that each stage requires before the next begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from blindspot.commission import evidence


@dataclass(frozen=True, slots=True)
class Range:
    """The permitted range of a measured value."""

    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One item of a sign-off: a file as evidence, a measured number, or the signer's confirmation."""

    name: str
    text: str
    shown_by: Callable[[Path], None] | Range | None = None

    @property
    def given_as(self) -> str:
        if isinstance(self.shown_by, Range):
            return f"{self.shown_by.low:g} to {self.shown_by.high:g} {self.shown_by.unit}"
        return "yes" if self.shown_by is None else "FILE"


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    title: str
    checks: tuple[Proof, ...]

    def document(self) -> dict[str, object]:
        checks = [{"name": check.name, "given_as": check.given_as, "text": check.text} for check in self.checks]
        return {"name": self.name, "title": self.title, "checks": checks}


LADDER = (
    Stage(
        "sitl",
        "the mission on a simulated PX4",
        (
            Proof("mission", "`summary.json` of a run, completed, each limit seen and kept", evidence.completed_on_px4),
            Proof("pilot", "a joystick took the drone, the drone obeyed, and only `resume` ended this"),
            Proof("mavros", "MAVROS was killed in flight: the mission went on, the drone was heard again"),
        ),
    ),
    Stage(
        "desk",
        "autopilot, computer and links on the desk, propellers off",
        (
            Proof("machine", "output of `blindspot doctor --json` on the drone's computer", evidence.hardware_can_run),
            Proof("firmware", "the firmware is the release for the flight"),
            Proof("log", "the autopilot's log of a minute, sensors and links healthy", evidence.flight_log),
            Proof("computer", "the computer was switched off and on: the nodes came back, the drone stayed disarmed"),
        ),
    ),
    Stage(
        "bench",
        "the drone on the bench, propellers off",
        (
            Proof("propellers", "they are off, and a second person has looked"),
            Proof("kill", "the kill switch stops the motors at once"),
            Proof("refused", "arming without a lease is refused, by radio control and by a ground station"),
            Proof("pilot", "every mode switch brings phase `pilot`, and all requests stop until `resume`"),
            Proof("failsafes", "radio control off, ground station off, battery low: each triggered the set action"),
            Proof("calibration", "the camera's calibration file", evidence.calibration),
            Proof("boresight_roll_deg", "the camera on the gimbal, clockwise", Range(-10.0, 10.0, "deg")),
            Proof("boresight_pitch_deg", "the camera on the gimbal, up", Range(-10.0, 10.0, "deg")),
            Proof("boresight_yaw_deg", "the camera on the gimbal, to the right", Range(-10.0, 10.0, "deg")),
            Proof("time_offset_s", "offset from a picture's stamp to the exposure", Range(-2.0, 2.0, "s")),
            Proof("masked", "every picture is masked before leaving the computer; a covered lens stops the pictures"),
        ),
    ),
    Stage(
        "tethered",
        "tied to the ground, 5 m at most, over your own field",
        (
            Proof("log", "the autopilot's log of a minute's hover by hand and one in hold", evidence.flight_log),
            Proof("take_over", "from hold, the first touch of a stick gave the pilot control"),
            Proof("land", "`abort` landed the drone on the spot"),
            Proof("vibration", "the log is free of clipping, and the motors are warm at most"),
        ),
    ),
    Stage(
        "open-field",
        "a whole mission over your own fenced field",
        (
            Proof("authorisation", "a TEST-RANGE signed by a trusted key", evidence.signed_test_range),
            Proof("preflight", "`blindspot preflight MISSION` passed"),
            Proof("return", "`return_home` from the farthest view brought the drone home at the plan's height"),
            Proof("link", "the ground station was cut off for a minute in flight: the drone came home by itself"),
            Proof("computer", "the computer was switched off in flight: the mission ended, or the drone came home"),
            Proof("fence", "flown by hand to the fence, the drone turned back"),
            Proof("battery", "a log to which the energy model fits, the model's lines in the drone's file",
                  evidence.battery_log),
            Proof("place_m", "distance between a ground mark's estimated and true position", Range(0.0, 3.0, "m")),
        ),
    ),
    Stage(
        "site",
        "the town",
        (
            Proof("authorisation", "the town's own authorisation, with its signatures", evidence.authorised_site),
            Proof("walked", "pilot and observer have walked the route, and stand where they see all of it"),
            Proof("preflight", "`blindspot preflight MISSION` passed on the day"),
            Proof("told", "residents and other airspace users have been informed"),
        ),
    ),
)  # fmt: skip
NAMES = tuple(stage.name for stage in LADDER)
