"""Patch encoders: networks, released weights, training, encoding a slide."""
