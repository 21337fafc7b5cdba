"""The proportion of a flight: what the pictures of its drones held besides the blind ground that was asked for."""
