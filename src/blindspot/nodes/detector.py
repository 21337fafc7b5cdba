"""Node `detector`: finds people and vehicles on public ground, tracks them over the ground, and masks every picture.

Takes pictures with poses and lenses from `camera` alone, outside the graph (`vision/capture/picture_channel.py`):
they are on no topic (docs/concepts/masking.md names the remaining ways). The town, and the reports that are allowed,
belong to the mission that arrives on `mission`. Before the mission's town is loaded every picture is dropped, and
later each picture of another mission. Publishes `detections` (vision_msgs/Detection2DArray), `sightings`, `events`
and the masked picture. The masked picture goes out only if a subscriber exists: whole as `camera/image_masked`, and as
a JPEG for radio and recorder as `camera/image_masked/compressed`, the name that image_transport's subscribers use. The
newest picture wins. A picture that can't be masked with certainty is discarded: nothing of the picture is published or
encoded, and the reason is logged. `facts/masks` reports of each picture, dropped ones included, what the masked copy
shows: the gate inhibits the sensor of a drone whose report is bad or missing. Detections and sightings are published
only if the authorisation lists this detector, events only if the authorisation lists the events too: by default none.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from blindspot_msgs.msg import EventArray, SightingArray
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray

from blindspot.camera import Lens, Sensor
from blindspot.core import InputError, MaskingError, RateLimit, one_line
from blindspot.evidence.masks import MODEL_LINE, PUBLICATION_LINE, Publication, publication_in, rates_beside
from blindspot.nodes.autopilot.drone_facts import MODELS, FactSender
from blindspot.nodes.cameras import mask_reports
from blindspot.nodes.cameras.camera_pose import optical_frame
from blindspot.nodes.cameras.current_mission import CurrentMission, FlownMission
from blindspot.nodes.cameras.detection_messages import detections_message, events_message, sightings_message
from blindspot.nodes.cameras.eyes import Eyes, SearchSettings, eyes_of
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.forward_clock import ForwardClock
from blindspot.nodes.graph.guarded import GuardedNode
from blindspot.nodes.graph.latest import Latest
from blindspot.nodes.graph.messages import seconds, stamp
from blindspot.nodes.graph.node_runner import run
from blindspot.nodes.graph.parameters import (
    declare_bool,
    declare_fleet,
    declare_float,
    declare_int,
    declare_names,
    declare_str,
)
from blindspot.nodes.graph.pictures import compressed_message, image_message
from blindspot.nodes.judging.leases import Leases
from blindspot.vision import LEAST_SCORE, Audit, ClearPictureError
from blindspot.vision.capture import ClearPicture, PictureTaker, channel_path
from blindspot.vision.models import (
    DEFAULT_FOLDER,
    DEFAULT_LIST,
    KINDS,
    PROVIDERS,
    BuiltIn,
    Detector,
    Model,
    NoNetwork,
    allowed_models,
    default_model,
)

CHECK_PERIOD_S = 0.2
"""Wall time between two checks of the camera's channel."""
MOST_FAILED = 5
MEASURED_SCALE = 0.5
"""Size of a searched picture, as a share of the camera's, in the measurements of the miss rate."""


