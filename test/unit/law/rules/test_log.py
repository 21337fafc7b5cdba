"""LOG: the journal and the register."""

from datetime import UTC, datetime, timedelta

from blindspot.law.rules.log import ACTS, KEPT_DAYS

BEGIN = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)
"""The window's first moment."""
LATER = BEGIN + timedelta(days=20)


def sent(days_ago, now=LATER):
    return {"book": {"register_sent": None if days_ago is None else now - timedelta(days=days_ago)},
            "ctx": {"now_utc": now}}  # fmt: skip


CASES = [
    *[("LOG-01", phase, "", {}) for phase in ("PF", "IF", "RC", "RT")],
    *[("LOG-01", phase, "can't be written", {"book": {"writable": False}}) for phase in ("PF", "RC", "RT")],
    ("LOG-01", "IF", "can't be written", {"book": {"writable": False}}),
    *[("LOG-01", "IF", f"does not record {act}", {"book": {"acts": tuple(each for each in ACTS if each != act)}})
      for act in ("collection", "modification", "consultation", "communication", "erasure")],
    ("LOG-01", "IF", "", {"why": "kept for three years", "book": {"kept_days": 1096}}),
    ("LOG-01", "IF", "kept for 1095 days", {"book": {"kept_days": 1095}}),
    ("LOG-01", "IF", "unknown whether the journal", {"book": {"writable": None}}),
    *[("LOG-01", "IF", "unknown which acts the journal records", {"book": {name: None}})
      for name in ("acts", "kept_days")],
    ("LOG-01", "IF", "its chain is broken", {"book": {"writable": False, "acts": None}}),
    ("LOG-01", "IF", "unknown whether the journal", {"book": None}),
    ("LOG-02", "PL", "", {"book": None}),
    ("LOG-02", "PL", "no recipient", {"doc": {"data_protection": None}}),
    ("LOG-02", "PL", "no recipient", {"doc": {"data_protection.register_recipient": " "}}),
    ("LOG-02", "PL", "", {"why": "planning does not look at dates", **sent(8)}),
    ("LOG-02", "PF", "", {"why": "sent a week ago", **sent(7)}),
    ("LOG-02", "RT", "", {"why": "sent a week ago", **sent(7)}),
    ("LOG-02", "PF", "the register was not sent since", sent(7.01)),
    ("LOG-02", "RT", "the register was not sent since", sent(None)),
    ("LOG-02", "PF", "", {"why": "the first week", **sent(None, BEGIN + timedelta(days=7))}),
    ("LOG-02", "PF", "the register was not sent since 2026-11-27", sent(None, BEGIN + timedelta(days=7.01))),
    ("LOG-02", "PF", "", {"why": "sent before the window", **sent(9, BEGIN + timedelta(days=6))}),
    ("LOG-02", "PF", "", {"why": "no book in the first week of a simulation", "book": None,
                          "ctx": {"simulated": True}}),
    *[("LOG-02", phase, "unknown when the register was sent", {"book": None}) for phase in ("PF", "RT")],
    ("LOG-02", "PF", "would be sent in the future", sent(-0.001)),
    ("LOG-02", "RT", "", {"why": "sent just now", **sent(0)}),
    ("LOG-03", "PF", "", {}),
    ("LOG-03", "RT", "", {}),
    ("LOG-03", "RT", "lacks the end of a mission", {"book": {"register_complete": False}}),
    ("LOG-03", "PF", "lacks the end of a mission", {"book": {"register_complete": False}}),
    ("LOG-03", "PF", "unknown", {"book": {"register_complete": None}}),
    ("LOG-03", "PF", "unknown", {"book": None}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


def test_log_01_three_years_hold_a_leap_day():
    assert KEPT_DAYS == 1096
