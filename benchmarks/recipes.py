"""What each simulated world is made of, and what of it the model does not know."""

from __future__ import annotations

from dataclasses import dataclass

#: First and last calendar week of the holidays that nobody declares.
HOLIDAYS = (46, 50)


@dataclass(frozen=True)
class Recipe:
    """What a world is made of.

    Attributes
    ----------
    weeks : int
        Length.
    share : (float, float)
        Range of the media share of revenue.
    roi : (float, float)
        Median and log standard deviation of the ROIs.
    half, slope : (float, float)
        Ranges of half-saturation (in mean weeks) and Hill slope.
    curve : {"hill", "logistic", "power"}
        Form of the true saturation.
    peak : (float, float)
        Range of the peak delay in weeks.
    together : float
        Correlation of the channels' own movement.
    demand : float
        Hidden demand as a share of the baseline; planners see it, the data do not.
    walk : float
        Standard deviation of a yearly random walk of the baseline, as a share of it.
    autocorrelation : float
        Of the noise.
    nulls : int
        Channels without any effect.
    r2 : (float, float)
        Range of the share of variance that the truth explains.
    multiplies : bool
        Media effects scale with the baseline of their week instead of adding to it.
    with_season : float
        Swing of the media effects with the season, as a multiple of the baseline's swing.
    christmas : float
        Sharp peak of three December weeks, as a share of the baseline.
    before : int
        Weeks of spend before the first week of the data.
    feedback : float
        Change of log spend per standard deviation of last week's sales.
    twins : bool
        Display is bought with TV and social with search.
    chasers : tuple of str
        Channels whose planners follow the hidden demand.
    step : float
        Lasting change of the baseline after three fifths of the weeks.
    outliers, lost : int
        Weeks with a shock of five noise deviations; weeks whose spend was not recorded.
    drift : float
        Change of the effects from first to last week, around one.
    few : bool
        Display ran in six weeks and email in five.
    tiny : bool
        Email spends next to nothing.
    synergy : float
        Joint effect of TV and search as a share of the smaller one; nobody models it.
    negative : bool
        Display drives customers away.
    start : str
        First Monday, spend before the data included.
    ahead : int
        Weeks after those that are fitted, whose sales are to be forecast.
    block : (float, float)
        Range of the height of the calendar weeks :data:`HOLIDAYS`, as a share of the baseline;
        spend follows them as it follows the season.
    launched : int
        Weeks before the end of the fitted ones in which one channel first spends.
    """

    weeks: int = 143
    share: tuple[float, float] = (0.1, 0.4)
    roi: tuple[float, float] = (1.5, 0.7)
    half: tuple[float, float] = (0.4, 2.5)
    slope: tuple[float, float] = (0.8, 2.0)
    curve: str = "hill"
    peak: tuple[float, float] = (0.0, 0.0)
    together: float = 0.0
    demand: float = 0.0
    walk: float = 0.0
    autocorrelation: float = 0.0
    nulls: int = 0
    r2: tuple[float, float] = (0.8, 0.95)
    multiplies: bool = False
    with_season: float = 0.0
    christmas: float = 0.0
    before: int = 0
    feedback: float = 0.0
    twins: bool = False
    chasers: tuple[str, ...] = ()
    step: float = 0.0
    outliers: int = 0
    lost: int = 0
    drift: float = 0.0
    few: bool = False
    tiny: bool = False
    synergy: float = 0.0
    negative: bool = False
    start: str = "2021-01-04"
    ahead: int = 0
    block: tuple[float, float] = (0.0, 0.0)
    launched: int = 0


RECIPES = {
    "clean": Recipe(),
    "collinear": Recipe(together=0.85),
    "demand": Recipe(together=0.6, demand=0.05),
    "delayed": Recipe(peak=(1.0, 4.0)),
    "logistic": Recipe(curve="logistic"),
    "power": Recipe(curve="power"),
    "concave": Recipe(slope=(0.6, 1.0), half=(0.3, 1.5)),
    "steep": Recipe(slope=(1.5, 3.0), half=(0.7, 1.8)),
    "short": Recipe(weeks=78),
    "weak": Recipe(share=(0.02, 0.08), roi=(0.4, 0.7)),
    "rich": Recipe(share=(0.3, 0.6), roi=(4.0, 0.8)),
    "wandering": Recipe(walk=0.04, autocorrelation=0.4),
    "null": Recipe(nulls=1),
    "ongoing": Recipe(before=26),
    "young": Recipe(before=26, weeks=78),
}

#: Worlds of the misspecification battery, each with one thing that the model does not know.
BATTERY = {
    "clean": Recipe(),
    "random-walk baseline": Recipe(walk=0.06),
    "AR(1) noise": Recipe(autocorrelation=0.6),
    "multiplicative": Recipe(multiplies=True),
    "media x season": Recipe(with_season=4.0),
    "Christmas peak": Recipe(christmas=0.35),
    "spend before the first week": Recipe(before=26),
    "spend from last week's sales": Recipe(feedback=0.3),
    "collinear pairs": Recipe(twins=True),
    "demand-chasing search": Recipe(demand=0.05, chasers=("search",)),
    "unobserved confounder": Recipe(demand=0.06, chasers=("tv", "social")),
    "wrong curve": Recipe(curve="power"),
    "wrong carryover": Recipe(peak=(3.0, 6.0)),
    "trend break": Recipe(step=-0.15),
    "outliers": Recipe(outliers=5),
    "missing weeks": Recipe(lost=8),
    "time-varying effect": Recipe(drift=1.2),
    "short history": Recipe(weeks=60),
    "few active weeks": Recipe(few=True),
    "tiny channel": Recipe(tiny=True),
    "synergy unmodelled": Recipe(synergy=0.4),
    "negative effect": Recipe(negative=True),
    "all at once": Recipe(
        weeks=104,
        walk=0.04,
        autocorrelation=0.4,
        with_season=2.0,
        christmas=0.2,
        peak=(1.0, 3.0),
        demand=0.04,
        chasers=("search", "social"),
        outliers=3,
        drift=0.6,
    ),
}

#: Worlds of ``verdicts.py`` that are neither recipes nor part of the battery.
UNDECLARED = {
    "holiday block": Recipe(
        weeks=156,
        ahead=13,
        start="2020-10-12",
        block=(0.1, 0.2),
        share=(0.1, 0.3),
        r2=(0.8, 0.88),
    ),
    "late launch": Recipe(weeks=130, launched=13),
}
