"""Parts of nodes that ask for a judgement or give one: leases, inspections, plans, checks on board."""
