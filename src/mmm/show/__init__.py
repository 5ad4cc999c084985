"""Results -> figures with their words, and sentences: one module a notebook.

Every number in notebooks and report is written here. A notebook calls by module, as in
``book.show(show.returns.by_channel(table, weekly, study))``.
"""

from mmm.show import (
    budget,
    checks,
    curves,
    data,
    exploration,
    grades,
    holdout,
    linear,
    panel,
    plan_words,
    returns,
    scenarios,
    summary,
    trust,
)

__all__ = [
    "budget",
    "checks",
    "curves",
    "data",
    "exploration",
    "grades",
    "holdout",
    "linear",
    "panel",
    "plan_words",
    "returns",
    "scenarios",
    "summary",
    "trust",
]

# What notebooks 06 to 08 still call without its module.
# ruff: noqa: F401, F811
from mmm.show.budget import (
    allocation,
    caution,
    certified,
    fixed_and_extra,
    frontier,
    honest_optimum,
    plan_gains,
    plot_allocation,
    plot_frontier,
    plot_plan_gains,
    price_of_limits,
    regret,
    target_budgets,
)
from mmm.show.grades import (
    findings_reading,
    grade_sentences,
    grades_reading,
    help_sentences,
    joint_reading,
    lift_reading,
    method_reading,
    no_effect_reading,
    trust_summary,
    wider_reading,
    zero_reading,
)
from mmm.show.plan_words import plan_in_words
from mmm.show.scenarios import (  # type: ignore[no-redef]
    about_future,
    future_plan,
    plot_forecast,
    plot_scenarios,
    scenario_reading,
    scenarios,
)
from mmm.show.summary import card, executive_summary, insights
from mmm.show.trust import (
    experiments_figure,
    plot_experiments,
    plot_recovery,
    plot_robustness,
    plot_specifications,
    recovery_figure,
    robustness_figure,
    specifications_figure,
)
