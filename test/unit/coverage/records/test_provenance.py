"""The provenance of an output."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from blindspot.core.folders import CONFIG_DIR
from blindspot.coverage.records.provenance import Provenance, of_both, provenance_of
from blindspot.site.load import load_site

FILES = Provenance("a town", {"site.yaml": "ab", "cameras.geojson": "cd"})


def test_the_moment_of_the_dated_obstacles_is_an_input():
    before, after = (replace(FILES, moment=f"2026-11-{day:02}T00:00:00+00:00") for day in (6, 20))
    assert len({one.fingerprint for one in (FILES, before, after)}) == 3
    assert "as of 2026-11-06" in before.footer
    assert "as of" not in FILES.footer
    assert after.tags["as_of"] == after.moment
    assert "as_of" not in FILES.tags
    assert of_both(before, before).moment == before.moment


def test_provenance_states_the_moment_of_the_site():
    crossroads = load_site(CONFIG_DIR / "sites" / "crossroads")
    assert provenance_of(crossroads).moment == ""
    moment = datetime(2026, 11, 6, 20, tzinfo=UTC)
    assert provenance_of(load_site(crossroads.folder, moment)).moment == moment.isoformat()
