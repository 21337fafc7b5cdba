"""`blindspot plan`: the files that it leaves and how it ends."""

import json
import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import typer
from test.factories import at, coverage_of, leg_to, plan_of, route_of, view_at, waypoint_at
from typer.testing import CliRunner

from blindspot.cli.law import authority
from blindspot.cli.plans.plan import plan, plan_into, print_table
from blindspot.cli.plans.plan_sorties import document_of, next_sortie, print_sorties
from blindspot.cli.sim import sim
from blindspot.core.errors import InputError, RefusedError
from blindspot.coverage.maps.map_library import Library
from blindspot.flight.route.mission_items import route_items
from blindspot.law import Loaded
from blindspot.mission.ground_masks import GroundMasks
from blindspot.mission.mission_file import load_mission
from blindspot.mission.plan import load_plan
from blindspot.mission.plan_figures import Minutes, Sortie, ViewCounts
from blindspot.planning import pareto_front as front
from blindspot.planning.checker import check
from blindspot.planning.papers.outcome import Outcome
from blindspot.planning.reasons.compare import costs_of
from blindspot.planning.reasons.idle import NOTHING_TO_SEE
from blindspot.planning.reasons.intrusion import area_time_text, intrusion_text
from blindspot.site.load import load_site

pytestmark = pytest.mark.usefixtures("planned_whole")

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads.yaml"
SQUARE = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))
CORNER = plan_of(
    route_of(waypoint_at(60.0, 50.0, 60.0), home=at(50.0, 50.0), failsafe={"fence": SQUARE}),
    id="corner-1", mission="corner.yaml", perimeter=SQUARE,
    coverage=coverage_of(
        cell_m=0.5, public_area_m2=900.0, fixed_area_m2=100.0, blind_area_m2=800.0, reachable_area_m2=700.0,
        planned_area_m2=600.0,
    ),
)  # fmt: skip


def sortie(number, of=3):
    begins_s = 300.0 * (number - 1)
    reported = Sortie(number=number, of=of, begins_s=begins_s, flown_s=begins_s)
    return CORNER.model_copy(update={"id": f"corner-{number}", "sortie": reported})


def test_a_flown_sortie_names_the_command_of_the_next(tmp_path):
    (tmp_path / "sortie-2.json").write_text(sortie(2).to_json())
    reported = next_sortie(sortie(1), Path("corner.yaml"), tmp_path)
    assert reported == (
        "this was sortie 1 of 3; with fresh batteries the next is flown with:"
        f" blindspot sim corner.yaml --plan {tmp_path / 'sortie-2.json'}"
    )
    assert next_sortie(sortie(3), Path("corner.yaml"), tmp_path) is None
    assert next_sortie(CORNER, Path("corner.yaml"), tmp_path) is None


def test_all_sorties_are_printed_with_when_they_begin(capsys):
    print_sorties([sortie(2), sortie(1)])
    reported = capsys.readouterr().out
    assert reported.index("plan.json") < reported.index("sortie-2.json")
    assert "together: 2 flights" in reported and "7 min from the first take-off" in reported


def test_the_document_of_a_plan_never_reads_as_all_of_the_ground_if_some_is_left(tmp_path):
    coverage = CORNER.coverage.model_copy(update={"planned_area_m2": 799.75})
    document = document_of(CORNER.model_copy(update={"coverage": coverage}), tmp_path, ())
    assert document["planned_blind_fraction"] == 0.999


def test_a_front_is_of_single_sorties(command, tmp_path):
    text = MISSION.read_text().replace("pad: north", "pad: north, swaps: 1").replace("../", f"{MISSION.parents[1]}/")
    text = text.replace("perimeter: ", f"perimeter: {MISSION.parent}/")
    (tmp_path / "drones").symlink_to(MISSION.parents[1] / "drones")
    (tmp_path / "missions").mkdir()
    (tmp_path / "missions" / "swapped.yaml").write_text(text)
    refused = command(tmp_path / "missions" / "swapped.yaml", "--pareto")
    assert isinstance(refused.exception, InputError)
    assert "single sorties" in str(refused.exception)


@pytest.mark.parametrize("other", [["--pareto"], ["--take", "plan.json"]])
def test_a_limit_of_time_is_for_a_new_plan(command, other):
    refused = command(MISSION, "--seconds", "5", *other)
    assert isinstance(refused.exception, InputError)
    assert f"does not go with {other[0]}" in str(refused.exception)


