"""Slides with known truth: drawn phantoms and collages of real tiles."""
