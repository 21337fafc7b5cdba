"""Node `camera`: takes pictures and publishes their poses.

Subscribes `mission`, `drone_status`, the gimbal's attitude, and the autopilot's position in its local frame, on the
globe and at home (`cameras/local_origin.py`).
At 5 Hz of the node's time the node asks the source of pictures for an exposure and waits for the autopilot's messages
from before and after the exposure. Then it publishes `camera/pose`: the optical frame in the site's frame at the
exposure, see `camera_pose.py`. At a wall-clock rate that the machine can sustain, the node passes the picture of one
exposure, with pose, lens and mission, to the detector that asks for the picture. Clear pictures stay off the graph
(`vision/capture/picture_channel.py`). Only in a simulation, and only with `publish_clear_pictures`, are they also
published as `camera/image_raw`. An exposure is dropped and counted if the pose is unknown, if the pitch is outside the
mission's limits, or if something in the picture may exceed the density cap of the mission or of the authorisation
(`vision/town/density_cap.py`). The pitch is outside when a drone is called home: its gimbal swings up before
`drone_status` arrives. The cap may be exceeded while the camera turns to a view: a plan keeps the cap for its planned
aims alone.

`camera/camera_info` is the camera's heartbeat, with or without a mission. It stops while a live camera delivers no good
picture, and `flight_control` then counts the camera as lost. Exposures need a loaded mission (`cameras/
current_mission.py`), a lease signed by the authority for that mission, and a recent `drone_status` of the mission's
run that permits the sensor. In any other case there is no pose and no picture; a live camera's frames are then
read and dropped at once, so that its health stays known. A frame from before the release is dropped, even if the frame
arrives after the release. `diagnostics` counts the frames received, the frames dropped, and the reasons.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blindspot_msgs.msg import DroneStatus
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from mavros_msgs.msg import GimbalDeviceAttitudeStatus, HomePosition
from rclpy.clock import Clock, ClockType
from sensor_msgs.msg import CameraInfo, NavSatFix

from blindspot.camera import CameraPose
from blindspot.flight.vehicle import is_yaw_from_north, mavros_health
from blindspot.mission import Limits, drone_model, site_pads
from blindspot.nodes.autopilot.drone_facts import CAMERA, FactSender
from blindspot.nodes.cameras.camera_clear import clear_publisher
from blindspot.nodes.cameras.camera_facts import CameraFacts
from blindspot.nodes.cameras.camera_pose import (
    binned,
    camera_info_message,
    declare_history,
    diagnostics_message,
    optical_frame,
    pose_message,
)
from blindspot.nodes.cameras.camera_source import Rendered, address_of, make_camera
from blindspot.nodes.cameras.clock_steps import ClockSteps
from blindspot.nodes.cameras.current_mission import CurrentMission, FlownMission
from blindspot.nodes.cameras.local_origin import LocalOrigin
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock, every
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.latest import Latest
from blindspot.nodes.graph.messages import now_s, seconds
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import declare_bool, declare_fleet, declare_float, declare_str
from blindspot.nodes.graph.pictures import image_message
from blindspot.nodes.judging.leases import Leases
from blindspot.site import load_frame
from blindspot.vision.capture import (
    ClearPicture,
    Exposure,
    Fault,
    PictureGiver,
    PictureSource,
    channel_path,
    pose_history,
)
from blindspot.vision.town import DensityCap, town_of_mission

EXPOSURE_PERIOD_S = 0.2
DIAGNOSTICS_PERIOD_S = 1.0
WAITING = 4
"""Most exposures that wait for a pose at one time; beyond the limit the oldest exposure is dropped."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The part of a mission that the camera needs: name and run, the source of the pictures, the limits, and the
    density cap over the mission's town."""

    name: str
    run: str
    source: PictureSource
    limits: Limits
    cap: DensityCap

    def may_aim(self, pose: CameraPose) -> bool:
        return self.limits.beyond_pitch_deg(pose.pitch_deg) <= drone_model.PITCH_TOLERANCE_DEG


