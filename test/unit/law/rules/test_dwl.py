"""DWL: dwellings stay hidden."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)


def flagged(seen_h, erased_h=None):
    """A part that was seen some hours ago, and erased some hours later."""
    seen = NOW - timedelta(hours=seen_h)
    return {"flagged": ((seen, None if erased_h is None else seen + timedelta(hours=erased_h)),)}


CASES = [
    ("DWL-01", "IF", "", {}),
    ("DWL-01", "IF", "may be visible", {"flying": {"private_masked": False}}),
    ("DWL-01", "IF", "unknown", {"flying": {"private_masked": None}}),
    ("DWL-01", "IF", "unknown", {"flying": None}),
    ("DWL-01", "IF", "", {"why": "sensor off", "flying": {"private_masked": False, "sensor_on": False}}),
    ("DWL-01", "IF", "", {"why": "nothing is recorded", "recorded": None}),
    ("DWL-01", "RC", "", {"why": "the recorder has its own fact", "flying": None}),
    ("DWL-01", "RC", "may be visible", {"recorded": {"private_masked": False}}),
    ("DWL-01", "RC", "may be visible", {"recorded": {"private_masked": False}, "flying": {"sensor_on": False}}),
    ("DWL-01", "RC", "unknown", {"recorded": {"private_masked": None}}),
    ("DWL-01", "RC", "unknown", {"recorded": None}),
    ("DWL-02", "IF", "", {"why": "one second", "flying": {"axis_on_facade_s": 1.0}}),
    ("DWL-02", "IF", "rested on a façade for 1.1 s", {"flying": {"axis_on_facade_s": 1.1}}),
    ("DWL-02", "IF", "rested on a façade for nan s", {"flying": {"axis_on_facade_s": float("nan")}}),
    ("DWL-02", "IF", "", {"why": "sensor off", "flying": {"axis_on_facade_s": 9.0, "sensor_on": False}}),
    ("DWL-02", "IF", "unknown where", {"flying": {"axis_on_facade_s": None}}),
    ("DWL-02", "IF", "unknown where", {"flying": None}),
    ("DWL-02", "RT", "", {"why": "nothing to erase"}),
    ("DWL-02", "RT", "", {"why": "48 h, not yet erased", "kept": flagged(48.0)}),
    ("DWL-02", "RT", "kept for longer than 48 h", {"kept": flagged(48.01)}),
    ("DWL-02", "RT", "", {"why": "erased after 48 h", "kept": flagged(100.0, 48.0)}),
    ("DWL-02", "RT", "kept for longer than 48 h", {"kept": flagged(100.0, 48.01)}),
    ("DWL-02", "RT", "kept for longer than 24 h",
     {"kept": flagged(24.01), "doc": {"recording.dwelling_purge_h": 24}}),
    ("DWL-02", "RT", "kept for longer than 12 h", {"kept": flagged(12.01), "limits": {"max_dwelling_purge_h": 12.0}}),
    ("DWL-02", "RT", "unknown whether a part", {"kept": {"flagged": None}}),
    ("DWL-02", "RT", "unknown whether a part", {"kept": None}),
]  # fmt: skip


def test_rule(check, case):
    check(case)
