"""Scores, plans and bars of the peer benchmark as tables of RESULTS.md."""

from __future__ import annotations

from typing import Any

import pandas as pd
import stored
from scoring import mean_error

FAMILIES = ("mini4", "case6", "scratch5", "hard", "delayed")
#: The family in which spend follows hidden demand: every model fails there, and must say so.
HARD = "hard"
NAMES = {"peer": "**this model**"}
#: The bars, in the units of the tables.
RANK, ERROR, WIDTH, COVERAGE, COVERAGE_OF_A_FAMILY = 0.55, 35, 150, (85, 95), 75
CPU_RATIO, MEGABYTES, RHAT, RHAT_SHARE, ESS = 3, 350, 1.01, 95, 400
PLAN_SHARE, LOSS = 60, 0.3


#: Columns of the table of scores: name, column, digits.
SHOWN = (
    ("log error", "log_error", 3),
    ("interval score", "interval_score", 2),
    ("rank", "rank", 2),
    ("error %", "error", 0),
    ("coverage %", "coverage", 0),
    ("width %", "width", 0),
    ("plan's gain %", "alloc_gain_pct", 2),
    ("possible %", "best_gain_pct", 2),
    ("CPU s", "cpu_seconds", 1),
)
WITHOUT_ERROR = ("alloc_gain_pct", "best_gain_pct", "cpu_seconds")


