"""Words of others: no code of the terminal, no turned direction, and every letter kept."""

import pytest

from blindspot.core.plain_text import one_line, plain


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
