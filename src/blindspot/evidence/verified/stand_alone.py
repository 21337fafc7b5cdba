"""The verifier for people without this software: one file that needs Python and `cryptography` alone.

The file travels in archives and beside the public page. No module imports it: two implementations of each check agree
by a test, so that a fault of one shows.
"""

from __future__ import annotations

from pathlib import Path

VERIFIER = "verify_blindspot.py"
FILE = Path(__file__).with_name(VERIFIER)


def verifier_text() -> str:
    """The text of the file."""
    return FILE.read_text(encoding="utf-8")
