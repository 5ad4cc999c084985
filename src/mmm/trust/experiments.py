"""What would help: designs of the next weeks, simulated before any money is spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.dates import LAST_DAY
from mmm.data.weekly import WeeklyData
from mmm.decide.plan import YEAR, current_plan
from mmm.decide.returns import roi, summarize
from mmm.errors import require_choice
from mmm.model.additive import AdditiveModel
from mmm.model.intervals import tails
from mmm.parallel import run_each
from mmm.study.priors import LiftTest
from mmm.study.study import Study
from mmm.trust.confounding import confounding_findings, robustness_table
from mmm.trust.grades import chance_half_off, grade_table
from mmm.trust.recovery import Units, quick_fit, recover, recovery_table
from mmm.trust.resampling import block_bootstrap
from mmm.trust.twins import LEAST, effect_in_test, make_twins, standard_residuals

Kind = Literal["pause", "vary", "test"]

#: Weeks that are added to the data, whatever the design.
NEXT = 13
#: Weeks of a pause, of independent variation and of a lift test.
PAUSE, VARY, TEST = 4, 8, 8
#: Spend while it varies, as multiples of what it would be; weeks take them in random order.
SWINGS = (0.25, 1.75)
#: Standard error of a lift test as a share of the effect it measures.
PRECISION = 0.15
#: Posterior draws that each design is simulated from.
DRAWS = 4
#: What can be done with a channel, in words.
DESIGNS: dict[Kind, str] = {
    "pause": f"pause it for {PAUSE} weeks",
    "vary": f"vary it on its own for {VARY} weeks",
    "test": f"test it in some regions for {TEST} weeks",
}


@dataclass(frozen=True)
class Design:
    """One way to spend the next weeks; without a channel all is as usual."""

    channel: int = -1
    kind: Kind | None = None

    def __post_init__(self) -> None:
        if self.kind is not None:
            require_choice(self.kind, DESIGNS, "kind of a design")


def next_weeks(weekly: WeeklyData, *, n_weeks: int = NEXT) -> WeeklyData:
    """Return the data with weeks added that repeat the spend and controls of a year before."""
    n, period = len(weekly), min(YEAR, len(weekly))
    rows = np.concatenate([np.arange(n), n - period + np.arange(n_weeks) % period])
    step = weekly.weeks[1] - weekly.weeks[0]
    future = weekly.weeks[-1] + step * np.arange(1, n_weeks + 1)
    return WeeklyData(
        weeks=weekly.weeks.append(pd.DatetimeIndex(future)),
        kpi=weekly.kpi[rows],
        value=weekly.value[rows],
        spend=weekly.spend.iloc[rows].reset_index(drop=True),
        media=weekly.media.iloc[rows].reset_index(drop=True),
        controls=weekly.controls.iloc[rows].reset_index(drop=True),
        regions=weekly.regions and weekly.regions.at(rows),
    )


def designed(weekly: WeeklyData, design: Design, *, rng: np.random.Generator) -> WeeklyData:
    """Return the next weeks with a design's spend."""
    factors = np.ones(len(weekly))
    if design.kind == "pause":
        factors[-NEXT : PAUSE - NEXT] = 0.0
    elif design.kind == "vary":
        factors[-NEXT : VARY - NEXT] = rng.permuted(np.resize(SWINGS, VARY))
    spend, media = weekly.spend.copy(), weekly.media.copy()
    for table in (spend, media) if design.channel >= 0 else ():
        table.iloc[:, design.channel] *= factors
    regions = weekly.regions
    if regions is not None and design.channel >= 0:
        regions = regions.scaled(design.channel, factors)
    return replace(weekly, spend=spend, media=media, regions=regions)


