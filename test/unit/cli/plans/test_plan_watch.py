"""`blindspot plan` for a watch: posts, turns, shortages and the chart of the turns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from blindspot.cli.plans.plan import plan
from blindspot.mission import load_plan
from blindspot.planning.checker import check_plan

CONFIG = Path(__file__).parents[4] / "config"
WATCH, FLEET = CONFIG / "missions" / "crossroads_watch.yaml", CONFIG / "fleets" / "crossroads.yaml"


@pytest.fixture
def command():
    app = typer.Typer()
    app.command()(plan)
    return lambda *arguments: CliRunner().invoke(app, list(map(str, arguments)))


@pytest.fixture
def taken(posts, tmp_path):
    """The first post in a folder with the other."""
    (tmp_path / "made").mkdir()
    for name, post in zip(("plan.json", "post-2.json"), posts, strict=True):
        (tmp_path / "made" / name).write_text(post.to_json())
    return tmp_path / "made" / "plan.json"


@pytest.fixture
def with_minutes(tmp_path):
    """The mission of the watch under an authorisation of other minutes a day."""

    def made(minutes):
        authorisation = (CONFIG / "authorisations" / "crossroads_watch_sim.yaml").read_text()
        authorisation = authorisation.replace("_per_day: 600", f"_per_day: {minutes}").replace("../", f"{CONFIG}/")
        (tmp_path / "short.yaml").write_text(authorisation)
        text = WATCH.read_text().replace("../authorisations/crossroads_watch_sim.yaml", str(tmp_path / "short.yaml"))
        for name in ("crossroads_watch_stage", "crossroads_perimeter"):
            text = text.replace(name, f"{WATCH.parent}/{name}")
        (tmp_path / "missions").mkdir()
        (tmp_path / "drones").symlink_to(CONFIG / "drones")
        path = tmp_path / "missions" / "watch.yaml"
        path.write_text(text.replace("../", f"{CONFIG}/"))
        return path

    return made


def test_it_writes_a_plan_for_each_post_and_the_chart(command, tmp_path, watch, site):
    result = command(WATCH, "--fleet", FLEET, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    for words in ("2 posts, a plan each", "13 turns", "packs needed: 5 reference (crossroads.yaml)",
                  "people who change packs: 1", "flight minutes a day: 2", "in a wind of 10 m/s",
                  "with a pause of 2 to 5 s"):  # fmt: skip
        assert words in result.output
    assert "ground that stays unseen" not in result.output
    files = {file.name for file in (tmp_path / "out").iterdir()}
    assert {"plan.json", "post-2.json", "rota.svg", "plan.png", "map.html", "briefing.html"} <= files
    for name in ("plan.json", "post-2.json"):
        assert check_plan(load_plan(tmp_path / "out" / name), watch, site) == ()
    for paper in ("map.html", "briefing.html"):
        assert "stage" in (page := (tmp_path / "out" / paper).read_text()) and "drone2" in page
    assert "drone2 sees 100 % of stage" in (tmp_path / "out" / "briefing.html").read_text().replace("\u00a0", " ")
    features = json.loads((tmp_path / "out" / "plan.geojson").read_text())["features"]
    assert {one["properties"].get("drone") for one in features} >= {"drone1", "drone2"}


def test_the_figures_are_one_json_document(command, taken, tmp_path):
    result = command(WATCH, "--take", taken, "--fleet", FLEET, "--json", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    watch = json.loads(result.stdout)["watch"]
    assert (watch["turns"], watch["packs"], watch["people"], watch["lacks"]) == (13, {"reference": 5}, 1, [])
    assert [post["drone"] for post in watch["posts"]] == ["drone1", "drone2"]
    assert watch["in_wind"]["wind_mps"] == 10.0 and watch["in_wind"]["turns"] > watch["turns"]


def test_too_few_minutes_end_with_2_and_the_minutes_that_would_do(command, taken, tmp_path, with_minutes, transcript):
    mission = with_minutes(60)
    for name in ("plan.json", "post-2.json"):
        post = load_plan(taken.parent / name)
        (taken.parent / name).write_text(post.model_copy(update={"mission": str(mission)}).to_json())
    result = command(mission, "--take", taken, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    transcript(result.output)
    assert (tmp_path / "out" / "rota.svg").is_file()


def test_a_changed_post_beside_the_first_is_checked_too(command, taken, tmp_path, transcript):
    second = load_plan(taken.with_name("post-2.json"))
    none = second.model_copy(update={"watch": second.watch.model_copy(update={"seen_m2": 1.0})})
    taken.with_name("post-2.json").write_text(none.to_json())
    result = command(WATCH, "--take", taken, "--out", tmp_path / "out")
    assert result.exit_code == 1
    transcript(result.output)


def test_a_taken_watch_with_too_few_posts_is_refused_in_one_sentence(command, taken, tmp_path):
    second = taken.with_name("post-2.json")
    post = load_plan(second)
    second.unlink()
    result = command(WATCH, "--take", taken, "--out", tmp_path / "out")
    assert "watch.of: is 2, and the folder has 1 of the posts; put the files post-N.json" in str(result.exception)

    first = load_plan(taken)
    stranger = post.routes[0].model_copy(update={"drone": "drone9"})
    second.write_text(post.model_copy(update={"routes": (stranger,)}).to_json())
    result = command(WATCH, "--take", taken, "--out", tmp_path / "out")
    assert "drone9 is no drone of the mission" in str(result.exception)

    for path, one in ((taken, first), (second, post)):
        elsewhere = one.watch.model_copy(update={"target": "stage" if path == taken else "gate"})
        path.write_text(one.model_copy(update={"watch": elsewhere}).to_json())
    result = command(WATCH, "--take", taken, "--out", tmp_path / "out")
    assert "stage has 1 of the posts in the folder, and a target needs two drones" in str(result.exception)


@pytest.mark.parametrize("option", [("--seconds", 5), ("--pads", 2), ("--pareto",)])
def test_options_of_a_search_do_not_go_with_a_watch(command, option):
    result = command(WATCH, *option)
    assert result.exception is not None and f"{option[0]} does not go with an overwatch" in str(
        result.exception
    ).replace(": ", " ")


def test_a_fleet_belongs_to_a_watch_alone(command):
    result = command(CONFIG / "missions" / "crossroads.yaml", "--fleet", FLEET)
    assert "does not go with a sweep" in str(result.exception)
