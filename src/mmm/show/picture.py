"""A figure together with the words that belong to it."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes


@dataclass(frozen=True)
class Picture:
    """What :meth:`mmm.show.workbook.Workbook.show` shows and stores."""

    axes: Axes  #: Any axes of the figure.
    name: str  #: Name of its file below ``figures/``, without ending.
    title: str  #: The finding, in one sentence.
    caption: str  #: Metric, window, interval and number of observations.
    alt: str  #: One sentence on shape and message, for those who cannot see it.
    raster: bool = False  #: PNG instead of SVG, for more than about a thousand marks.
