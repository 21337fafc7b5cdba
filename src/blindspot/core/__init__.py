"""The base of every package: errors, configuration files, folders, output files. Independent of ROS and geometry."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.core.child_process import die_with_parent as die_with_parent
    from blindspot.core.config_file import (
        FileName as FileName,
        Moment as Moment,
        Section as Section,
        field_error as field_error,
        file_name as file_name,
        is_time_zone as is_time_zone,
        plainly as plainly,
        read_mapping as read_mapping,
        read_yaml as read_yaml,
    )
    from blindspot.core.errors import (
        BlindspotError as BlindspotError,
        DependencyError as DependencyError,
        InputError as InputError,
        MaskingError as MaskingError,
        PlanningError as PlanningError,
        RefusedError as RefusedError,
        VehicleError as VehicleError,
    )
    from blindspot.core.folders import CONFIG_DIR as CONFIG_DIR
    from blindspot.core.highs import SilentHighs as SilentHighs
    from blindspot.core.inputs import open_file as open_file, read_file as read_file
    from blindspot.core.outputs import (
        from_here as from_here,
        inside as inside,
        moved as moved,
        output_folder as output_folder,
        readable_or_error as readable_or_error,
        writable_or_error as writable_or_error,
        write_private as write_private,
        write_whole as write_whole,
    )
    from blindspot.core.plain_text import (
        LONGEST_NAME as LONGEST_NAME,
        escape_codes as escape_codes,
        is_blank as is_blank,
        one_line as one_line,
        plain as plain,
        print_plain as print_plain,
    )
    from blindspot.core.progress import progress_of as progress_of, without_progress as without_progress
    from blindspot.core.rate_limit import RateLimit as RateLimit
    from blindspot.core.recognition import recognises as recognises
    from blindspot.core.silent_onnxruntime import SILENT as SILENT, onnxruntime as onnxruntime
else:
    __getattr__, __all__ = open_door(__name__)
