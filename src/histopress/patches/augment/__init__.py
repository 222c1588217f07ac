"""Varying patches in training, on whole batches of tensors."""

from histopress.patches.augment.parameters import Variation, draw_variation
from histopress.patches.augment.pipeline import augment_patches, centre_patches, vary_patches

__all__ = ["Variation", "augment_patches", "centre_patches", "draw_variation", "vary_patches"]
