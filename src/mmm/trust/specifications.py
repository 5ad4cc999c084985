"""What other analysts would have found: the same data under other, equally sensible choices.

Every alternative is fitted by its posterior mode, which takes a fraction of a second. What counts
is the change against the mode of the study's own choices; the posterior of record is moved by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Literal, get_args

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.decide.returns import SURE
from mmm.errors import require_choice
from mmm.findings import ChannelFinding, Finding, graded
from mmm.formatting import percent, ratio
from mmm.model.bayes.posterior import Posterior
from mmm.model.bayes.regional import problem_of
from mmm.model.bayes.sampler import mode_of
from mmm.model.intervals import tails
from mmm.parallel import run_each
from mmm.study.distributions import WILD, LogNormal
from mmm.study.forms import ADSTOCKS, NONE, SATURATIONS, Form
from mmm.study.priors import COMPONENTS, Priors
from mmm.study.study import Study

#: Baselines and scales that are tried: with what line and harmonics cannot draw, or without.
Baseline = Literal["flexible", "regular"]
Scale = Literal["additive", "multiplicative"]
BASELINES: tuple[Baseline, ...] = get_args(Baseline)
SCALES: tuple[Scale, ...] = get_args(Scale)
#: Standard deviation of a flexible component that adds nothing.
NONE_AT_ALL = LogNormal(median=1 / WILD, sd=0.01)
#: A verdict that more than this share of the specifications contradicts is not robust.
DISSENT = 0.25
#: Weeks that are added from one origin to the next, and how many earlier origins are looked at.
STEP, ORIGINS = 13, 3
#: A change of the ROI by more than this factor when weeks are added is a jump.
JUMP = 1.5
#: Beliefs that are varied, by their key in the study's priors.
VARIED = {
    "slope": "slope",
    "half_saturation": "half-saturation",
    "media_share": "ROI centre",
}
#: 1 - (posterior sd / prior sd)^2 of the log ROI below which nothing has been learned.
LEAST_CONTRACTION = 0.05


@dataclass(frozen=True)
class Specification:
    """One way to set up the model; an empty form is the study's own.

    Raises
    ------
    UsageError
        If a form, the baseline or the scale is unknown.
    """

    adstock: str = ""
    saturation: str = ""
    baseline: Baseline = "flexible"
    scale: Scale = "additive"

    def __post_init__(self) -> None:
        require_choice(self.adstock or NONE, ADSTOCKS, "adstock")
        require_choice(self.saturation or NONE, SATURATIONS, "saturation")
        require_choice(self.baseline, BASELINES, "baseline")
        require_choice(self.scale, SCALES, "scale")

    def applied(self, weekly: WeeklyData, study: Study) -> tuple[WeeklyData, Study]:
        """Return the weeks and the study under this specification."""
        forms = {"adstock": self.adstock, "saturation": self.saturation}
        change = {key: form for key, form in forms.items() if form}
        channels = {n: c.model_copy(update=change) for n, c in study.channels.items()}
        study = study.model_copy(update={"channels": channels})
        return (on_log_scale(weekly) if self.scale == "multiplicative" else weekly), study

    def believed(self, priors: Priors) -> Priors:
        """Return the priors under this specification."""
        if self.baseline == "flexible":
            return priors
        return priors.model_copy(update={f"{name}_sd": NONE_AT_ALL for name in COMPONENTS})


def on_log_scale(weekly: WeeklyData) -> WeeklyData:
    r"""Return the weeks with :math:`K (1 + \ln(y / K))` as KPI, K its mean: effects multiply."""
    usual = weekly.kpi.mean()
    return replace(weekly, kpi=usual * (1 + np.log(weekly.kpi / usual)))


def mode_roi(
    weekly: WeeklyData,
    study: Study,
    specification: Specification | None = None,
    *,
    priors: Priors | None = None,
) -> Array:
    """Return the main-effect ROI of each channel over all weeks at the posterior mode."""
    choice = specification or Specification()
    weeks, spec = choice.applied(weekly, study)
    tests = () if choice.scale == "multiplicative" else study.lift_tests
    beliefs = choice.believed(priors or study.priors)
    problem = problem_of(weeks, spec, beliefs, tests, study.demand_capture)
    posterior = Posterior(problem.task)
    mode = mode_of(posterior, posterior.size, posterior.held)
    roi = np.exp(posterior.log_roi(mode))
    if choice.scale == "additive":
        return np.asarray(roi)
    effects, n = posterior.effects(mode), len(problem.kpi)
    weekly_effect = effects.beta[:, np.newaxis] * effects.curves[: len(roi)] * problem.kpi_scale
    lost = weekly.kpi[-n:] * (1 - np.exp(-weekly_effect / weekly.kpi.mean()))
    return np.asarray(roi * lost.sum(axis=1) / weekly_effect.sum(axis=1))


def all_specifications(weekly: WeeklyData) -> Iterator[Specification]:
    """List the specifications.

    Effects cannot multiply where the KPI is not positive; those of regions are not tried.
    """
    scales = SCALES if (weekly.kpi > 0).all() and weekly.regions is None else SCALES[:1]
    forms = _alternatives(ADSTOCKS), _alternatives(SATURATIONS)
    for choices in product(*forms, BASELINES, scales):
        yield Specification(*choices)


def _alternatives(forms: Mapping[str, Form]) -> list[str]:
    """Name the forms that are tried: all that the sampler knows but the one that does nothing."""
    known = [form.name for form in forms.values() if form.number is not None]
    return [name for name in known if name != NONE]


def specification_curve(
    weekly: WeeklyData,
    study: Study,
    roi: pd.Series,
    specifications: Iterable[Specification] | None = None,
) -> pd.DataFrame:
    """Return the ROI of each channel under every specification.

    Parameters
    ----------
    weekly : WeeklyData
        The weeks.
    study : Study
        The study.
    roi : Series
        Median ROI of record per channel, moved by the change of the posterior mode.
    specifications : iterable of Specification, optional
        All combinations if not given.

    Returns
    -------
    DataFrame
        Columns adstock, saturation, baseline, scale, channel, change (mode over the mode as
        specified) and roi.
    """
    base, tables = mode_roi(weekly, study), []
    choices = list(specifications or all_specifications(weekly))
    modes = run_each(partial(mode_roi, weekly, study), choices, short=True)
    for choice, found in zip(choices, modes, strict=True):
        change = found / base
        tables.append(
            pd.DataFrame(
                {
                    "adstock": choice.adstock,
                    "saturation": choice.saturation,
                    "baseline": choice.baseline,
                    "scale": choice.scale,
                    "channel": list(roi.index),
                    "change": change,
                    "roi": roi.to_numpy() * change,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def prior_variants(study: Study) -> dict[str, Priors]:
    """Return the study's priors with the median of one belief moved by its standard deviation.

    The beliefs are those that matter: slope and half-saturation, where a curve has them, and the
    center of the ROI pool. Over four simulated studies the mode of a log ROI moves by 0.14 to
    0.43 of its posterior standard deviation with the slope, by 0.16 to 0.35 with the
    half-saturation and by 0.08 to 0.19 with the center.
    """
    used = {p.name for c in study.channels.values() for p in SATURATIONS[c.saturation].parameters}
    variants = {}
    for key, name in VARIED.items():
        belief: LogNormal = getattr(study.priors, key)
        for word, sign in {"lower": -1, "higher": 1}.items():
            moved = np.clip(belief.median * np.exp(sign * belief.sd), 1 / WILD, WILD)
            if key in used or key == "media_share":
                update = {key: LogNormal(median=float(moved), sd=belief.sd)}
                variants[f"{name} {word}"] = study.priors.model_copy(update=update)
    return variants


def prior_sensitivity(weekly: WeeklyData, study: Study, roi: pd.Series) -> pd.DataFrame:
    """Return the ROI of each channel under other priors.

    Parameters
    ----------
    weekly : WeeklyData
        The weeks.
    study : Study
        The study.
    roi : Series
        Median ROI of record per channel.

    Returns
    -------
    DataFrame
        Column channel and one per variant, after the ROI of record.
    """
    variants = prior_variants(study)
    base, *others = run_each(
        lambda priors: mode_roi(weekly, study, priors=priors),
        [study.priors, *variants.values()],
        short=True,
    )
    table = pd.DataFrame({"channel": list(roi.index), "roi": roi.to_numpy()})
    for name, found in zip(variants, others, strict=True):
        table[name] = roi.to_numpy() * (found / base)
    return table


def rolling_origin(weekly: WeeklyData, study: Study, roi: pd.Series) -> pd.DataFrame:
    """Return the ROI of each channel as it stood before the last quarters came in.

    Parameters
    ----------
    weekly : WeeklyData
        The weeks.
    study : Study
        The study.
    roi : Series
        Median ROI of record per channel.

    Returns
    -------
    DataFrame
        Column channel and one per origin, ``weeks_less_0`` (now) first; origins that leave less
        than two thirds of the weeks are left out.
    """
    dropped = [STEP * origin for origin in range(ORIGINS + 1)]
    dropped = [less for less in dropped if len(weekly) - less >= 2 * len(weekly) / 3]
    origins = [weekly.head(len(weekly) - less) for less in dropped]
    modes = run_each(partial(mode_roi, study=study), origins, short=True)
    table = pd.DataFrame({"channel": list(roi.index)})
    for less, earlier, mode in zip(dropped, origins, modes, strict=True):
        silent = earlier.spend.sum().to_numpy() <= 0
        values = roi.to_numpy() * mode / modes[0]
        table[f"weeks_less_{less}"] = np.where(silent, np.nan, values)
    return table


def specification_findings(
    curve: pd.DataFrame,
    sensitivity: pd.DataFrame,
    origins: pd.DataFrame,
    draws: pd.DataFrame,
    *,
    break_even: float | None,
    interval: float,
) -> list[ChannelFinding]:
    """Check whether a claim depends on choices that others would have made differently.

    Parameters
    ----------
    curve : DataFrame
        Result of :func:`specification_curve`.
    sensitivity : DataFrame
        Result of :func:`prior_sensitivity`.
    origins : DataFrame
        Result of :func:`rolling_origin`.
    draws : DataFrame, shape (n_draws, n_channels)
        ROI of record.
    break_even : float or None
        Return at which the money comes back; None where the value of a unit of the KPI is not
        known: then no side of it is claimed, and returns are told as multiples of today's.
    interval : float
        Central share of the interval that an earlier estimate should lie in.
    """
    found = []
    for name in draws:
        own = draws[name].to_numpy(float)
        unit = 1.0 if break_even is not None else max(float(np.median(own)), 1e-12)
        claim = _claim(own, break_even)
        others = curve.loc[curve["channel"] == name, "roi"].to_numpy()
        variants = sensitivity.set_index("channel").loc[name].drop("roi").to_numpy(float)
        earlier = origins.set_index("channel").loc[name].iloc[1:].to_numpy(float)
        found += [
            _dissent(
                "other specifications agree", name, others / unit, claim, break_even, DISSENT
            ),
            _dissent("other priors agree", name, variants / unit, claim, break_even, 0.0),
            _jump(name, earlier / unit, own / unit, interval),
        ]
    return found


def _claim(draws: Array, break_even: float | None) -> float:
    """Return on which side of break-even a channel surely is: 1, -1, or 0 where that is open."""
    if break_even is None or not np.isfinite(draws).all():
        return 0.0
    above = float((draws > break_even).mean())
    return 1.0 if above >= SURE else -1.0 if above <= 1 - SURE else 0.0


def _dissent(
    check: str, name: str, values: Array, claim: float, break_even: float | None, most: float
) -> ChannelFinding:
    low, high = float(values.min()), float(values.max())
    text = f"ROI {ratio(low)} to {ratio(high)} over {len(values)} of them"
    if break_even is None:
        text = f"{ratio(low)} to {ratio(high)} times the estimate over {len(values)} of them"
    against = float(np.mean((values - (break_even or 0.0)) * claim < 0))
    agree = not claim or against <= most
    text += "" if agree else f"; {percent(against)} on the other side of break-even"
    remedy = "Its side of break-even is a choice of the analyst, not a finding: test it."
    return ChannelFinding(name, graded(check, good=agree, finding=text, remedy=remedy))


def _jump(name: str, earlier: Array, draws: Array, interval: float) -> ChannelFinding:
    check, now = "stable as weeks come in", float(np.median(draws))
    known = earlier[np.isfinite(earlier)]
    if not len(known):
        return ChannelFinding(name, Finding(check, "PASS", "too few weeks to look back"))
    low, high = np.quantile(draws, tails(interval))
    last = known[0]
    factor = max(last / now, now / max(last, 1e-12)) if now > 0 else 1.0
    text = f"{ratio(float(last))} before the last {STEP} weeks, {ratio(now)} now"
    steady = factor <= JUMP or low <= last <= high
    remedy = "Look for what changed in those weeks, or shorten the data if the effect has changed."
    return ChannelFinding(name, graded(check, good=steady, finding=text, remedy=remedy))


def contraction_findings(draws: pd.DataFrame, study: Study) -> list[ChannelFinding]:
    """Check whether the data narrowed the prior at all; silent for a point estimate.

    Parameters
    ----------
    draws : DataFrame, shape (n_draws, n_channels)
        ROI of record.
    study : Study
        Its priors give the standard deviation of a log ROI before the data.
    """
    if len(draws) < 2:
        return []
    found, before = [], study.priors.log_roi_sd
    for name in draws:
        share = 1 - (float(np.log(draws[name].clip(lower=1e-12)).std()) / before) ** 2
        finding = graded(
            "the data narrow the prior",
            good=not share < LEAST_CONTRACTION,
            finding=f"contraction {percent(share)}",
            remedy="The estimate is mostly what was assumed: vary or test the channel.",
        )
        found.append(ChannelFinding(name, finding))
    return found
