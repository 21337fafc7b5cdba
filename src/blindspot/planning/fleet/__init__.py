"""Work shared among the drones of a fleet: districts, blocks, landing windows, stations."""
