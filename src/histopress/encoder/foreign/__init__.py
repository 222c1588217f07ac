"""Encoders from elsewhere, brought into the house's form: one weights file and one card."""
