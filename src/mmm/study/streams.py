"""Random streams: one seed in the study, and one independent stream for each use of it."""

from __future__ import annotations

import numpy as np

#: Place of each stream among the children of the study's seed. Places are never reused.
STREAMS = {
    "search": 4,
    "forest": 5,
    "optimizer": 7,
    "more money": 8,
    "straight line": 9,
    "optimism": 10,
    "wide limits": 11,
    "future weeks": 12,
    "regret": 13,
    "plain mean": 14,
    "regions": 16,
    "plan by region": 17,
}
MOST = 32


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the random generator of one use of a study's seed.

    Raises
    ------
    KeyError
        If there is no such stream.

    Examples
    --------
    >>> first, again = stream(3, "optimizer"), stream(3, "optimizer")
    >>> bool(first.random() == again.random() != stream(3, "regret").random())
    True
    """
    return np.random.default_rng(np.random.SeedSequence(seed).spawn(MOST)[STREAMS[name]])
