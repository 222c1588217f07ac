"""Metrics and intervals on predictions; no torch here."""
