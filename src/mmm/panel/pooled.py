"""The classic pooled regression over a panel, to the letter, and what any pooled fit is judged by.

It puts all rows into one least-squares fit: currencies unconverted, roll-ups beside their
countries, and visits that advertising itself causes among the inputs. The honest version is in
:mod:`mmm.panel.corrected`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm.arrays import Array, Mask
from mmm.errors import DataError
from mmm.formatting import span
from mmm.panel.cleaning import Panel
from mmm.panel.schema import CURRENCY, DATE, SERIES
from mmm.study.panel import CLASSIC_CHANNELS, PanelSpec

#: The inputs of the classic regression, in its order.
CLASSIC_FEATURES = (
    *(f"{channel}_SPEND" for channel in CLASSIC_CHANNELS),
    "EMAIL_CLICKS",
    "ORGANIC_SEARCH_CLICKS",
    "DIRECT_CLICKS",
    "BRANDED_SEARCH_CLICKS",
    "year",
    "month",
    "day_of_week",
)
SERIES_MEAN, LAST_DAYS = "series mean", "last {days} days"


@dataclass(frozen=True)
class PooledFit:
    """One pooled regression, judged on the rows after the cut-off."""

    name: str  #: ``literal`` or ``honest``.
    unit: str  #: Unit of the squared errors' root.
    #: Columns term, coefficient, low, high; the interval is empty in the literal version.
    terms: pd.DataFrame
    #: Columns model, kind (``model`` or ``naive``), train_r2, train_mse, train_rmse, test_r2,
    #: test_mse, test_rmse. An MSE is the mean squared error, an RMSE its square root.
    scores: pd.DataFrame
    #: Columns currency, test_rows, extra_spend, extra_revenue, both in that currency.
    scenario: pd.DataFrame
    rows: dict[str, int]  #: Rows and series of training and test, and rows left out.

    def coefficient(self, term: str) -> float:
        """Return the coefficient of a term."""
        return float(self.terms.loc[self.terms["term"] == term, "coefficient"].iloc[0])

    def score(self, model: str, column: str) -> float:
        """Return one score."""
        return float(self.scores.loc[self.scores["model"] == model, column].iloc[0])

    @property
    def beaten_by(self) -> list[str]:
        """Naive forecasts with a smaller error on the test rows, the best first."""
        own = self.scores.loc[self.scores["kind"] == "model", "test_mse"].iloc[0]
        naive = self.scores[(self.scores["kind"] == "naive") & (self.scores["test_mse"] < own)]
        return naive.sort_values("test_mse")["model"].tolist()


def least_squares(features: Array, target: Array) -> Array:
    """Return the intercept and coefficients of an ordinary least-squares fit.

    Parameters
    ----------
    features : ndarray, shape (n_rows, n_features)
        Inputs, without the intercept.
    target : ndarray, shape (n_rows,)
        Outcome.

    Returns
    -------
    ndarray, shape (1 + n_features,)
        The intercept first; a constant input has coefficient zero.

    Notes
    -----
    Columns are centered and scaled before a singular value decomposition, so that a calendar
    year beside spend in won costs no digits.
    """
    center, size = features.mean(axis=0), features.std(axis=0)
    safe = np.where(size > 0, size, 1.0)
    scaled = (features - center) / safe
    slopes = np.linalg.lstsq(scaled, target - target.mean(), rcond=None)[0]
    slopes = np.where(size > 0, slopes / safe, 0.0)
    return np.concatenate([[target.mean() - center @ slopes], slopes])


def split_rows(frame: pd.DataFrame, spec: PanelSpec) -> Mask:
    """Tell which rows train: those up to and including the cut-off.

    Raises
    ------
    DataError
        If all rows are on one side of it.
    """
    train = (frame[DATE] <= pd.Timestamp(spec.cutoff)).to_numpy(bool)
    if train.all() or not train.any():
        side = "after" if train.all() else "up to"
        raise DataError(
            f"no rows {side} the cut-off {spec.cutoff} (the panel runs from "
            f"{span(frame[DATE].min(), frame[DATE].max())}). Set [panel] cutoff inside that range."
        )
    return train


def naive_predictions(
    frame: pd.DataFrame, target: Array, train: Mask, *, days: int
) -> dict[str, Array]:
    """Forecast every row of a series by one number known at the cut-off.

    Parameters
    ----------
    target : ndarray, shape (n_rows,)
        Outcome.
    train : ndarray of bool, shape (n_rows,)
        Rows up to the cut-off.

    Returns
    -------
    dict of str to ndarray, shape (n_rows,)
        ``series mean`` and ``last N days``, the mean of the rows of the N days that end with the
        series' last training day; a series without training rows gets the mean of all.
    """
    codes = frame[SERIES].astype("category").cat.codes.to_numpy()
    past = pd.DataFrame(
        {"series": codes[train], "day": frame[DATE][train].to_numpy(), "value": target[train]}
    )
    last = past.groupby("series")["day"].transform("max")
    recent = past[past["day"] > last - pd.Timedelta(days=days)]
    overall = float(target[train].mean())
    forecasts = {
        SERIES_MEAN: past.groupby("series")["value"].mean(),
        LAST_DAYS.format(days=days): recent.groupby("series")["value"].mean(),
    }
    count = int(codes.max()) + 1
    return {
        name: values.reindex(range(count)).fillna(overall).to_numpy()[codes]
        for name, values in forecasts.items()
    }


def score_fit(target: Array, train: Mask, fitted: Array, naive: dict[str, Array]) -> pd.DataFrame:
    """Score a fit and the naive forecasts on the training and the test rows.

    Parameters
    ----------
    target : ndarray, shape (n_rows,)
        Outcome.
    train : ndarray of bool, shape (n_rows,)
        Rows up to the cut-off.
    fitted : ndarray, shape (n_rows,)
        Predictions of the regression.
    """
    rows = []
    for name, predicted in {"pooled regression": fitted, **naive}.items():
        row: dict[str, object] = {"model": name, "kind": "naive" if name in naive else "model"}
        for part, chosen in (("train", train), ("test", ~train)):
            known = part == "test" or not name.startswith("last ")
            r2, mse = _r2_and_mse(target[chosen], predicted[chosen]) if known else (np.nan, np.nan)
            row |= {f"{part}_r2": r2, f"{part}_mse": mse, f"{part}_rmse": np.sqrt(mse)}
        rows.append(row)
    return pd.DataFrame(rows)


def _r2_and_mse(actual: Array, predicted: Array) -> tuple[float, float]:
    mse, variance = float(np.mean((actual - predicted) ** 2)), float(np.var(actual))
    return (1 - mse / variance if variance > 0 else float("nan")), mse


def count_rows(frame: pd.DataFrame, train: Mask, left_out: int) -> dict[str, int]:
    """Count rows and series on both sides of the cut-off."""
    return {
        "train_rows": int(train.sum()),
        "test_rows": int((~train).sum()),
        "train_series": frame[SERIES][train].nunique(),
        "test_series": frame[SERIES][~train].nunique(),
        "left_out": left_out,
    }


def scenario_table(
    frame: pd.DataFrame, test: Mask, spec: PanelSpec, per_unit: float
) -> pd.DataFrame:
    """Return what the scenario adds on the test rows, in each currency.

    `test`, shape (n_rows,): rows after the cut-off.
    """
    rows = frame[test]
    extra = rows[f"{spec.scenario_channel}_SPEND"] * (spec.scenario_factor - 1)
    groups = extra.groupby(rows[CURRENCY].astype(str))
    table = pd.DataFrame({"test_rows": groups.size(), "extra_spend": groups.sum()})
    table["extra_revenue"] = table["extra_spend"] * per_unit
    return table.reset_index(names="currency")


def fit_as_published(panel: Panel, spec: PanelSpec) -> PooledFit:
    """Fit the classic regression to the letter: all rows, 12 inputs, money as it stands.

    Raises
    ------
    DataError
        If a classic input was dropped, or the cut-off leaves no training or test rows.
    """
    frame = panel.frame
    missing = [name for name in CLASSIC_FEATURES if name not in frame]
    if missing:
        raise DataError(f"the classic regression needs {missing[0]}: do not drop its channel.")
    train = split_rows(frame, spec)
    features = frame[list(CLASSIC_FEATURES)].to_numpy(float)
    revenue = frame["revenue"].to_numpy(float)
    solution = least_squares(features[train], revenue[train])
    naive = naive_predictions(frame, revenue, train, days=spec.naive_days)
    terms = pd.DataFrame({"term": ["intercept", *CLASSIC_FEATURES], "coefficient": solution})
    paid = solution[1 + CLASSIC_FEATURES.index(f"{spec.scenario_channel}_SPEND")]
    codes = frame[CURRENCY].astype(str).unique()
    return PooledFit(
        name="literal",
        unit=codes[0] if len(codes) == 1 else f"{len(codes)} currencies mixed",
        terms=terms.assign(low=np.nan, high=np.nan),
        scores=score_fit(revenue, train, solution[0] + features @ solution[1:], naive),
        scenario=scenario_table(frame, ~train, spec, float(paid)),
        rows=count_rows(frame, train, 0),
    )


def normal_equations_gap(panel: Panel, spec: PanelSpec, fit: PooledFit) -> float:
    """Return how far the literal fit is from the solution of the normal equations."""
    frame = panel.frame[split_rows(panel.frame, spec)]
    matrix = np.column_stack([np.ones(len(frame)), frame[list(CLASSIC_FEATURES)].to_numpy(float)])
    size = np.sqrt((matrix**2).sum(axis=0))
    size = np.where(size > 0, size, 1.0)
    scaled = matrix / size
    try:
        lower = np.linalg.cholesky(scaled.T @ scaled)
    except np.linalg.LinAlgError:
        return float("nan")
    moments = scaled.T @ frame["revenue"].to_numpy(float)
    solution = np.linalg.solve(lower.T, np.linalg.solve(lower, moments)) / size
    own = fit.terms["coefficient"].to_numpy()
    return float(np.max(np.abs(own - solution) / np.maximum(np.abs(solution), 1e-12)))
