"""What a plan is judged by: one number made of the gain in every draw, and its slope."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr

Array = NDArray[np.float64]

#: Value of an objective, and its derivative by the gain of each draw.
Weighed = tuple[float, Array]
Objective = Callable[[Array, float], Weighed]

#: The objective of plans unless another is asked for.
DEFAULT = "mean_sd"
#: Standard deviations below this share of the revenue are rounded off: the spread of the gain has
#: a corner at today's plan, where it is zero in every draw.
CORNER = 1e-6
#: Share of draws below ``p10``, and its blur in standard deviations.
TAIL, BLUR = 0.10, 0.2


def mean(gain: Array, _: float) -> Weighed:
    """Return the expected gain.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Gain against today's plan.
    """
    return float(gain.mean()), np.full(len(gain), 1 / len(gain))


def mean_sd(gain: Array, unit: float) -> Weighed:
    """Return the expected gain less its standard deviation; the mean of a single draw.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Gain against today's plan.
    """
    center, corner = gain.mean(), CORNER * unit
    off = gain - center
    spread = float(np.sqrt(off @ off / len(gain) + corner**2))
    return float(center - spread + corner), (1 - off / spread) / len(gain)


def p10(gain: Array, unit: float) -> Weighed:
    r"""Return the tenth percentile of the gain, smoothed so that it has a slope.

    Parameters
    ----------
    gain : ndarray, shape (n_draws,)
        Gain against today's plan.

    Notes
    -----
    The q with :math:`\mathrm{mean}\,\Phi((q - g) / h) = 0.1`, h a fifth of the standard deviation:
    the percentile of the draws, each blurred a little (Nadaraya 1964). The blur makes it more
    cautious by about two hundredths of the spread.
    """
    n, corner = len(gain), CORNER * unit
    if n == 1:
        return mean(gain, unit)
    off = gain - gain.mean()
    spread = float(np.sqrt(off @ off / n + corner**2)) or 1.0
    width = BLUR * spread

    def excess(value: float) -> float:
        return float(ndtr((value - gain) / width).mean()) - TAIL

    quantile = float(brentq(excess, gain.min() - 9 * width, gain.max() + 9 * width, xtol=1e-12))
    z = (quantile - gain) / width
    density = np.exp(-(z**2) / 2)
    density /= density.sum()
    return quantile, density + (density @ z) * BLUR * off / (n * spread)


OBJECTIVES: dict[str, Objective] = {"mean_sd": mean_sd, "mean": mean, "p10": p10}
