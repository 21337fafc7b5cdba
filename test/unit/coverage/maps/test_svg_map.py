from dataclasses import replace
from xml.etree import ElementTree

import pytest
import shapely
from shapely.geometry import Polygon, box

from blindspot.coverage.ground.causes import explain
from blindspot.coverage.maps.drawing import drawing_of
from blindspot.coverage.maps.svg_map import path_of, svg_map
from blindspot.coverage.records.summary import figures_of
from blindspot.site.town.model import Tree, Zone

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def document(found, provenance):
    reported = explain(found.site, found.spots, found.causes)
    return svg_map(found, figures_of(found, ()), reported, drawing_of(found, reported), provenance)


def elements(document, tag):
    return list(ElementTree.fromstring(document.encode()).iter(SVG + tag))


def test_a_path_is_in_tenths_of_a_metre_from_the_north_west_and_keeps_holes():
    ring = Polygon(box(1, 1, 4, 4).exterior, [box(2, 2, 3, 3).exterior])
    path = path_of([ring], (0.0, 0.0, 10.0, 5.0))
    assert path.count("M") == path.count("z") == 2
    assert path.startswith("M40 40l0-30-30 0 0 30z")
    assert path_of([], (0.0, 0.0, 10.0, 5.0)) == ""


def test_every_ground_has_its_colour_and_its_line_in_the_legend(document):
    grounds = [path for path in elements(document, "path") if path.find(SVG + "title") is not None]
    labels = [path.find(SVG + "title").text for path in grounds]
    assert labels == ["seen by fixed cameras", "blind: out of range", "blind: too few pixels"]
    assert len({path.get("fill") for path in grounds}) == 3
    texts = [text.text for text in elements(document, "text")]
    assert {*labels, "area of interest", "fixed camera and its direction", "Legend", "N"} <= set(texts)
    assert "Crossing <1>: coverage of the fixed cameras" in texts
    assert any(text and text.endswith(" m") for text in texts)  # the scale bar


def test_cameras_have_their_id_as_tooltip(document):
    reported = [title.text for title in elements(document, "title")]
    assert "<west>: fixed camera and its direction" in reported


def test_crowns_are_drawn_and_explained_where_there_are_any(found, provenance, document):
    assert "tree's crown" not in document
    reported = explain(found.site, found.spots, found.causes)
    east_m, north_m = found.spots.perimeter.centroid.coords[0]
    oak = Tree("oak", east_m, north_m, radius_m=4.0, ground_m=0.0, base_m=2.0, height_m=12.0)
    found.site.trees = (oak,)
    drawn = svg_map(found, figures_of(found, ()), reported, drawing_of(found, reported), provenance)
    (crowns,) = [path for path in elements(drawn, "path") if path.get("id") == "trees"]
    assert crowns.get("d")
    assert crowns.get("fill") == "none", "the ground below keeps its colour"
    assert "tree's crown" in [text.text for text in elements(drawn, "text")]


def test_zones_are_hatched(found, provenance):
    site = found.site
    site.zones = (Zone("school", "no_fly", box(101, -49, 102, -48)), Zone("square", "public", box(101, -46, 102, -45)))
    reported = explain(site, found.spots, found.causes)
    document = svg_map(
        replace(found, site=site), figures_of(found, ()), reported, drawing_of(found, reported), provenance
    )
    assert len(elements(document, "pattern")) == 1


def test_it_states_its_provenance(document, provenance):
    metadata = "".join(elements(document, "metadata")[0].itertext())
    assert provenance.attribution in metadata
    assert all(f'"{name}": "{digest}"' in metadata for name, digest in provenance.inputs_sha256.items())
    assert provenance.footer in [text.text for text in elements(document, "text")]


def test_a_slanting_edge_is_drawn_straight_and_in_its_place(found):
    """A raster's stairs along a diagonal: what is drawn has few corners and lies within two cells of them."""
    masks = found.spots
    masks.blind[:] = False
    for row in range(12):
        masks.blind[row, : row + 3] = True
    reported = explain(found.site, masks, found.causes * 0)
    (drawn,) = drawing_of(found, reported).blind
    assert shapely.get_num_coordinates(drawn) < 12
    assert drawn.symmetric_difference(reported[0].ground).area < 0.1 * reported[0].area_m2
    assert drawn.hausdorff_distance(reported[0].ground) < 1.0


def test_a_part_of_the_town_is_called_a_perimeter(found, provenance):
    part = replace(found, spots=replace(found.spots, perimeter=box(101, -49, 103, -47)))
    document = svg_map(part, figures_of(part, ()), (), drawing_of(part, ()), provenance)
    texts = [text.text for text in elements(document, "text")]
    assert {"perimeter", "public ground in the perimeter"} <= set(texts)
    assert not any("area of interest" in text for text in texts if text)
