"""Claims: contrasts between arms, stated before the run, each ending in a plain verdict."""
