"""Where results are from, and whether they still are what was recorded."""
