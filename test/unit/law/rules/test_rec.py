"""REC: recordings."""

from blindspot.law.rules.rec import ALWAYS, CLOSED_LIST, REPORTED

CASES = [
    ("REC-01", "RC", "", {}),
    ("REC-01", "RC", "does not allow recording", {"doc": {"recording.allowed": False}}),
    ("REC-01", "RC", "topic camera/image_raw may not", {"recorded": {"topics": (*ALWAYS, "camera/image_raw")}}),
    ("REC-01", "RC", "topic detections may not", {"recorded": {"topics": (*ALWAYS, *REPORTED)}}),
    ("REC-01", "RC", "", {"why": "reports of a listed detector", "recorded": {"topics": (*ALWAYS, *REPORTED)},
                          "doc": {"analytics.detectors": ["nanodet"]}}),
    ("REC-01", "RC", "topic events may not", {"recorded": {"topics": CLOSED_LIST},
                                              "doc": {"analytics.detectors": ["nanodet"]}}),
    ("REC-01", "RC", "", {"why": "listed events", "recorded": {"topics": CLOSED_LIST}, "doc": {
        "analytics.detectors": ["nanodet"], "analytics.events": ["zone_entered"]}}),
    ("REC-01", "RC", "unknown which topics", {"recorded": {"topics": None}}),
    ("REC-01", "RC", "unknown which topics", {"recorded": None}),
    ("REC-02", "RC", "", {}),
    ("REC-02", "RC", "1 bytes of unmasked pictures", {"recorded": {"clear_bytes": 1}}),
    ("REC-02", "RC", "unknown", {"recorded": {"clear_bytes": None}}),
    ("REC-02", "RC", "unknown", {"recorded": None}),
    ("REC-03", "RC", "", {}),
    ("REC-03", "RC", "outside the hash chain", {"recorded": {"chained": False}}),
    ("REC-03", "RC", "head of the chain is not signed", {"recorded": {"head_signed": False}}),
    ("REC-03", "RC", "does not name two keys", {"recorded": {"holders": ()}}),
    ("REC-03", "RC", "does not name two keys", {"recorded": {"holders": ("service",)}}),
    ("REC-03", "RC", "unknown", {"recorded": {"holders": None}}),
    ("REC-03", "RC", "unknown", {"recorded": {"chained": None}}),
    ("REC-03", "RC", "unknown", {"recorded": {"head_signed": None}}),
    ("REC-03", "RC", "unknown", {"recorded": None}),
]  # fmt: skip


def test_rule(check, case):
    check(case)
