"""A slide as pixels: opening, spacing, tissue, tile grid, reading."""
