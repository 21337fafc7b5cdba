"""The checks of `blindspot verify`: runs, archives, sealed parts and public pages, also those of strangers."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.verified.archive_check import check_archive
    from blindspot.evidence.verified.checked import Verification, verification
    from blindspot.evidence.verified.manifest import ENTRIES, MANIFEST, sign_manifest
    from blindspot.evidence.verified.part_check import check_lone_part
    from blindspot.evidence.verified.roots import roots_of
    from blindspot.evidence.verified.run_check import RunRecords, check_run
    from blindspot.evidence.verified.stamped_heads import stamps_in
    from blindspot.evidence.verified.stand_alone import VERIFIER, verifier_text
    from blindspot.evidence.verified.time_stamp import (
        LARGEST_STAMP,
        certificates_in,
        check_stamp,
        imprint_of,
        request_for,
    )
else:
    __getattr__, __all__ = open_door(__name__)
