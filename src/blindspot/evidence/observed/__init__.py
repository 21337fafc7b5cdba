"""The observations of a run as files: poses of pictures, tracks, leases, events; and the limits judged by them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.observed.event_log import EVENTS_FILE, EventLog, RunEvent, read_events
    from blindspot.evidence.observed.lease_spans import LeaseBook
    from blindspot.evidence.observed.picture_poses import POSES_FILE, PoseWriter, picture_pose
    from blindspot.evidence.observed.summary_file import Summary
    from blindspot.evidence.observed.track import Track, TrackPoint, TrackWriter, read_tracks
else:
    __getattr__, __all__ = open_door(__name__)
