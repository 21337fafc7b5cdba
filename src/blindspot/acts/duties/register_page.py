"""The register of uses as a page for print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from blindspot.core import one_line
from blindspot.coverage.maps import templates
from blindspot.evidence.texts import Texts, Tongue, texts_in

HERE = Path(__file__).parent
LONGEST = 600
"""Characters of a text that the page shows: names and reasons are foreign text, and the table has all of it."""
ROWS = (
    "authorisation", "profile", "purpose", "person", "drones", "outcome", "recorded", "access", "receipts", "seen_m2",
    "private_m2s", "facade_m2s", "highest_px_per_m", "sensor_s", "proportion_unknown",
)  # fmt: skip


def page(
    rows: Sequence[Mapping[str, str]], person: str, recipient: str, tongue: Tongue, number: int, sha256: str
) -> str:
    """The page of a register's rows, and the head of the journal that its recipient keeps."""
    say = texts_in(HERE, tongue)
    uses = [(_title(row, say), _lines(row, say)) for row in rows]
    template = templates(HERE).get_template("register.html.j2")
    return template.render(
        say=say, lang=tongue, uses=uses, person=person, recipient=recipient, number=number, sha256=sha256,
        running=say("title"), simulated="",
    )  # fmt: skip


def _title(row: Mapping[str, str], say: Texts) -> str:
    begun = datetime.fromisoformat(row["begun"])
    ended = datetime.fromisoformat(row["ended"]) if row["ended"] else None
    end = say("open") if ended is None else f"{ended:%H:%M}" if ended.date() == begun.date() else _moment(ended, say)
    return say("flight", begin=_moment(begun, say), end=end)


def _moment(at: datetime, say: Texts) -> str:
    return f"{say.day(at)}, {at:%H:%M}"


def _lines(row: Mapping[str, str], say: Texts) -> list[tuple[str, list[str]]]:
    """The label and the texts of each line; a line without a value is left out, unless the value is unknown."""
    length = say(f"recorded.{row['recorded_is'].replace(' ', '_')}", length=row["recorded_s"])
    shown = {**row, "recorded": length, "run": row["run"]}
    texts = {name: _split(shown[name]) or [say("unknown")] for name in ROWS if shown[name] or name.endswith(UNITS)}
    return [(say(f"column.{name}"), values) for name, values in texts.items()]


UNITS = ("_m2", "_m2s", "_per_m", "_s")


def _split(text: str) -> list[str]:
    return [one_line(each, LONGEST) for each in text.split("; ") if each]
