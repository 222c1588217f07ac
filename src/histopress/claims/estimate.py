"""An estimated difference, how sure it is, and what of that more patients would mend."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import stdtr, stdtrit


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with a standard error of two parts, read with Student's t.

    Attributes
    ----------
    value : float
    sampling_error : float
        Standard error that shrinks with the root of ``n``.
    fixed_error : float
        Standard error that does not, such as that of a few training seeds; independent of the
        former.
    freedom : float
        Degrees of freedom of the whole error.
    n : int
        What was sampled: patients; of a study of runs the runs.

    Raises
    ------
    ValueError
        A number is not finite, an error is negative, or there is no degree of freedom.

    Examples
    --------
    >>> found = Estimate(value=0.06, sampling_error=0.02, freedom=196.0, n=200)
    >>> low, high = found.interval(0.95)
    >>> round(low, 4), round(high, 4), round(found.p_value, 4)
    (0.0206, 0.0994, 0.0031)
    """

    value: float
    sampling_error: float
    fixed_error: float = 0.0
    freedom: float
    n: int

    def __post_init__(self) -> None:
        numbers = (self.value, self.sampling_error, self.fixed_error)
        errors = min(self.sampling_error, self.fixed_error)
        if not all(map(math.isfinite, numbers)) or errors < 0 or not self.freedom > 0:
            raise ValueError(
                f"value {self.value}, errors {self.sampling_error} and {self.fixed_error}, "
                f"{self.freedom} degrees of freedom: must be finite, errors 0 or more and degrees "
                "of freedom above 0"
            )

    @property
    def error(self) -> float:
        """Standard error of the value, both parts together."""
        return math.hypot(self.sampling_error, self.fixed_error)

    @property
    def p_value(self) -> float:
        """Two-sided test of 0; agrees with :meth:`interval`. 1 where there is no error."""
        if not self.error:
            return 1.0
        return float(2 * stdtr(self.freedom, -abs(self.value) / self.error))

    def p_outside(self, margin: float) -> float:
        """Test that the true value lies at ±margin or beyond, by two one-sided tests.

        The larger of the two p-values (Schuirmann, Journal of Pharmacokinetics and
        Biopharmaceutics 1987): below α exactly where the 1 - 2α interval lies inside ±margin. 1
        where there is no error.
        """
        if not self.error:
            return 1.0
        return float(stdtr(self.freedom, (abs(self.value) - margin) / self.error))

    def quantile(self, level: float) -> float:
        """Student's quantile of a two-sided interval, such as 1.97."""
        return float(stdtrit(self.freedom, (1 + level) / 2))

    def interval(self, level: float) -> tuple[float, float]:
        """Compute ``value ± quantile · error``."""
        half = self.quantile(level) * self.error
        return self.value - half, self.value + half


def joint_freedom(parts: Sequence[tuple[float, float]], total: float | None = None) -> float:
    """Count the degrees of freedom of a sum of independent variances.

    Welch's and Satterthwaite's: ``(Σ v)² / Σ (v² / f)`` (Satterthwaite, Biometrics Bulletin 1946),
    at least the fewest of the parts.

    Parameters
    ----------
    parts : sequence of (float, float)
        Each variance with its degrees of freedom.
    total : float, optional
        The sum, where something known was taken from it.

    Examples
    --------
    >>> joint_freedom([(1.0, 10.0), (1.0, 10.0)]), joint_freedom([(1.0, 10.0), (0.0, 2.0)])
    (20.0, 10.0)
    """
    whole = math.fsum(variance for variance, _ in parts) if total is None else total
    fewest = min(freedom for _, freedom in parts)
    if not whole:
        return fewest
    spread = math.fsum((variance / whole) ** 2 / freedom for variance, freedom in parts)
    return max(fewest, 1 / spread)
