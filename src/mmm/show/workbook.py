"""What a notebook opens: its study, its artefacts, and how to show figures, tables and prose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes

from mmm import decide, formatting, paths
from mmm.data.files import read_table
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.decide.limits import GroupShare, Limits
from mmm.decide.plan_files import read_plan
from mmm.decide.returns import Plan, contributions, current_plan, roi_series
from mmm.decide.scenarios import ScenarioResult
from mmm.errors import UsageError
from mmm.findings import Finding
from mmm.model import simulate
from mmm.model.additive import AdditiveModel
from mmm.model.bayes.fit import BayesFit, fit_bayes
from mmm.model.files import features_of, fitted_table
from mmm.panel import source
from mmm.show import style, tables
from mmm.show.picture import Picture
from mmm.store import Store
from mmm.study.load import load_study
from mmm.study.schema import Weekly
from mmm.study.streams import stream
from mmm.study.study import Study

#: Estimators that can be the model of record, as ``-p model`` names them.
RECORD_NAMES = {"ridge": "Ridge", "bayes": "Bayesian MMM"}
#: Length of the fit that is only scored on the holdout: its mean and bands need no tail draws.
BRIEFLY: dict[str, Any] = {"draws": 160, "warmup": 100, "chains": 2, "insist": False}


@dataclass(frozen=True)
class Workbook:
    """One study opened by one notebook."""

    study: Study
    store: Store

    @property
    def labels(self) -> dict[str, str]:
        """Label of each channel, in the order of the study."""
        return self.study.labels

    def rng(self, name: str) -> np.random.Generator:
        """Return a random generator of its own for each use of the study's seed.

        Parameters
        ----------
        name : str
            What it is for: one of :data:`mmm.study.streams.STREAMS`.
        """
        return stream(self.study.seed, name)

    def load_raw(self) -> pd.DataFrame:
        """Return the raw table: simulated (and stored with its truth) or read from the file."""
        if self.study.panel is not None:
            return source.load_focus(self.study, self.store)
        if self.study.simulate is None:
            return read_table(self.study.data_file, self.study.data.sheet)
        simulation = simulate.simulate(self.study)
        self.store.write_table(f"data/{self.study.data.file}", simulation.frame)
        self.store.write_json("data/truth.json", simulate.truth_json(simulation))
        return simulation.frame

    @property
    def is_simulated(self) -> bool:
        """Whether the data were made by a process whose truth is known."""
        if self.study.panel is not None:
            return not source.is_published(self.study)
        return self.study.simulate is not None

    @cached_property
    def weekly(self) -> WeeklyData:
        """Clean weekly data written by notebook 01."""
        return weekly_data(self.store.read_table("data/weekly.csv"), self.study)

    @cached_property
    def train(self) -> WeeklyData:
        """The weeks before the holdout."""
        return self.weekly.head(len(self.weekly) - self.study.holdout.weeks)

    @cached_property
    def truth(self) -> AdditiveModel | None:
        """The true model of a simulated study; None where the truth is not known."""
        if not self.is_simulated:
            return None
        return AdditiveModel.from_json(self.store.read_json("data/truth.json"))

    @cached_property
    def model(self) -> AdditiveModel:
        """The model of record, written by notebook 04."""
        return AdditiveModel.from_json(self.store.read_json("models/model.json"))

    @cached_property
    def linear_model(self) -> AdditiveModel:
        """The straight line on all weeks, written by notebook 03."""
        return AdditiveModel.from_json(self.store.read_json("models/ols.json"))

    def plan(self, model: AdditiveModel) -> Plan:
        """Return the current plan of a model over the study's window.

        Parameters
        ----------
        model : AdditiveModel
            Any model of this study.
        """
        return current_plan(model, self.weekly, window_weeks=self.study.window_weeks)

    @property
    def window(self) -> str:
        """The window in words, for captions."""
        weeks = self.weekly.weeks[-self.study.window_weeks :]
        return f"{len(weeks)} weeks, {weeks[0]:%Y-%m-%d} to {weeks[-1]:%Y-%m-%d}"

    @property
    def kpi_currency(self) -> str:
        """Currency of the KPI itself; empty where it counts units."""
        return self.study.currency if self.study.data.kpi_type == "revenue" else ""

    def bayes_fits(
        self, record: str, *, keep: int
    ) -> tuple[BayesFit, BayesFit] | tuple[None, None]:
        """Fit the Bayesian MMM on the training weeks (briefly, to judge it) and on all weeks.

        Parameters
        ----------
        record : str
            Estimator of record; nothing is fitted for ``ridge``, the fast path.
        keep : int
            Draws of the second fit to keep: the fixed subset that all figures use.

        Raises
        ------
        UsageError
            If there is no such estimator.
        """
        if record not in RECORD_NAMES:
            raise UsageError(f"model = {record!r}: choose one of {', '.join(RECORD_NAMES)}.")
        if record == "ridge":
            return None, None
        seed = self.study.seed
        trained = fit_bayes(self.train, self.study, seed=seed, **BRIEFLY)
        return trained, fit_bayes(self.weekly, self.study, seed=seed, keep=keep)

    @property
    def record_name(self) -> str:
        """Name of the estimator of record in tables and figures."""
        return RECORD_NAMES[self.model.name]

    @property
    def limits(self) -> Limits:
        """What the study lets the optimizer do."""
        place = {name: c for c, name in enumerate(self.study.channels)}
        groups = tuple(
            GroupShare(name, tuple(place[c] for c in g.channels), g.min_share, g.max_share)
            for name, g in self.study.optimize.groups.items()
        )
        return Limits(tuple(self.study.bounds), groups)

    def evaluate(self, model: AdditiveModel) -> list[ScenarioResult]:
        """Evaluate the study's scenarios under a model.

        Parameters
        ----------
        model : AdditiveModel
            Any model of this study.
        """
        return decide.evaluate_all(self.study.scenarios, model, self.weekly, self.study)

    def forecasts(self) -> dict[str, decide.Setting]:
        """Return the scenarios that plan future weeks, by name."""
        named = {s.name: s for s in self.study.scenarios if isinstance(s, Weekly)}
        settings = {
            name: decide.setting_of(s, self.model, self.weekly, self.study)
            for name, s in named.items()
        }
        return {name: setting for name, setting in settings.items() if setting.is_future}

    def future_plan(self, model: AdditiveModel) -> decide.Setting | None:
        """Return the future weeks that are to be optimized; None where the study names none.

        Parameters
        ----------
        model : AdditiveModel
            Any model of this study.
        """
        if self.study.optimize.plan is None:
            return None
        file = read_plan(self.study.folder / self.study.optimize.plan, self.study)
        return decide.file_setting(model, self.weekly, self.study, file, as_base=True)

    def predict(self, model: AdditiveModel) -> np.ndarray:
        """Return the expected KPI of all weeks, mean over draws.

        Parameters
        ----------
        model : AdditiveModel
            Any model of this study.
        """
        weekly = self.weekly
        draws = model.predict(weekly.media.to_numpy(float), weekly.weeks, weekly.controls)
        return np.asarray(draws.mean(axis=0))

    def save_model(self, model: AdditiveModel) -> None:
        """Store the model of record and what a caller must hand it.

        Parameters
        ----------
        model : AdditiveModel
            The model.
        """
        frame = self.store.read_table("data/weekly.csv")
        features = features_of(model, self.weekly, frame, self.study)
        fitted = fitted_table(model, self.weekly, self.study.holdout.weeks)
        self.store.write_json("models/model.json", model.to_json())
        self.store.write_json("models/model_features.json", features)
        self.store.write_table("tables/fitted_weeks.csv", fitted)

    @property
    def true_roi(self) -> pd.Series | None:
        """True ROI per channel over the window; None where the truth is not known."""
        return None if self.truth is None else roi_series(self.plan(self.truth))

    def beside_truth(self, values: pd.Series, column: str) -> pd.DataFrame:
        """Return figures per channel with the true ROI beside them where it is known.

        Parameters
        ----------
        values : Series
            ROI per channel.
        column : str
            What to call them.
        """
        table = pd.DataFrame({"channel": values.index, column: values.to_numpy()})
        truth = self.true_roi
        return table if truth is None else table.assign(true_roi=truth.to_numpy())

    def contribution_table(self, totals: pd.Series) -> pd.DataFrame:
        """Return contributions with their shares and, where it is known, the truth.

        Parameters
        ----------
        totals : Series
            Mean total per source.
        """
        table = pd.DataFrame(
            {
                "source": totals.index,
                "contribution": totals.to_numpy(),
                "contribution_share": totals.to_numpy() / totals.sum(),
            }
        )
        if self.truth is None:
            return table
        true = contributions(self.truth, self.weekly).totals(self.study.window_weeks)
        return table.assign(true_contribution=true.to_numpy())

    def returns_beside_truth(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of the returns table people read, with the truth where known.

        Parameters
        ----------
        table : DataFrame
            Result of :func:`mmm.decide.returns.channel_returns`.
        """
        shown = ["channel", "spend", "incremental_revenue"]
        for column in ("roi", "mroi"):
            ends = [f"{column}_low", column, f"{column}_high"]
            shown += [column] if table[ends].isna().any(axis=None) else ends
        narrow = table[[*shown, "cpik"]]
        truth = self.true_roi
        if truth is None:
            return narrow
        place = shown.index("mroi") if "mroi_low" not in shown else shown.index("mroi_low")
        narrow.insert(place, "true_roi", truth.to_numpy())
        return narrow

    def read_findings(self, name: str) -> list[Finding]:
        """Read findings that an earlier notebook stored.

        Parameters
        ----------
        name : str
            Name of the table, without folder and ending.
        """
        table = self.store.read_table(f"tables/{name}.csv", na_values=[])
        return [Finding(**row) for row in table.to_dict("records")]

    def money(self, amount: float, *, signed: bool = False) -> str:
        """Write an amount in the study's currency."""
        return formatting.money(amount, self.study.currency, signed=signed)

    def say(self, text: str) -> None:
        """Show computed prose (markdown)."""
        display({"text/markdown": text, "text/plain": text}, raw=True)

    def show(self, picture: Picture) -> None:
        """Save a figure below ``figures/`` and show the same bytes, its words around it.

        Parameters
        ----------
        picture : Picture
            The figure with its title, caption and alternative text. The report sets title and
            caption in its own way, from the metadata of the figure.
        """
        figure = picture.axes.get_figure(root=True)
        assert figure is not None
        content = style.render(figure, raster=picture.raster)
        mime, ending = ("image/png", "png") if picture.raster else ("image/svg+xml", "svg")
        self.store.write_bytes(f"figures/{picture.name}.{ending}", content)
        plt.close(figure)
        words = {part: getattr(picture, part) for part in ("name", "title", "caption", "alt")}
        self._say_of(picture.name, f"**{picture.title}**")
        shown = content if picture.raster else content.decode("utf-8")
        display({mime: shown, "text/plain": picture.alt}, metadata={mime: words}, raw=True)
        self._say_of(picture.name, picture.caption)

    def _say_of(self, figure: str, text: str) -> None:
        """Show words of a figure, marked so that the report does not show them twice."""
        about = {"text/markdown": {"words_of": figure}}
        display({"text/markdown": text, "text/plain": text}, metadata=about, raw=True)

    def show_figure(
        self, ax: Axes, *, name: str, title: str, caption: str, alt: str, raster: bool = False
    ) -> None:
        """Show an axes with its words."""
        self.show(Picture(ax, name, title, caption, alt, raster))

    def show_table(
        self,
        table: pd.DataFrame,
        *,
        caption: str,
        name: str | None = None,
        amounts: bool = False,
    ) -> None:
        """Show a table, and store it below ``tables/`` when it has a name.

        Parameters
        ----------
        table : DataFrame
            The numbers; its index is not shown.
        caption : str
            What the table says.
        name : str, optional
            Name of the CSV file, without folder and ending.
        amounts : bool, default False
            Every number in it is money, whatever its column is called.
        """
        if name is not None:
            self.store.write_table(f"tables/{name}.csv", table)
        formats = tables.column_formats(self.study.currency, self.kpi_currency)
        if amounts:
            formats = dict.fromkeys(table.columns[1:], self.money)
        markup = tables.table_html(table, caption=caption, formats=formats, labels=self.labels)
        display({"text/html": markup, "text/plain": caption}, raw=True)


def open_study(name: str) -> Workbook:
    """Open a study for a notebook.

    Parameters
    ----------
    name : str
        Name of the study.

    Returns
    -------
    Workbook
        The study and its artefacts; the project's figure style is applied.

    Raises
    ------
    StudyError
        If there is no such study, or its file is not valid.
    """
    style.use_style()
    study = load_study(paths.study_file(name))
    return Workbook(study, Store(paths.output_folder(name)))
