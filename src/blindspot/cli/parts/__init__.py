"""The parts that several commands are made of: the terminal, tables, a run of the simulation."""
