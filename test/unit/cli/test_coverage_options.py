"""Options of `blindspot coverage` that another one makes meaningless are refused, never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.cli.plans.coverage import coverage
from blindspot.core.errors import InputError
from blindspot.core.folders import CONFIG_DIR

SITE = CONFIG_DIR / "sites" / "crossroads"


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        ({"changes": 3}, "--changes: goes with --improve"),
        ({"improve": True, "uncertainty": True}, "--uncertainty: does not go with --improve"),
        ({"improve": True, "geotiff": True}, "--geotiff: does not go with --improve"),
        ({"improve": True, "levels": Path("levels.yaml")}, "--levels: does not go with --improve"),
        ({"compare": (SITE, SITE), "occupancy_grid": True}, "--occupancy-grid: does not go with --compare"),
        ({"compare": (SITE, SITE), "improve": True}, "--improve: does not go with --compare"),
        ({"mission": CONFIG_DIR / "missions" / "crossroads.yaml"}, "--mission: goes with --improve"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(options, reported):
    with pytest.raises(InputError, match=reported):
        coverage(site=None if "compare" in options else SITE, **options)


def test_the_density_of_a_mission_is_not_given_twice(tmp_path):
    mission = CONFIG_DIR / "missions" / "crossroads.yaml"
    with pytest.raises(InputError, match="--min-px-per-m: is 60, and the mission has 25; leave one"):
        coverage(site=SITE, improve=True, mission=mission, min_px_per_m=60.0, out=tmp_path / "out")


@pytest.mark.parametrize(
    ("asked", "reported"),
    [
        ({}, "needs either SITE or --compare BEFORE AFTER; give the folder"),
        ({"site": SITE, "compare": (SITE, SITE)}, "needs either SITE or --compare BEFORE AFTER"),
        ({"compare": (SITE, Path("nope.geojson"))}, r"nope\.geojson: --compare: does not exist; name a site"),
        ({"site": Path("/nowhere")}, "/nowhere: is no folder; give a site's"),
        ({"site": SITE, "out": SITE / "site.yaml"}, r"site\.yaml: --out: is a file; name a folder"),
    ],
)
def test_an_impossible_request_is_refused_with_a_fix_and_leaves_nothing(tmp_path, asked, reported):
    out = tmp_path / "out"
    with pytest.raises(InputError, match=reported):
        coverage(**{"out": out, "site": None, **asked})
    assert not out.exists()
