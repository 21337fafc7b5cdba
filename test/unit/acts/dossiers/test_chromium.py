"""The print of a page: no browser, a browser that fails, and one that prints."""

import pytest

from blindspot.acts.dossiers import print_pdf


@pytest.fixture
def browser(monkeypatch, tmp_path):
    """Puts a script in the place of the machine's browser."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "dossier.html").write_text("<p>a</p>")

    def write(script):
        (tmp_path / "bin" / "chromium").write_text(f"#!/bin/bash\n{script}\n")
        (tmp_path / "bin" / "chromium").chmod(0o755)

    return write


def test_without_a_browser_there_is_one_sentence_and_no_print(browser, tmp_path):
    assert "has neither Chromium nor Chrome; print dossier.html" in print_pdf(
        tmp_path / "dossier.html", tmp_path / "dossier.pdf"
    )


@pytest.mark.parametrize("script", ["exit 1", "exit 0"], ids=["fails", "prints-nothing"])
def test_a_browser_that_prints_nothing_is_one_sentence(browser, tmp_path, script):
    browser(script)
    assert "failed; print dossier.html" in print_pdf(tmp_path / "dossier.html", tmp_path / "dossier.pdf")
    assert not (tmp_path / "dossier.pdf").exists()


def test_the_browser_gets_the_page_as_its_last_word_and_opens_no_connection(browser, tmp_path):
    browser('for word in "$@"; do case $word in --print-to-pdf=*) printf "%s\\n" "$@" > "${word#*=}";; esac; done')
    assert print_pdf(tmp_path / "dossier.html", tmp_path / "dossier.pdf") == ""
    words = (tmp_path / "dossier.pdf").read_text().splitlines()
    assert words[-1] == (tmp_path / "dossier.html").as_uri()
    assert {"--headless", "--disable-background-networking", "--no-pdf-header-footer"} <= set(words)
