"""What notebooks 01, 03 and 05 show about a panel: one call each, silent for other studies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mmm.findings import findings_table
from mmm.panel.audit import audit_panel, audit_pooled
from mmm.panel.cleaning import Panel, panel_spec
from mmm.panel.honest import compare, fit_honest, scenario_beside, true_averages
from mmm.panel.pooled import PooledFit, fit_literal, normal_equations_gap
from mmm.panel.predictor import describe_pooled, focus_rows, pooled_model
from mmm.panel.series import beside_truth, channel_summary, series_returns, wide_table
from mmm.panel.source import is_published, open_panel, panel_truth
from mmm.prose import panel as prose

if TYPE_CHECKING:
    from mmm.workbook import Workbook


WIDE_CAPTION = (
    "ROI per channel by brand and territory, or why there is none; a question mark stands where "
    "the model does not beat the mean of the last four weeks"
)


def show_cleaning(book: Workbook) -> None:
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
    book.say(prose.panel_source(book.study, panel, published=is_published(book.study)))
    book.show_table(panel.steps, caption="Cleaning of the panel", name="panel_cleaning")
    book.show_table(findings_table(checks), caption="Guards of the panel", name="panel_guards")
    book.say(prose.cleaning_reading(panel, checks))


def show_pooled(book: Workbook) -> None:
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
    literal = fit_literal(panel, spec)
    honest = fit_honest(panel, spec, interval=book.study.interval)
    _store_pooled(book, panel, literal)
    book.say("## One regression over the whole panel")
    book.say(prose.literal_reading(literal, spec))
    _show_fit(book, literal)
    checks = audit_pooled(panel, literal, normal_equations_gap(panel, spec, literal))
    book.show_table(
        findings_table(checks), caption="What is wrong with it", name="panel_pooled_guards"
    )
    book.say(prose.honest_reading(honest, spec))
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
        table.assign(channel=table["channel"].map(prose.channel_name)),
        caption="Revenue per unit of spend, by version",
    )
    book.say(prose.difference_reading(table, honest))
    scenario = scenario_beside(literal, honest, panel, truth)
    name = f"{prose.channel_name(spec.scenario_channel)} times {spec.scenario_factor:g}"
    book.show_table(
        scenario,
        caption=f"{name} on the test rows; each row in its own currency",
        name="panel_scenario",
    )
    book.say(prose.scenario_reading(literal, honest, scenario, spec))


def show_series(book: Workbook) -> None:
    """Show one model per series: ROI per channel, and where there is none, why (notebook 05).

    Parameters
    ----------
    book : Workbook
        An open study; nothing is shown unless it has a ``[panel]`` table.
    """
    if book.study.panel is None:
        return
    panel = open_panel(book.study, book.store)
    truth = panel_truth(book.study, book.store)
    result = series_returns(panel, book.study)
    table = result.channels if truth is None else beside_truth(result, truth)
    summary = channel_summary(table)
    book.say("## Every series of the panel on its own")
    book.store.write_table("tables/panel_series_roi.csv", table)
    book.store.write_table("tables/panel_series_fits.csv", result.fits)
    named = summary.assign(channel=summary["channel"].map(prose.channel_name))
    book.show_table(
        named, caption="Series with and without an ROI, by channel", name="panel_channel_summary"
    )
    book.say(prose.series_reading(result, summary))
    wide = wide_table(result)
    wide = wide.rename(columns={c: prose.channel_name(c) for c in panel.channels})
    book.show_table(wide, caption=WIDE_CAPTION)
