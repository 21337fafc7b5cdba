"""Exit codes of commands that follow a run."""

EXIT_CODES = {
    "completed": 0, "returned": 1, "refused": 3, "failed": 4, "aborted": 5, "unaccounted": 6, "degraded": 7,
}  # fmt: skip
STOPPED = 130
"""Exit code of a command that Ctrl-C stopped before the run had an outcome."""
