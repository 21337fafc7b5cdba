"""The fault campaign: random missions over random towns, random faults, and an observer apart from the flight."""
