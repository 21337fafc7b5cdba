"""A process with the modules of the nodes, from which they are forked."""