@dataclass(frozen=True, slots=True)
class Exposed:
    """An exposure whose pose is published, and its mission."""

    assignment: Assignment
    pose: CameraPose
    exposure: Exposure


class CameraNode(GuardedNode):
    def __init__(self, *, rendered: Rendered | None = None, **options: Any) -> None:
        """`rendered` makes the simulator's camera; `options` are those of `rclpy.node.Node`."""
        super().__init__("camera", **options)
        pad_up_m = declare_float(
            self, "home_up_m", 0.0, low=-1e5, high=1e5, describe="Height of the own pad above the site's datum, m."
        )
        self._status_timeout_s = declare_float(
            self, "status_timeout_s", 3.0, low=0.5, high=30.0, describe="Silence of drone_status that inhibits, s."
        )
        simulated = declare_bool(self, "simulated", False, describe="True: leases for simulated drones count, too.")
        rate_hz = declare_float(
            self, "picture_rate_hz", 1.0, low=0.2, high=30.0, describe="Pictures per second of wall-clock time."
        )
        run_dir = Path(declare_str(self, "run_dir", ".", describe="Folder of the stack; its detector gets pictures."))
        fleet = declare_fleet(self)
        self.camera = make_camera(self, fleet, lambda: now_s(self), rendered)
        FactSender(self, CAMERA, CameraFacts(address_of(self)).values)
        self._lens = binned(self.camera.stream, self.camera.binning)
        self._image = clear_publisher(self, self.camera.name, simulated=simulated)
        self._detector = PictureGiver(channel_path(run_dir, self.get_namespace().strip("/")))
        self._history = declare_history(self, self.camera.accuracy, self.camera.time_std_s)
        own_pad = fleet.member(self.get_namespace().strip("/")).pad
        pads_m = [
            (pad.east_m, pad.north_m, pad_up_m if name == own_pad else pad.up_m)
            for name, pad in site_pads(fleet)[1].items()
        ]
        self._origin = LocalOrigin(load_frame(fleet.site_dir), pad_up_m, pads_m)
        self._frame_id = optical_frame(self.get_namespace().strip("/"))
        self._now = ForwardClock(self)
        is_simulated = bool(self.get_parameter("use_sim_time").value)
        self._steps = None if is_simulated else ClockSteps(lambda: now_s(self))
        self._is_clock_settled = True
        self.leases = Leases(self, self._now, simulated=simulated)
        self._status_heard_s, self._inhibited, self._flown_run = -1e9, True, ""
        self._forbidden_s = -1e9
        """The last time at which no picture might be taken."""
        self._waiting: deque[Exposure] = deque()
        self.exposed: Exposed | None = None
        self._asked: Exposed | None = None
        self.without_pose = self.beyond_pitch = self.over_cap = 0
        self._logged: str | None = None
        self._pose = self.create_publisher(PoseWithCovarianceStamped, "camera/pose", qos.EVENTS)
        self._info = self.create_publisher(CameraInfo, "camera/camera_info", qos.SENSOR)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", qos.EVENTS)
        self.create_subscription(PoseStamped, "mavros/local_position/pose", self._on_local, qos.SENSOR)
        self.create_subscription(NavSatFix, "mavros/global_position/global", self._on_global, qos.SENSOR)
        self.create_subscription(HomePosition, "mavros/home_position/home", self._on_home, qos.STATE)
        self.create_subscription(
            GimbalDeviceAttitudeStatus, "mavros/gimbal_control/device/attitude_status", self._on_gimbal, qos.EVENTS
        )
        self.create_subscription(DroneStatus, "drone_status", self._on_status, qos.STATE)
        self._worker: Latest[Exposed] = Latest(self._take_picture)
        self.mission = CurrentMission(self, fleet, run_dir, self.leases, self._assignment, self._on_mission)
        every(self, EXPOSURE_PERIOD_S, self._expose)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0 / rate_hz, self._ask_for_picture, clock=steady)
        self.create_timer(DIAGNOSTICS_PERIOD_S, self._diagnose, clock=steady)

    def destroy_node(self) -> None:
        self.camera.source.close()
        self.mission.close()
        self._worker.close()
        self._detector.close()
        super().destroy_node()

    def _assignment(self, flown: FlownMission) -> Assignment:
        """In the mission's worker: load the town, and draw the town if the pictures show a town."""
        town, mission = town_of_mission(flown.mission), flown.mission.file
        most_px_per_m = min(mission.band.max_px_per_m, flown.authorisation.camera.max_px_per_m)
        cap = DensityCap(town, self.camera.stream, most_px_per_m)
        return Assignment(flown.name, flown.run, self.camera.source_in(town), mission.limits, cap)

    def _on_mission(self, assignment: Assignment | None) -> None:
        """Forget the exposures of the mission before, and the town of that mission."""
        self._forget_exposures()
        self._asked = None

    def _forget_exposures(self) -> None:
        self._waiting.clear()
        self.exposed = None

    def _on_local(self, message: PoseStamped) -> None:
        """Add a sample of the vehicle, if the place of its local frame in the site is known."""
        p, q, stamp_s = message.pose.position, message.pose.orientation, seconds(message.header.stamp)
        position_m = self._origin.place(stamp_s, (p.x, p.y, p.z))
        if position_m is not None:
            self._history.add_vehicle(pose_history.VehicleSample(stamp_s, position_m, (q.x, q.y, q.z, q.w)))
            self._settle()
        else:
            self._history.lose_position()

    def _on_global(self, message: NavSatFix) -> None:
        self._origin.heard_global(seconds(message.header.stamp), message.latitude, message.longitude, message.altitude)

    def _on_home(self, message: HomePosition) -> None:
        self._origin.heard_home(message.geo.altitude, message.geo.latitude, message.geo.longitude)

    def _on_gimbal(self, message: GimbalDeviceAttitudeStatus) -> None:
        """Add a gimbal sample, unless it reports a fault; a zero stamp is replaced by the time of arrival."""
        if mavros_health.gimbal_faults(message):
            return
        q, stamp_s = message.q, seconds(message.header.stamp)
        xyzw, from_north = (q.x, q.y, q.z, q.w), is_yaw_from_north(message.flags)
        self._history.add_gimbal(pose_history.GimbalSample(stamp_s if stamp_s > 0 else now_s(self), xyzw, from_north))
        self._settle()

    def _on_status(self, message: DroneStatus) -> None:
        """Note the status with the age since the status's stamp: after a standstill, old messages from the queue come
        first."""
        now, said_s = self._now(), self._now.of(seconds(message.header.stamp))
        if self._inhibited and not message.sensor_inhibited:
            self._forbidden_s = max(self._forbidden_s, seconds(message.header.stamp))
        self._inhibited, self._status_heard_s, self._flown_run = message.sensor_inhibited, min(said_s, now), message.run
        if self._inhibited:
            self._forget_exposures()  # at once: a picture that is being made goes to nobody

    def why_not(self) -> str:
        """The reason against capturing now; empty if capturing is allowed.

        The lease is verified here, since any process can publish a `drone_status`.
        """
        assignment = self.mission.made
        if assignment is None:
            return f"no capture: {self.mission.why_not}"
        if why_not := self.leases.why_not_look(self._now()):
            return f"inhibited: {why_not}"
        if self._now() - self._status_heard_s > self._status_timeout_s:
            return "inhibited: drone_status is silent"
        if self._flown_run != assignment.run:
            return "inhibited: flight_control flies another run"
        if self._inhibited:
            return "inhibited by flight_control"
        if not self._is_clock_settled:
            return "no capture: the clock was set a moment ago"
        lacks = self._history.lacks(now_s(self))
        return f"no capture: {lacks} is not known" if lacks else ""

    def _expose(self) -> None:
        """Take one exposure if capturing is allowed and a picture exists; the pose is published once it is settled."""
        self._is_clock_settled = self._steps is None or self._steps.is_settled()
        time_s, why_not, assignment = now_s(self), self.why_not(), self.mission.made
        source = self.camera.source if assignment is None else assignment.source
        exposure, trouble = source.expose(time_s), source.trouble(time_s)
        self._log_reason(trouble, why_not)
        if trouble is None:
            info = camera_info_message(self.camera.stream, self.camera.binning, time_s, self._frame_id)
            self._info.publish(info)
        self._forbidden_s = time_s if why_not else min(self._forbidden_s, time_s)  # the clock may have been set back
        if why_not or trouble is not None:
            self._forget_exposures()
        elif exposure is not None and self._history.earliest_s(exposure.stamp_s) >= self._forbidden_s:
            self._waiting.append(exposure)
        self._settle()

    def _settle(self) -> None:
        """Publish the pose of each settled exposure, and drop the exposures whose pose is unknown or forbidden."""
        assignment = self.mission.made
        while assignment is not None and self._is_next_settled():
            exposure = self._waiting.popleft()
            pose = self._history.at(exposure.stamp_s)
            if pose is None:
                self.without_pose += 1
            elif not assignment.may_aim(pose):
                self.beyond_pitch += 1
            elif assignment.cap.is_exceeded(pose):
                self.over_cap += 1
            elif self.exposed is None or not 0 <= self.exposed.pose.stamp_s - pose.stamp_s <= pose_history.SET_BACK_S:
                self.exposed = Exposed(assignment, pose, exposure)
                self._pose.publish(pose_message(pose))

    def _is_next_settled(self) -> bool:
        """Whether an exposure waits whose pose is known, or can wait no longer."""
        waiting = self._waiting
        return bool(waiting) and (len(waiting) > WAITING or self._history.is_settled(waiting[0].stamp_s))

    def _ask_for_picture(self) -> None:
        exposed = self.exposed
        if exposed is None or exposed is self._asked or not self._is_asked() or self.why_not():
            return
        self._asked = exposed
        self._worker.offer(exposed)

    def _is_asked(self) -> bool:
        """Whether the detector or a subscriber asks for a picture."""
        return self._detector.is_asked() or (self._image is not None and self._image.get_subscription_count() > 0)

    def _take_picture(self, exposed: Exposed) -> None:
        """In the worker: make the picture of a published pose; drop the picture if capturing was inhibited meanwhile,
        or another mission is loaded."""
        pose = exposed.pose
        bgr = exposed.exposure.picture(pose)
        if self.exposed is None or self.mission.made is not exposed.assignment:
            return
        self._detector.give(ClearPicture(bgr, pose, self._lens, exposed.assignment.name))
        if self._image is not None and self._image.get_subscription_count():
            self._image.publish(image_message(bgr, pose.stamp_s, self._frame_id))

    def _log_reason(self, trouble: Fault | None, why_not: str) -> None:
        """Log each change of the reason once; its numbers may change in between."""
        reason = why_not if trouble is None else trouble.kind
        if reason == self._logged:
            return
        self._logged = reason
        if trouble is not None:
            self.get_logger().warning(f"no picture from {self.camera.name}: {trouble}")
        else:
            self.get_logger().info(why_not or "capturing")

    def _diagnose(self) -> None:
        time_s, feed = now_s(self), self.camera.feed
        counts = {} if feed is None else asdict(feed.counts)
        message = diagnostics_message(
            time_s, self.get_fully_qualified_name(), self.camera.name, self.camera.source.trouble(time_s),
            {**counts, "without_pose": self.without_pose, "beyond_pitch_limits": self.beyond_pitch,
             "over_density_cap": self.over_cap},
        )  # fmt: skip
        self._diagnostics.publish(message)


def main() -> None:
    run(CameraNode, holds_pictures=True)
