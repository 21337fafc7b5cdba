"""The results of the detector as messages."""

from __future__ import annotations

from blindspot_msgs.msg import Event as EventMessage, EventArray, Sighting, SightingArray
from std_msgs.msg import Header
from vision_msgs.msg import Detection2D, Detection2DArray, ObjectHypothesisWithPose

from blindspot.nodes.cameras.camera_pose import SITE_FRAME
from blindspot.nodes.graph.messages import stamp
from blindspot.vision import Track, TrackState
from blindspot.vision.events import Event, Stage
from blindspot.vision.models import Detections

_EVENTS = {TrackState.NEW: Sighting.NEW, TrackState.UPDATE: Sighting.UPDATE, TrackState.END: Sighting.END}
_STAGES = {Stage.NEW: EventMessage.NEW, Stage.UPDATE: EventMessage.UPDATE, Stage.END: EventMessage.END}


def detections_message(detections: Detections, header: Header) -> Detection2DArray:
    """Boxes in pixels of the picture."""
    message = Detection2DArray(header=header)
    for (x1, y1, x2, y2), score, label in zip(
        detections.boxes_xyxy.tolist(), detections.scores.tolist(), detections.labels, strict=True
    ):
        found = Detection2D(header=header)
        found.bbox.center.position.x, found.bbox.center.position.y = (x1 + x2) / 2, (y1 + y2) / 2
        found.bbox.size_x, found.bbox.size_y = x2 - x1, y2 - y1
        result = ObjectHypothesisWithPose()
        result.hypothesis.class_id, result.hypothesis.score = label, score
        found.results = [result]
        message.detections.append(found)
    return message


def sightings_message(tracks: tuple[Track, ...], header: Header, drone: str) -> SightingArray:
    """Tracks on the ground, in the site's frame."""
    message = SightingArray(header=Header(stamp=header.stamp, frame_id=SITE_FRAME))
    for track in tracks:
        sighting = Sighting(
            header=message.header, drone=drone, track=track.number, event=_EVENTS[track.event], label=track.label,
            score=track.score, position_covariance=track.point.covariance_m2.ravel(),
            velocity_covariance=track.velocity_m2ps2.ravel(), first_seen=stamp(track.first_s),
            last_seen=stamp(track.seen_s),
        )  # fmt: skip
        position, velocity = sighting.position, sighting.velocity
        position.x, position.y, position.z = track.point.east_m, track.point.north_m, track.point.up_m
        velocity.x, velocity.y = track.velocity_mps.tolist()
        message.sightings.append(sighting)
    return message


def events_message(events: tuple[Event, ...], header: Header, drone: str) -> EventArray:
    """Events on the ground, in the site's frame."""
    message = EventArray(header=Header(stamp=header.stamp, frame_id=SITE_FRAME))
    for event in events:
        held = event.held
        one = EventMessage(
            header=message.header, drone=drone, number=event.number, stage=_STAGES[event.stage], kind=event.kind,
            zone=held.zone, tracks=list(held.tracks), count=held.count, position_covariance=held.covariance_m2.ravel(),
            began=stamp(event.began_s), last_held=stamp(event.seen_s),
        )  # fmt: skip
        one.position.x, one.position.y = held.east_m, held.north_m
        message.events.append(one)
    return message
