"""The processes of a stack by subject: autopilots and their programs, on-board nodes, cameras, town-wide nodes."""
