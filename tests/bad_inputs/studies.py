"""Malformed study files: the default study with one line broken, and what must be said."""

from __future__ import annotations

from mmm import paths

#: old line -> (new line, what the error must say); the old line is in the default study.
LINES: dict[str, list[tuple[str, str]]] = {
    "schema = 1": [
        ("", "schema"),
        ("schema = 2", "this version reads 1"),
        ('schema = "1"', "schema"),
        ("schema = 1.0", "schema"),
    ],
    'title = "Halo case study"': [
        ('title = ""', "title"),
        ("title = 3", "title"),
        ('titel = "Halo"', "did you mean 'title'"),
        ('title = "Halo', "line 3"),
        ('title = "a"\ntitle = "b"', "overwrite"),
    ],
    "seed = 1": [
        ("seed = -1", "seed"),
        ("seed = 1.5", "seed"),
        ('seed = "one"', "seed"),
        ("seed = true", "seed"),
        ("seed = = 1", "line"),
        ("sed = 1", "did you mean 'seed'"),
        ("", "seed: required"),
    ],
    "interval = 0.90 ": [
        ("interval = 90 ", "interval"),
        ("interval = 0.5 ", "interval"),
        ("interval = nan ", "interval"),
        ('interval = "90 %" ', "interval"),
    ],
    "margin = 1.0 ": [
        ("margin = 0.0 ", "margin"),
        ("margin = -0.4 ", "margin"),
        ("margin = 40 ", "margin"),
        ("margin = inf ", "margin"),
    ],
    "window_weeks = 52": [("window_weeks = -1", "window_weeks"), ("window_weeks = 4.5", "window")],
    'pre_history = "zero"': [('pre_history = "none"', "'average'"), ("pre_history = 0", "pre_h")],
    "[data]": [("[dta]", "did you mean 'data'"), ("[data", "line"), ("[[data]]", "data")],
    'file = "halo_case_study.csv"': [("", "data.file"), ('file = ""', "data.file")],
    'date = "week"': [('date = ""', "data.date"), ('date = "revenue"', "used twice")],
    'kpi = "revenue"': [
        ('kpi = "tv_spend"', "used twice"),
        ('kpi = "revenue"\nkpi_type = "money"', "kpi_type"),
        ('kpi = "revenue"\nvalue_per_unit = 3.0', "kpi_type = 'units'"),
        ('kpi = "revenue"\nfrequency = "monthly"', "frequency"),
        ('kpi = "revenue"\nspend_column = "spend"', "channel_column"),
    ],
    "[channels.tv]": [
        ("[channels.baseline]", "means something else"),
        ("[chanels.tv]", "did you mean 'channels'"),
        ('[channels." "]', "must not be empty"),
    ],
    'spend = "tv_spend"': [
        ("", "channels.tv.spend"),
        ('spend = "search_spend"', "used twice"),
        ('spend = "tv_spend"\nbounds = [2.0, 1.0]', "low <= high"),
        ('spend = "tv_spend"\nbounds = [-0.5, 1.0]', "low <= high"),
        ('spend = "tv_spend"\nbounds = [0.5]', "bounds"),
        ('spend = "tv_spend"\nbounds = ["a", "b"]', "bounds"),
        ('spend = "tv_spend"\nsaturation = "sigmoid"', "saturation"),
        ('spend = "tv_spend"\ndemand_capture = "yes"', "demand_capture"),
        ('spend = "tv_spend"\nroi = 3.0', "unknown key"),
    ],
    'label = "TV"': [('label = "Search"', "used twice"), ('label = ""', "channels.tv.label")],
    "season_harmonics = 2": [
        ("season_harmonics = 30", "season_harmonics"),
        ('season_harmonics = 2\nholidays = "Atlantis"', "ISO code"),
    ],
    'columns = ["supply_shortage", "viral_moment"]': [
        ('columns = "supply_shortage"', "controls.columns"),
        ('columns = ["supply_shortage"]', "viral_moment"),
        ('columns = ["supply_shortage", "supply_shortage", "viral_moment"]', "used twice"),
    ],
    'channels = ["tv", "digital_video"]': [
        ('channels = ["tv", "tv"]', "with itself"),
        ('channels = ["tv"]', "synergy"),
        ('channels = ["tv", "vidio"]', "unknown channel 'vidio'"),
    ],
    "[holdout]\nweeks = 13": [
        ("[holdout]\nweeks = 0", "holdout.weeks"),
        ("[holdout]\nweeks = 103", "fewer than"),
        ("[hold_out]\nweeks = 13", "did you mean 'holdout'"),
    ],
    'kind = "shift"': [('kind = "move"', "scenarios"), ("", "scenarios")],
    'name = "Move 10 % of TV to Social"': [
        ('name = "Search +30 %"', "used twice"),
        ('name = "Today"', "taken"),
        ('name = ""', "scenarios"),
    ],
    'from = "tv"': [('from = "social"', "itself"), ('from = "tele"', "unknown channel 'tele'")],
    'to = ["social"]': [
        ("to = []", "scenarios"),
        ('to = ["social", "social"]', "twice"),
        ('to = ["sociall"]', "did you mean 'social'"),
    ],
    "share = 0.10": [
        ("share = 10", "share"),
        ("share = 0.0", "share"),
        ("share = -0.1", "share"),
        ("", "share"),
    ],
    'adstock = "geometric"': [
        ('adstock = "exponential"', "adstock"),
        ('adstock = ""', "adstock"),
        ('adstock = "weibull"', "only geometric"),
    ],
    "max_lag = 8": [("max_lag = 52", "max_lag"), ("max_lag = -1", "max_lag")],
    "start = 2025-09-01": [
        ("", "a pause needs start and end"),
        ('start = "soon"', "start"),
        ("start = 2025-12-31", "start"),
    ],
    "markets = 0.30": [("markets = 30", "markets"), ("markets = 0.0", "markets")],
    'channels = ["ecommerce_display"]': [
        ("channels = []", "channels"),
        ('channels = ["ecommerce"]', "did you mean 'ecommerce_display'"),
    ],
    'file = "next_quarter.csv"': [
        ('file = ""', "file"),
        ('file = "next_quarter.csv"\nstart = 2026-01-05', "remove plan, start and end"),
    ],
    "shares = [0.6, 0.4]": [
        ("shares = [0.6]", "shares"),
        ("shares = [0.6, 0.6]", "shares"),
        ("shares = [-0.6, 1.6]", "shares"),
    ],
    "target_roi = 1.8": [
        ("target_roi = 0", "target_roi"),
        ('objective = "median"', "objective"),
        ("max_change = 50", "max_change"),
        ('fixed = ["tele"]', "unknown channel 'tele'"),
    ],
    "max_share = 0.70": [
        ("max_share = 70", "max_share"),
        ("max_share = 0.7\nmin_share = 0.8", "below min_share"),
    ],
    "factor = 1.30": [("factor = -1.0", "factor"), ("factor = nan", "factor")],
    "add = 50_000": [("add = 0", "optimize.add"), ("add = -5", "optimize.add")],
}

WHOLE: dict[str, tuple[bytes, str]] = {
    "an empty study file": (b"", "schema"),
    "not UTF-8": ('title = "Café"'.encode("latin-1"), "UTF-8"),
    "JSON instead of TOML": (b'{"title": "Halo"}', "not valid TOML"),
    "only a table": (b"[data]\n", "required"),
    "a control character": (b'title = "a\x00b"', "not valid TOML"),
    "ten thousand brackets": (b"a = " + b"[" * 10_000, "not valid TOML"),
}


def corpus() -> dict[str, tuple[bytes, str]]:
    """Return all malformed study files: name -> content, and what the error must say."""
    good = (paths.data_folder() / paths.DEFAULT_STUDY / "study.toml").read_text("utf-8")
    found = dict(WHOLE)
    for old, changes in LINES.items():
        if old not in good:
            raise ValueError(f"the default study has no line {old!r}: renew this corpus")
        for new, expected in changes:
            found[f"{old!r} becomes {new!r}"] = good.replace(old, new, 1).encode(), expected
    return found
