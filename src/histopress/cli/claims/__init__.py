"""Verbs that hold a finished study against what was claimed of it before it ran."""
