"""The pages of the public folder: content, hostile texts, withheld notices and size."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from blindspot.evidence.public.page import MARK, document_of, page_in
from blindspot.law.files.authorisation_file import Alternative, Necessity, PublicInfo, Purpose, Recording


def test_each_language_answers_first_and_lists_each_flight(page, flight):
    it = page(flight(), flight(begun=datetime(2026, 12, 1, 20, tzinfo=UTC), ended=None, seen_m2=None))
    french, english = page_in("fr", it), page_in("en", it)
    assert MARK in french[:2000] and '<html lang="fr">' in french and '<html lang="en">' in english
    assert (
        french.index("Pourquoi des drones")
        < french.index("Combien de temps")
        < french.index("27\u00a0novembre\u00a02026")
    )
    assert "safety of persons and goods in places exposed" in english and "7\u00a0days" in english
    assert "1\u00a0December\u00a02026" in english and english.count('data-label="Begin"') == 2
    assert "24\u00a0%" in english and "99\u00a0%" in english


@pytest.mark.parametrize("tongue", ["fr", "en"])
def test_hostile_texts_are_shown_as_text(page, flight, tongue):
    evil = "<script>alert(1)</script>\u202e<img src=x onerror=y>" + "A" * 10_000
    purpose = Purpose.model_validate({"code": evil, "facts": [
        {"date": "2026-10-01", "kind": evil, "count": 1, "source": "<b>" + evil},
    ]})  # fmt: skip
    means = Necessity(alternatives=(Alternative(means=evil, why_insufficient=evil),))
    shown = page_in(tongue, page(flight(), purpose=purpose, necessity=means, id=evil))
    assert "<script" not in shown and "<img" not in shown and "<b>A" not in shown and "\u202e" not in shown
    assert "&lt;script&gt;" in shown and "A" * 601 not in shown


@pytest.mark.parametrize("tongue", ["fr", "en"])
def test_a_page_asks_for_nothing_and_runs_nothing(page, flight, tongue):
    shown = page_in(tongue, page(flight()))
    assert "default-src 'none'" in shown and "<script" not in shown and " src=" not in shown
    assert "http:" not in shown.replace("http-equiv", "") and "https:" not in shown


def test_a_withheld_notice_leaves_the_numbers_and_the_hours_of_the_flights(page, flight):
    withheld = PublicInfo(mode="WITHHELD", withheld_on="AIM", withheld_reason="a reason of its own")
    it = page(flight(), public_info=withheld)
    texts = [page_in("fr", it), page_in("en", it), document_of(it, {})]
    for text in texts:
        for hidden in ("6636", "6\u00a0636", "PP-EXEMPLE", "rue A", "Asni", "theft", "L242-5-I-1", "a reason", "0.244"):
            assert hidden not in text
    [published] = json.loads(texts[2])["flights"]
    assert published.keys() == {"number", "reference", "begun", "ended"}
    assert "27\u00a0November\u00a02026" in texts[1] and "21:00" in texts[1]


def test_the_hour_that_a_change_of_clocks_repeats_shows_its_offset(page, flight):
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    shown = page_in("en", page(flight(begun=first, ended=first + timedelta(hours=1))))
    assert "02:30\u00a0(CEST)" in shown and "02:30\u00a0(CET)" in shown


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        (datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), "19\u00a0January\u00a02038"),
        (datetime(2028, 2, 29, 12, tzinfo=UTC), "29\u00a0February\u00a02028"),
    ],
)
def test_a_day_beyond_the_clocks_of_32_bits_and_a_leap_day_stand_as_they_are(page, flight, begun, said):
    ended = begun + timedelta(minutes=5)
    it = page(flight(begun=begun, ended=ended, recorded="yes", erase_by=ended + timedelta(hours=168)), written=ended)
    assert said in page_in("en", it)
    assert json.loads(document_of(it, {}))["flights"][0]["begun"] == begun.isoformat()


def test_a_recording_is_due_erased_or_without_a_proof(page, flight):
    by = datetime(2026, 12, 4, 20, 6, tzinfo=UTC)
    kept = flight(recorded="yes", erase_by=by)
    assert "due by 4\u00a0December\u00a02026" in page_in("en", page(kept, written=by))
    late = page_in("en", page(kept, written=by + timedelta(seconds=1)))
    assert "no entry here says that it was erased" in late
    gone = flight(recorded="yes", erase_by=by, erased=by - timedelta(hours=1))
    assert "4\u00a0December\u00a02026, 20:06" in page_in("en", page(gone))


@pytest.mark.parametrize(
    ("hours", "said"), [(0.0834, "6 minutes"), (1.5, "90 minutes"), (3.5, "4 hours"), (48, "48 hours"), (168, "7 days")]
)
def test_a_recording_is_kept_no_longer_than_the_page_says(page, flight, hours, said):
    recording = Recording(allowed=True, retention_h=hours, dwelling_purge_h=0)
    assert said in page_in("en", page(flight(), recording=recording)).replace("\u00a0", " ")


def test_the_page_of_a_hundred_flights_is_below_300_kb(page, flight):
    flights = [
        flight(begun=(at := datetime(2026, 11, 27, 20, tzinfo=UTC) + timedelta(hours=number)), ended=at, recorded="yes",
               erase_by=at)
        for number in range(100)
    ]  # fmt: skip
    it = page(*flights)
    assert max(len(page_in(tongue, it).encode()) for tongue in ("fr", "en")) < 300_000
    assert len(document_of(it, {}).encode()) < 300_000
