"""The legal gate: authorisations, and the verdict on plans, starts, events and recordings."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.clearances.clearance import Gate, judge_plan, judge_signatures, judge_start, preflight_rules
    from blindspot.law.files.authorisation_file import AuthorisationFile
    from blindspot.law.files.profiles import load_profile, profile_names
    from blindspot.law.loaded import Loaded
    from blindspot.law.of_detectors import judge_detector, judge_event
    from blindspot.law.recorded_topics import judge_reading, judge_recording, recording_notice
    from blindspot.law.signatures.authorisation import Authorisation, file_sha256, load_authorisation, slot_end
    from blindspot.law.verdict import Verdict
else:
    __getattr__, __all__ = open_door(__name__)
