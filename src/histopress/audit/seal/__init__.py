"""All that is recorded under one root: noted, signed, packed."""
