"""The legal gate: authorisations, and the verdict on plans, starts, events and recordings."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.law.authorisation import (
        Authorisation as Authorisation,
        file_sha256 as file_sha256,
        load_authorisation as load_authorisation,
        slot_end as slot_end,
    )
    from blindspot.law.authorisation_file import (
        AuthorisationFile as AuthorisationFile,
        Sha256 as Sha256,
        Signature as Signature,
        Signer as Signer,
    )
    from blindspot.law.clearance import (
        Gate as Gate,
        judge_detector as judge_detector,
        judge_event as judge_event,
        judge_plan as judge_plan,
        judge_signatures as judge_signatures,
        judge_start as judge_start,
    )
    from blindspot.law.profiles import load_profile as load_profile, profile_names as profile_names
    from blindspot.law.recording import (
        judge_reading as judge_reading,
        judge_recording as judge_recording,
        recording_notice as recording_notice,
    )
    from blindspot.law.verdict import Verdict as Verdict
else:
    __getattr__, __all__ = open_door(__name__)
