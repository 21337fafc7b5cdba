import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from test.factories import at, cost_of, coverage_of, masks_over, plan_of, route_of, view_at

from blindspot.coverage.maps import seen_map
from blindspot.coverage.maps.map_figure import Figure
from blindspot.coverage.maps.picture import DRONES
from blindspot.evidence.masks.miss_rate import NOT_MEASURED, MissFigure
from blindspot.evidence.observed import Summary
from blindspot.evidence.observed.track import Track
from blindspot.evidence.report import MAP_PX, contents_of, page, write_report
from blindspot.evidence.story import Line, Story
from blindspot.evidence.unseen_run import Cause
from blindspot.mission.plan_figures import UnseenGround
from blindspot.site.ground.grid import Grid

DRAWN = Figure("data:image/png;base64,cG5n", (), (), "20 m", 20.0)
CORNERS = ((0.0, 0.0), (100.0, 0.0), (100.0, 80.0), (0.0, 80.0))
SOUTH = np.arange(80)[:, None] * np.ones(100, int) < 40
VOID_TAGS = {"meta", "img", "br"}


def plan():
    route = route_of(
        view_at(50, 40, 80, speed_mps=8, dwell_s=2), drone="alpha", home=at(5, 5), expected=cost_of(100, 200, 10, 0.8),
        failsafe={"fence": CORNERS, "fence_max_alt_m": 110},
    )  # fmt: skip
    coverage = coverage_of(
        cell_m=1, public_area_m2=8000, fixed_area_m2=2000, blind_area_m2=6000, reachable_area_m2=5940,
        planned_area_m2=5900, unseen=(UnseenGround(cause="no legal viewpoint", area_m2=60),),
    )  # fmt: skip
    return plan_of(route, id="plan-1", mission="missions/evening.yaml", seed=7, perimeter=CORNERS, coverage=coverage)


def summary(**changes):
    return Summary.of(document(**changes))


def document(**changes):
    drone = {
        "name": "alpha", "flight_time_s": 125.0, "distance_m": 1234.5, "max_route_deviation_m": 1.26,
        "min_building_clearance_m": 12.3, "battery_left_fraction": 0.5,
    }  # fmt: skip
    facts = {
        "outcome": "completed", "reason": "", "drones": [drone], "min_separation_m": 41.2, "violations": [],
        "detections": 12, "wall_time_s": 61.0, "speed_factor": 8.04,
        "limits": [
            {"limit": "perimeter", "state": "kept", "allowed": "inside", "worst": "never outside"},
            {"limit": "fence", "state": "kept", "allowed": "inside", "worst": "never outside"},
        ],
        "coverage": {
            "fixed_fraction": 0.25, "blind_area_m2": 6000.0, "planned_blind_fraction": 0.983,
            "seen_blind_fraction": 0.9799,
        },
    }  # fmt: skip
    return facts | changes


def text_of(facts, **options):
    contents = contents_of(plan(), facts, "Crossroads", "drawn by hand", options.get("authorisation_id", "SIM-1"))
    html = page(contents, DRAWN)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.split("</style>")[1]).replace("\u00a0", " "))


class Checker(HTMLParser):
    """Collects what a page would load, and tags left open."""

    def __init__(self):
        super().__init__()
        self.loads, self.open, self.tags = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.loads += [value for name, value in attrs if name in ("src", "href", "srcset", "data")]
        if tag not in VOID_TAGS:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def report_of(tmp_path: Path):
    """Writes the report of a run whose east of the map is blind, and returns its path."""
    masks = masks_over(Grid(0.0, 0.0, 1.0, 80, 100), blind=np.tile(np.arange(100) >= 25, (80, 1)))
    site = SimpleNamespace(name="Crossroads", attribution="drawn by hand", buildings=(), zones=(), cameras=(), pads=(),
                           trees=())  # fmt: skip

    def written(seen, tracks, **changes):
        return write_report(
            tmp_path, plan(), summary(**changes), site=site, masks=masks, seen=seen, tracks=tracks,
            authorisation_id="SIM-1",
        )  # fmt: skip

    return written


@pytest.fixture
def run(report_of):
    """The south was seen."""
    return report_of(SOUTH, {"alpha": track()})


