"""The library over a small town, made by the real planner and checker."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from blindspot.core import InputError, PlanningError
from blindspot.mission import load_mission
from blindspot.operations.patrols import build_library, flown_library, load_library, save_library
from blindspot.planning.checker import check_plan
from blindspot.site import load_site

CONFIG = Path(__file__).parents[4] / "config"
VARIANTS = 4


@pytest.fixture(scope="module")
def patrol(tmp_path_factory):
    """The patrol at the crossroads, with a copy of its site that a test may change."""
    folder = tmp_path_factory.mktemp("town")
    for part in ("sites/crossroads", "drones", "missions", "authorisations"):
        shutil.copytree(CONFIG / part, folder / part)
    return load_mission(folder / "missions/crossroads_patrol.yaml")


@pytest.fixture(scope="module")
def library(patrol):
    return build_library(patrol, VARIANTS)


def test_each_variant_passes_the_checker_and_flies_in_another_order(library, patrol):
    site = load_site(patrol.site_dir, patrol.file.start)
    assert len(library.variants) >= 2
    assert all(not check_plan(variant.plan, patrol, site) for variant in library.variants)
    orders = [repr([route.steps for route in one.plan.routes]) for one in library.variants]
    assert len(set(orders)) == len(orders)
    first_s = np.stack([variant.sights.first_s[library.promised] for variant in library.variants])
    longest_s = max(route.expected.flight_time_s for route in library.variants[0].plan.routes)
    assert np.ptp(first_s, axis=0).max() > 0.25 * longest_s


def test_a_variant_states_the_time_of_its_own_routes(library):
    for variant in library.variants:
        flown_s = sum(route.expected.flight_time_s for route in variant.plan.routes)
        assert variant.plan.minutes is None or variant.plan.minutes.planned_s == pytest.approx(flown_s, abs=0.2)


def test_a_variant_states_the_number_of_its_own_views(library):
    for variant in library.variants:
        own = sum(route.view_count for route in variant.plan.routes)
        assert variant.plan.looks is None or variant.plan.looks.planned >= own, "a long leg counts as several"
    assert any(variant.plan.looks is None for variant in library.variants)


def test_a_variant_states_its_intrusion_which_the_gate_judges(library, patrol):
    cap = patrol.file.band.max_px_per_m
    for variant in library.variants:
        assert variant.plan.intrusion is not None
        assert 0.0 < variant.plan.intrusion.highest_px_per_m <= cap
        assert variant.plan.intrusion.facade_m2s > 0.0


def test_looks_are_those_that_the_plans_claim(library):
    for variant in library.variants:
        area_m2 = float(variant.sights.seen.sum()) * library.masks.grid.cell_area_m2
        assert area_m2 == pytest.approx(variant.plan.coverage.planned_area_m2, rel=0.01)
        assert np.nanmax(variant.sights.last_s) < variant.flight_s
        assert (variant.sights.first_s <= variant.sights.last_s)[variant.sights.seen].all()


def test_the_matrix_is_the_longest_wait_of_any_promised_place(library):
    for i, now in enumerate(library.variants):
        for j, following in enumerate(library.variants):
            waits_s = following.sights.first_s[library.promised] - now.sights.last_s[library.promised]
            assert library.gap_s[i, j] == pytest.approx(float(waits_s.max()), abs=0.01)
    assert library.promised_share >= 0.9


def test_every_choice_keeps_the_promise(library):
    for now, choices in enumerate(library.choices):
        assert all(choice.until_s <= library.latest_s(now, choice.variant) + 1e-6 for choice in choices)


def test_a_library_is_read_as_it_was_written(library, patrol, tmp_path):
    save_library(library, tmp_path / "library")
    known = load_library(tmp_path / "library", patrol)
    assert [one.plan for one in known.variants] == [one.plan for one in library.variants]
    assert known.choices == library.choices
    assert np.array_equal(known.gap_s, library.gap_s)
    assert np.array_equal(known.promised, library.promised)
    assert np.array_equal(known.places.first_s, library.places.first_s)


def test_a_library_that_schedulers_fly_is_not_replaced(library, tmp_path, monkeypatch):
    """The plan files would differ from the library that a scheduler has in memory."""
    monkeypatch.setattr("blindspot.operations.patrols.library_lock.READ_S", 0.1)
    folder = tmp_path / "library"
    save_library(library, folder)
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    with flown_library(folder), flown_library(folder):
        with pytest.raises(InputError, match=r"library: is flown by an operation.*blindspot down; or name another"):
            save_library(library, folder)
        assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before
    save_library(library, folder)
    with pytest.raises(InputError, match="can't be read"), flown_library(tmp_path / "none"):
        pytest.fail("nothing is there")


def test_a_changed_plan_or_mission_voids_it(library, patrol, tmp_path):
    folder = tmp_path / "library"
    save_library(library, folder)
    plan = folder / "v01.json"
    plan.write_text(plan.read_text().replace('"seed"', ' "seed"', 1))
    with pytest.raises(InputError, match="not the plan that was checked"):
        load_library(folder, patrol)
    save_library(library, folder)
    roads = patrol.site_dir / "roads.geojson"
    text = roads.read_text()
    roads.write_text(text + "\n")
    try:
        with pytest.raises(InputError, match="library is void"):
            load_library(folder, patrol)
    finally:
        roads.write_text(text)


CHANGES = {
    "a promise that is not the mission's": lambda file: file.update(revisit_s=3600.0),
    "a pause that is not the mission's": lambda file: file.update(swap_s=0.0),
    "a row of the matrix less": lambda file: file["gap_s"].pop(),
    "a matrix that the times of the views do not give": lambda file: file["gap_s"][0].__setitem__(1, 0.0),
    "choices of one variant less": lambda file: file["choices"].pop(),
    "a variant without a choice": lambda file: file["choices"][0].clear(),
    "chances that are not whole": lambda file: file["choices"][0].pop(),
    "an unknown variant": lambda file: file["choices"][0][0].update(variant=VARIANTS),
    "a start that ends before it begins": lambda file: file["choices"][0][0].update(until_s=0.0),
    "a start during the tour before it": lambda file: file["choices"][0][0].update(from_s=10.0),
    "a start after the promise": lambda file: file["choices"][0][0].update(until_s=7200.0),
    "no number": lambda file: file["choices"][0][0].update(from_s=float("nan")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_file_of_the_library_is_refused(library, patrol, tmp_path, change):
    folder = tmp_path / "library"
    save_library(library, folder)
    file = json.loads((folder / "library.json").read_text())
    change(file)
    (folder / "library.json").write_text(json.dumps(file))
    with pytest.raises(InputError, match="make it again"):
        load_library(folder, patrol)


def test_times_of_another_ground_are_refused(library, patrol, tmp_path):
    folder = tmp_path / "library"
    for change in (lambda times: times["seen"][1:], lambda times: ~times["seen"]):
        save_library(library, folder)
        with np.load(folder / "sights.npz") as data:
            times = dict(data)
        np.savez(folder / "sights.npz", **times | {"seen": change(times)})
        with pytest.raises(InputError, match="make it again"):
            load_library(folder, patrol)


def test_a_sweep_has_no_library():
    with pytest.raises(PlanningError, match="no patrol"):
        build_library(load_mission(CONFIG / "missions/crossroads.yaml"))
