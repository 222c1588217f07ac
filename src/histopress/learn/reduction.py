"""Fewer channels: principal components of the training slides' cells, in front of any model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, Float64

from histopress.compress.slide import CompressedSlide
from histopress.errors import ConfigError, StoreError
from histopress.learn.data import LabelledSlide, check_usable, ids_of

KEYS = ("reduction_mean", "reduction_components")


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """Principal components; not whitened, since every model standardises its input.

    Attributes
    ----------
    mean : float32 ndarray (C,)
        Of the cells.
    components : float32 ndarray (P, C)
        Orthonormal directions, the widest spread first; the largest weight of each is positive.
    fitted_on : frozenset of str
        Ids of the slides that they were fitted on; empty after loading.
    """

    mean: Float32[np.ndarray, " C"]
    components: Float32[np.ndarray, "P C"]
    fitted_on: frozenset[str] = frozenset()

    @classmethod
    def load(cls, state: Mapping[str, np.ndarray]) -> "Reduction":
        """Rebuild from :attr:`state`; raises :class:`StoreError` if an array is missing."""
        if missing := sorted(set(KEYS) - set(state)):
            raise StoreError(f"the stored model lacks {', '.join(missing)}; train it anew")
        return cls(mean=np.asarray(state[KEYS[0]]), components=np.asarray(state[KEYS[1]]))

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Both arrays."""
        return dict(zip(KEYS, (self.mean, self.components), strict=True))

    def apply(self, slide: CompressedSlide) -> CompressedSlide:
        """Project a slide's kept cells; background stays 0.

        Raises
        ------
        EncoderError
            The slide has another number of channels.
        """
        check_usable([slide], self.mean.size)
        views, _, *shape = slide.grid.shape
        grid = np.zeros((views, len(self.components), *shape), np.float16)
        for entry in range(views):
            cells = slide.grid[entry][:, slide.kept].astype(np.float32)
            grid[entry][:, slide.kept] = self.components @ (cells - self.mean[:, None])
        return replace(slide, grid=grid)

    def apply_to(self, labelled: LabelledSlide) -> LabelledSlide:
        """Project a slide and keep its label."""
        return replace(labelled, slide=self.apply(labelled.slide))


def fit_reduction(train: Sequence[LabelledSlide], components: int) -> Reduction:
    """Find the principal components of the training slides' kept cells.

    Each slide weighs alike, so that a large one does not set the directions; all stored views
    of a cell count. Signs are fixed, so that equal slides give equal bytes.

    Raises
    ------
    ConfigError
        More components are asked for than there are channels.
    """
    slides = [each.slide for each in train]
    channels = check_usable(slides)
    if components > channels:
        raise ConfigError(
            f"reduce {components}: the grid has {channels} channels; must be 1 to {channels}, or "
            "leave the key out"
        )
    mean, second = np.zeros(channels), np.zeros((channels, channels))
    for slide in slides:
        own_mean, own_second = _moments(slide)
        mean += own_mean / len(slides)
        second += own_second / len(slides)
    _, vectors = np.linalg.eigh(second - np.outer(mean, mean))
    found = vectors.T[::-1][:components]
    largest = found[np.arange(components), np.abs(found).argmax(1)]
    found = np.ascontiguousarray(found * np.sign(largest)[:, None])
    return Reduction(
        mean=mean.astype(np.float32), components=found.astype(np.float32), fitted_on=ids_of(train)
    )


def _moments(
    slide: CompressedSlide,
) -> tuple[Float64[np.ndarray, " C"], Float64[np.ndarray, "C C"]]:
    """Give mean and mean outer product of the kept cells of all views."""
    mean, second = 0.0, 0.0
    for view in slide.grid:
        cells = view[:, slide.kept].astype(np.float64)
        mean = mean + cells.mean(1) / len(slide.grid)
        second = second + cells @ cells.T / (cells.shape[1] * len(slide.grid))
    return np.asarray(mean), np.asarray(second)