def track():
    """From the pad eastwards, 20 m beside the route; before, it stood far in the north-west."""
    east_m = np.array([5.0, *range(5, 96, 10)])
    position_m = np.column_stack([east_m, np.full(len(east_m), 20.0), np.full(len(east_m), 60.0)])
    position_m[0] = (5.0, 75.0, 0.0)
    in_air = np.arange(len(east_m)) > 0
    stamp_s, battery = np.arange(len(east_m), dtype=float), np.ones(len(east_m))
    return Track(stamp_s, position_m, battery, in_air, in_air, in_air.astype(str))


def test_the_map_shows_the_way_that_was_flown_and_not_where_a_drone_only_stood(run):
    encoded = re.search(r"data:image/png;base64,([^\"]+)", run.read_text())[1]
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        flown = (np.asarray(picture.convert("RGB")) == DRONES[0]).all(axis=2)[:, :MAP_PX]  # without the legend
    row = int(np.argmax(flown.sum(axis=1)))
    assert flown[row].sum() > 0.5 * MAP_PX
    assert not flown[: row - 20].any()  # above the name


def test_the_page_is_well_formed_and_loads_nothing(run):
    assert run.name == "report.html"
    checker = Checker()
    checker.feed(run.read_text(encoding="utf-8"))
    assert checker.open == []
    assert "script" not in checker.tags
    assert checker.loads and all(one.startswith("data:image/png;base64,") for one in checker.loads)
    assert "http://" not in run.read_text(encoding="utf-8")
    assert "https://" not in run.read_text(encoding="utf-8")


def test_nothing_of_the_page_is_cut_on_a_telephone(run, fits_telephone):
    html = run.read_text(encoding="utf-8")
    assert html.count("<li><img") >= 5, "the legend of the map is text, which wraps"
    fits_telephone(html)


def test_a_simulated_run_says_so_at_its_top_and_on_its_map_and_any_other_one_is_real(report_of, monkeypatch):
    titles = []
    drawn = lambda *given, **more: titles.append(more["title"]) or seen_map(*given, **more)  # noqa: E731
    monkeypatch.setattr("blindspot.evidence.report.seen_map", drawn)
    html = report_of(SOUTH, {"alpha": track()}, simulated=True).read_text()
    assert html.index("<strong>SIMULATED</strong>") < html.index("<h1")
    assert "<title>SIMULATED: " in html and "Simulated flight over blind spots" in html
    for unknown in ({}, {"simulated": None}, {"simulated": "yes"}, {"simulated": False}):
        html = report_of(SOUTH, {"alpha": track()}, **unknown).read_text()
        assert "SIMULATED" not in html and "Real flight over blind spots" in html
    assert [title.startswith("SIMULATED: ") for title in titles] == [True, False, False, False, False]


def test_the_order_stands_above_the_figures():
    story = Story(about=(("Ordered by", "A. Person: <b>"),))
    html = page(contents_of(plan(), summary(), "C", "", "S", story), DRAWN)
    assert html.index("A. Person: &lt;b&gt;") < html.index('<div class="figures">')


def test_the_outcome_comes_first_in_plain_words():
    text = text_of(summary())
    expected = (
        "Completed Every route was flown to the end. 1 drone saw 97.9 % of the public ground that the fixed cameras "
        "leave blind (6 000 m²); the plan predicted 98.3 %. 2 limits observed, none broken."
    )
    assert expected in text
    assert text.index(expected) < text.index("Coverage")


def test_a_drone_that_stayed_on_its_pad_saw_nothing_and_boxes_are_not_people():
    (alpha,) = document()["drones"]
    text = text_of(summary(drones=[alpha, {"name": "beta", "flight_time_s": 0.0}]))
    assert "1 drone saw 97.9 %" in text
    assert "boxes in all pictures: one person counts once in each" in text


def test_every_figure_of_the_summary_is_shown():
    text = text_of(summary())
    for figure in ("2 min 05 s", "1 234 m", "1.3 m", "12.3 m", "50.0 %", "41.2 m", "12", "1 min 01 s",
                   "8.0 x real time", "5 879 m²", "no legal viewpoint", "60 m²", "SIM-1", "drawn by hand"):  # fmt: skip
        assert figure in text
    assert hashlib.sha256(plan().to_json().encode()).hexdigest() in text


def test_unobserved_limits_are_named_beside_the_kept_ones():
    unseen = {"limit": "lease of the law", "state": "not observed", "allowed": "for every picture", "worst": "why"}
    facts = summary(limits=[*document()["limits"], unseen])
    assert "2 limits observed, none broken. Not observed: lease of the law." in text_of(facts)
    assert "0 of 2" in text_of(facts)


