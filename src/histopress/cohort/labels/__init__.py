"""Label tables of other tools, read and joined to the slides of a manifest."""
