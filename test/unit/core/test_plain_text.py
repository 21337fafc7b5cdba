"""Words of others: no code of the terminal, no turned direction, and every letter kept."""

import json

import pytest

from blindspot.core.plain_text import escape_codes, one_line, percent, plain


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("\x1b[2Jgone\x07", "[2Jgone"),
        ("\x9b31mred", "31mred"),
        ("plan\u202enosj.live", "plannosj.live"),
        ("\u2066a\u2069\u200f", "a"),
        ("half \ud800 a letter", "half  a letter"),
        ("Rue de l'Échelle, Σ, 漢字, \U0001f6a7", "Rue de l'Échelle, Σ, 漢字, \U0001f6a7"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_codes_go_and_letters_stay(given, kept):
    assert plain(given) == kept


def test_one_line_is_short():
    assert one_line("a\r\n b\x1b[1A" + "x" * 900, 20) == "a b[1Axxxxxxxxxxx..."


def test_of_a_long_text_the_begin_and_the_newest_stay():
    events = "; ".join(f"event {number}" for number in range(200))
    short = one_line(events, 600, keeps_end=True)
    assert 595 <= len(short) <= 600 and short.startswith("event 0; event 1;") and short.endswith("event 198; event 199")
    assert one_line(short, 600, keeps_end=True) == short


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [
        (0.996, 0, "99 %"),
        (1.0, 0, "100 %"),
        (0.29, 0, "29 %"),
        (0.9996, 1, "99.9 %"),
        (0.98, 1, "98.0 %"),
        (0.0, 1, "0.0 %"),
        (0.9799, 1, "97.9 %"),
        (0.99999, 1, "99.9 %"),
        (1.0, 1, "100.0 %"),
        (None, 1, "unknown"),
        (float("nan"), 1, "unknown"),
    ],
)
def test_a_part_never_reads_as_the_whole(share, digits, text):
    assert percent(share, digits) == text


def test_a_json_document_keeps_its_words_and_shows_no_code():
    words = {"name": "a\x9b31m\u202e\ud800\x1b é 漢", "list": [1, "\n"]}
    text = escape_codes(json.dumps(words, ensure_ascii=False, indent=1))
    assert json.loads(text) == words
    assert plain(text) == text and "é 漢" in text
