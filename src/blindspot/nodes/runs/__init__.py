"""The runs in progress, for `logbook`: each run from order to conclusion."""
