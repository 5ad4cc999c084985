"""A panel: what cleaning did, and why one pooled regression misleads."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mmm.findings import Finding, findings_table
from mmm.formatting import listing, percent, plural, ratio, short
from mmm.panel.cleaning import Panel, panel_spec, series_table
from mmm.panel.corrected import compare, fit_corrected, scenario_beside, true_averages
from mmm.panel.guards import audit_panel, audit_pooled
from mmm.panel.pooled import SERIES_MEAN, PooledFit, fit_as_published, normal_equations_gap
from mmm.panel.predictor import describe_pooled, focus_rows, pooled_model
from mmm.panel.source import is_published, open_panel, panel_truth
from mmm.show.words import bullets
from mmm.show.workbook import Workbook
from mmm.study.panel import PanelSpec
from mmm.study.study import Study

PUBLISHED = (
    "Anderson (2024), *Multi-Region Marketing Mix Modeling Dataset for Several eCommerce Brands*, "
    "Conjura, [figshare 10.6084/m9.figshare.25314841]"
    "(https://doi.org/10.6084/m9.figshare.25314841), CC BY 4.0"
)


def channel_name(channel: str) -> str:
    """Write a channel of the schema for people.

    Examples
    --------
    >>> channel_name("GOOGLE_PAID_SEARCH"), channel_name("GOOGLE_PMAX")
    ('Google Paid Search', 'Google PMax')
    """
    return channel.replace("_", " ").title().replace("Pmax", "PMax").replace("Tiktok", "TikTok")


def panel_source(study: Study, panel: Panel, *, published: bool) -> str:
    """Say which file the panel is, and which of its series the notebooks study."""
    series = series_table(panel.frame)
    assert study.panel is not None
    focus = series[series["series"] == study.panel.focus].iloc[0]
    where = (
        f"The panel is the published file: {PUBLISHED}."
        if published
        else f"The panel is a **simulated twin** of the public Conjura set ({PUBLISHED}): same "
        f"columns and size, invented numbers, known truth. Put the published file "
        f"`{study.data.file}` into the study's folder and it is used unchanged."
    )
    return (
        f"{where} It holds {len(panel.frame):,} rows: {len(series)} daily series of "
        f"{plural(series['brand'].nunique(), 'brand')} in {series['currency'].nunique()} "
        f"currencies. The weekly notebooks study one of them, "
        f"`{focus['series'][:8]}` ({focus['territory']}, {focus['currency']}, "
        f"{focus['days']:,} days), added up to weeks from Monday to Sunday; a partial first or "
        f"last week is left out."
    )


def cleaning_reading(panel: Panel, checks: list[Finding]) -> str:
    """Sum up what the cleaning means for every later number."""
    blended = panel.frame["blended_roi"]
    open_points = [check.check for check in checks if check.status != "PASS"]
    lines = [
        f"**Blended ROI**, revenue / (total spend + 1), is {ratio(float(blended.median()))} on "
        f"the median day. It divides all revenue by spend, so it is not incremental; the 1 is "
        f"one unit of whatever currency the row is in, and a day without spend gets its revenue "
        f"as ROI (the highest is {short(float(blended.max()))}).",
        "Nothing below adds up two currencies, except the literal regression, which says so.",
    ]
    if open_points:
        lines.append(f"To keep in mind: {listing(open_points)}.")
    return bullets(lines)


def _beside_naive(fit: PooledFit, spec: PanelSpec) -> str:
    model = fit.scores.loc[fit.scores["kind"] == "model", "model"].iloc[0]
    last = f"last {spec.naive_days} days"
    r2 = {name: fit.score(name, "test_r2") for name in (model, SERIES_MEAN, last)}
    return (
        f"test R² {ratio(r2[model])}, beside {ratio(r2[SERIES_MEAN])} for the mean of each series "
        f"and {ratio(r2[last])} for the mean of its {last}"
    )


def _naive(fit: PooledFit) -> str:
    """Name the naive forecasts that predict better."""
    forecasts = "forecast" if len(fit.beaten_by) == 1 else "forecasts"
    return f"The naive {forecasts} by the {listing(fit.beaten_by)}"


def literal_reading(fit: PooledFit, spec: PanelSpec) -> str:
    """Say how the classic regression does and whether a naive forecast beats it."""
    verdict = (
        f"{_naive(fit)} beat{'s' if len(fit.beaten_by) == 1 else ''} it without "
        f"knowing any spend, so its R² is no evidence that it understands advertising."
        if fit.beaten_by
        else "It predicts better than both; that alone does not make its coefficients effects."
    )
    return (
        f"**To the letter**: {fit.rows['train_rows']:,} training rows up to {spec.cutoff}, "
        f"{fit.rows['test_rows']:,} test rows of {fit.rows['test_series']} series; "
        f"{_beside_naive(fit, spec)}. {verdict} Errors are in {fit.unit}; the MSE is the mean "
        f"squared error, the RMSE its root."
    )


def honest_reading(fit: PooledFit, spec: PanelSpec) -> str:
    """Say how the honest version does."""
    verdict = (
        f"{_naive(fit)} still predict{'s' if len(fit.beaten_by) == 1 else ''} "
        f"better: these series drift more than their advertising explains."
        if fit.beaten_by
        else "It predicts better than both naive forecasts."
    )
    return (
        f"**The honest version** leaves out {fit.rows['left_out']:,} rows (roll-ups, and series "
        f"that start after the cut-off) and the three mediators, and divides each series by its "
        f"own mean: {_beside_naive(fit, spec)}. {verdict} Errors are in shares of a series' mean "
        f"daily revenue, so no currency dominates."
    )


def difference_reading(table: pd.DataFrame, honest: PooledFit) -> str:
    """Explain how and why the coefficients of the two versions differ."""
    gap = (table["literal"] - table["honest"]).abs()
    worst = table.loc[gap.idxmax()]
    lines = [
        f"The versions differ most for **{channel_name(worst['channel'])}**: one more unit of "
        f"spend goes with {ratio(worst['literal'])} of revenue in the literal version and "
        f"{ratio(worst['honest'])} ({ratio(worst['honest_low'])} to "
        f"{ratio(worst['honest_high'])}) in the honest one.",
        "A pooled coefficient in mixed currencies mostly compares large series with small ones: "
        "a market that sells ten times as much also spends ten times as much. Scaled and with a "
        "level per series, the honest version compares each series with itself.",
        "The mediators are clicks that advertising causes; holding them fixed asks what spend "
        "does without the visits it brings.",
    ]
    negative = table[table["literal"] < 0]
    if len(negative):
        names = listing([channel_name(name) for name in negative["channel"]])
        lines.append(f"In the literal version {names} would destroy revenue.")
    unsure = table[(table["honest_low"] < 0) & (table["honest_high"] > 0)]
    if len(unsure):
        names = listing([channel_name(name) for name in unsure["channel"]])
        lines.append(f"In the honest version zero is inside the interval of {names}.")
    if "true_mroi" in table:
        off = {v: (table[v] / table["true_mroi"] - 1).abs().mean() for v in ("literal", "honest")}
        lines.append(
            f"**Beside the truth** of the twin (the next unit of spend, average of the series): "
            f"the literal coefficients are off by {percent(off['literal'])} on average, the "
            f"honest ones by {percent(off['honest'])}."
        )
    lines.append(
        f"Even the honest line lacks carryover, saturation and a coefficient for each of the "
        f"{honest.rows['train_series']} series: the models per series have all three."
    )
    return bullets(lines)


def scenario_reading(
    literal: PooledFit, honest: PooledFit, table: pd.DataFrame, spec: PanelSpec
) -> str:
    """Report the what-if of the pooled regressions."""
    column = f"{spec.scenario_channel}_SPEND"
    change = percent(spec.scenario_factor - 1, signed=True)
    text = (
        f"**{change} {channel_name(spec.scenario_channel)} on the test rows**: each extra unit "
        f"of spend adds {ratio(literal.coefficient(column))} in the literal version, "
        f"{ratio(honest.coefficient(column))} in the honest one"
    )
    if "true_extra_revenue" in table:
        known = table.dropna(subset="true_extra_revenue")
        known = known[known["honest_extra_spend"] > 0]
        true = known["true_extra_revenue"] / known["honest_extra_spend"]
        text += f", and in truth {ratio(float(true.median()))} in the median currency"
    return (
        f"{text}. The naive forecasts know no spend and predict no change. Amounts stay in their "
        f"currency and have no sum."
    )


def cleaning(book: Workbook) -> None:
    """Show where the panel comes from, what cleaning did, and the guards (notebook 01).

    Parameters
    ----------
    book : Workbook
        An open study; nothing is shown unless it has a ``[panel]`` table.
    """
    if book.study.panel is None:
        return
    panel, spec = open_panel(book.study, book.store), panel_spec(book.study)
    checks = audit_panel(panel, spec)
    book.say("## The panel around the focus series")
    book.say(panel_source(book.study, panel, published=is_published(book.study)))
    book.show_table(panel.steps, caption="Cleaning of the panel", name="panel_cleaning")
    book.show_table(findings_table(checks), caption="Guards of the panel", name="panel_guards")
    book.say(cleaning_reading(panel, checks))


def pooled(book: Workbook) -> None:
    """Show the pooled regression, to the letter and honest (notebook 03).

    Parameters
    ----------
    book : Workbook
        An open study; nothing is shown unless it has a ``[panel]`` table.
    """
    if book.study.panel is None:
        return
    panel, spec = open_panel(book.study, book.store), panel_spec(book.study)
    truth = panel_truth(book.study, book.store)
    literal = fit_as_published(panel, spec)
    honest = fit_corrected(panel, spec, interval=book.study.interval)
    _store_pooled(book, panel, literal)
    book.say("## One regression over the whole panel")
    book.say(literal_reading(literal, spec))
    _show_fit(book, literal)
    checks = audit_pooled(panel, literal, normal_equations_gap(panel, spec, literal))
    book.show_table(
        findings_table(checks), caption="What is wrong with it", name="panel_pooled_guards"
    )
    book.say(honest_reading(honest, spec))
    _show_fit(book, honest)
    _show_difference(book, panel, literal, honest, truth)


def _store_pooled(book: Workbook, panel: Panel, literal: PooledFit) -> None:
    """Store the literal version as a model that answers without the panel."""
    spec, study = panel_spec(book.study), book.study
    model = pooled_model(panel, spec, literal)
    book.store.write_json("models/pooled.json", describe_pooled(model, literal, spec, study))
    book.store.write_table("tables/panel_literal_fitted.csv", focus_rows(panel, spec, model))


def _show_fit(book: Workbook, fit: PooledFit) -> None:
    book.store.write_table(f"tables/panel_{fit.name}_scores.csv", fit.scores)
    names = {
        f"{part}_{score}": f"{part} {label}"
        for part in ("train", "test")
        for score, label in (("r2", "R²"), ("mse", "MSE"), ("rmse", "RMSE"))
    }
    shown = fit.scores.drop(columns="kind").rename(columns=names)
    book.show_table(
        shown, caption=f"Scores of the {fit.name} version; RMSE in {fit.unit}, MSE in its square"
    )
    caption = f"Coefficients of the {fit.name} version"
    if fit.name == "honest":
        caption += ", with confidence intervals clustered by brand"
    book.store.write_table(f"tables/panel_{fit.name}_coefficients.csv", fit.terms)
    book.show_table(_brief(fit.terms), caption=caption)


def _brief(terms: pd.DataFrame) -> pd.DataFrame:
    """Leave the calendar levels to the stored table."""
    levels = terms["term"].str.startswith(("month ", "day of week "))
    return terms[~levels]


def _show_difference(
    book: Workbook,
    panel: Panel,
    literal: PooledFit,
    honest: PooledFit,
    truth: dict[str, Any] | None,
) -> None:
    spec = panel_spec(book.study)
    table = compare(literal, honest, panel)
    if truth is not None:
        table = table.join(true_averages(truth, panel), on="channel")
    book.store.write_table("tables/panel_pooled_comparison.csv", table)
    book.show_table(
        table.assign(channel=table["channel"].map(channel_name)),
        caption="Revenue per unit of spend, by version",
    )
    book.say(difference_reading(table, honest))
    scenario = scenario_beside(literal, honest, panel, truth)
    name = f"{channel_name(spec.scenario_channel)} times {spec.scenario_factor:g}"
    book.show_table(
        scenario,
        caption=f"{name} on the test rows; each row in its own currency",
        name="panel_scenario",
    )
    book.say(scenario_reading(literal, honest, scenario, spec))
