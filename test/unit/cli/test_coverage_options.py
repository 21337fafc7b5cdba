"""Options of `blindspot coverage` that another one makes meaningless are refused, never passed over."""

from __future__ import annotations

import pytest

from blindspot.cli.coverage import coverage
from blindspot.errors import InputError
from blindspot.folders import CONFIG_DIR

SITE = CONFIG_DIR / "sites" / "crossroads"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"changes": 3}, "--changes: goes with --improve"),
        ({"improve": True, "uncertainty": True}, "--uncertainty: does not go with --improve"),
        ({"improve": True, "geotiff": True}, "--geotiff: does not go with --improve"),
        ({"compare": (SITE, SITE), "occupancy_grid": True}, "--occupancy-grid: does not go with --compare"),
        ({"mission": CONFIG_DIR / "missions" / "crossroads.yaml"}, "--mission: goes with --improve"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(options, told):
    with pytest.raises(InputError, match=told):
        coverage(site=None if "compare" in options else SITE, **options)
