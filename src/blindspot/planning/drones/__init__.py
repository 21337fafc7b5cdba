"""The drones of a mission: legal air, sector, stations and the best view from them."""
