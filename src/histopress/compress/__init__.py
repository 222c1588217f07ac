"""Features laid on the grid: views, distance map, compressed slides."""
