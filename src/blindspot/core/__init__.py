"""The base of every package: errors, configuration files, folders, output files. Independent of ROS and geometry."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.core.config_file import (
        FileName,
        Moment,
        Section,
        field_error,
        file_name,
        is_time_zone,
        plainly,
        read_mapping,
        read_yaml,
    )
    from blindspot.core.errors import (
        BlindspotError,
        DependencyError,
        InputError,
        MaskingError,
        PlanningError,
        RefusedError,
    )
    from blindspot.core.folders import CONFIG_DIR
    from blindspot.core.highs import SilentHighs
    from blindspot.core.inputs import open_file, read_file
    from blindspot.core.outputs import (
        from_here,
        inside,
        moved,
        output_folder,
        readable_or_error,
        writable_or_error,
        write_private,
        write_whole,
    )
    from blindspot.core.plain_text import (
        LONGEST_NAME,
        escape_codes,
        is_blank,
        one_line,
        plain,
        print_plain,
    )
    from blindspot.core.processes import die_with_parent, workers
    from blindspot.core.progress import progress_of, without_progress
    from blindspot.core.rate_limit import RateLimit
    from blindspot.core.recognition import MASKS_ONLY, recognises
    from blindspot.core.silent_onnxruntime import SILENT, onnxruntime
else:
    __getattr__, __all__ = open_door(__name__)
