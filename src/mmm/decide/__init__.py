"""What spend returned, and what other spend would return."""

from mmm.decide.budgets import Budgets, Optimism, extra_budget, frontier, optimism, without_caution
from mmm.decide.certificate import cautions, certificate, gain_is_likely
from mmm.decide.compare import allocations, compare, recommendation_table, regret_table
from mmm.decide.limits import Feasible, GroupShare, Limits, project, to_cents
from mmm.decide.optimize import Allocation, OptimalPlan, optimize, plan_by_roi
from mmm.decide.scenario_weeks import (
    Setting,
    file_setting,
    forecast,
    future_plan,
    future_settings,
    setting_of,
    window_setting,
)
from mmm.decide.scenarios import (
    OutOfRange,
    ScenarioResult,
    beyond_observed,
    evaluate,
    evaluate_all,
    out_of_range,
    range_in_words,
    scenario_table,
    spend_table,
    weekly_spend,
)
from mmm.decide.search import OBJECTIVES, Surrogate
from mmm.decide.targets import Target, budget_for_mroi, budget_for_roi, target_budgets

__all__ = [
    "OBJECTIVES",
    "Allocation",
    "Budgets",
    "Feasible",
    "GroupShare",
    "Limits",
    "OptimalPlan",
    "Optimism",
    "OutOfRange",
    "ScenarioResult",
    "Setting",
    "Surrogate",
    "Target",
    "allocations",
    "beyond_observed",
    "budget_for_mroi",
    "budget_for_roi",
    "cautions",
    "certificate",
    "compare",
    "evaluate",
    "evaluate_all",
    "extra_budget",
    "file_setting",
    "forecast",
    "frontier",
    "future_plan",
    "future_settings",
    "gain_is_likely",
    "optimism",
    "optimize",
    "out_of_range",
    "plan_by_roi",
    "project",
    "range_in_words",
    "recommendation_table",
    "regret_table",
    "scenario_table",
    "setting_of",
    "spend_table",
    "target_budgets",
    "to_cents",
    "weekly_spend",
    "window_setting",
    "without_caution",
]
