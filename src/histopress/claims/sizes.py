"""Performance on lesions of one size, all slides without a lesion beside them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from histopress.errors import ConfigError
from histopress.evaluate.judge import primary_measure
from histopress.evaluate.resampling import Statistic
from histopress.evaluate.units import Units


def size_bins(sizes: Float64[np.ndarray, " lesions"], bins: int) -> tuple[tuple[float, float], ...]:
    """Lowest and highest size of each of several groups of nearly equal number, ascending.

    Lesions of one size stay together, in the lower group.

    Raises
    ------
    ConfigError
        There are fewer lesions, or fewer different sizes, than groups.

    Examples
    --------
    >>> size_bins(np.array([40.0, 10.0, 20.0, 30.0]), 2)
    ((10.0, 20.0), (30.0, 40.0))
    >>> size_bins(np.array([10.0, 20.0, 20.0, 20.0, 30.0]), 2)
    ((10.0, 20.0), (30.0, 30.0))
    """
    if len(sizes) < bins:
        raise ConfigError(
            f"{len(sizes)} slides have a lesion, too few for {bins} groups of sizes; lower 'bins'"
        )
    ordered = np.sort(sizes)
    groups: Sequence[np.ndarray] = np.array_split(ordered, bins)
    tops = np.array([float(own[-1]) for own in groups])
    places = np.searchsorted(tops, ordered)
    members = [ordered[places == place] for place in range(bins)]
    if not all(len(own) for own in members):
        raise ConfigError(
            f"{len(sizes)} lesions are of {len(np.unique(sizes))} sizes, many of one: they make "
            f"no {bins} groups; lower 'bins'"
        )
    return tuple((float(own[0]), float(own[-1])) for own in members)


def of_sizes(
    units: Units, sizes: Float64[np.ndarray, " units"], low: float, high: float
) -> Statistic:
    """Restrict the primary figure to lesions from ``low`` to ``high``, and all units without one.

    Parameters
    ----------
    units : Units
        Of two classes.
    sizes : float64 ndarray (units,)
        0 without a lesion.
    low, high : float
        Bounds, both included.
    """
    counted = ((sizes >= low) & (sizes <= high)) | (sizes == 0)
    whole = primary_measure(units).statistic
    return lambda weights: whole(weights * counted)
