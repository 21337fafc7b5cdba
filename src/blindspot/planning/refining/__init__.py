"""A finer search around a known tour: its places move freely, instead of from one given place to another."""
