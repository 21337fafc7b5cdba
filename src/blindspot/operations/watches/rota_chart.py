"""The turns of a watch as a drawing: a row for each drone, a bar for each turn, the time across."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo
from html import escape
from math import ceil, floor

from blindspot.coverage.maps import DRONES, css
from blindspot.operations.watches.turns import Forecast, Turn

WIDE_PX, LEFT_PX, RIGHT_PX, TOP_PX, ROW_PX, BAR_PX, FOOT_PX = 960, 110, 24, 64, 44, 26, 64
TICKS_MIN = (5, 10, 15, 30, 60, 120, 240)
MOST_TICKS = 10
GAP_COLOUR, INK, LINE = "#d60026", "#2d313a", "#d9dbe0"


def rota_svg(found: Forecast, packs: Sequence[str], zone: tzinfo) -> str:
    """The drawing as SVG. `packs` holds the pack of each turn, or nothing; `zone` is the time zone of the clock."""
    begins_s = min(turn.takes_off_s for turn in found.turns)
    ends_s = max(turn.lands_s for turn in found.turns)
    drones = [post.drone for posts in found.posts.values() for post in posts]
    colours = {target: css(DRONES[k % len(DRONES)]) for k, target in enumerate(found.posts)}
    bottom = TOP_PX + ROW_PX * len(drones)

    def x(time_s: float) -> float:
        return LEFT_PX + (WIDE_PX - LEFT_PX - RIGHT_PX) * (time_s - begins_s) / (ends_s - begins_s)

    parts = [_text(LEFT_PX, 24, f"{found.mission.file.name}: turns of the watch", "title")]
    legend_of_bars = "dark: on post, light: way out and way home" + (f"; {packs[0]}: the pack" if packs else "")
    parts.append(_text(LEFT_PX, 44, f"{len(found.turns)} turns; {legend_of_bars}"))
    for time_s, label in _ticks(found.mission.file.start, begins_s, ends_s, zone):
        parts.append(f'<path d="M{x(time_s):.1f} {TOP_PX - 6}V{bottom}" stroke="{LINE}"/>')
        parts.append(_text(x(time_s), bottom + 18, label, "tick"))
    for row, drone in enumerate(drones):
        top = TOP_PX + ROW_PX * row + (ROW_PX - BAR_PX) / 2
        parts.append(_text(LEFT_PX - 10, top + BAR_PX / 2 + 5, drone, "drone"))
        for number, turn in enumerate(found.turns):
            if turn.drone == drone:
                parts += _bar(turn, x, top, colours[turn.target], packs[number] if packs else "")
    for gap in found.gaps:
        left, wide = x(gap.begins_s), max(2.0, x(gap.ends_s) - x(gap.begins_s))
        parts.append(
            f'<rect x="{left:.1f}" y="{TOP_PX}" width="{wide:.1f}" height="{bottom - TOP_PX}" fill="{GAP_COLOUR}"'
            f' fill-opacity="0.25"><title>nobody looks at {escape(gap.target)}</title></rect>'
        )
    at = float(LEFT_PX)
    legend = [*colours.items(), *([("nobody looks", GAP_COLOUR)] if found.gaps else [])]
    for name, colour in legend:
        parts.append(f'<rect x="{at:.0f}" y="{bottom + 34}" width="14" height="14" fill="{colour}"/>')
        parts.append(_text(at + 20, bottom + 46, name))
        at += 44 + 8 * len(name)
    style = (
        f"text{{font:13px sans-serif;fill:{INK}}}.title{{font-size:16px;font-weight:bold}}.tick{{text-anchor:middle}}"
        ".drone{text-anchor:end}.pack{text-anchor:middle;fill:#fff}"
    )
    tall = bottom + FOOT_PX
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE_PX} {tall}" width="{WIDE_PX}" height="{tall}"'
        f' role="img"><style>{style}</style><rect width="{WIDE_PX}" height="{tall}" fill="#fff"/>'
        + "".join(parts) + "</svg>\n"
    )  # fmt: skip


def _bar(turn: Turn, x: Callable[[float], float], top: float, colour: str, pack: str) -> list[str]:
    """The flight as a light bar, the time on post as a dark bar in it, with the pack."""
    about = f"{turn.drone} at {turn.target}, {(turn.leaves_s - turn.arrives_s) / 60:.0f} min on post"
    parts = [
        f'<rect x="{x(begin_s):.1f}" y="{top:.1f}" width="{x(end_s) - x(begin_s):.1f}" height="{BAR_PX}" rx="2"'
        f' fill="{colour}" fill-opacity="{opacity}"><title>{escape(about)}</title></rect>'
        for begin_s, end_s, opacity in ((turn.takes_off_s, turn.lands_s, 0.3), (turn.arrives_s, turn.leaves_s, 1))
    ]
    middle = (x(turn.arrives_s) + x(turn.leaves_s)) / 2
    return [*parts, *([_text(middle, top + BAR_PX / 2 + 5, pack, "pack")] if pack else [])]


def _ticks(start: datetime, begins_s: float, ends_s: float, zone: tzinfo) -> list[tuple[float, str]]:
    """(time after the start, s; label) at whole local times, at most `MOST_TICKS`."""
    step_s = 60.0 * next((m for m in TICKS_MIN if (ends_s - begins_s) / 60 / m <= MOST_TICKS), TICKS_MIN[-1])
    local = start.astimezone(zone)
    since_midnight_s = local.hour * 3600 + local.minute * 60 + local.second
    first, last = ceil((since_midnight_s + begins_s) / step_s), floor((since_midnight_s + ends_s) / step_s)
    times_s = [k * step_s - since_midnight_s for k in range(first, last + 1)]
    return [(time_s, f"{(start + timedelta(seconds=time_s)).astimezone(zone):%H:%M}") for time_s in times_s]


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}"{f" class={kind!r}" if kind else ""}>{escape(text)}</text>'
