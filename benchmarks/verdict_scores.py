"""One line of scores a data set of ``verdicts.py``, and paired differences of two packages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import stored
from bars_tables import LOSS
from battery_tables import CLAIMED
from scoring import score

from mmm.arrays import Array

#: An estimate that is off by more than this share of the truth is wrong.
WRONG = 0.5
#: Smallest bound of an interval: scores are on the log scale.
LEAST = 1e-3
WARNINGS = ("REVIEW", "FAIL")
#: Chance from which a headline says that money is earned, and is surely earned.
SURE, SURER = 0.9, 0.99


def channel_table(rows: stored.Rows) -> pd.DataFrame:
    """Return one row a channel and data set: truth, estimate, error, cover, grade, warnings.

    Parameters
    ----------
    rows : list of dict
        Data sets.
    """
    lines = []
    for row in rows:
        warned = is_warned(row)
        for channel in row.get("channels", ()):
            truth, low, middle, high = channel["roi"]
            grade = channel.get("grade", "")
            line = {"set": row["set"], "seed": row["seed"], "channel": channel["channel"]}
            line |= {"truth": truth, "grade": grade, "claimed": grade in CLAIMED}
            line |= {"error": abs(middle - truth) / max(abs(truth), 1e-9), "warned": warned}
            line |= {"inside": low <= truth <= high, "ratio": np.nan}
            if truth > 0:
                line["ratio"] = float(np.log(max(middle, LEAST) / truth))
            wider = (channel.get("wider_low", np.nan), channel.get("wider_high", np.nan))
            lines.append(line | {"inside_wider": wider[0] <= truth <= wider[1]})
    return pd.DataFrame(lines)


def is_warned(row: dict[str, Any]) -> bool:
    """Tell whether a check of the model or of any channel of a data set is REVIEW or FAIL.

    Parameters
    ----------
    row : dict
        The data set.
    """
    found = [row.get("model", {}), *(c.get("checks", {}) for c in row.get("channels", ()))]
    return any(status in WARNINGS for checks in found for status in checks.values())


def set_table(rows: stored.Rows) -> pd.DataFrame:
    """Return the scores of each data set, indexed by its name and seed.

    Parameters
    ----------
    rows : list of dict
        Data sets.
    """
    lines = [set_scores(row) for row in rows if "failed" not in row]
    return pd.DataFrame(lines).set_index(["set", "seed"])


def set_scores(row: dict[str, Any]) -> dict[str, Any]:
    """Score one data set.

    Parameters
    ----------
    row : dict
        The data set.

    Returns
    -------
    dict
        Scores of ROI and (``m_``) of mROI as in :mod:`scoring`, costs, and what of plan, forecast,
        launch and grades there is. Counts come in pairs, for their ratio over data sets.
    """
    spend = [c["spend_share"] for c in row["channels"]]
    line: dict[str, Any] = {"set": row["set"], "seed": row["seed"], "one": 1.0}
    for metric, start in (("roi", ""), ("mroi", "m_")):
        truth, low, middle, high = np.array([c[metric] for c in row["channels"]]).T
        bounds = (np.maximum(part, LEAST) for part in (low, middle, high))
        line |= {start + k: v for k, v in score(truth, *bounds, spend).items()}
    line |= {
        name: row[name] for name in ("cpu_seconds", "peak_mb", "ols_cpu_seconds") if name in row
    }
    line |= sureness(row)
    if "plan" in row:
        plan = row["plan"]
        low, _, high = plan["promised"]
        line |= {"gain": plan["gain"], "possible": plan["possible"]}
        line |= {"lost": float(plan["gain"] < -LOSS), "kept": float(low <= plan["gain"] <= high)}
    line |= {f"forecast_{name}": value for name, value in row.get("forecast", {}).items()}
    for channel in row["channels"]:
        if channel["launched"]:
            truth, low, _, high = channel["mroi"]
            line["launched"] = float(low <= truth <= high)
    return line | (claims(row) if "model" in row else {})


def sureness(row: dict[str, Any]) -> dict[str, float]:
    """Count the channels whose next unit of money surely earns more than itself, and truly does.

    Parameters
    ----------
    row : dict
        The data set.
    """
    line = {}
    for name, least in (("sure", SURE), ("surer", SURER)):
        said = [c["mroi"][0] > 1 for c in row["channels"] if c["above_one"][1] >= least]
        line |= {name: float(len(said)), f"{name}_true": float(sum(said))}
    return line


def claims(row: dict[str, Any]) -> dict[str, float]:
    """Count what the grades of a data set claim and what of it holds.

    Parameters
    ----------
    row : dict
        The data set.
    """
    table = channel_table([row])
    best, claimed = table[table["grade"] == "A"], table[table["claimed"]]
    heard = claimed[~claimed["warned"]]
    share = np.array([c["spend_share"] for c in row["channels"]])
    counts = {
        "warned": table["warned"].any(),
        "claimed_spend": share @ table["claimed"],
        "a": len(best),
        "a_inside": best["inside"].sum(),
        "a_inside_wider": best["inside_wider"].sum(),
        "claimed": len(claimed),
        "claimed_inside": claimed["inside"].sum(),
        "unwarned": len(heard),
        "silent": (heard["error"] > WRONG).sum(),
    }
    return {name: float(count) for name, count in counts.items()}


def paired(
    before: pd.DataFrame, after: pd.DataFrame, top: str, bottom: str = "one"
) -> tuple[float, float, float, float, int]:
    """Compare a ratio of sums over the same data sets; with ``one`` below it is a mean.

    Parameters
    ----------
    before, after : DataFrame
        Results of :func:`set_table`.
    top, bottom : str
        Columns whose sums are divided.

    Returns
    -------
    (float, float, float, float, int)
        Ratio before and after, difference, its standard error by leaving out one data set after
        the other, and number of data sets. NaN where nothing can be compared.
    """
    if not {top, bottom} <= set(before) & set(after):
        return np.nan, np.nan, np.nan, np.nan, 0
    parts = [before[[top, bottom]], after[[top, bottom]]]
    both = pd.concat(parts, axis=1, join="inner").dropna().to_numpy(float)
    n = len(both)
    if not n:
        return np.nan, np.nan, np.nan, np.nan, 0
    old, new = ratios(both.sum(axis=0))
    left = ratios(both.sum(axis=0) - both)
    change = left[1] - left[0]
    known = change[np.isfinite(change)]
    error = float(np.sqrt((n - 1) * known.var())) if n > 1 and len(known) else np.nan
    return float(old), float(new), float(new - old), error, n


def ratios(sums: Array) -> tuple[Array, Array]:
    """Divide sums: first and third column by second and fourth.

    Parameters
    ----------
    sums : ndarray, shape (..., 4)
        Sums before and after.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1]), np.asarray(sums[..., 2] / sums[..., 3])
