"""Compress gigapixel histopathology slides into grids of features; learn from slide labels."""

__version__ = "0.1.0"
