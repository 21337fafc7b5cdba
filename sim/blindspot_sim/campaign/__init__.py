"""The fault campaign: random missions over random towns, random faults, and an observer that shares no code with them."""
