"""INT: no identification, no links."""

import pytest

from blindspot.law.rules import int as interconnection

LISTED = {"analytics.detectors": ["nanodet"], "analytics.detector_legal_ref": "fictitious decree"}
NO_REF = {"analytics.detectors": ["nanodet"]}

CASES = [
    ("INT-01", "PL", "", {"doc": LISTED}),
    *[("INT-01", phase, "detector FaceNet recognises", {"doc": {"analytics.detectors": ["nanodet", "FaceNet"]}})
      for phase in ("PL", "PF", "IF", "RC")],
    ("INT-01", "PL", "detector skin_tone recognises", {"doc": {"analytics.detectors": ["skin_tone"]}}),
    ("INT-01", "PF", "", {"ready": {"names": ("nanodet", "person", "camera/pose")}}),
    ("INT-01", "PF", "plate_reader recognises", {"ready": {"names": ("nanodet", "plate_reader")}}),
    ("INT-01", "PF", "unknown which models", {"ready": {"names": None}}),
    ("INT-01", "PF", "unknown which models", {"ready": None}),
    ("INT-01", "RC", "", {"ready": None}),
    ("INT-01", "RC", "reid recognises", {"recorded": {"names": ("reid",)}}),
    ("INT-01", "RC", "unknown which models", {"recorded": None}),
    ("INT-01", "RC", "unknown which models", {"recorded": {"names": None}}),
    ("INT-01", "PL", "", {"why": "names are read in pre-flight", "ready": None}),
    ("INT-01", "IF", "", {"why": "names were read in pre-flight", "ready": None}),
    ("INT-02", "PF", "", {}),
    ("INT-02", "PF", "", {"why": "a listed hash",
                          "ready": {"models": (("nanodet", "a" * 64),), "allowed_models": ("b" * 64, "a" * 64)}}),
    ("INT-02", "PF", "model nanodet has an unknown hash, cccccccccccc",
     {"ready": {"models": (("masker", "a" * 64), ("nanodet", "c" * 64)), "allowed_models": ("a" * 64,)}}),
    ("INT-02", "PF", "unknown which models", {"ready": {"models": None}}),
    ("INT-02", "PF", "unknown which models", {"ready": None}),
    ("INT-03", "PL", "", {"ready": None, "flying": None}),
    ("INT-03", "PF", "", {"flying": None}),
    ("INT-03", "IF", "", {"ready": None}),
    ("INT-03", "PF", "fpr is connected", {"ready": {"links_out": ("fpr",)}}),
    ("INT-03", "IF", "fpr is connected", {"flying": {"links_out": ("fpr",)}}),
    ("INT-03", "PF", "unknown whether another system", {"ready": {"links_out": None}}),
    ("INT-03", "PF", "unknown whether another system", {"ready": None}),
    ("INT-03", "IF", "unknown whether another system", {"flying": None}),
    ("INT-03", "IF", "unknown whether another system", {"flying": {"links_out": None}}),
    ("INT-04", "PL", "", {"why": "masking only"}),
    ("INT-04", "PF", "", {"why": "with a reference", "doc": LISTED}),
    ("INT-04", "PL", "no legal reference", {"doc": NO_REF}),
    ("INT-04", "PL", "no legal reference", {"doc": LISTED | {"analytics.detector_legal_ref": " "}}),
    ("INT-04", "PL", "", {"why": "a list alone", "doc": NO_REF, "limits": {"detectors": "listed"}}),
    ("INT-04", "PL", "profile FR-CSI-L242-5 permits no reports", {"doc": LISTED, "limits": {"detectors": "none"}}),
    ("INT-04", "PF", "a test range permits no reports",
     {"doc": LISTED, "limits": {"detectors": "none"}, "profile": {"id": "TEST-RANGE"}}),
    ("INT-04", "PL", "", {"why": "masking only, on a test range", "limits": {"detectors": "none"}}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


def test_int_03_refuses_a_listed_interconnection(question):
    """The schema refuses it as well: a file with one is never read."""
    from dataclasses import replace

    ctx = question()
    analytics = ctx.file.analytics.model_copy(update={"interconnections": ("fpr",)})
    auth = replace(ctx.given, file=ctx.file.model_copy(update={"analytics": analytics}))
    found = interconnection.int_03.judge(replace(ctx, auth=auth))
    assert not found.ok and "lists an interconnection" in found.evidence


def test_int_04_refuses_events_without_a_detector(question):
    from dataclasses import replace

    ctx = question()
    analytics = ctx.file.analytics.model_copy(update={"events": ("zone_entered",)})
    auth = replace(ctx.given, file=ctx.file.model_copy(update={"analytics": analytics}))
    assert not interconnection.int_04.judge(replace(ctx, auth=auth)).ok


@pytest.mark.parametrize("word", interconnection.SENSITIVE)
def test_int_01_knows_each_sensitive_attribute(word):
    assert interconnection.forbidden(f"Person-{word.upper()}-net")
    assert not interconnection.forbidden("person")


@pytest.mark.parametrize(
    ("detector", "rule", "ok"),
    [("nanodet", "INT-04", True), ("yolox", "INT-04", False), ("FaceNet", "INT-01", False)],
)
def test_int_04_and_int_01_on_one_detector(question, detector, rule, ok):
    found, ruling = interconnection.detector_ruling(question(doc=LISTED).file, detector)
    assert (found, ruling.ok) == (rule, ok) and detector in ruling.evidence
