"""What spend returned, and what other spend would return."""

from mmm.decide.budgets import extra_budget, frontier, optimism, without_caution
from mmm.decide.certificate import certificate
from mmm.decide.compare import compare, recommendation_table, regret_table
from mmm.decide.learned import learned_table, roi_intervals
from mmm.decide.limits import GroupShare, Limits
from mmm.decide.on_air import while_on_air
from mmm.decide.optimize import optimize
from mmm.decide.recommend import moves, recommend
from mmm.decide.scenario_weeks import forecast, future_plan, future_settings
from mmm.decide.scenarios import (
    beyond_observed,
    evaluate,
    evaluate_all,
    scenario_table,
    spend_table,
)
from mmm.decide.targets import target_budgets

__all__ = [
    "GroupShare",
    "Limits",
    "beyond_observed",
    "certificate",
    "compare",
    "evaluate",
    "evaluate_all",
    "extra_budget",
    "forecast",
    "frontier",
    "future_plan",
    "future_settings",
    "learned_table",
    "moves",
    "optimism",
    "optimize",
    "recommend",
    "recommendation_table",
    "regret_table",
    "roi_intervals",
    "scenario_table",
    "spend_table",
    "target_budgets",
    "while_on_air",
    "without_caution",
]
