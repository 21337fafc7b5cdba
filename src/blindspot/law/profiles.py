"""The rules of each profile, in addition to the rules for every authorisation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from blindspot.law.authorisation import Authorisation
from blindspot.law.verdict import Verdict

TEST_RANGE_MAX_M2 = 250_000.0
MOST_CAMERAS = 3
"""On a test range at once: each drone has a pilot in sight of it, and one person watches all of them."""
LONGEST_WINDOW = timedelta(days=92)
"""Three calendar months."""


def judge_profile(auth: Authorisation, *, simulated: bool) -> Iterator[Verdict]:
    """Every refusal by the profile. Only TEST-RANGE arms a real autopilot; an unknown profile is refused."""
    profile = auth.file.profile
    if auth.file.revocation is not None:
        yield Verdict(
            "AUT-05",
            "CSI L242-5 IV",
            "this version does not look up revocations",
            "leave revocation out, and revoke it by taking the file away",
        )
    if profile == "TEST-RANGE":
        yield from _judge_test_range(auth)
    elif profile != "SIM-ONLY":
        yield Verdict(
            "AUT-03",
            "CSI L242-5, L242-6",
            f"profile {profile} can't be judged by this version",
            "use profile SIM-ONLY in simulation, TEST-RANGE on your own field",
        )
    elif not simulated:
        yield Verdict(
            "AUT-07",
            "policy",
            "profile SIM-ONLY can't arm a real autopilot",
            "fly in simulation, or use an authorisation of profile TEST-RANGE on your own field",
        )


def _judge_test_range(auth: Authorisation) -> Iterator[Verdict]:
    """The signer's own field: signed by a trusted key, small, valid for a short time, and with all reports off."""
    file = auth.file
    if file.signer is None:
        yield Verdict("AUT-02", "policy", "the authorisation names no responsible person", "name a signer")
    if not auth.signers:
        yield Verdict(
            "AUT-02",
            "policy",
            "no key that this machine trusts has signed the file's content",
            "sign it: blindspot authority sign FILE --key KEY",
        )
    if file.area.max_area_m2 > TEST_RANGE_MAX_M2:
        yield Verdict(
            "GEO-02",
            "policy",
            f"a test range of up to {file.area.max_area_m2:.0f} m2 is too large",
            f"set area.max_area_m2 to at most {TEST_RANGE_MAX_M2:.0f}",
        )
    if file.window.not_after - file.window.not_before > LONGEST_WINDOW:
        yield Verdict(
            "TIM-01",
            "policy",
            "the window is longer than three months",
            f"end it {LONGEST_WINDOW.days} days after it begins at the latest, and sign anew then",
        )
    if file.sensors.max_simultaneous_cameras > MOST_CAMERAS:
        yield Verdict(
            "SEN-02",
            "policy",
            f"{file.sensors.max_simultaneous_cameras} cameras at once are too many for a test range",
            f"set sensors.max_simultaneous_cameras to at most {MOST_CAMERAS}",
        )
    if file.analytics.detectors or file.analytics.events:
        yield Verdict(
            "INT-04",
            "policy",
            "a test range permits no reports of people or events",
            "leave analytics.detectors and analytics.events empty",
        )
