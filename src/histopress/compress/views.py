"""Moved to :mod:`histopress.slide.views`."""

from histopress.slide.views import VIEWS, orient

__all__ = ["VIEWS", "orient"]
