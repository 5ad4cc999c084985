"""One function per figure: results in, axes out; nothing is fitted, read or saved here."""

from mmm.figures.explore import (
    plot_correlations,
    plot_distributions,
    plot_kpi_and_spend,
    plot_seasonality,
    plot_spend_response,
    plot_weekly_spend,
)
from mmm.figures.fits import (
    plot_carryover_examples,
    plot_coefficients,
    plot_curves_against_truth,
    plot_elasticities,
    plot_fit,
    plot_model_scores,
    plot_prior_posterior,
    plot_residuals,
    plot_saturation_examples,
    plot_vif,
)
from mmm.figures.headline import plot_headline, verdicts
from mmm.figures.money import (
    plot_contributions_over_time,
    plot_response_curves,
    plot_returns,
    plot_waterfall,
)
from mmm.figures.plans import (
    plot_allocation,
    plot_forecast,
    plot_frontier,
    plot_plan_gains,
    plot_scenarios,
)
from mmm.figures.trust import (
    plot_experiments,
    plot_recovery,
    plot_robustness,
    plot_specifications,
)

__all__ = [
    "plot_allocation",
    "plot_carryover_examples",
    "plot_coefficients",
    "plot_contributions_over_time",
    "plot_correlations",
    "plot_curves_against_truth",
    "plot_distributions",
    "plot_elasticities",
    "plot_experiments",
    "plot_fit",
    "plot_forecast",
    "plot_frontier",
    "plot_headline",
    "plot_kpi_and_spend",
    "plot_model_scores",
    "plot_plan_gains",
    "plot_prior_posterior",
    "plot_recovery",
    "plot_residuals",
    "plot_response_curves",
    "plot_returns",
    "plot_robustness",
    "plot_saturation_examples",
    "plot_scenarios",
    "plot_seasonality",
    "plot_specifications",
    "plot_spend_response",
    "plot_vif",
    "plot_waterfall",
    "plot_weekly_spend",
    "verdicts",
]
