"""What the Bayesian model believes before it sees the data, and experiments it must respect.

Every default is free of scale: currency, KPI units and the size of the business change nothing.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from pydantic import Field, model_validator

from mmm.study.distributions import WILD, Beta, LogNormal
from mmm.study.forms import HALF_SATURATION, PEAK_DELAY, RETENTION, SCALE, SHAPE, SLOPE, Parameter
from mmm.study.frozen import Frozen, Text

#: Components of the flexible baseline (:mod:`mmm.model.flexible`), in the order of their columns.
COMPONENTS = ("season", "level", "holidays", "demand", "proxies")


class Priors(Frozen):
    """The priors of the Bayesian model.

    Notes
    -----
    The center and its width are the design's. With Meridian's standard deviation of one log ROI,
    0.9, they leave ``sqrt(0.9^2 - 0.7^2)`` for the median spread. Carryover and curves are pooled
    from the ranges that Meridian and Robyn document, converted with the spend of public data sets
    and rounded to two digits: ``benchmarks/priors.py`` holds the rule, the
    sources and the arithmetic. Synergy, noise and the width of the spread are judgments.
    """

    #: Share of the KPI's value that all media earn where every channel has the same ROI: the
    #: center of the ROI pool is ``media_share x sum KPI value / sum spend``.
    media_share: LogNormal = LogNormal(median=0.25, sd=0.7)
    #: Standard deviation of the log ROI of the channels around the pool's center.
    roi_spread: LogNormal = LogNormal(median=0.57, sd=0.4)
    #: Share of the effect kept per week (geometric adstock), or per week of distance from the peak
    #: (delayed).
    retention: Beta = RETENTION.prior
    #: Weeks between spend and its strongest effect (delayed adstock).
    peak_delay: LogNormal = PEAK_DELAY.prior
    #: Shape of the Weibull adstock; 1 is geometric decay, more is a delayed peak.
    shape: LogNormal = SHAPE.prior
    scale: LogNormal = SCALE.prior  #: Weeks over which the Weibull adstock is stretched.
    #: Pressure with half of the full effect, in multiples of the channel's mean pressure.
    half_saturation: LogNormal = HALF_SATURATION.prior
    slope: LogNormal = SLOPE.prior  #: Steepness of the Hill curve.
    #: Standard deviation of the log effect of a channel between regions.
    region_spread: LogNormal = LogNormal(median=0.2, sd=0.7)
    #: Standard deviation of a pair's joint revenue as a share of the geometric mean of the two
    #: main effects; half-normal, so that none at all is most likely.
    synergy: float = Field(default=0.3, gt=0, le=10)
    #: Weeks' worth of belief in `noise_share`.
    noise_weight: float = Field(default=2.0, gt=0, le=WILD)
    #: Noise before any data, as a share of what the baseline alone leaves unexplained.
    noise_share: float = Field(default=0.5, gt=0, le=10)

    #: Standard deviation, in multiples of the weekly noise, of what line and harmonics cannot
    #: draw: the finer season, the level's walk in a year, single holidays, demand that moves the
    #: spends of channels together, and leads and lags of demand proxies.
    season_sd: LogNormal = LogNormal(median=0.5, sd=1.0)
    level_sd: LogNormal = LogNormal(median=0.3, sd=1.0)
    holidays_sd: LogNormal = LogNormal(median=0.5, sd=1.0)
    demand_sd: LogNormal = LogNormal(median=0.6, sd=1.0)
    proxies_sd: LogNormal = LogNormal(median=0.5, sd=1.0)
    #: The same of demand that moves the spends of channels within a region, in multiples of the
    #: region's noise: wide, since what that movement did cannot be told from what media did.
    local_demand_sd: LogNormal = LogNormal(median=10.0, sd=1.0)

    def of_component(self, name: str) -> LogNormal:
        """Return the prior of a component's standard deviation, by its name."""
        prior: LogNormal = getattr(self, f"{name}_sd")
        return prior

    def of(self, parameter: Parameter[Any]) -> LogNormal | Beta:
        """Return the prior of a curve parameter; the registry's where it is no key here."""
        prior: LogNormal | Beta = getattr(self, parameter.name, parameter.prior)
        return prior

    @property
    def log_roi_sd(self) -> float:
        r"""Standard deviation of one channel's log ROI before the data.

        The center of the pool varies, and the spread around it is itself uncertain:
        :math:`\sqrt{s_c^2 + E[\tau^2]}` with
        :math:`E[\tau^2] = m^2 e^{2 s^2}` for a log-normal spread of median m.
        """
        spread = self.roi_spread
        return math.hypot(self.media_share.sd, spread.median * math.exp(spread.sd**2))


class LiftTest(Frozen):
    """An experiment: what a channel's spend between two dates added to the KPI in that time."""

    channel: Text  #: The channel that was switched.
    #: First and last day (inclusive) of the test. A week that it covers in part loses that part of
    #: its spend, and counts whole.
    start: dt.date
    end: dt.date
    #: KPI units with the spend minus KPI units without it, over the days of the test.
    incremental_kpi: float
    standard_error: float = Field(gt=0)  #: Its standard error, KPI units.

    @model_validator(mode="after")
    def _ends_after_start(self) -> LiftTest:
        if self.end < self.start:
            raise ValueError(f"lift test of {self.channel!r}: end is before start")
        return self
