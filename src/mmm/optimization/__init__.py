"""Budget allocation by SciPy's SLSQP, and the certificate that checks each plan."""

from mmm.optimization.certificate import cautions, certificate, gain_is_likely
from mmm.optimization.compare import allocations, compare, recommendation_table, regret_table
from mmm.optimization.explore import (
    Budgets,
    Optimism,
    extra_budget,
    frontier,
    optimism,
    without_caution,
)
from mmm.optimization.limits import Feasible, GroupShare, Limits, project, to_cents
from mmm.optimization.objectives import OBJECTIVES
from mmm.optimization.solve import Allocation, OptimalPlan, optimize, plan_by_roi
from mmm.optimization.surrogate import Surrogate
from mmm.optimization.targets import (
    Target,
    budget_for_mroi,
    budget_for_roi,
    target_budgets,
)

__all__ = [
    "OBJECTIVES",
    "Allocation",
    "Budgets",
    "Feasible",
    "GroupShare",
    "Limits",
    "OptimalPlan",
    "Optimism",
    "Surrogate",
    "Target",
    "allocations",
    "budget_for_mroi",
    "budget_for_roi",
    "cautions",
    "certificate",
    "compare",
    "extra_budget",
    "frontier",
    "gain_is_likely",
    "optimism",
    "optimize",
    "plan_by_roi",
    "project",
    "recommendation_table",
    "regret_table",
    "target_budgets",
    "to_cents",
    "without_caution",
]
