"""Slide-level networks, crops of compressed slides, training, prediction."""
