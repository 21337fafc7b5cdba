"""The ground that any legal view could see, and the cause for the rest."""

from dataclasses import replace

import numpy as np
import pytest
from shapely import affinity
from shapely.geometry import Polygon, box

from blindspot.planning.checker.check_seen import ground_of, seen_cells
from blindspot.planning.views import reachable as reach
from blindspot.site.relief.raster import height_field
from blindspot.site.town.model import Building


@pytest.fixture(scope="session")
def ground(plan, site):
    return ground_of(plan, site)


def heights_m(plan):
    return {route.model: route.takeoff_up_m for route in plan.routes}


def test_all_ground_of_the_plan_is_reachable(plan, mission, site, ground):
    cells = np.flatnonzero(seen_cells(plan, mission, ground))
    assert (
        reach.reachable_cells(ground.field, cells, site, Polygon(plan.perimeter), mission, heights_m(plan)).mean()
        > 0.999
    )


def test_the_plan_states_the_reachable_area(plan, mission, site, ground):
    left = np.flatnonzero(ground.blind & ~seen_cells(plan, mission, ground))
    reachable = reach.reachable_cells(ground.field, left, site, Polygon(plan.perimeter), mission, heights_m(plan))
    found_m2 = plan.coverage.planned_area_m2 + float(reachable.sum()) * ground.field.grid.cell_area_m2
    assert plan.coverage.reachable_area_m2 == pytest.approx(found_m2)


def test_a_shaft_between_high_walls_is_too_narrow(plan, mission, site):
    """A yard of 3 m between walls of 30 m: no view of 50 degrees or steeper from legal air reaches its ground."""
    walls = [
        Building("w", box(-5, -5, -1.5, 5), 0.0, 30.0, False), Building("e", box(1.5, -5, 5, 5), 0.0, 30.0, False),
        Building("s", box(-5, -5, 5, -1.5), 0.0, 30.0, False), Building("n", box(-5, 1.5, 5, 5), 0.0, 30.0, False),
    ]  # fmt: skip
    walled = replace(site, buildings=(*site.buildings, *walls))
    field = height_field(walled, (-100, -100, 100, 100))
    row, col = field.grid.index(0.1, 0.1)
    cell = np.array([row * field.grid.cols + col])
    perimeter = Polygon(plan.perimeter)
    assert not reach.reachable_cells(field, cell, walled, perimeter, mission, heights_m(plan))[0]
    assert reach.why_unseen(field, cell, walled, perimeter, mission, heights_m(plan))[0] == reach.NO_FAILSAFE


def yard(site, east_m, north_m, inside_m, wall_up_m):
    """The site with a square yard between walls, and its field around it."""
    half, thick = inside_m / 2, 5.0
    ring = box(-half - thick, -half - thick, half + thick, half + thick).difference(box(-half, -half, half, half))
    at = affinity.translate(ring, east_m, north_m)
    walls = [Building(f"w{k}", part, 0.0, wall_up_m, False) for k, part in enumerate(quarters(at))]
    walled = replace(site, buildings=(*site.buildings, *walls))
    return walled, height_field(walled, (east_m - 150, north_m - 150, east_m + 150, north_m + 150))


def quarters(ring):
    """A ring in two halves, without a hole."""
    west, south, east, north = ring.bounds
    middle = (west + east) / 2
    return [ring.intersection(box(west, south, middle, north)), ring.intersection(box(middle, south, east, north))]


def cause_of(field, east_m, north_m, site, perimeter, mission, plan):
    row, col = field.grid.index(east_m, north_m)
    cell = np.array([row * field.grid.cols + col])
    assert not reach.reachable_cells(field, cell, site, perimeter, mission, heights_m(plan))[0]
    return reach.why_unseen(field, cell, site, perimeter, mission, heights_m(plan))[0]


def test_without_steep_looks_a_yard_is_hidden_from_every_allowed_angle(plan, mission, site, with_file):
    walled, field = yard(site, 0.0, 0.0, 4.0, 30.0)
    flat = with_file(mission, limits={"min_pitch_deg": -60.0})
    assert cause_of(field, 0.1, 0.1, walled, Polygon(plan.perimeter), flat, plan) == reach.TOO_NARROW


@pytest.mark.parametrize(("band", "up_m", "cause"), [
    ({"min_px_per_m": 40.0}, 90.0, reach.TOO_COARSE),
    ({"min_px_per_m": 25.0, "max_px_per_m": 26.0}, 60.0, reach.TOO_DENSE),
])  # fmt: skip
def test_ground_in_free_sight_at_another_density_is_not_called_hidden(
    mission, site, plan, with_file, band, up_m, cause
):
    field, perimeter = height_field(site, (-150, -150, 150, 150)), Polygon(plan.perimeter)
    row, col = field.grid.index(0.1, 0.1)
    open_ground, asked = np.array([row * field.grid.cols + col]), with_file(mission, band=band)
    found = reach.why_unseen(field, open_ground, site, perimeter, asked, {"reference": up_m})
    assert found[0] == cause


def test_a_wide_yard_has_air_that_no_way_leads_to(plan, mission, site):
    walled, field = yard(site, 0.0, 0.0, 30.0, 58.0)
    assert cause_of(field, 0.1, 0.1, walled, Polygon(plan.perimeter), mission, plan) == reach.NO_WAY


def below(site, height_m, base_m, half_m=20.0):
    """The site with a slab in the air over its origin, as an overhang, a bridge or a wide crown, and its field."""
    slab = Building("slab", box(-half_m, -half_m, half_m, half_m), 0.0, height_m, False, min_height_m=base_m)
    covered = replace(site, buildings=(*site.buildings, slab))
    return covered, height_field(covered, (-150, -150, 150, 150))


def test_ground_below_a_hanging_solid_is_hidden_from_above(plan, mission, site):
    covered, field = below(site, height_m=12.0, base_m=2.2)
    assert cause_of(field, 0.1, 0.1, covered, Polygon(plan.perimeter), mission, plan) == reach.BELOW


def test_ground_below_a_high_bridge_is_seen_from_its_sides(plan, mission, site):
    covered, field = below(site, height_m=21.0, base_m=20.0, half_m=3.0)
    row, col = field.grid.index(0.1, 0.1)
    cell = np.array([row * field.grid.cols + col])
    assert reach.reachable_cells(field, cell, covered, Polygon(plan.perimeter), mission, heights_m(plan))[0]


def test_ground_just_below_the_rim_counts_only_if_a_head_above_it_is_seen(plan, mission, site):
    """The line to the ground enters 2.6 m beyond the rim at 40 degrees, the line to a head 0.6 m."""
    covered, field = below(site, height_m=12.0, base_m=2.2)
    assert cause_of(field, 0.1, 18.1, covered, Polygon(plan.perimeter), mission, plan) == reach.BELOW


def test_in_a_perimeter_without_room_to_brake_all_is_seen_from_outside_only(plan, mission, site):
    field = height_field(site, (-150, -150, 150, 150))
    assert cause_of(field, 0.1, 0.1, site, box(-3.0, -3.0, 3.0, 3.0), mission, plan) == reach.PERIMETER


def test_causes_are_listed_by_area():
    listed = reach.unseen_ground({"a": 2.0, "b": 0.0, "c": 5.0})
    assert [(rest.cause, rest.area_m2) for rest in listed] == [("c", 5.0), ("a", 2.0)]