def by_family(runs: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the runs of each family, and all of them.

    Parameters
    ----------
    runs : DataFrame
        One row a run.
    """
    return [*((f, runs[runs["family"] == f]) for f in FAMILIES), ("**pooled**", runs)]


def score_table(runs: pd.DataFrame) -> stored.Rows:
    """Return the scores by adapter and family, and pooled.

    Parameters
    ----------
    runs : DataFrame
        One row a run.
    """
    lines = []
    for adapter, of_adapter in runs.groupby("adapter", sort=False):
        for family, group in by_family(of_adapter):
            line = {"family": family, "adapter": NAMES.get(adapter, adapter), "sets": len(group)}
            for name, column, digits in SHOWN:
                unit = 100 if column == "coverage" else 1
                text = mean_error(unit * group[column], digits)
                line[name] = text.partition(" ± ")[0] if column in WITHOUT_ERROR else text
            lines.append(line)
    return lines


def plan_table(ours: pd.DataFrame) -> stored.Rows:
    """Return what the plans gained and lost, by family and pooled.

    Parameters
    ----------
    ours : DataFrame
        One row a run of our adapter.
    """
    lines = []
    for family, group in by_family(ours):
        gain = group["alloc_gain_pct"]
        lines.append(
            {
                "family": family,
                "share of possible %": f"{plan_share(group):.0f}",
                "lose": int((gain < 0).sum()),
                f"lose > {LOSS} %": int((gain < -LOSS).sum()),
                "worst %": f"{gain.min():.2f}",
                "flagged": f"{int(group['flagged'].sum())} of {len(group)}",
            }
        )
    return lines


def plan_share(group: pd.DataFrame) -> float:
    """Return the share of the possible gain that the plans bring, in percent.

    Parameters
    ----------
    group : DataFrame
        One row a run of our adapter.
    """
    return float(100 * group["alloc_gain_pct"].sum() / group["best_gain_pct"].sum())


def verdict(value: float, met: bool, limit: float = 0.0, error: float = 0.0) -> str:
    """Say whether a bar is met, and whether noise alone could turn that.

    Parameters
    ----------
    value : float
        What was measured.
    met : bool
        Whether it meets the bar.
    limit : float
        The bar.
    error : float
        Standard error; 0 for none.
    """
    close = ", within one standard error" if error and abs(value - limit) <= error else ""
    return ("yes" if met else "**no**") + close


def spread(means: pd.Series, digits: int) -> str:
    """Write the range of some means.

    Parameters
    ----------
    means : Series
        One mean a family.
    digits : int
        Digits behind the point.
    """
    return f"{means.min():.{digits}f} to {means.max():.{digits}f}"


def bar_table(runs: pd.DataFrame) -> stored.Rows:
    """Return the bars, what was measured, and whether they are met.

    Parameters
    ----------
    runs : DataFrame
        One row a run.
    """
    ours = runs[runs["adapter"] == "peer"]
    lines = [prior_bar(runs), *estimate_bars(ours), *cost_bars(runs), *plan_bars(ours)]
    return [dict(zip(("bar", "measured", "met"), line, strict=True)) for line in lines]


def prior_bar(runs: pd.DataFrame) -> tuple[str, str, str]:
    """Return whether the model beats a prior that learns nothing.

    Parameters
    ----------
    runs : DataFrame
        One row a run.
    """
    means = runs.groupby(["adapter", "family"])[["log_error", "interval_score"]].mean()
    model, prior = means.loc["peer"], means.loc["prior_only"]
    easy = [family for family in model.index if family != HARD]
    told, better = [], (model < prior).loc[easy].to_numpy().all()
    for column, name in (("log_error", "log error"), ("interval_score", "interval score")):
        told.append(
            f"{name} {spread(model.loc[easy, column], 2)} against "
            f"{spread(prior.loc[easy, column], 2)}; in `{HARD}` "
            f"{model.loc[HARD, column]:.2f} against {prior.loc[HARD, column]:.2f}"
        )
    return (
        f"log error and interval score better than prior_only in every family but `{HARD}`",
        "; ".join(told),
        verdict(0, bool(better)),
    )


def estimate_bars(ours: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return the bars of rank, error, coverage, width and convergence.

    Parameters
    ----------
    ours : DataFrame
        Runs of this package.
    """
    rank, error, width = (ours[c].mean() for c in ("rank", "error", "width"))
    noise, calm = ours[["rank", "error", "width"]].sem(), ours[ours["family"] != HARD]
    cover = 100 * ours["coverage"].mean()
    lowest = 100 * calm.groupby("family")["coverage"].mean().min()
    rhat, enough = 100 * (ours["rhat"] <= RHAT).mean(), 100 * (ours["ess"] >= ESS).mean()
    return [
        (
            f"rank >= {RANK}",
            mean_error(ours["rank"], 2),
            verdict(rank, rank >= RANK, RANK, noise["rank"]),
        ),
        (
            f"error <= {ERROR} %",
            f"{mean_error(ours['error'], 0)}; without `{HARD}` {calm['error'].mean():.0f}",
            verdict(error, error <= ERROR, ERROR, noise["error"]),
        ),
        (
            f"coverage {COVERAGE[0]}-{COVERAGE[1]} % pooled, "
            f">= {COVERAGE_OF_A_FAMILY} % in each family but `{HARD}`",
            f"{mean_error(100 * ours['coverage'], 0)}; lowest of them {lowest:.0f}",
            verdict(cover, COVERAGE[0] <= cover <= COVERAGE[1] and lowest >= COVERAGE_OF_A_FAMILY),
        ),
        (
            f"width <= {WIDTH} %",
            mean_error(ours["width"], 0),
            verdict(width, width <= WIDTH, WIDTH, noise["width"]),
        ),
        (
            f"R-hat <= {RHAT} in >= {RHAT_SHARE} % of the fits, ESS >= {ESS} on every ROI",
            f"R-hat {rhat:.0f} %, ESS {enough:.0f} % (smallest {ours['ess'].min():.0f})",
            verdict(rhat, rhat >= RHAT_SHARE and enough == 100),
        ),
    ]


def cost_bars(runs: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return the bars of time and memory.

    Parameters
    ----------
    runs : DataFrame
        One row a run.
    """
    cpu = runs.groupby("adapter")["cpu_seconds"].mean()
    megabytes = runs.loc[runs["adapter"] == "peer", "peak_mb"]
    ratio, most = cpu["peer"] / cpu["ols"], megabytes.max()
    return [
        (
            f"CPU <= {CPU_RATIO} x `ols` in the same run, imports and plan included",
            f"{ratio:.1f} x ({cpu['peer']:.1f} s against {cpu['ols']:.1f} s)",
            verdict(ratio, ratio <= CPU_RATIO),
        ),
        (
            f"<= {MEGABYTES} MB",
            f"{most:.0f} MB at most, {megabytes.mean():.0f} on average",
            verdict(most, most <= MEGABYTES),
        ),
    ]


def plan_bars(ours: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return the bars of the plans.

    Parameters
    ----------
    ours : DataFrame
        Runs of this package.
    """
    calm, hard = ours[ours["family"] != HARD], ours[ours["family"] == HARD]
    lost, share = calm["alloc_gain_pct"], plan_share(ours)
    return [
        (
            f"plans: share of the possible gain >= {PLAN_SHARE} %",
            f"{share:.0f} %",
            verdict(share, share >= PLAN_SHARE),
        ),
        (
            f"plans: no true loss above {LOSS} % outside `{HARD}`, flagged there",
            f"{(lost < -LOSS).sum()} of {len(lost)} (worst {lost.min():.2f}); flagged in "
            f"`{HARD}` {int(hard['flagged'].sum())} of {len(hard)}, elsewhere "
            f"{int(calm['flagged'].sum())} of {len(calm)}",
            verdict(0, not (lost < -LOSS).any() and bool(hard["flagged"].all())),
        ),
    ]


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: scores, plans and bars.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`scored`.
    """
    every = pd.DataFrame(rows)
    runs = every[every["status"] == "ok"]
    runs = runs.assign(flagged=runs["flagged"].eq(True))
    return {
        "scores": score_table(runs),
        "plans": plan_table(runs[runs["adapter"] == "peer"]),
        "bars": bar_table(runs),
        "sets": str(runs.groupby(["family", "seed"]).ngroups),
        "failed": f"{len(every) - len(runs)} of {len(every)} runs failed",
    }