def test_a_run_shows_its_own_causes_and_their_sum_instead_of_the_plans():
    causes = (Cause("not flown", 3393.0), Cause("not planned", 47.0, "the plan left: no legal viewpoint 60 m²"))
    contents = contents_of(plan(), summary(), "Crossroads", "", "SIM-1", Story(causes=causes))
    assert contents.unseen_title == "Unseen ground by cause"
    reported = [(row.label, row.value.replace("\u00a0", " ")) for row in contents.unseen]
    assert reported == [("not flown", "3 393 m²"), ("not planned", "47 m²"), ("in all", "3 440 m²")]
    without = contents_of(plan(), summary(), "Crossroads", "", "SIM-1")
    assert without.unseen_title == "Ground unseen by the plan, by cause"


def test_a_run_shows_mission_start_wind_and_events():
    story = Story(
        mission="Evening", start="Friday 6 November 2026, 20:00 (Europe/Paris)", wind="2 m/s from 250°",
        missed=MissFigure("22.7 % at 25 px/m", "synthetic"),
        events=(Line("0:10", "drone1", "low battery", warns=True),),
        links=(("track.csv", "flown track"),),
    )  # fmt: skip
    html = page(contents_of(plan(), summary(), "Crossroads", "", "SIM-1", story), DRAWN)
    for reported in ("Evening", "20:00 (Europe/Paris)", "2 m/s from 250°", "22.7\u00a0% at 25 px/m", "low battery"):
        assert reported in html
    assert '<a href="track.csv">flown track</a>' in html
    assert "No events were recorded." in page(contents_of(plan(), summary(), "C", "", "S"), DRAWN)


def test_the_caption_describes_the_map(run):
    text = run.read_text()
    assert "Coloured lines are the flown tracks of 1 drone, grey lines the planned routes." in text
    assert "red ground is still blind" in text and "Lines are the planned routes" not in text


def test_the_flown_and_the_unseen_ground_make_up_the_blind_ground(report_of):
    """The share in the summary is rounded down to a part in a thousand; the area is not."""
    seen = SOUTH.copy()
    seen[40, 25:28] = True  # 3 m² more than half
    cover = document()["coverage"] | {"seen_blind_fraction": 0.5}
    assert "3\u00a0003\u00a0m² (50.0\u00a0%)" in report_of(seen, {"alpha": track()}, coverage=cover).read_text()


def test_unknown_seen_ground_is_not_shown_as_unseen(report_of):
    cover = document()["coverage"] | {"seen_blind_fraction": None}
    text = report_of(None, {"alpha": track()}, coverage=cover).read_text()
    assert "whether the drones saw the other public ground is unknown" in text and "red ground" not in text
    assert "1 drone saw an unknown part of the public ground" in text and "saw unknown" not in text
    encoded = re.search(r"data:image/png;base64,([^\"]+)", text)[1]
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
        red, green, blue = np.asarray(picture.convert("RGB"))[:, :MAP_PX].astype(int).transpose(2, 0, 1)
    assert ((red > 180) & (green < 100) & (blue < 100)).mean() < 0.01, "no ground is painted as still blind"


def test_a_drone_without_a_track_is_not_said_to_have_stayed_on_the_ground(report_of):
    (alpha,) = document()["drones"]
    lost = alpha | {"flight_time_s": None, "distance_m": None}
    text = report_of(SOUTH, {}, drones=[lost]).read_text()
    assert "An unknown number of drones saw" in text and "no drone flew" not in text
    assert "Lines are the planned routes; the track of alpha is unknown." in text
    both = report_of(SOUTH, {"alpha": track()}, drones=[alpha, lost | {"name": "beta"}]).read_text()
    assert "At least 1 drone saw" in both and "the planned routes; the track of beta is unknown." in both
    parked = report_of(SOUTH, {}, drones=[alpha | {"flight_time_s": 0.0}]).read_text()
    assert "0 drones saw" in parked and "Lines are the planned routes; no drone flew." in parked


