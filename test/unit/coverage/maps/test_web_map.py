import json
import re
from dataclasses import replace

import pytest
from shapely.geometry import box, shape

from blindspot.coverage.ground.causes import explain
from blindspot.coverage.maps.drawing import drawing_of
from blindspot.coverage.maps.map_library import Library
from blindspot.coverage.maps.web_map import web_map
from blindspot.coverage.records.summary import figures_of
from blindspot.site.town.model import Tree, Zone

LIBRARY = Library("const maplibregl = {};", ".maplibregl-map {}", "(c) the authors -- all of them")


@pytest.fixture
def page(found, provenance):
    reported = explain(found.site, found.spots, found.causes)
    return web_map(found, figures_of(found, ()), reported, drawing_of(found, reported), provenance, LIBRARY)


def layer(page, name):
    text = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)[1]
    return json.loads(text)


def test_the_page_needs_nothing_else(page):
    outside = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!data:)[^"')>]+""", page)
    assert outside == []
    assert "default-src 'none'" in page
    assert LIBRARY.script in page
    assert LIBRARY.style in page


def test_nothing_of_the_page_is_cut_on_a_telephone(page, fits_telephone):
    fits_telephone(page)


def test_the_licence_travels_with_the_library_and_does_not_end_its_comment(page):
    comment = re.search(r"<!-- MapLibre GL JS(.*?)-->", page, re.DOTALL)[1]
    assert "(c) the authors - - all of them" in comment


def test_crowns_have_a_layer_and_a_switch_where_there_are_any(page, found, provenance):
    assert 'data-layer="trees"' not in page and '"source": "trees"' not in page
    found.site.trees = (Tree("oak", 100.0, -47.0, radius_m=4.0, ground_m=0.0, base_m=2.0, height_m=12.0),)
    reported = explain(found.site, found.spots, found.causes)
    wooded = web_map(found, figures_of(found, ()), reported, drawing_of(found, reported), provenance, LIBRARY)
    assert 'data-layer="trees"' in wooded
    assert len(layer(wooded, "trees")["features"]) == 1


def test_the_legend_shows_each_colour_of_zones_and_cameras_that_are_there(page, found, provenance):
    legend = r'<i (?:class="dot" )?style="background:(#\w+)[^>]*></i>([^<]+)'
    assert not {"no-fly zone", "private zone"} & {text for _, text in re.findall(legend, page)}
    assert "not counted" not in page.split("<h2>Figures")[0]
    found.site.zones = (Zone("yard", "private", box(100, -50, 102, -48), 0.0, 50.0),)
    found.site.cameras = (*found.site.cameras, replace(found.site.cameras[0], id="turning", kind="panning"))
    reported = explain(found.site, found.spots, found.causes)
    mixed = web_map(found, figures_of(found, ()), reported, drawing_of(found, reported), provenance, LIBRARY)
    colours = {text: colour for colour, text in re.findall(legend, mixed)}
    assert "no-fly zone" not in colours
    assert colours["private zone"][:7] == layer(mixed, "zones")["features"][0]["properties"]["colour"]
    shown = {one["properties"]["id"]: one["properties"]["colour"] for one in layer(mixed, "cameras")["features"]}
    assert colours["cameras"] == shown["<west>"] != shown["turning"] == colours["turns or unknown aim: not counted"]


def test_names_from_files_can_not_become_markup(page):
    """The street is called "rue </script> Haute", the camera "<west>", the town "Crossing <1>"."""
    assert page.count("</script>") == page.count("<script")
    assert "<west>" not in page
    assert "<1>" not in page
    assert "rue &lt;/script&gt; Haute" in page  # in the list of the largest
    assert layer(page, "blind")["features"][0]["properties"]["street"] == "rue </script> Haute"


def test_layers_hold_the_data_of_a_click(page, found):
    far, near = layer(page, "blind")["features"]
    assert (far["properties"]["reason"], far["properties"]["area_m2"]) == ("out of range", 24.0)
    assert near["properties"]["nearest_camera"] == "<west>"
    (camera,) = layer(page, "cameras")["features"]
    assert camera["properties"]["view"] == "60° wide towards 90°, 5 m up, as far as 30 m"
    assert camera["properties"]["sees_m2"] == 18
    (house,) = layer(page, "buildings")["features"]
    assert (house["properties"]["base_m"], house["properties"]["height_m"]) == (0.0, 9.0)
    (field,) = layer(page, "fields")["features"]
    east_m, _ = found.site.frame.to_enu(*shape(field["geometry"]).centroid.coords[0])
    assert east_m > 110  # it looks east
    assert len(layer(page, "seen")["features"]) == 1


def test_every_reason_has_a_colour_and_a_switch(page):
    reasons = layer(page, "about")["reasons"]
    assert len(set(reasons.values())) == 4
    switches = re.findall(r'data-layer="([^"]+)"', page)
    assert {f"blind/{reason}" for reason in reasons} | {"seen", "buildings", "cameras", "fields"} <= set(switches)


def test_it_states_its_provenance(page, provenance):
    assert "surveyed &amp; drawn by hand" in page
    assert '"surveyed \\u0026amp; drawn by hand"' in page  # for the map's corner, which takes markup
    assert provenance.fingerprint in page
    assert all(digest in page and name in page for name, digest in provenance.inputs_sha256.items())


def test_a_part_of_the_town_is_called_a_perimeter(found, provenance):
    part = replace(found, spots=replace(found.spots, perimeter=box(101, -49, 103, -47)))
    page = web_map(part, figures_of(part, ()), (), drawing_of(part, ()), provenance, LIBRARY)
    assert "Public ground inside the perimeter" in page
    assert "area of interest" not in page
