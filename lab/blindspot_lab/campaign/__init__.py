"""The fault campaign: random missions over random towns, random faults, and an independent observer."""