def test_a_least_distance_below_its_limit_never_reads_as_the_limit():
    (alpha,) = document()["drones"]
    near = contents_of(
        plan(), summary(min_separation_m=14.96, drones=[alpha | {"min_building_clearance_m": 4.97}]), "C", "", "S"
    )
    assert [near.figures[2].value, near.safety[0].value, near.safety[1].value, near.drones[0][4]] == [
        "14\u00a0m", "14.9\u00a0m", "4.9\u00a0m", "4.9\u00a0m",
    ]  # fmt: skip


def test_a_broken_limit_is_never_shown_as_good():
    gap = {"limit": "distance to buildings", "state": "broken", "allowed": "at least 5 m", "worst": "3.1 m"}
    facts = summary(violations=["alpha came within 3.1 m of a building"], limits=[gap])
    contents = contents_of(plan(), facts, "Crossroads", "", "SIM-1")
    assert not contents.is_good
    assert "1 limit broken: see below." in text_of(facts)
    assert "alpha came within 3.1 m of a building" in text_of(facts)


@pytest.mark.parametrize("outcome", ["returned", "aborted", "refused", "failed", "", "exploded"])
def test_only_completed_is_good_and_the_reason_is_shown(outcome):
    facts = summary(outcome=outcome, reason="battery for the way home")
    assert not contents_of(plan(), facts, "Crossroads", "", "SIM-1").is_good
    assert "Reason: battery for the way home." in text_of(facts)


@pytest.mark.parametrize("judged", [{}, {"violations": None, "limits": None}])
def test_missing_figures_are_unknown_and_not_good(judged):
    contents = contents_of(plan(), Summary.of({"outcome": "completed"} | judged), "Crossroads", "", "")
    assert not contents.is_good
    assert "It is unknown whether a limit was broken." in contents.sentences
    assert {row.value for row in contents.figures} == {"unknown"}
    assert contents.identity[0].value == "unknown"


def test_drones_that_never_met_and_figures_that_are_null():
    drone = document()["drones"][0] | {"min_building_clearance_m": None, "battery_left_fraction": None}
    contents = contents_of(plan(), summary(min_separation_m=None, drones=[drone]), "Crossroads", "", "SIM-1")
    assert contents.safety[0].value == "never together"
    hole = {"limit": "distance between drones", "state": "not observed", "allowed": "at least 15 m", "worst": "a hole"}
    unseen = contents_of(plan(), summary(min_separation_m=None, limits=[hole]), "Crossroads", "", "SIM-1")
    assert (unseen.safety[0].value, unseen.figures[2].value) == ("unknown", "unknown")
    assert contents.safety[1].value == "unknown"
    assert contents.safety[-1].value == NOT_MEASURED
    assert contents.drones[0][-2:] == ("unknown", "unknown")


def test_a_drone_that_came_near_no_building_has_no_unknown_distance():
    near = document()["drones"][0]
    away = near | {"name": "beta", "min_building_clearance_m": None}
    limit = {"limit": "distance to buildings", "allowed": "at least 5 m", "worst": ""}

    def shown(state, *drones):
        facts = summary(limits=[limit | {"state": state}], drones=drones)
        return contents_of(plan(), facts, "My field", "", "SIM-1")

    field = shown("kept", away)
    assert field.safety[1].value == field.drones[0][-2] == "none within 50 m"
    assert shown("kept", near, away).safety[1].value.replace("\u00a0", " ") == "12.3 m"
    assert shown("not observed", away).safety[1].value == shown("not observed", near, away).safety[1].value == "unknown"
    waited = away | {"flight_time_s": 0.0}
    assert shown("kept", waited).drones[0][-2] == "unknown"


@pytest.mark.parametrize(("limit", "row"), [("distance between drones", 0), ("distance to buildings", 1)])
def test_a_distance_of_a_flight_that_was_not_wholly_observed_says_so(limit, row):
    for state, note in (("not observed", "at the known positions alone"), ("kept", ""), ("broken", "")):
        judged = {"limit": limit, "state": state, "allowed": "at least 5 m", "worst": "a hole"}
        shown = contents_of(plan(), summary(limits=[judged]), "Crossroads", "", "SIM-1").safety[row]
        assert shown.value != "unknown" and shown.note == note


def test_names_are_escaped():
    story = Story(events=(Line("0:01", "<script>", "<script>"),), causes=(Cause("<script>", 1.0, "<script>"),))
    html = page(contents_of(plan(), summary(reason="<b>x</b>"), "<script>", "a & b", "SIM-1", story), DRAWN)
    assert "<script>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "a &amp; b" in html
