"""The legal gate: authorisations, and the verdict on plans, starts, events and recordings."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.law.airspace.geozones import judge_geozones as judge_geozones, not_judged as not_judged
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
        judge_start as judge_start,
    )
    from blindspot.law.counters import WATCHED as WATCHED, fold as fold
    from blindspot.law.ledger import DayMeter as DayMeter, Ledger as Ledger, state_folder as state_folder
    from blindspot.law.live import LiveAuthorisation as LiveAuthorisation
    from blindspot.law.new_authorisation import (
        as_signed_yaml as as_signed_yaml,
        as_yaml as as_yaml,
        make_sim_only as make_sim_only,
        make_test_range as make_test_range,
        template_yaml as template_yaml,
    )
    from blindspot.law.profiles import load_profile as load_profile, profile_names as profile_names
    from blindspot.law.recording import (
        EVENTS as EVENTS,
        PICTURES as PICTURES,
        POSES as POSES,
        REPORTED as REPORTED,
        STATUS as STATUS,
        judge_recording as judge_recording,
        recorded_topics as recorded_topics,
        recording_notice as recording_notice,
    )
    from blindspot.law.rehearsal import ASSUMED as ASSUMED, rehearse as rehearse
    from blindspot.law.rest import is_rest as is_rest
    from blindspot.law.revocation import (
        Revoked as Revoked,
        read_revocations as read_revocations,
        write_revocations as write_revocations,
    )
    from blindspot.law.verdict import Verdict as Verdict
else:
    __getattr__, __all__ = open_door(__name__)
