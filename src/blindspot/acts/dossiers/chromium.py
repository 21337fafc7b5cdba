"""Prints a page as PDF with the machine's own Chromium or Chrome."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LONGEST_S = 120.0
QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-default-apps", "--no-pdf-header-footer", "--generate-pdf-document-outline",
)  # fmt: skip
"""A print opens no connection, and has an outline."""


def print_pdf(page: Path, pdf: Path) -> str:
    """Print a page.

    Parameters
    ----------
    page
        An HTML file.
    pdf
        The file to write.

    Returns
    -------
    str
        The reason in one sentence if there is no print; otherwise the empty text. The page is the original.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return f"no {pdf.name}: this machine has neither Chromium nor Chrome; print {page.name} with another browser"
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium has no sandbox for root
    with tempfile.TemporaryDirectory(prefix="blindspot-print-", ignore_cleanup_errors=True) as profile:
        draft = Path(profile) / "page.pdf"
        words = [browser, *QUIET, *root, f"--user-data-dir={profile}", f"--print-to-pdf={draft}"]
        try:
            subprocess.run([*words, page.resolve().as_uri()], check=True, capture_output=True, timeout=LONGEST_S)
            shutil.move(draft, pdf)
        except subprocess.TimeoutExpired:
            return (
                f"no {pdf.name}: {browser} did not end within {LONGEST_S:g} s; print {page.name} with another browser"
            )
        except (OSError, subprocess.CalledProcessError):
            return f"no {pdf.name}: {browser} failed; print {page.name} with another browser"
    return ""