class DetectorNode(GuardedNode):
    def __init__(self, **options: Any) -> None:
        super().__init__("detector", **options)
        self._drone = self.get_namespace().strip("/")
        self._labels = declare_names(
            self, "labels", describe="Kinds of object that may be reported; empty, the default: masking only."
        )
        unknown = set(self._labels) - set(KINDS)
        if unknown:
            raise InputError("detector", "labels", f"{min(unknown)} is unknown", f"there are {', '.join(KINDS)}")
        self._simulated = simulated = declare_bool(
            self, "simulated", False,
            describe="True if pictures are rendered: models and leases for simulations are then accepted.",
        )  # fmt: skip
        fleet = declare_fleet(self)
        self._used = self._declare_model(fleet.model_of(self._drone).camera.sensor, simulated=simulated)
        self.detector = self._make_detector()
        self._max_work_s = declare_float(
            self, "max_work_s", 3.0, low=0.1, high=60.0,
            describe="Longest analysis of a picture on the wall clock, s; after it the picture is withheld.",
        )  # fmt: skip
        budget_ms = declare_float(
            self, "search_ms", 0.0, low=0.0, high=2000.0,
            describe="CPU time for searching a picture, ms; the time left after the whole picture goes to tiles.",
        )  # fmt: skip
        has_network = isinstance(self._used, Model)
        self._search = SearchSettings(
            self.detector, self._min_score, budget_ms if has_network else 0.0,
            warm_spots=not isinstance(self._used, Model) or self._used.beside is not None,
        )  # fmt: skip
        self._jpeg_quality = declare_int(
            self, "jpeg_quality", 80, low=10, high=95, describe="JPEG quality of the compressed masked pictures."
        )
        rate_hz = declare_float(
            self, "jpeg_rate_hz", 1.0, low=0.05, high=30.0,
            describe="Most compressed masked pictures per second, for radio and recorder.",
        )  # fmt: skip
        self._jpegs = RateLimit(rate_hz)
        run_dir = Path(declare_str(self, "run_dir", ".", describe="Folder of the stack, with a folder for each run."))
        self.logged = ""
        self._failed = 0
        """Consecutive pictures whose analysis raised an error."""
        self._detections = self.create_publisher(Detection2DArray, "detections", qos.EVENTS)
        self._sightings = self.create_publisher(SightingArray, "sightings", qos.EVENTS)
        self._events = self.create_publisher(EventArray, "events", qos.EVENTS)
        self._masked = self.create_publisher(Image, "camera/image_masked", qos.PICTURE)
        self._compressed = self.create_publisher(CompressedImage, "camera/image_masked/compressed", qos.PICTURE)
        self._masks = self.create_publisher(DiagnosticArray, mask_reports.TOPIC, qos.EVENTS)
        self._now = ForwardClock(self)
        self._leases = Leases(self, self._now, simulated=simulated)
        self._worker: Latest[ClearPicture] = Latest(self._look)
        self.mission = CurrentMission(self, fleet, run_dir, self._leases, self._eyes_of)
        FactSender(self, MODELS, lambda: [(self._model, self._used.sha256)])
        self._camera = PictureTaker(channel_path(run_dir, self._drone), self._offer)
        self.create_timer(CHECK_PERIOD_S, self._camera.check, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def destroy_node(self) -> None:
        self._camera.close()
        self.mission.close()
        self._worker.close()
        super().destroy_node()

    def _declare_model(self, sensor: Sensor | None, *, simulated: bool) -> Model | BuiltIn:
        """The entry of the list for this camera. Raises InputError for a model that does not know its pictures."""
        named = declare_str(
            self, "model", "",
            describe="Name of an allowed model, see config/models.yaml; empty: the one for the camera's sensor.",
        )  # fmt: skip
        self._model = name = named or default_model(sensor)
        self._listed = listed = Path(
            declare_str(
                self,
                "models_list",
                str(DEFAULT_LIST),
                describe="List of the allowed models; the installation's own by default.",
            )
        )
        allowed = allowed_models(listed)
        if name not in allowed:
            raise InputError("detector", "model", f"{name} is not allowed", f"there are {', '.join(allowed)}")
        if problem := allowed[name].why_not(name, sensor, simulated=simulated):
            raise InputError("detector", "model", problem, _fitting(allowed, sensor, simulated=simulated))
        self.get_logger().info(MODEL_LINE + name)
        return allowed[name]

    def _make_detector(self) -> Detector | NoNetwork:
        folder = declare_str(
            self, "models", str(DEFAULT_FOLDER), describe="Folder of the models; the installation's own by default."
        )
        self._min_score = declare_float(
            self, "min_score", 0.35, low=0.05, high=0.95,
            describe="Least score of a reported detection; masking uses lower scores too.",
        )  # fmt: skip
        max_side_px = declare_int(
            self, "max_side_px", 960, low=320, high=3840, describe="Longest side of the searched picture, px."
        )
        provider = declare_str(self, "provider", "cpu", describe=f"Hardware for the model: {', '.join(PROVIDERS)}.")
        threads = declare_int(self, "threads", 1, low=1, high=16, describe="CPU threads of one picture.")
        if provider not in PROVIDERS:
            raise InputError("detector", "provider", f"{provider} is unknown", f"there are {', '.join(PROVIDERS)}")
        if not isinstance(self._used, Model):
            return NoNetwork()
        path, least = self._used.path(self._model, self._listed, Path(folder)), LEAST_SCORE
        return Detector(path, self._used, min_score=least, max_side_px=max_side_px, provider=provider, threads=threads)

    def _eyes_of(self, flown: FlownMission) -> Eyes:
        """In the mission's worker: load the mission's town and what its authorisation allows."""
        publication = self._publication(flown)
        self.get_logger().info(f"{PUBLICATION_LINE}{publication}")
        return eyes_of(flown, self._labels, self._model, publication, self.get_logger().warning)

    def _publication(self, flown: FlownMission) -> Publication:
        """The density of the mission's pictures. A simulation begins at the mission's own time."""
        sensor = flown.mission.model_of(self._drone).camera.sensor
        start = flown.mission.file.start if self._simulated else datetime.now(UTC)
        return publication_in(
            flown.mission, flown.authorisation, sensor, self._model, start,
            simulated=self._simulated, rates=rates_beside(self._listed),
        )  # fmt: skip

    def _offer(self, taken: ClearPicture) -> None:
        """Analyse a picture; drop the picture if the drone has no valid lease, or if the picture was taken in another
        mission."""
        if self._eyes_for(taken) is None:
            self._drop(taken, self.mission.why_not or "it was taken in another mission")
        elif why_not := self._leases.why_not_look(self._now()):
            self._drop(taken, why_not)
        else:
            self._worker.offer(taken)

    def _drop(self, taken: ClearPicture, why: str, found: Audit | None = None) -> None:
        """Let nothing of a picture leave the node. `found` is what its mask left in sight."""
        self._log_reason(f"picture dropped: {why}")
        self._report(taken, found)

    def _report(self, taken: ClearPicture, audit: Audit | None) -> None:
        """Report to the gate what is left in sight of a picture, before the picture goes out."""
        self._masks.publish(mask_reports.masks_message(mask_reports.report_of(taken.pose.stamp_s, audit)))

    def _eyes_for(self, taken: ClearPicture) -> Eyes | None:
        """The state of the mission that a picture was taken in; None unless this is the mission in progress."""
        eyes = self.mission.made
        return eyes if eyes is not None and eyes.mission == taken.mission else None

    def _look(self, taken: ClearPicture) -> None:
        """In the worker: mask, analyse and publish one picture."""
        pose, began_s, eyes = taken.pose, time.monotonic(), self._eyes_for(taken)
        if eyes is None:
            return
        header = Header(stamp=stamp(pose.stamp_s), frame_id=optical_frame(self._drone))
        try:
            analysis = eyes.pipeline_of(taken.lens, self._search).process(taken.bgr, pose.stamp_s, pose)
            if not time.monotonic() - began_s <= self._max_work_s:
                raise MaskingError(f"the detector took over {self._max_work_s:g} s")
        except ClearPictureError as error:
            self._drop(taken, str(error), error.found)
            return
        except MaskingError as error:
            self._drop(taken, str(error))
            return
        except Exception as error:  # one picture may be corrupt; after MOST_FAILED in a row the node ends
            self._failed += 1
            if self._failed >= MOST_FAILED:
                raise
            self._drop(taken, f"{type(error).__name__}: {one_line(error)}")
            return
        self._failed = 0
        self._warn_of_scale(taken.lens)
        if self.mission.made is not eyes:
            return
        if why_not := self._leases.why_not_look(self._now()):  # it may have ended during the analysis
            self._drop(taken, why_not)
            return
        self._report(taken, analysis.audit)
        self._log_reason("")
        if not eyes.publication.is_withheld:
            self._show(analysis.masked, header)
        if eyes.labels:
            self._detections.publish(detections_message(analysis.detections, header))
            self._sightings.publish(sightings_message(analysis.tracks, header, self._drone))
        if analysis.events:
            self._events.publish(events_message(analysis.events, header, self._drone))

    def _warn_of_scale(self, lens: Lens) -> None:
        """Log once that a camera's pictures are searched at a smaller share of the full size than the measured
        pictures."""
        scale, problem = self.detector.shown((lens.height_px, lens.width_px, 3))[2], ""
        if scale < MEASURED_SCALE:
            problem = (
                f"pictures of {lens.width_px} x {lens.height_px} px are searched at {scale:.2g} of their size: "
                f"the measured miss rates are those at {MEASURED_SCALE:g}; set max_side_px"
            )
        self.warn_of("the search", problem)

    def _show(self, masked: np.ndarray, header: Header) -> None:
        """Publish a masked picture, in the forms that have a subscriber."""
        if self._masked.get_subscription_count():
            self._masked.publish(image_message(masked, seconds(header.stamp), header.frame_id))
        if self._compressed.get_subscription_count() and self._jpegs.is_due(seconds(header.stamp)):
            self._compressed.publish(compressed_message(masked, header, self._jpeg_quality))

    def _log_reason(self, reason: str) -> None:
        if reason == self.logged:
            return
        self.logged = reason
        if reason:
            self.get_logger().warning(reason)
        else:
            self.get_logger().info("pictures are masked and published")


def _fitting(allowed: Mapping[str, Model | BuiltIn], sensor: Sensor | None, *, simulated: bool) -> str:
    """The models of a list for a camera, in words."""
    fitting = [name for name, model in allowed.items() if not model.why_not(name, sensor, simulated=simulated)]
    return f"for this camera there are {', '.join(fitting)}" if fitting else "no listed model knows its pictures"


def main() -> None:
    run(DetectorNode, holds_pictures=True)
