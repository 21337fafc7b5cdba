"""The parts that several commands share: the terminal, tables, a run of the simulation."""
