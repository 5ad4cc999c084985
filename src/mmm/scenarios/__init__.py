"""What-if plans: a scenario of the study file, for past or future weeks, and what it changes."""

from mmm.scenarios.play import (
    OutOfRange,
    ScenarioResult,
    beyond_observed,
    evaluate,
    out_of_range,
    play,
    weekly_spend,
)
from mmm.scenarios.setting import Setting, file_setting, forecast, setting_of, window_setting
from mmm.scenarios.tables import range_in_words, scenario_table, spend_table

__all__ = [
    "OutOfRange",
    "ScenarioResult",
    "Setting",
    "beyond_observed",
    "evaluate",
    "file_setting",
    "forecast",
    "out_of_range",
    "play",
    "range_in_words",
    "scenario_table",
    "setting_of",
    "spend_table",
    "weekly_spend",
    "window_setting",
]