def hypothetical_test(
    model: AdditiveModel, weekly: WeeklyData, channel: int, *, effect: float | None = None
) -> LiftTest:
    """Return a lift test of a channel as it would come out."""
    media = weekly.media.to_numpy(float)[:, channel]
    first = int(np.convolve(media, np.ones(TEST), mode="valid").argmax())
    blank = LiftTest(
        channel=model.channels[channel],
        start=weekly.weeks[first].date(),
        end=(weekly.weeks[first + TEST - 1] + LAST_DAY).date(),
        incremental_kpi=0.0,
        standard_error=1.0,
    )
    usual = float(np.median(effect_in_test(model, weekly, blank)))
    inside = slice(first, first + TEST)
    paid = weekly.spend.to_numpy(float)[inside, channel] / weekly.value[inside]
    error = PRECISION * max(usual, LEAST * float(paid.sum()))
    found = usual if effect is None else effect
    return blank.model_copy(update={"incremental_kpi": found, "standard_error": error})


def _width(
    model: AdditiveModel, weekly: WeeklyData, study: Study, design: Design, row: int, seed: int
) -> Array:
    """Simulate a design on one draw; return the spread of each channel's log ROI afterwards."""
    one = model.take(np.array([row]))
    longer = next_weeks(weekly)
    rng = np.random.default_rng([seed, 47, row])
    residual = standard_residuals(model, weekly, study)
    noise = one.noise[0] * block_bootstrap(residual, NEXT, rng=rng)
    usual, longer = longer, designed(longer, design, rng=rng)
    if longer.regions is None:
        kpi = longer.kpi.copy()
        kpi[-NEXT:] = one.predict(longer)[0, -NEXT:] + noise
        longer = replace(longer, kpi=kpi)
    else:
        longer = _as_last_year(one, usual, longer)
    tests = study.lift_tests
    if design.kind == "test":
        blank = hypothetical_test(model, weekly, design.channel)
        effect = float(effect_in_test(one, weekly, blank)[0])
        effect += blank.standard_error * float(rng.standard_normal())
        tests = (*tests, blank.model_copy(update={"incremental_kpi": effect}))
    fitted = quick_fit(longer, study, seed=seed + row, lift_tests=tests)
    plan = current_plan(fitted, weekly, window_weeks=study.window_weeks)
    low, high = np.quantile(roi(plan), tails(study.interval), axis=0)
    return np.log(np.maximum(high, 1e-9) / np.maximum(low, 1e-9))


def _as_last_year(one: AdditiveModel, usual: WeeklyData, changed: WeeklyData) -> WeeklyData:
    """Return weeks whose regions sell as a year before, but for what other spend changes.

    `one`: a single draw; what regions sold a year before holds their baseline and noise.
    """
    regions = changed.regions
    assert regions is not None
    gained = one.media_by_region(changed)[0] - one.media_by_region(usual)[0]
    kpi = regions.kpi + gained
    national = changed.kpi + gained.sum(axis=0)
    return replace(changed, kpi=national, regions=replace(regions, kpi=kpi))


def compare_designs(
    model: AdditiveModel, weekly: WeeklyData, study: Study, channels: Sequence[int], *, seed: int
) -> pd.DataFrame:
    """Say by how much each design would narrow the interval of each channel's ROI.

    Parameters
    ----------
    model : AdditiveModel
        The model of record: the next weeks are simulated from its draws, after the real ones.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        The study.
    channels : sequence of int
        Positions of the channels to help.
    seed : int
        Seed of noise and samplers.

    Returns
    -------
    DataFrame
        Columns channel, design (in words), narrower (share by which the interval of the
        log ROI shrinks against the same number of weeks as usual).
    """
    rows = np.linspace(0, model.n_draws - 1, DRAWS + 2).round().astype(int)[1:-1]
    designs = [Design(), *(Design(c, kind) for c in channels for kind in DESIGNS)]

    def one(cell: tuple[Design, int]) -> Array:
        return _width(model, weekly, study, cell[0], cell[1], seed)

    cells = [(design, int(row)) for design in designs for row in rows]
    found = np.array(run_each(one, cells))
    widths = found.reshape(len(designs), len(rows), -1).mean(axis=1)
    table = [
        (model.channels[d.channel], DESIGNS[d.kind], 1 - w[d.channel] / widths[0, d.channel])
        for d, w in zip(designs[1:], widths[1:], strict=True)
        if d.kind is not None
    ]
    return pd.DataFrame(table, columns=["channel", "design", "narrower"])


