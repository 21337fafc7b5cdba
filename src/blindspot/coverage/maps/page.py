"""The sheet around a map: title, legend, figures, scale bar, north arrow, attribution."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PIL import Image, ImageDraw, ImageFont

from blindspot.core import one_line
from blindspot.coverage.maps.canvas import OVERSAMPLING, Colour, mixed

PAPER: Colour = (250, 249, 246)
TEXT: Colour = (38, 42, 50)
FAINT: Colour = (112, 116, 124)
RULE: Colour = (216, 213, 206)

Symbol = Literal["area", "hatch", "line", "outline", "camera", "dome", "idle_camera", "new_camera", "pad"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend."""

    symbol: Symbol
    colour: Colour
    label: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure below the legend, as text."""

    label: str
    value: str


MARGIN, HEADER, FOOTER, PANEL, GAP = 36, 92, 48, 300, 28
SIGN_PX = (36, 28)
"""Width and height of a sign in the legend of a web page."""


def sheet(
    picture: Image.Image,
    px_per_m: float,
    title: str,
    subtitle: str,
    attribution: str,
    entries: Sequence[Entry],
    facts: Sequence[Fact],
) -> Image.Image:
    """Draw the finished sheet around `picture`. Input and drawing are `OVERSAMPLING` times larger than the result."""
    k = OVERSAMPLING
    map_w, map_h = picture.width // k, picture.height // k
    body = max(map_h, 30 + 29 * len(entries) + (46 + 47 * len(facts) if facts else 0))
    width, height = 2 * MARGIN + map_w + GAP + PANEL, HEADER + body + FOOTER
    page = Image.new("RGB", (width * k, height * k), PAPER)
    page.paste(picture, (MARGIN * k, HEADER * k))
    pen = Pen(page)
    pen.text((MARGIN, 24), title, 27, TEXT, bold=True)
    pen.text((MARGIN, 62), subtitle, 15, FAINT)
    pen.box((MARGIN, HEADER, MARGIN + map_w, HEADER + map_h), RULE)
    pen.scale_bar(MARGIN + 20, HEADER + map_h - 22, px_per_m, map_w)
    pen.north_arrow(MARGIN + map_w - 34, HEADER + 38)
    left = MARGIN + map_w + GAP
    top = pen.legend(left, HEADER, entries)
    pen.facts(left, top + 18, facts)
    pen.text((MARGIN, HEADER + body + 16), attribution, 12, FAINT)
    return page.reduce(k)


def plate(picture: Image.Image) -> Image.Image:
    """The map alone with its north arrow, for a page that has the rest of the sheet as text. `picture` is
    `OVERSAMPLING` times larger than the result."""
    page = picture.copy()
    Pen(page).north_arrow(picture.width // OVERSAMPLING - 34, 38)
    return page.reduce(OVERSAMPLING)


def sign(entry: Entry) -> Image.Image:
    """The sign of a line of the legend, `OVERSAMPLING` times larger than `SIGN_PX`."""
    width, height = SIGN_PX
    page = Image.new("RGB", (width * OVERSAMPLING, height * OVERSAMPLING), (255, 255, 255))
    Pen(page).symbol(width / 2, height / 2, entry)
    return page


class Pen:
    """Draws on a page in pixels of the finished picture."""

    def __init__(self, page: Image.Image) -> None:
        self._draw = ImageDraw.Draw(page)

    def text(
        self, at: tuple[float, float], text: str, size_px: float, colour: Colour, bold: bool = False, anchor: str = "la"
    ) -> None:
        """Draw a text. `anchor` is the point of the text that lies at `at`, in Pillow's notation."""
        face, is_full = font(size_px * OVERSAMPLING, bold)
        x, y = _big(*at)
        self._draw.text((x, y), _drawn(text, is_full=is_full), colour, face, anchor)

    def label(self, at: tuple[float, float], text: str, colour: Colour, *, to_the_left: bool) -> None:
        """Draw a name beside a sign at `at`, on a plain background that keeps it readable."""
        face, is_full = font(12 * OVERSAMPLING, True)
        shown = _drawn(text, is_full=is_full)
        x, y = _big(at[0] + (-15 if to_the_left else 15), at[1])
        anchor = "rm" if to_the_left else "lm"
        left, upper, right, lower = self._draw.textbbox((x, y), shown, face, anchor)
        self._draw.rectangle((left - 6, upper - 4, right + 6, lower + 4), PAPER, colour, OVERSAMPLING)
        self._draw.text((x, y), shown, colour, face, anchor)

    def box(self, box: tuple[float, float, float, float], edge: Colour, fill: Colour | None = None) -> None:
        self._draw.rectangle(_big(*box), fill, edge, OVERSAMPLING)

    def line(self, points: Sequence[float], colour: Colour, width_px: float) -> None:
        self._draw.line(_big(*points), colour, round(width_px * OVERSAMPLING), joint="curve")

    def scale_bar(self, left: float, bottom: float, px_per_m: float, map_w: float) -> None:
        length_m = round_length(map_w / 5 / px_per_m)
        length = length_m * px_per_m
        self.box((left - 10, bottom - 24, left + length + 46, bottom + 11), RULE, (255, 255, 255))
        for half, fill in ((0, TEXT), (1, (255, 255, 255))):
            start = left + half * length / 2
            self.box((start, bottom - 3, start + length / 2, bottom + 2), TEXT, fill)
        for share, text in ((0.0, "0"), (0.5, f"{length_m / 2:g}"), (1.0, f"{length_m:g} m")):
            self.text((left + share * length, bottom - 7), text, 11, TEXT, anchor="ms")

    def north_arrow(self, x: float, y: float) -> None:
        self._draw.ellipse(_big(x - 22, y - 24, x + 22, y + 24), (255, 255, 255), RULE, OVERSAMPLING)
        self._draw.polygon(_big(x, y - 17, x - 7, y + 7, x, y + 2), TEXT)
        self._draw.polygon(_big(x, y - 17, x + 7, y + 7, x, y + 2), (255, 255, 255), TEXT, OVERSAMPLING)
        self.text((x, y + 19), "N", 11, TEXT, bold=True, anchor="ms")

    def legend(self, left: float, top: float, entries: Sequence[Entry]) -> float:
        """Draw the legend; return the vertical position of its end."""
        self.text((left, top), "Legend", 15, TEXT, bold=True)
        for number, entry in enumerate(entries):
            middle = top + 42 + 29 * number
            self.symbol(left + 15, middle, entry)
            self.text((left + 42, middle), entry.label, 13, TEXT, anchor="lm")
        return top + 30 + 29 * len(entries)

    def facts(self, left: float, top: float, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        self.line((left, top, left + PANEL, top), RULE, 1)
        for number, fact in enumerate(facts):
            self.text((left, top + 18 + 47 * number), fact.value, 17, TEXT, bold=True)
            self.text((left, top + 40 + 47 * number), fact.label, 12, FAINT)

    def symbol(self, x: float, y: float, entry: Entry) -> None:
        """Draw the sign of a line of the legend around a point."""
        colour, white = entry.colour, (255, 255, 255)
        tint = mixed(white, colour, 0.15)
        if entry.symbol in ("area", "hatch"):
            self.box((x - 14, y - 9, x + 14, y + 9), RULE, colour if entry.symbol == "area" else white)
        if entry.symbol == "hatch":
            for k in range(-4, 12, 6):
                self.line((x + k - 8, y + 8, x + k + 8 - max(0, k - 5), y - 8 + max(0, k - 5)), colour, 1.4)
            self.box((x - 14, y - 9, x + 14, y + 9), colour)
        elif entry.symbol == "outline":
            self._draw.rectangle(_big(x - 14, y - 9, x + 14, y + 9), None, colour, 2 * OVERSAMPLING)
        elif entry.symbol == "line":
            self.line((x - 15, y, x + 15, y), colour, 3)
            self._draw.polygon(_big(x + 8, y, x - 4, y - 6, x - 4, y + 6), colour)
        elif entry.symbol in ("camera", "new_camera"):
            self._draw.pieslice(_big(x - 22, y - 14, x + 14, y + 14), -30, 30, tint, colour, OVERSAMPLING)
            sign = self._draw.ellipse if entry.symbol == "camera" else self._draw.rectangle
            sign(_big(x - 8, y - 4, x, y + 4), colour, white, OVERSAMPLING)
        elif entry.symbol == "dome":
            self._draw.ellipse(_big(x - 12, y - 12, x + 12, y + 12), tint, colour, OVERSAMPLING)
            self._draw.ellipse(_big(x - 4, y - 4, x + 4, y + 4), colour, white, OVERSAMPLING)
        elif entry.symbol == "idle_camera":
            self._draw.ellipse(_big(x - 4, y - 4, x + 4, y + 4), white, colour, 2 * OVERSAMPLING)
        elif entry.symbol == "pad":
            self.pad((x, y), colour)

    def pad(self, at: tuple[float, float], colour: Colour) -> None:
        """Draw the sign of a launch pad: a ringed H."""
        x, y = at
        self._draw.ellipse(_big(x - 11, y - 11, x + 11, y + 11), (255, 255, 255), colour, 2 * OVERSAMPLING)
        self.text((x, y + 0.5), "H", 13, colour, bold=True, anchor="mm")


def _big(*numbers: float) -> list[float]:
    return [number * OVERSAMPLING for number in numbers]


def round_length(length_m: float) -> float:
    """The largest of 1, 2, 5 x 10^n up to the given length."""
    for exponent in range(6, -3, -1):
        for first in (5.0, 2.0, 1.0):
            if first * 10.0**exponent <= length_m:
                return first * 10.0**exponent
    return 0.01


@lru_cache(maxsize=32)
def font(size_px: float, bold: bool = False) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, bool]:
    """A typeface, and whether it has more than ASCII. DejaVu if it is installed, otherwise Pillow's built-in font."""
    try:
        return ImageFont.truetype("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf", size_px), True
    except OSError:
        return ImageFont.load_default(size_px), False


def _drawn(text: str, *, is_full: bool) -> str:
    """The text without codes, which would turn it around; in plain letters if the typeface has no others."""
    return one_line(text) if is_full else plain(one_line(text))


def plain(text: str) -> str:
    """The text in ASCII: accented letters and exponents become plain letters and digits."""
    dashes = text.replace("–", "-").replace("—", "-").replace("·", "-").replace("×", "x").replace("≥", ">=")
    return unicodedata.normalize("NFKD", dashes).encode("ascii", "ignore").decode()
