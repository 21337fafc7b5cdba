"""RET: erasure."""

from datetime import UTC, datetime, timedelta

from blindspot.law.rules.facts import KeptRecording

NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)


def recording(ended_h, erased_h=None, start_h=None, **more):
    """A recording that ended some hours ago, for 168 hours; erasure and late start in hours after its end."""
    ended = NOW - timedelta(hours=ended_h)
    return KeptRecording(**{
        "name": "evening", "due": ended + timedelta(hours=168.0), "receipt_signed": True,
        "erased": None if erased_h is None else ended + timedelta(hours=erased_h),
        "late_start": None if start_h is None else ended + timedelta(hours=start_h), **more,
    })  # fmt: skip


def kept(*args, **more):
    """This recording is kept beside one that is in its time."""
    return {"kept": {"recordings": (recording(1.0), recording(*args, **more))}}


MINUTE_H = 1.0 / 60.0

CASES = [
    ("RET-01", "RC", "", {"kept": None}),
    ("RET-01", "RC", "may be kept for 0 h", {"doc": {"recording.retention_h": 0}}),
    ("RET-01", "RC", "may be kept for 0 h", {"limits": {"max_retention_h": 0.0}}),
    ("RET-01", "RC", "", {"why": "half an hour", "doc": {"recording.retention_h": 0.5}}),
    ("RET-01", "RT", "", {"why": "the last second before erasure", **kept(168.0)}),
    ("RET-01", "RT", "evening was due", kept(168.01)),
    ("RET-01", "RT", "", {"why": "erased at the last second", **kept(200.0, 168.0)}),
    ("RET-01", "RT", "evening was erased 2026-", kept(200.0, 168.01)),
    ("RET-01", "RT", "may be kept for 0 h", {"doc": {"recording.retention_h": 0}}),
    ("RET-01", "RT", "no signed receipt", kept(200.0, 1.0, receipt_signed=False)),
    ("RET-01", "RT", "no signed receipt", kept(200.0, 1.0, receipt_signed=None)),
    ("RET-01", "RT", "", {"why": "at the first start after a power-off", **kept(300.0, 200.0 + MINUTE_H, 200.0)}),
    ("RET-01", "RT", "erased 2026-", kept(300.0, 200.0 + 1.01 * MINUTE_H, 200.0)),
    ("RET-01", "RT", "", {"why": "a start at the very moment", **kept(300.0, 168.0 + MINUTE_H, 168.0)}),
    ("RET-01", "RT", "erased 2026-", kept(300.0, 168.001, 167.999)),
    ("RET-01", "RT", "", {"why": "nothing was recorded", "kept": {"recordings": ()}}),
    ("RET-01", "RT", "unknown whether evening is erased", kept(1.0, due=None)),
    ("RET-01", "RT", "unknown which", {"kept": {"recordings": None}}),
    ("RET-01", "RT", "unknown which", {"kept": None}),
    ("RET-02", "RT", "", {}),
    ("RET-02", "RT", "1 files beside the recordings", {"kept": {"training_copies": 1}}),
    ("RET-02", "RT", "unknown", {"kept": {"training_copies": None}}),
    ("RET-02", "RT", "unknown", {"kept": None}),
]  # fmt: skip


def test_rule(check, case):
    check(case)
