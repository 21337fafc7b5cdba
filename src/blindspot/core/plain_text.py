"""Untrusted text made harmless: names, reasons and file names that come from a file or over the network."""

from __future__ import annotations

import math
import re
import sys
import unicodedata

_CODES = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control codes of the terminal but tab and line end
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of what follows
    "\u2028\u2029\ufeff\ufff9-\ufffb\ud800-\udfff]"  # invisible line ends, annotations, halves of a character
)
_UNSEEN = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and a sign without a visible shape, in addition to Unicode's marks, formats and spaces."""
LONGEST_NAME = 100
"""Longest name of a person, and longest reason of an order; the rest is cut."""


def plain(text: object) -> str:
    """The text with all codes removed that move a cursor, hide words or turn their direction. Every script stays."""
    return _CODES.sub("", str(text))


def escape_codes(text: str) -> str:
    """The text of a JSON document with those codes as escapes (\\u202e): the document stays the same."""
    return _CODES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: object, most: int = 300, *, keeps_end: bool = False) -> str:
    """The plain text as one line of at most `most` characters. A longer text keeps the begin, or with `keeps_end`
    begin and end: a list of events has the newest event at the end."""
    words = " ".join(plain(text).split())
    if len(words) <= most:
        return words
    if not keeps_end:
        return words[: most - 3] + "..."
    begin = words[: most // 3].rstrip()
    return f"{begin} ... {words[len(begin) + 5 - most :].lstrip()}"


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen: it names nobody and gives no reason."""
    return all(unicodedata.category(letter)[0] in "CMZ" or letter in _UNSEEN for letter in text)


def percent(share: float | None, digits: int = 0, unknown: str = "unknown") -> str:
    """A share as a percentage. It is rounded down: a part never reads as the whole.

    >>> percent(0.9799, 1), percent(0.996), percent(None), percent(math.nan, unknown="-")
    ('97.9 %', '99 %', 'unknown', '-')
    """
    if share is None or not math.isfinite(share):
        return unknown
    return f"{rounded_down(100 * share, digits):.{digits}f} %"


def square_metres(area_m2: float) -> str:
    """Whole square metres, by thousands: "6 692 m2"."""
    return f"{area_m2:,.0f} m2".replace(",", " ")


def rounded_down(value: float, digits: int = 1) -> float:
    """The value with some digits, rounded down: a least distance below its limit never reads as the limit."""
    scale = 10.0**digits
    return math.floor(scale * value + 1e-6) / scale


def print_plain(text: object, *, err: bool = False) -> None:
    """Print a plain line on standard output, or on standard error with `err`."""
    print(plain(text), file=sys.stderr if err else sys.stdout)


def exact(limit: float) -> str:
    """A limit with every digit of the file, without trailing zeros.

    >>> exact(120.0), exact(149_999.5)
    ('120', '149999.5')
    """
    return f"{limit:.12g}"


def beside(value: float, limit: float, form: str = ".1f") -> str:
    """A value in a format, or with as many decimals as its side of the limit needs; `exact` writes the limit.

    >>> beside(121.26, 120.0), beside(120.04, 120.0), beside(119.96, 120.0)
    ('121.3', '120.04', '119.96')
    """
    shown = float(exact(limit))
    for each in (form, *(f".{decimals}f" for decimals in range(1, 15))):
        text = f"{value:{each}}"
        if (float(text) > shown, float(text) < shown) == (value > limit, value < limit):
            return text
    return repr(float(value))