def test_the_library_of_a_patrol_has_no_limit_of_time(command):
    refused = command(MISSION.with_name("crossroads_patrol.yaml"), "--seconds", "5")
    assert isinstance(refused.exception, InputError)
    assert "patrol" in str(refused.exception)


def test_the_table_counts_views_with_legs_and_names_a_drone_without_a_route(capsys):
    mission = load_mission(MISSION)
    it = Outcome(CORNER, mission, load_site(mission.site_dir), spots=None, views=())
    looking = (
        *CORNER.routes[0].steps,
        leg_to(50.0, 50.0),
        view_at(50.0, 50.0, dwell_s=2.0),
    )
    route = CORNER.routes[0].model_copy(update={"steps": looking})
    print_table(replace(it, plan=CORNER.model_copy(update={"routes": (route,)})))
    reported = capsys.readouterr().out
    assert "views and legs" in reported and "│ north │              2 │" in reported
    print_table(replace(it, plan=CORNER.model_copy(update={"idle": {"drone2": NOTHING_TO_SEE}})))
    assert "drone2 does not fly: no view of blind ground was found from the air around" in capsys.readouterr().out
    looks = ViewCounts(planned=7, least=8)  # the places of a tour move freely after the search
    minutes = Minutes(planned_s=600.0, least_s=420.0)
    print_table(replace(it, plan=sortie(1).model_copy(update={"looks": looks, "minutes": minutes})))
    reported = capsys.readouterr().out
    assert "does not fly" not in reported
    assert "7, a long leg counted as several: the same ground takes at least 8 of the search's candidates" in reported
    assert "flight time 10.0 min: with these candidates it takes at least 7.0 min" in reported


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CORNER.to_json()[:900], r"is cut off or no JSON \(.* at line \d+ column \d+\)"),
        (CORNER.to_json().replace('"home"', '"hom"'), "routes route 1, hom: is an unknown key"),
        (CORNER.to_json().replace('"speed_mps": 5.0', '"speed_mps": "fast"'), r"speed_mps: should be a valid number"),
    ],
)
def test_an_unreadable_plan_is_refused_with_the_reason_and_the_fix(tmp_path, text, said):
    (tmp_path / "cut.json").write_text(text)
    with pytest.raises(InputError, match=rf"cut\.json: .*{said}.*; make it again with: blindspot plan MISSION$"):
        load_plan(tmp_path / "cut.json")


def test_a_picture_is_no_plan(tmp_path):
    (tmp_path / "plan.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(InputError, match=r"plan\.png: is not a text file; name the plan\.json of a folder that"):
        load_plan(tmp_path / "plan.png")


@pytest.fixture
def command():
    app = typer.Typer()
    app.command()(plan)
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A map library that can't draw, but is there."""
    monkeypatch.setattr(
        "blindspot.cli.plans.plan.web_library", lambda page: Library("const maplibregl = {};", "", "notice")
    )


def test_it_writes_the_plan_and_its_papers(command, tmp_path, library):
    folder = tmp_path / "out"
    result = command(MISSION, "--out", folder)
    assert result.exit_code == 0, result.output
    assert "checked: no violation; proven from every second: hold, return, landing" in result.output
    assert "s over roofs" not in result.output
    assert "ground that stays unseen" in result.output
    assert "in view: private ground" in result.output
    assert result.stdout.startswith("SIMULATED: the authorisation SIM-CROSSROADS never arms a real autopilot")
    for paper in ("briefing.html", "map.html"):
        assert "<strong>SIMULATED</strong>: the authorisation SIM-CROSSROADS" in (folder / paper).read_text()
    made, ground = load_plan(folder / "plan.json"), GroundMasks.load(folder / "ground.npz")
    assert {p.name for p in folder.iterdir()} == {
        "plan.json", "plan.png", "plan.geojson", "ground.npz", "unseen.geojson", "briefing.html", "map.html",
        f"{made.id}-drone1.plan", f"{made.id}-drone2.plan",
    }  # fmt: skip
    assert made.coverage.blind_area_m2 == pytest.approx(ground.blind.sum() * ground.grid.cell_area_m2)
    assert made.intrusion is not None and made.intrusion.highest_px_per_m <= 60.0
    assert made.sha256 in (folder / "briefing.html").read_text()
    assert made.sha256 in (folder / "map.html").read_text()
    assert intrusion_text(made.intrusion).replace("m2", "m²") in (folder / "briefing.html").read_text()
    assert area_time_text(made.intrusion.private_m2s).replace("m2", "m²") in (folder / "map.html").read_text()
    document = json.loads((folder / f"{made.id}-drone2.plan").read_text())
    assert len(document["mission"]["items"]) == len(route_items(made.routes[1]))


def test_plans_to_pick_from_each_in_a_file_and_one_is_taken(command, tmp_path, monkeypatch):
    """One asking of five: each plan takes seconds."""
    askings = front.narrower
    monkeypatch.setattr(front, "narrower", lambda *words: islice(askings(*words), 1, 2))
    monkeypatch.setenv("COLUMNS", "120")
    folder = tmp_path / "front"
    folder.mkdir()
    (folder / "pareto-9.json").write_text("{}")
    result = command(MISSION, "--pareto", "--out", folder)
    assert result.exit_code == 0, result.output
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"pareto-{number}.json" for number in range(1, len(files) + 1)]
    assert len(files) == 2
    plans = [load_plan(file) for file in files]
    minutes = [costs_of(made).flight_min for made in plans]
    assert minutes == sorted(minutes) and all(made.intrusion is not None for made in plans)
    assert "9 m lower" in result.output and f"--plan {files[0]}" in result.output
    taken = command(MISSION, "--take", files[1], "--out", tmp_path / "out")
    assert taken.exit_code == 0, taken.output
    assert (tmp_path / "out" / "plan.json").read_text() == files[1].read_text()
    assert plans[1].sha256 in (tmp_path / "out" / "briefing.html").read_text()


