"""Predictions of a weekly model with carryover: records are weeks in a row."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import BaseModel

from mmm.arrays import Array
from mmm.data.dates import WEEK
from mmm.model.additive import AdditiveModel, MediaEffect
from mmm.model.files import Features
from mmm.model.intervals import mixture_interval
from mmm.model.parts import day_text
from mmm.model.schema import FeaturesFile
from mmm.serve.problems import conflict
from mmm.serve.records import FieldSpec, answer, extrapolated

#: Weeks after the last observed one that are still answered.
HORIZON = 260


@dataclass(frozen=True)
class WeeklyPredictor:
    """A weekly model with its fields and the weeks behind it."""

    model: AdditiveModel
    features: Features  #: Description and observed weeks.
    #: Fields of a record: the week, media, controls, text controls, value per unit.
    specs: tuple[FieldSpec, ...]

    kind = "weekly"
    carries_over = True

    @property
    def about(self) -> FeaturesFile:
        """Description of the model."""
        return self.features.file

    @property
    def history_specs(self) -> tuple[FieldSpec, ...]:
        """Fields of a week of history: the week and its media."""
        return self.specs[: 1 + len(self.model.channels)]

    @property
    def level(self) -> float:
        """Level of the intervals."""
        return self.about.interval

    @property
    def outcome(self) -> str:
        """What is predicted, in words."""
        return self.about.kpi.label

    @property
    def unit(self) -> str:
        """Unit of the predictions: money, or the KPI's own where its value is not known."""
        return self.about.currency if self.about.value.known else self.about.kpi.label

    @cached_property
    def max_lag(self) -> int:
        """Weeks of media that still work."""
        return max(response.max_lag for response in self.model.responses)

    @cached_property
    def first(self) -> dt.date:
        """First observed week."""
        return self.features.weekly.weeks[0].date()

    @cached_property
    def n_weeks(self) -> int:
        """Number of observed weeks."""
        return len(self.features.weekly)

    @cached_property
    def past(self) -> Array:
        """Media of the weeks before the data and of the data, shape (max_lag + n_weeks, n)."""
        before = np.zeros((self.max_lag, len(self.model.channels)))
        for c, response in enumerate(self.model.responses):
            known = response.history[-self.max_lag :] if self.max_lag else response.history[:0]
            before[self.max_lag - len(known) :, c] = known
        return np.vstack([before, self.features.weekly.media.to_numpy(float)])

    def predict(
        self, records: list[BaseModel], history: list[BaseModel], *, detail: bool
    ) -> list[dict[str, Any]]:
        """Answer checked weeks.

        Parameters
        ----------
        records : list of BaseModel
            Weeks in a row, with one attribute per field.
        history : list of BaseModel
            Weeks just before the first record; observed weeks where none are given.
        detail : bool
            Add interval, contributions and extrapolation.

        Raises
        ------
        RequestError
            409 if the weeks do not fit the model's calendar or the carry-in is not known.
        """
        rows = values_of(records)
        start, effect = self.due_to_media(rows, values_of(history))
        value = self.value_of(rows)
        baseline = self._baseline(start, rows)
        kpi = baseline + effect.total
        mean = (kpi * value).mean(axis=0).tolist()
        if not detail:
            return [{"predicted_revenue": revenue} for revenue in mean]
        low, high = mixture_interval(kpi, self.model.noise, self.level)
        ends = zip((low * value).tolist(), (high * value).tolist(), strict=True)
        parts = [baseline[:, :, np.newaxis], effect.channels, effect.synergy]
        split = np.concatenate(parts, axis=2).mean(axis=0) * value[:, np.newaxis]
        answers = []
        for row, revenue, (bottom, top), own in zip(rows, mean, ends, split.tolist(), strict=True):
            seen = [row[0].isoformat(), *row[1:]]
            answers.append(
                answer(
                    revenue,
                    interval=(self.level, bottom, top),
                    contributions=dict(zip(self.sources, own, strict=True)),
                    extrapolation=extrapolated(self.specs, seen),
                )
            )
        return answers

    def due_to_media(
        self, rows: list[list[Any]], past: list[list[Any]]
    ) -> tuple[int, MediaEffect]:
        """Return the number of the first week, and the KPI due to media from it on.

        Parameters
        ----------
        rows : list of list
            Weeks in a row: the first day, and the media of each channel; more may follow.
        past : list of list
            The weeks just before; observed weeks where there are none.

        Raises
        ------
        RequestError
            409 if the weeks do not fit the model's calendar or the carry-in is not known.
        """
        start = self._position(rows, "")
        carry_in = self._carry_in(start, past)
        media = np.array([row[1 : 1 + len(self.model.channels)] for row in rows], dtype=float)
        return start, self._media_effect(carry_in, media, start)

    @cached_property
    def sources(self) -> list[str]:
        """Names of the parts of a prediction, in order."""
        names = self.model.channels
        return ["baseline", *names, *(f"{names[i]} x {names[j]}" for i, j in self.model.pairs)]

    def _position(self, rows: list[list[Any]], where: str) -> int:
        """Return the number of the first week, counted from the first observed one."""
        column, days = self.specs[0].name, (rows[0][0] - self.first).days
        earliest = -HORIZON if where else 0
        if not 7 * earliest <= days < 7 * (self.n_weeks + HORIZON):
            begin = self.first + earliest * WEEK
            end = self.first + (self.n_weeks + HORIZON - 1) * WEEK
            raise conflict(
                f"{where}[0].{column}",
                f"{rows[0][0]} is not within {begin} to {end}",
                "Ask for weeks in that range.",
            )
        if days % 7:
            near = rows[0][0] - dt.timedelta(days=days % 7)
            raise conflict(
                f"{where}[0].{column}",
                f"the weeks of this model start on a {self.first:%A}",
                f"Use {near}.",
            )
        for i, (one, two) in enumerate(pairwise(rows)):
            if two[0] - one[0] != WEEK:
                raise conflict(
                    f"{where}[{i + 1}].{column}",
                    f"{two[0]} does not follow {one[0]}",
                    "Send weeks in a row, oldest first, each once.",
                )
        return days // 7

    def _carry_in(self, start: int, history: list[list[Any]]) -> Array:
        """Return the media of the `max_lag` weeks before the first record."""
        begin = start
        known: list[list[float]] = []
        if history:
            begin = self._position(history, "history")
            if begin + len(history) != start:
                raise conflict(
                    "history",
                    f"it ends in the week of {history[-1][0]}",
                    "Its last week must be the week before the first record.",
                )
            known = [row[1:] for row in history]
        if begin > self.n_weeks and len(known) < self.max_lag:
            gap = self.first + self.n_weeks * WEEK
            raise conflict(
                "history",
                f"the media of the weeks from {gap} on are not known, and they carry over",
                f"Send those weeks, or the {self.max_lag} before the first record, as history.",
            )
        end = max(begin + self.max_lag, 0) if begin <= self.n_weeks else 0
        sent = np.array(known, dtype=float).reshape(-1, len(self.model.channels))
        media = np.vstack([self.past[max(end - self.max_lag, 0) : end], sent])
        return media[len(media) - self.max_lag :]

    @cached_property
    def weights(self) -> list[Array]:
        """Lag weights of each channel, shape (n_draws, max_lag + 1): no record changes them."""
        return [response.weights for response in self.model.responses]

    def _media_effect(self, carry_in: Array, media: Array, start: int) -> MediaEffect:
        """Return the KPI due to media, as the model does with the carry-in as its history."""
        if any(response.regions for response in self.model.responses):
            levels = [
                r.carried(media[:, c], start=start, history=carry_in[:, c])
                for c, r in enumerate(self.model.responses)
            ]
            return self.model.effect_of_levels(levels)
        known = np.vstack([carry_in, media])
        windows = sliding_window_view(known, self.max_lag + 1, axis=0)[:, :, ::-1]
        pairs = zip(self.model.responses, self.weights, strict=True)
        curves = [
            response.curve(weights @ windows[:, c, : weights.shape[1]].T)
            for c, (response, weights) in enumerate(pairs)
        ]
        return self.model.effect_of_curves(np.stack(curves, axis=2))

    def value_of(self, rows: list[list[Any]]) -> Array:
        """Return the value of a unit of the KPI in each week, shape (n_records,)."""
        if self.about.value.column is None:
            return np.full(len(rows), self.about.value.constant)
        return np.array([row[-1] for row in rows], dtype=float)

    def _baseline(self, start: int, rows: list[list[Any]]) -> Array:
        """Return the KPI without media, shape (n_draws, n_records)."""
        if len(rows) == 1:
            calendar = self.calendar_of(start)[:, np.newaxis]
        else:
            calendar = self._calendar(start, len(rows))
        controls = self._controls(rows)
        for j, term in enumerate(self.model.design.kept):
            name = term.removeprefix("control: ")
            if name != term:
                off = controls[name] - self.model.design.control_means[name]
                calendar = calendar + self.model.baseline[:, [j]] * off
        return calendar

    @cached_property
    def calendar_of(self) -> Any:
        """Baseline of one week at average controls, by its number; remembered."""
        return lru_cache(maxsize=2048)(lambda start: self._calendar(start, 1)[:, 0])

    def _calendar(self, start: int, count: int) -> Array:
        weeks = pd.date_range(self.first + start * WEEK, periods=count, freq="7D")
        means = self.model.design.control_means
        return self.model.baseline_effect(weeks, pd.DataFrame(means, index=range(count)))

    def _controls(self, rows: list[list[Any]]) -> dict[str, Array]:
        """Return numeric controls, and a 0/1 column per level of the text controls."""
        at = 1 + len(self.model.channels)
        columns: dict[str, Array] = {}
        for control in self.about.controls:
            columns[control.column] = np.array([row[at] for row in rows], dtype=float)
            at += 1
        for text in self.about.categorical:
            for level in text.levels:
                same = [float(row[at] == level) for row in rows]
                columns[f"{text.column}: {level}"] = np.array(same)
            at += 1
        return columns


def values_of(records: list[BaseModel]) -> list[list[Any]]:
    """Return the values of checked records, in the order of their fields."""
    return [list(vars(record).values()) for record in records]


def weekly_predictor(model: AdditiveModel, features: Features) -> WeeklyPredictor:
    """Make the predictor of a weekly model."""
    file = features.file
    first, last = map(day_text, file.weeks)
    specs = [FieldSpec(file.date, "week", "first day of the week", first, last)]
    specs += [FieldSpec(m.column, "amount", m.unit, m.low, m.high) for m in file.media]
    specs += [
        FieldSpec(c.column, "number", "control, as in the data", c.low, c.high)
        for c in file.controls
    ]
    specs += [
        FieldSpec(c.column, "level", "text control", levels=tuple(c.levels))
        for c in file.categorical
    ]
    value = file.value
    if value.column:
        unit = f"{file.currency} per unit of {file.kpi.label}"
        specs.append(FieldSpec(value.column, "amount", unit, value.low, value.high))
    return WeeklyPredictor(model, features, tuple(specs))
