"""`blindspot dossier`: the command's last lines, and a machine without a browser."""

from blindspot.cli.records.dossier import dossier
from blindspot.core.folders import CONFIG_DIR


def test_the_command_names_files_and_missing_facts_and_ends_well_without_a_browser(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    dossier(CONFIG_DIR / "sites" / "crossroads", tmp_path / "out", pdf=True)
    printed = capsys.readouterr()
    assert "no dossier.pdf: this machine has neither Chromium nor Chrome" in printed.err
    *files, last = printed.out.splitlines()
    assert {line.removeprefix("wrote ") for line in files} == {str(file) for file in (tmp_path / "out").iterdir()}
    assert last.startswith("13 missing facts: ")
    assert "--authorisation" not in last, "an authorisation is of a flight"
    assert '<html lang="fr">' in (tmp_path / "out" / "dossier.html").read_text(), "French is the default"
