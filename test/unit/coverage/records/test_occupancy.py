import numpy as np
import yaml
from PIL import Image

from blindspot.coverage.records.occupancy import cells_of, write_occupancy_grid


def as_map_server_reads(path):
    """The map that nav2's map_server reads from a pair of files in mode trinary: rows from south to north."""
    about = yaml.safe_load(path.read_text(encoding="utf-8"))
    shade = np.asarray(Image.open(path.parent / about["image"]).convert("L"), float) / 255
    occupied = shade if about["negate"] else 1 - shade
    cells = np.full(shade.shape, -1)
    cells[occupied < about["free_thresh"]] = 0
    cells[occupied > about["occupied_thresh"]] = 100
    return about, cells[::-1]


def test_map_server_reads_the_cells_where_they_lie(tmp_path, found, provenance):
    description, picture = write_occupancy_grid(tmp_path, found.spots.masks, provenance)
    about, cells = as_map_server_reads(description)
    assert (about["mode"], about["resolution"], about["origin"]) == ("trinary", 0.5, [100.0, -50.0, 0.0])
    assert (cells == cells_of(found.spots.masks)).all()
    assert cells[0].tolist() == 3 * [0] + 3 * [100] + 2 * [-1] + 8 * [100]
    assert picture.read_bytes().startswith(b"P5")


def test_south_is_the_pictures_lower_edge(tmp_path, found, provenance):
    masks = found.spots.masks
    masks.blind[0] = masks.public[0] = False
    write_occupancy_grid(tmp_path, masks, provenance)
    rows = np.asarray(Image.open(tmp_path / "coverage.pgm"))
    assert (rows[-1] == 128).all()
    assert not (rows[0] == 128).all()


def test_it_states_its_provenance(tmp_path, found, provenance):
    text = write_occupancy_grid(tmp_path, found.spots.masks, provenance)[0].read_text(encoding="utf-8")
    assert provenance.attribution in text
    assert all(f"{digest}  {name}" in text for name, digest in provenance.inputs_sha256.items())
