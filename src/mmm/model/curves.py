"""Media as a model sees it: fitted curves, features made with them, and the model assembled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm.arrays import Array
from mmm.data.weekly import WeeklyData
from mmm.model.additive import AdditiveModel, media_history
from mmm.model.baseline import BaselineDesign
from mmm.model.intervals import tails
from mmm.model.response import ChannelResponse
from mmm.model.transforms import adstock_weights, carry_over, saturate
from mmm.study.forms import ADSTOCKS, SATURATIONS
from mmm.study.schema import LONGEST_LAG, Channel
from mmm.study.study import Study


@dataclass(frozen=True)
class Curves:
    """Carryover and saturation of every channel, and the penalty: what the search finds."""

    #: Per channel, by parameter name; half-saturation in media units.
    parameters: tuple[dict[str, float], ...]
    penalty: float  #: Ridge penalty as a share of the number of weeks.
    cv_rmse: float  #: Root mean squared error over the validation weeks, KPI units.


def media_features(
    weekly: WeeklyData, study: Study, parameters: Sequence[dict[str, float]], *, curve: bool = True
) -> Array:
    """Return adstocked media, saturated unless asked otherwise, with a column per synergy pair.

    Returns
    -------
    ndarray, shape (n_weeks, n_channels + n_pairs)
        Features in the order of the study's channels, then the pairs.
    """
    columns = []
    history = media_history(weekly, pre_history=study.pre_history, max_lag=LONGEST_LAG)
    for index, channel in enumerate(study.channels.values()):
        values = parameters[index]
        carry = [values[name] for name in ADSTOCKS[channel.adstock].parameter_names]
        weights = adstock_weights(channel.adstock, *carry, max_lag=channel.max_lag)
        media = weekly.media.iloc[:, index].to_numpy(float)
        adstocked = carry_over(media, weights, history=history[:, index])
        shape = [values[name] for name in SATURATIONS[channel.saturation].parameter_names]
        columns.append(saturate(channel.saturation, adstocked, *shape) if curve else adstocked)
    if curve:
        columns += [columns[i] * columns[j] for i, j in study.pairs]
    return np.column_stack(columns)


def additive_model(
    name: str,
    weekly: WeeklyData,
    study: Study,
    *,
    parameters: Sequence[dict[str, Array]],
    beta: Array,
    design: BaselineDesign,
    baseline: Array,
    noise: Array,
) -> AdditiveModel:
    """Assemble an additive model from draws of its parameters.

    Parameters
    ----------
    parameters : sequence of dict of str to ndarray, shape (n_draws,)
        Curve parameters per channel.
    beta : ndarray, shape (n_draws, n_channels + n_pairs)
        Coefficients of the media features.
    baseline : ndarray, shape (n_draws, n_terms)
        Their coefficients.
    noise : ndarray, shape (n_draws,)
        Standard deviation of the noise.
    """
    history = media_history(weekly, pre_history=study.pre_history, max_lag=LONGEST_LAG)
    responses = tuple(
        _response(study.channels[channel], channel, parameters[c], beta[:, c], history[:, c])
        for c, channel in enumerate(study.channels)
    )
    return AdditiveModel(
        name=name,
        responses=responses,
        pairs=tuple(study.pairs),
        gamma=beta[:, len(responses) :],
        design=design,
        baseline=baseline,
        noise=noise,
    )


def _response(
    channel: Channel, name: str, parameters: dict[str, Array], beta: Array, history: Array
) -> ChannelResponse:
    return ChannelResponse(
        name=name,
        adstock=channel.adstock,
        saturation=channel.saturation,
        max_lag=channel.last_lag,
        parameters=parameters,
        beta=beta,
        history=history[len(history) - channel.last_lag :],
    )


def with_main_forms(study: Study, model: AdditiveModel) -> Study:
    """Return a study with the forms of the curves that most draws of its model have.

    What is fitted again to judge a model (twins, placebos, a holdout) must not take forms that
    the data have refuted.

    Parameters
    ----------
    study : Study
        The study.
    model : AdditiveModel
        Its model, averaged over forms or not.
    """
    forms = {r.name: (r.adstock, r.saturation) for r in model.of_main_forms().responses}
    keys = ("adstock", "saturation")
    channels = {
        name: channel.model_copy(update=dict(zip(keys, forms[name], strict=True)))
        for name, channel in study.channels.items()
    }
    return study.model_copy(update={"channels": channels})


def parameter_table(
    model: AdditiveModel, *, interval: float, truth: AdditiveModel | None
) -> pd.DataFrame:
    """Return carryover and saturation of every channel, one row per parameter.

    Parameters
    ----------
    model : AdditiveModel
        A fitted model.
    interval : float
        Central share of the intervals.
    truth : AdditiveModel or None
        The true model, whose values are added as a column.

    Returns
    -------
    DataFrame
        Columns channel, parameter, low, estimate (median), high and, where it is known, truth;
        low and high are empty for a point estimate.
    """
    (below, above), rows = tails(interval), []
    for index, response in enumerate(model.responses):
        for parameter, draws in response.parameters.items():
            low, middle, high = np.quantile(draws, [below, 0.5, above])
            if len(draws) == 1:
                low = high = np.nan
            known = truth.responses[index].parameters.get(parameter) if truth else None
            real = np.nan if known is None else float(known[0])
            rows.append((response.name, parameter.replace("_", " "), low, middle, high, real))
    columns = ["channel", "parameter", "low", "estimate", "high", "truth"]
    table = pd.DataFrame(rows, columns=columns)
    return table if truth is not None else table.drop(columns="truth")


def coefficient_table(model: AdditiveModel) -> pd.DataFrame:
    """Return the mean coefficients of a model: channels, synergy, baseline.

    Parameters
    ----------
    model : AdditiveModel
        A fitted model.
    """
    pairs = [f"{model.channels[i]} x {model.channels[j]}" for i, j in model.pairs]
    terms = [*model.channels, *pairs, *model.design.kept]
    values = [float(response.beta.mean()) for response in model.responses]
    values += [*model.gamma.mean(axis=0), *model.baseline.mean(axis=0)]
    kinds = ["channel"] * len(model.channels) + ["synergy"] * len(pairs)
    kinds += ["baseline"] * len(model.design.kept)
    return pd.DataFrame({"term": terms, "kind": kinds, "coefficient": values})
