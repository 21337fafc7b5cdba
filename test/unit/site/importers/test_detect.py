import gzip
import json

import numpy as np
import pytest

from blindspot.core.errors import InputError
from blindspot.site.importers.detect import kind_of


def feature_collection(properties):
    return json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": properties}]})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (feature_collection({"HAUTEUR": 3.0}), "table"),
        (feature_collection({"prive": "Non"}), "table"),
        (feature_collection({"building": "yes"}), "osm"),
        ('{"elements": []}', "osm"),
        ('\ufeff{"version": "2.0", "type": "CityJSON"}', "cityjson"),
        ("<?xml version='1.0'?><osm/>", "osm"),
    ],
)
def test_the_contents_count_and_not_the_name(tmp_path, text, kind):
    path = tmp_path / "file.dat"
    path.write_text(text, encoding="utf-8")
    assert kind_of(path) == kind


def test_cityjson_that_says_so_after_a_megabyte(tmp_path):
    path = tmp_path / "late.json"
    path.write_text(json.dumps({"vertices": [[1, 2, 3]] * 200_000, "type": "CityJSON"}))
    assert kind_of(path) == "cityjson"


def test_binary_kinds(files, small_town, tmp_path):
    assert kind_of(files.raster(tmp_path / "a.tif", np.ones((4, 4)))) == "geotiff"
    rows = [(files.block(0, 0), "A")]
    assert kind_of(files.layer(tmp_path / "a.gpkg", "batiment", ["ID"], rows)) == "table"
    assert kind_of(files.layer(tmp_path / "a.shp", "batiment", ["ID"], rows, driver="ESRI Shapefile")) == "table"
    assert kind_of(small_town.pbf(tmp_path / "a.osm.pbf")) == "osm"
    assert kind_of(small_town.gzipped_xml(tmp_path / "a.osm.gz")) == "osm"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04...", "is an archive; unpack it"),
        (gzip.compress(feature_collection({"HAUTEUR": 1}).encode(), mtime=0), "is an archive; unpack it"),
        (b"", "no known kind"),
        (b"a,b\n", "no known kind"),
    ],
)
def test_other_kinds_of_files_are_refused(tmp_path, data, message):
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        kind_of(path)
    with pytest.raises(InputError, match="can't be read"):
        kind_of(tmp_path / "nowhere")
