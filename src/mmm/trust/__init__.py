"""Can the data answer at all? Grades, checks, and how far answers depend on choices."""

from mmm.findings import ChannelFinding, named_findings
from mmm.model.curves import with_main_forms
from mmm.trust.always_on import always_on_findings
from mmm.trust.baseline import component_table, regular_before, regular_share, yearly_blocks
from mmm.trust.confounding import confounding_findings, robustness_table
from mmm.trust.experiments import channels_to_help, compare_designs, simulate_lift_test
from mmm.trust.grades import chance_half_off, grade_table, inseparable, joint_table, share_graded
from mmm.trust.no_effect import beside_own_forms, no_effect_table
from mmm.trust.outliers import outlier_finding, outlier_table
from mmm.trust.placebo import placebo_findings, placebo_table, usual_return
from mmm.trust.plausibility import (
    extrapolation_findings,
    misfit_finding,
    of_the_model,
    plausible_findings,
    together_finding,
)
from mmm.trust.recovery import Units, recover, recovery_table
from mmm.trust.regional import regional_findings
from mmm.trust.specifications import (
    contraction_findings,
    prior_sensitivity,
    rolling_origin,
    specification_curve,
    specification_findings,
)
from mmm.trust.twins import make_twins

__all__ = [
    "ChannelFinding",
    "Units",
    "always_on_findings",
    "beside_own_forms",
    "chance_half_off",
    "channels_to_help",
    "compare_designs",
    "component_table",
    "confounding_findings",
    "contraction_findings",
    "extrapolation_findings",
    "grade_table",
    "inseparable",
    "joint_table",
    "make_twins",
    "misfit_finding",
    "named_findings",
    "no_effect_table",
    "of_the_model",
    "outlier_finding",
    "outlier_table",
    "placebo_findings",
    "placebo_table",
    "plausible_findings",
    "prior_sensitivity",
    "recover",
    "recovery_table",
    "regional_findings",
    "regular_before",
    "regular_share",
    "robustness_table",
    "rolling_origin",
    "share_graded",
    "simulate_lift_test",
    "specification_curve",
    "specification_findings",
    "together_finding",
    "usual_return",
    "with_main_forms",
    "yearly_blocks",
]
