"""Watches, for `mission_manager`: what its drones do, what their cameras see, and the right to look."""
