"""The programs of a stack and their surroundings: processes, DDS profile, links, logs."""
