"""The program that concludes a run: a large town takes half a minute, and its memory goes with the process.

The program gets the record as a file, see `Conclusion`, and prints the outcome. It has a low priority, since the nodes
come first.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from blindspot.acts import folder_of_all, write_index
from blindspot.core import BlindspotError, private
from blindspot.evidence.logbook import Conclusion

POLITE = 10
"""Niceness of the process."""


def main() -> None:
    """Conclude the record in the file that the command line names, and list all runs anew. Ctrl-C in a terminal is for
    the stack, whose logbook ends this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    private.keep_files_private()
    os.nice(POLITE)
    record = Conclusion.of_file(Path(sys.argv[1]))
    try:
        print(record.write())
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        if problem := write_index(folder_of_all(Path(record.folder))):
            print(f"blindspot: {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()