def test_an_interrupted_choice_keeps_its_finished_plans(command, tmp_path, monkeypatch):
    made = front.make_plan

    def once(mission, **more):
        monkeypatch.setattr(front, "make_plan", interrupted)
        return made(mission, **more)

    def interrupted(mission, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(front, "make_plan", once)
    result = command(MISSION, "--pareto", "--out", tmp_path / "front")
    assert result.exit_code == 130, result.output
    assert "interrupted before its plan was finished" in result.output
    assert [load_plan(file).id[:11] for file in (tmp_path / "front").iterdir()] == ["crossroads-"]


def test_a_plan_of_another_mission_is_not_taken(command, tmp_path):
    other = tmp_path / "other.json"
    other.write_text(CORNER.to_json())
    result = command(MISSION, "--take", other, "--out", tmp_path / "out")
    assert isinstance(result.exception, InputError)
    assert "is no plan of this mission" in str(result.exception)
    assert not (tmp_path / "out").exists()
    judged = CliRunner().invoke(authority.app, ["judge", str(MISSION), str(other)])
    assert str(judged.exception) == str(result.exception)


@pytest.fixture
def made_before(plan, monkeypatch):
    """The planner makes the plan that all tests share: it takes no time again."""
    monkeypatch.setattr("blindspot.acts.plans.mission_plan.make_sorties", lambda *_, **__: (plan,))


def test_a_paper_that_fails_leaves_nothing(command, tmp_path, library, monkeypatch, made_before):
    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("blindspot.acts.plans.plan_papers.plan_map", fail)
    result = command(MISSION, "--out", tmp_path / "out")
    assert isinstance(result.exception, OSError)
    assert not (tmp_path / "out").exists()


def test_a_plan_from_a_file_that_breaks_a_rule_is_refused_before_it_is_drawn(tmp_path, monkeypatch, capsys):
    breaches = (check.Violation("no-fly zone", "drone1", None, 54.0, "over Roof garden"),) * 2
    monkeypatch.setattr("blindspot.acts.plans.mission_plan.check_plan", lambda *_: breaches)
    (tmp_path / "moved.json").write_text(CORNER.to_json())
    reported = (
        r"moved\.json: breaks 2 rules and is not flown; the first: no-fly zone.*garden; plan again with: blindspot"
    )
    with pytest.raises(InputError, match=reported):
        plan_into(tmp_path / "out", Loaded.of(MISSION), take=tmp_path / "moved.json")
    assert "will be seen" not in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_plan_from_a_file_that_is_drawn_and_breaks_a_rule_ends_with_the_same_words(
    command, plan, tmp_path, monkeypatch
):
    (tmp_path / "plan.json").write_text(plan.to_json())
    broken = check.Violation("building", "drone1", None, 12.0, "3.0 m from a building")
    monkeypatch.setattr("blindspot.acts.plans.mission_plan.check_plan", lambda *_: (broken,))
    result = command(MISSION, "--take", tmp_path / "plan.json", "--out", tmp_path / "out")
    assert isinstance(result.exception, InputError)
    assert "plan.json: breaks 1 rules and is not flown; the first: building" in str(result.exception)
    assert (tmp_path / "out" / "briefing.html").exists()


def test_a_plan_that_breaks_a_rule_ends_with_1_and_names_it(command, tmp_path, monkeypatch, made_before):
    broken = check.Violation("building", "drone1", None, 12.0, "3.0 m from a building")
    monkeypatch.setattr("blindspot.acts.plans.mission_plan.check_plan", lambda *_: (broken,))
    result = command(MISSION, "--out", tmp_path)
    assert result.exit_code == 1
    assert "3.0 m from a building" in result.output
    assert "not to be flown" in result.output


@pytest.fixture
def starting_at(tmp_path):
    """The tutorial's mission elsewhere, at another hour of its day; its authorisation's slots end at 23:00."""

    def write(hour):
        config = MISSION.parents[1]
        text = MISSION.read_text().replace("../", f"{config}/")
        text = text.replace("perimeter: ", f"perimeter: {MISSION.parent}/")
        (tmp_path / "missions").mkdir()
        (tmp_path / "missions" / "late.yaml").write_text(text.replace("T20:00:00", f"T{hour}:00"))
        (tmp_path / "drones").symlink_to(config / "drones")
        return tmp_path / "missions" / "late.yaml"

    return write


def test_a_plan_that_the_authorisation_does_not_cover_is_refused_by_its_rule(command, tmp_path, library, starting_at):
    """No flight is over in a minute."""
    result = command(starting_at("22:59"), "--out", tmp_path / "out")
    assert isinstance(result.exception, RefusedError)
    assert "TIM-03" in str(result.exception)
    assert re.search(r"drone\d would land \d+ s after its slot's end", str(result.exception))
    assert "TIM-03" in (tmp_path / "out" / "briefing.html").read_text()


def test_a_start_that_is_not_authorised_is_refused_before_anything_is_planned(
    command, tmp_path, starting_at, monkeypatch
):
    monkeypatch.setattr("blindspot.cli.plans.plan.plan_into", lambda *_, **__: pytest.fail("a plan was made"))
    late = starting_at("23:30")
    app = typer.Typer()
    app.command()(sim)
    for result in (command(late), CliRunner().invoke(app, [str(late), "--out", str(tmp_path / "runs")])):
        assert isinstance(result.exception, RefusedError)
        assert "TIM-03" in str(result.exception) and "daily slots" in str(result.exception)
    assert not (tmp_path / "runs").exists()


def test_a_missing_mission_is_the_users_mistake(command, tmp_path):
    result = command(tmp_path / "none.yaml")
    assert isinstance(result.exception, InputError)


def test_two_plans_side_by_side(command, tmp_path):
    costly, cheap = (tmp_path / name for name in ("a.json", "b.json"))
    costly.write_text(CORNER.to_json())
    route = CORNER.routes[0]
    saved = route.expected.model_copy(update={"flight_time_s": 90.0})
    cheap.write_text(CORNER.model_copy(update={"routes": (route.model_copy(update={"expected": saved}),)}).to_json())
    change = json.loads(command("--compare", costly, cheap, "--json").output)["change"]
    assert (change["flight_min"], change["distance_km"]) == (-0.5, 0.0)
    table = command("--compare", costly, cheap).output
    assert "longest flight, min" in table
    assert "not measured" in table
    assert "-0.5" in table


@pytest.mark.parametrize(
    ("words", "reported"),
    [
        ((), "needs either MISSION or --compare"),
        ((MISSION, "--compare", "a", "b"), "needs either MISSION or --compare"),
        ((MISSION, "--pareto", "--json"), "--json: does not go with --pareto"),
        (("--compare", "a", "b", "--out", "c"), "--out: does not go with --compare"),
        (("--compare", "a", "b", "--pareto"), "--pareto: does not go with --compare"),
        ((MISSION, "--pareto", "--take", "a"), "--take: does not go with --pareto"),
        ((MISSION, "--pareto", "--pads", "3"), "--pads: does not go with --pareto"),
        ((MISSION.with_name("nantes_patrol.yaml"), "--pads", "3"), "--pads: does not go with a patrol"),
    ],
)
def test_options_that_do_not_go_together_are_refused(command, words, reported):
    result = command(*words)
    assert isinstance(result.exception, InputError)
    assert reported in str(result.exception)
