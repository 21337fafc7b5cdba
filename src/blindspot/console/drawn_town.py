"""Writes the layers of a town for the console's map: `python -m blindspot.console.drawn_town SITE FOLDER`.

The name of the file is the hash of the site's files, so that a town is drawn once. The program prints the file's path.

A process of its own, which ends: the libraries of the coverage hold 196 MB, the console's server 34 MB.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from pathlib import Path

from blindspot.core import BlindspotError, outputs
from blindspot.coverage.records import Provenance, collection, provenance_of
from blindspot.site import load_site

DECIMALS = 6
"""Decimals of a degree: 0.1 m."""
LAYOUT = "blindspot.drawn-town/1"
"""Changes with the content of the file, so that a file of an earlier layout is not served."""


def write_town(site_dir: Path, folder: Path) -> Path:
    """Write the layers of a town as GeoJSON in one document, compressed with gzip; the file's path.

    Raises InputError for a site that can't be read, OSError if the disk refuses.
    """
    site = load_site(site_dir)
    provenance = provenance_of(site)
    file = folder / f"{_fingerprint(provenance)}.json.gz"
    if file.is_file():
        return file
    from blindspot.coverage.maps import town_layers  # takes seconds, so only for a new town

    layers = town_layers(site, site.area_of_interest, {})
    west_deg, south_deg = site.frame.to_wgs84(*site.area_of_interest.bounds[:2])
    east_deg, north_deg = site.frame.to_wgs84(*site.area_of_interest.bounds[2:])
    document = {
        "name": site.name,
        "attribution": provenance.attribution,
        "bounds": [[west_deg, south_deg], [east_deg, north_deg]],
        "layers": {
            name: json.loads(collection(items, site.frame, provenance, {}, DECIMALS)) for name, items in layers.items()
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    with outputs.whole_file(file) as opened:
        opened.write(gzip.compress(json.dumps(document, ensure_ascii=False).encode(), mtime=0))
    return file


def _fingerprint(provenance: Provenance) -> str:
    return hashlib.sha256(f"{LAYOUT} {json.dumps(provenance.document, sort_keys=True)}".encode()).hexdigest()


def main(arguments: list[str]) -> int:
    site_dir, folder = map(Path, arguments)
    try:
        print(write_town(site_dir, folder))
    except (BlindspotError, OSError) as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
