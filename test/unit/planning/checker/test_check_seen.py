"""The pictures of a plan, as the checker sees them: densities up to the ridges of the roofs."""

from dataclasses import replace

from blindspot.planning.checker.check import check_plan


def test_a_ridge_over_the_density_cap_is_found(plan, mission, site):
    """The plan was made for a town of flat roofs: its pictures keep the cap up to the eaves."""
    gabled = replace(site, buildings=tuple(replace(building, ridge_m=40.0) for building in site.buildings))
    found = [violation.detail for violation in check_plan(plan, mission, gabled) if violation.rule == "density"]
    assert found and all("60 are allowed" in detail for detail in found)
