"""Promises and failsafes as formulas of temporal logic, judged offline over the records of a fault campaign."""
