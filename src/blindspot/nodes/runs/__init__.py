"""The runs in progress, for `logbook`: each from its order to its conclusion."""
