from shapely.geometry import LineString, Point, box

from blindspot.site.importers.imported import Imported, merged
from blindspot.site.model import Finding


def test_parts_are_joined_in_order_and_each_source_is_thanked_once():
    reported = Finding("a", "way/1", "is broken", "left out", "")
    house, lane, square = box(0, 0, 1, 1), LineString([(0, 0), (1, 1)]), box(1, 1, 2, 2)
    records = [((geometry, {}),) for geometry in (lane, square, Point(0, 0), lane)]
    first = Imported(((house, {"id": "1"}),), *records, (reported,), "A")
    second = Imported(((house, {"id": "2"}),), findings=(reported,), attribution="B")
    both = merged([first, second, Imported(attribution="A"), Imported()])
    assert [record["id"] for _, record in both.buildings] == ["1", "2"]
    assert (both.roads, both.squares) == (first.roads, first.squares)
    assert (both.cameras, both.trees) == (first.cameras, first.trees)
    assert both.findings == (reported, reported)
    assert both.attribution == "A; B"
