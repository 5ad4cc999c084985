"""What a notebook opens: its study, its artefacts, and how to show figures, tables and prose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import display

from mmm import formatting, paths
from mmm.data.files import read_table
from mmm.data.regions import national
from mmm.data.weekly import WeeklyData, weekly_data
from mmm.decide.returns import Plan, current_plan, roi_series
from mmm.model import simulate
from mmm.model.additive import AdditiveModel
from mmm.panel import source
from mmm.show import style, tables
from mmm.show.measures import rate_name
from mmm.show.picture import Picture
from mmm.store import Store
from mmm.study.load import load_study
from mmm.study.streams import stream
from mmm.study.study import Study


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
        """Clean weekly data written by notebook 01, with its regions where it has some."""
        frame, column, regions = (
            self.store.read_table("data/weekly.csv"),
            self.study.data.region,
            None,
        )
        if column:
            regions = self.store.read_table("data/regions.csv", dtype={column: str})
        return weekly_data(frame, self.study, regions)

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

    @property
    def modeled(self) -> tuple[AdditiveModel, WeeklyData]:
        """The model of record and its weeks; without regions where the model knows none."""
        weekly = self.weekly if self.model.has_regions else national(self.weekly)
        return self.model, weekly

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
        return formatting.period(self.weekly.weeks[-self.study.window_weeks :])

    @property
    def true_roi(self) -> pd.Series | None:
        """True ROI per channel over the window; None where the truth is not known."""
        return None if self.truth is None else roi_series(self.plan(self.truth))

    def say(self, text: str) -> None:
        """Show computed prose.

        Parameters
        ----------
        text : str
            Markdown.
        """
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

    def show_table(
        self, table: pd.DataFrame, *, caption: str, name: str | None = None, amounts: bool = False
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
            Every number in it is a change in money, whatever its column is called.
        """
        if name is not None:
            self.store.write_table(f"tables/{name}.csv", table)
        formats = tables.formats_of(self.study, kpi_currency=self.study.kpi_currency)
        if amounts:
            money = partial(formatting.money, currency=self.study.currency, signed=True)
            formats = dict.fromkeys(table.columns[1:], money)
        if not self.study.data.value_is_known:
            table = table.drop(columns=tables.OF_PROFIT, errors="ignore")
            caption = caption.replace("ROI", rate_name(self.study))
        markup = tables.table_html(
            table,
            caption=caption,
            formats=formats,
            labels=self.labels,
            titles=tables.column_titles(table, self.study),
        )
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
