"""A study with real numbers whose channels, scenarios and checks a hostile user has named."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
from nbformat.v4 import new_markdown_cell, new_notebook
from pages import HOSTILE, code, figure

from mmm import decide, show
from mmm.data.weekly import WeeklyData
from mmm.decide import returns, whatif
from mmm.decide.returns import summarize
from mmm.findings import Finding, findings_table
from mmm.formatting import between, chance, money, percent, ratio
from mmm.model.additive import AdditiveModel
from mmm.store import Store
from mmm.study.schema import Add, Multiply, Shift
from mmm.study.study import Study

NAMES = {
    "tv": '"><img src=x onerror=alert(1)>',
    "video": "\u0641\u064a\u062f\u064a\u0648 \U0001f3ac " + "verylongchannelname" * 8,
    "search": "<script>alert('channel')</script>",
}
SCENARIOS = (
    Shift(kind="shift", name=f"Shift {HOSTILE}", **{"from": "tv"}, to=("video",), share=0.25),
    Multiply(kind="multiply", name="Search \U0001f50e off", channel="search", factor=0.0),
    Multiply(kind="multiply", name="Double TV", channel="tv", factor=2.5),
    Add(kind="add", name="More " * 30, amount=123_456.0, to=("tv", "video", "search")),
)


def hostile_study(study: Study) -> Study:
    """Return the study with labels and scenarios that try to break the page."""
    channels = {
        name: channel.model_copy(update={"label": NAMES[name]})
        for name, channel in study.channels.items()
    }
    return study.model_copy(update={"channels": channels, "scenarios": SCENARIOS})


def write_live_run(
    folder: Path, study: Study, weekly: WeeklyData, model: AdditiveModel
) -> dict[str, Any]:
    """Write what the notebooks of a study would leave; return the results by name of plan."""
    store = Store(folder)
    plan = returns.current_plan(model, weekly, window_weeks=52)
    parts = returns.contributions(model, weekly)
    totals = parts.totals(52)
    results = decide.evaluate_all(model, weekly, study)
    bounds = [(0.5, 1.6)] * len(plan.channels)
    search = {"rng": np.random.default_rng(2), "starts": 3, "objective": "mean"}
    best = decide.optimize(plan, bounds, **search)
    extra = decide.optimize(plan, bounds, budget=1.1 * best.budget, **search)
    terms = {"interval": study.interval, "margin": study.profit_margin}
    table = returns.channel_returns(plan, parts, **terms)
    findings = [Finding("weeks", "REVIEW", f"few {HOSTILE}", "wait"), Finding("dates", "PASS", "")]
    stored = whatif.scenario_offers(study.scenarios, results, plan)
    optimum = whatif.PresetPlan("Optimal plan", best.best.multipliers)
    offers = [*stored, optimum, whatif.PresetPlan("Later", None)]
    sliders = whatif.export(plan, weekly, offers=offers, revenue=totals.sum())
    priced = decide.scenario_table(results, labels=study.labels, **terms)
    checks = decide.certificate(plan, best, study.currency)
    advice = decide.recommend(table, plan, best, extra, findings, study)
    summary = show.summary.executive(advice, table, plan, totals, findings, study, simulated=True)
    shares = {"source": totals.index, "contribution": totals, "contribution_share": totals}
    tables = {
        "returns": table,
        "scenarios": priced,
        "channel_contributions": pd.DataFrame(shares),
        "budget_recommendations": decide.recommendation_table(plan, best),
        "certificate": findings_table(checks).drop(columns="remedy"),
        "data_quality": findings_table(findings),
    }
    for name, content in tables.items():
        store.write_table(f"tables/{name}.csv", content)
    store.write_json("reports/summary.json", summary)
    store.write_json("reports/whatif.json", sliders)
    picture = show.returns.by_channel(table, weekly, study)
    words = {"title": picture.title, "caption": picture.caption, "alt": picture.alt}
    cells = [
        new_markdown_cell("# What does each channel earn?"),
        code("draw()", figure("returns", **words)),
    ]
    store.write_text("notebooks/05_roi.ipynb", nbformat.writes(new_notebook(cells=cells)))
    changes = {
        result.name: (offer.multipliers, result.revenue_change)
        for offer, result in zip(stored, results, strict=True)
    }
    changes["Optimal plan"] = (best.best.multipliers, best.best.gain)
    return {"plan": plan, "revenue": totals.sum(), "offers": changes, "store": store}


def shown(page, part):
    """Return what a part of the sliders shows."""
    return page.locator(f"#whatif [data-part={part}]").text_content()


def expected(live, multipliers):
    """Return what the page must show of a plan, computed and written by Python."""
    plan, study = live.plan, live.study
    amount = partial(money, currency=study.currency)
    signed = partial(money, currency=study.currency, signed=True)
    change = plan.revenue(multipliers) - plan.revenue(np.ones(3))
    cost = float(plan.total_spend @ (np.asarray(multipliers) - 1))
    cost = 0.0 if abs(cost) < 1 else cost
    spend = float(plan.total_spend @ multipliers)
    profit = change * study.profit_margin - cost
    low, middle, high = summarize(change, study.interval)
    least, gain, most = summarize(profit, study.interval)
    roi = summarize(plan.incremental([0, 1, 2], multipliers) / spend, study.interval)
    return {
        "profit": signed(gain),
        "interval": f"{percent(study.interval)}: {between(least, most, signed)}",
        "change": signed(middle),
        "change-interval": between(low, high, signed),
        "percent": percent(middle / live.revenue, signed=True, digits=1),
        "spend": amount(spend),
        "cost": signed(cost),
        "chance": chance(float(np.mean(profit > 0))),
        "roi": ratio(roi[1]),
        "roi-interval": between(roi[0], roi[2], ratio),
    }
