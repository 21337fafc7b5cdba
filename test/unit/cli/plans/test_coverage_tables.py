"""The printed figures of `blindspot coverage`."""

from blindspot.cli.plans.coverage_tables import print_figures


def test_shares_are_rounded_down_as_on_the_map_and_nearly_all_ground_never_reads_as_all(capsys):
    ground = {"public_area_m2": 8860.0, "fixed_area_m2": 8857.0, "blind_area_m2": 3.0}
    parts = {"blind_area_by_reason_m2": {}, "public_area_by_cameras_m2": {}}
    levels = {"detect": {"min_px_per_m": 25.0, "area_m2": 2168.25}}
    print_figures({"site": "X", "min_px_per_m": 25.0, "public_area_by_level_m2": levels, **ground, **parts})
    rows = {
        line.split("│")[1].strip(): line.split("│")[3].strip() for line in capsys.readouterr().out.splitlines()[2:-1]
    }
    assert rows["public ground"] == "100.0 %" and rows["seen by fixed cameras"] == "99.9 %"
    assert rows["seen at detect (25 px/m)"] == "24.4 %"
