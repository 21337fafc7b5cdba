import shapely

from blindspot.coverage.ground.causes import explain
from blindspot.coverage.maps.drawing import drawing_of, templates


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


def test_a_sheet_names_its_page_in_its_foot_and_a_text_there_stays_a_text():
    page = templates().get_template("a4.html.j2").render(running='a"; } </style><b>\n\u202e', simulated="", lang="fr")
    foot = page.partition("@bottom-left")[2].partition("font:")[0]
    assert '<html lang="fr">' in page and "counter(page)" in page
    assert foot.strip() == r'{ content: "a\22 \3b \20 \7d \20 \3c \2f style\3e \3c b\3e \a ";'
