"""The parts of `blindspot plan`: its files, choices between plans, sorties, and places for pads."""