def channels_to_help(grades: pd.DataFrame, *, most: int = 3) -> list[int]:
    """Return the positions of the channels that need help, the worst first.

    Parameters
    ----------
    grades : DataFrame
        Result of :func:`mmm.trust.grades.grade_table`.
    most : int, default 3
        Channels at most.

    Returns
    -------
    list of int
        Those with a grade of C or D, for ROI or mROI; where there is none, the one with the
        largest error. None at all where no channel spent anything in the window.
    """
    worst = grades[["grade_roi", "grade_mroi"]].max(axis=1)
    known = grades.assign(worst=worst)[np.isfinite(grades["error"])]
    ordered = known.sort_values(["worst", "error"], ascending=False)
    weak = int((ordered["worst"] > "B").sum())
    return [int(c) for c in ordered.index[: min(max(weak, 1), most)]]


#: A design helps from this share of the interval on, and helps much from that one on.
HELPS, HALVES = 0.05, 0.5


@dataclass(frozen=True)
class BestDesign:
    """The design that would narrow the interval of one channel most."""

    design: str  #: In words.
    narrower: float  #: Share by which the interval of the log ROI shrinks.

    @property
    def helps(self) -> bool:
        """Whether it narrows the interval by enough to be worth its trouble."""
        return self.narrower >= HELPS

    @property
    def halves(self) -> bool:
        """Whether it halves the interval."""
        return self.narrower >= HALVES


def best_design(designs: pd.DataFrame, channel: str) -> BestDesign | None:
    """Return the best design of one channel; None where none was simulated."""
    own = designs[designs["channel"] == channel]
    if own.empty:
        return None
    row = own.loc[own["narrower"].idxmax()]
    return BestDesign(str(row["design"]), float(row["narrower"]))


#: Chains of the fit with the test, and twins that grade it.
CHAINS, TWINS = 3, 12


@dataclass(frozen=True)
class Tested:
    """A channel before and after a lift test that was simulated, not run."""

    test: LiftTest
    #: Low, median and high of its ROI.
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    grade: pd.Series  #: Its row of the grades with the test.
    from_truth: bool  #: Whether the test found the known truth, or the model's own median.


def simulate_lift_test(
    model: AdditiveModel,
    weekly: WeeklyData,
    study: Study,
    channel: int,
    *,
    truth: AdditiveModel | None,
    seed: int,
) -> Tested:
    """Add a lift test to a study, fit it again and grade the channel anew.

    Parameters
    ----------
    model : AdditiveModel
        The model of record.
    weekly : WeeklyData
        The weeks it was fitted on.
    study : Study
        The study.
    channel : int
        Position of the channel.
    truth : AdditiveModel or None
        The true model where it is known: the test finds its effect.
    seed : int
        Seed of sampler and twins.
    """
    window, name = study.window_weeks, model.channels[channel]
    test = hypothetical_test(model, weekly, channel)
    if truth is not None:
        effect = float(effect_in_test(truth, weekly, test)[0])
        test = hypothetical_test(model, weekly, channel, effect=effect)
    tested = study.model_copy(update={"lift_tests": (*study.lift_tests, test)})
    after = quick_fit(weekly, tested, seed=seed, chains=CHAINS)
    units = Units.of(model.channels)
    twins = make_twins(after, weekly, tested, n_twins=TWINS, seed=seed)
    recovery = recovery_table(recover(twins, tested, units, seed=seed))
    plan = current_plan(after, weekly, window_weeks=window)
    robust = robustness_table(after, weekly, plan, margin=study.margin)
    checks = confounding_findings(after, weekly, tested, robust)
    half_off = chance_half_off(plan)
    grades = grade_table(recovery, model.channels, checks, half_off)
    grades = grades.set_index("channel", drop=False)
    now = current_plan(model, weekly, window_weeks=window)
    return Tested(
        test=test,
        before=summarize(roi(now)[:, channel], study.interval),
        after=summarize(roi(plan)[:, channel], study.interval),
        grade=grades.loc[name],
        from_truth=truth is not None,
    )
