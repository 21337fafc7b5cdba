"""The observations of a run as files: poses of pictures, tracks, leases, events; and the limits judged by them."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.evidence.observed.event_log import (
        EVENTS_FILE as EVENTS_FILE,
        Event as Event,
        EventLog as EventLog,
        is_written as is_written,
        read_events as read_events,
    )
    from blindspot.evidence.observed.lease_spans import LeaseBook as LeaseBook
    from blindspot.evidence.observed.looks import LOOKS_FILE as LOOKS_FILE, LookWriter as LookWriter, look_of as look_of
    from blindspot.evidence.observed.track import TrackPoint as TrackPoint, TrackWriter as TrackWriter
else:
    __getattr__, __all__ = open_door(__name__)
