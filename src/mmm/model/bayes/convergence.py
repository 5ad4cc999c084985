"""Has the sampler converged? PASS, REVIEW or FAIL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.findings import Finding, graded
from mmm.formatting import percent
from mmm.model.bayes.posterior import Posterior

#: A run has converged when R-hat is at most this and the effective sample size at least that.
MAX_RHAT, MIN_ESS = 1.01, 400
#: Diverging draws up to this share bias nothing that is reported.
MAX_DIVERGENT = 0.001
#: From here on draws do not describe the posterior: the bar for R-hat that was usual before
#: Vehtari et al. (2021), and one diverging draw in fifty.
POOR_RHAT, POOR_DIVERGENT = 1.05, 0.02


def diagnose(posterior: Posterior, points: Array, names: list[str]) -> pd.DataFrame:
    """Return R-hat, effective sample size and contraction of each channel's log ROI.

    `points`, shape (n_chains, n_draws, size): plain coordinates.
    """
    from arviz_stats.base import array_stats

    log_roi = posterior.log_roi(points)
    axes = {"chain_axis": 0, "draw_axis": 1}
    rhat = [float(array_stats.rhat(log_roi[:, :, c], **axes)) for c in range(len(names))]
    ess = [float(array_stats.ess(log_roi[:, :, c], **axes)) for c in range(len(names))]
    prior_sd, center = posterior.task.priors.log_roi_sd, posterior.task.log_roi_center
    sd = log_roi.std(axis=(0, 1))
    return pd.DataFrame(
        {
            "channel": names,
            "rhat": rhat,
            "ess": ess,
            "prior_median": np.exp(center),
            "posterior_median": np.exp(np.median(log_roi, axis=(0, 1))),
            "prior_sd_log": prior_sd,
            "posterior_sd_log": sd,
            "contraction": 1 - (sd / prior_sd) ** 2,
        }
    )


def weighed(diagnostics: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return diagnostics of one model as they count in an average of which it is a share.

    Where the chains of a model disagree by some of their spread, the average is off by its share
    of that; and its draws stand for so many more.
    """
    rhat = 1 + share * (diagnostics["rhat"] - 1)
    return diagnostics.assign(rhat=rhat, ess=diagnostics["ess"] / share)


def worst_of(tables: Sequence[pd.DataFrame], log_roi: Array) -> pd.DataFrame:
    """Return the diagnostics of an average: the worst of its models', each weighed by its share.

    `log_roi`, shape (n_draws, n_channels): log ROI of the average's draws.
    """
    first, sd = tables[0], log_roi.std(axis=0)
    return first.assign(
        rhat=np.max([table["rhat"] for table in tables], axis=0),
        ess=np.min([table["ess"] for table in tables], axis=0),
        posterior_median=np.exp(np.median(log_roi, axis=0)),
        posterior_sd_log=sd,
        contraction=1 - (sd / first["prior_sd_log"].to_numpy()) ** 2,
    )


def enough(diagnostics: pd.DataFrame) -> bool:
    """Tell whether every ROI has converged with enough effective draws."""
    return bool((diagnostics["rhat"] <= MAX_RHAT).all() and (diagnostics["ess"] >= MIN_ESS).all())


def sampler_findings(diagnostics: pd.DataFrame, share: float) -> list[Finding]:
    """Return the checks of the sampler.

    `share`: share of the draws that diverged.
    """
    rhat, ess = float(diagnostics["rhat"].max()), float(diagnostics["ess"].min())
    again = "Run with more draws (draws = 2000); if it stays, merge channels or add data."
    return [
        graded(
            "chains agree",
            good=rhat <= MAX_RHAT,
            bad=rhat > POOR_RHAT,
            finding=f"largest R-hat {rhat:.3f}",
            remedy=again,
        ),
        graded(
            "enough effective draws",
            good=ess >= MIN_ESS,
            bad=ess < MIN_ESS / 4,
            finding=f"smallest effective sample size of an ROI {ess:.0f}",
            remedy=again,
        ),
        graded(
            "no divergences",
            good=share <= MAX_DIVERGENT,
            bad=share > POOR_DIVERGENT,
            finding=f"{percent(share, digits=1)} of the draws diverged",
            remedy="Tighten the priors of curves the data cannot tell, or merge channels.",
        ),
    ]
