"""ACC: access to pictures."""

from datetime import UTC, datetime

from blindspot.law.rules.facts import Read


def reads(*people, basis="ART40"):
    return {"reads": (Read(("officer-5", "officer-6"), "ART40"), Read(people, basis))}


CASES = [
    ("ACC-01", "PL", "", {"recorded": None, "kept": None}),
    ("ACC-01", "PL", "no pilot is designated", {"doc": {"people": None}}),
    ("ACC-01", "PL", "no pilot is designated", {"doc": {"people.pilots": []}}),
    ("ACC-01", "PL", "", {"why": "a certificate's last day", "doc": {"people.pilots.0.valid_to": "2026-11-27"}}),
    ("ACC-01", "PL", "certificate of pilot-1 has expired", {"doc": {"people.pilots.0.valid_to": "2026-11-26"}}),
    ("ACC-01", "PF", "", {"why": "pilots", "ready": {"pilots": ("Pilot-1 ", "pilot-1")}}),
    ("ACC-01", "PF", "A. Stranger is not designated", {"ready": {"pilots": ("A. Stranger",)}}),
    ("ACC-01", "PF", "A. Stranger is not designated", {"ready": {"pilots": ("pilot-1", "A. Stranger")}}),
    ("ACC-01", "PF", "officer-3 is not designated", {"ready": {"pilots": ("officer-3",)}}),
    *[("ACC-01", "PF", "unknown who flies", {"ready": ready}) for ready in (None, {"pilots": None}, {"pilots": ()})],
    ("ACC-01", "RC", "", {"why": "viewers", "recorded": {"viewers": ("Officer-3 ",)}, "kept": None}),
    ("ACC-01", "RC", "officer-4 is not designated", {"recorded": {"viewers": ("officer-3", "officer-4")}}),
    ("ACC-01", "RC", "unknown who sees", {"recorded": {"viewers": None}}),
    ("ACC-01", "RC", "unknown who sees", {"recorded": None}),
    ("ACC-01", "RT", "", {"why": "extractors", "kept": {"extractors": ("officer-4",)}, "recorded": None}),
    ("ACC-01", "RT", "officer-3 is not designated", {"kept": {"extractors": ("officer-3",)}}),
    ("ACC-01", "RT", "unknown who sees", {"kept": {"extractors": None}}),
    ("ACC-01", "RT", "unknown who sees", {"kept": None}),
    ("ACC-02", "RT", "", {"why": "no consultation"}),
    ("ACC-02", "RT", "", {"why": "two people under ART40", "kept": reads("officer-3", "officer-4")}),
    ("ACC-02", "RT", "read for curiosity", {"kept": reads("officer-3", "officer-4", basis="curiosity")}),
    ("ACC-02", "RT", "read for no stated reason", {"kept": reads("officer-3", "officer-4", basis="")}),
    ("ACC-02", "RT", "one person alone", {"kept": reads("officer-3")}),
    ("ACC-02", "RT", "one person alone", {"kept": reads("officer-3", "OFFICER-3 ")}),
    ("ACC-02", "RT", "one person alone", {"kept": reads("officer-3", " ")}),
    ("ACC-02", "RT", "unknown who has read", {"kept": {"reads": None}}),
    ("ACC-02", "RT", "unknown who has read", {"kept": None}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


def test_acc_01_judges_a_certificate_by_its_day(question):
    from dataclasses import replace

    from blindspot.law.judgement import judge

    ctx = question(doc={"people.pilots.0.valid_to": "2026-11-27"})
    for day, hour, ok in ((27, 21, True), (27, 22, True), (27, 23, False), (28, 21, False)):  # in Paris it is one later
        now = datetime(2026, 11, day, hour, 30, tzinfo=UTC)
        assert judge(replace(ctx, now_utc=now), ["PL"], only=["ACC-01"]).go == ok
