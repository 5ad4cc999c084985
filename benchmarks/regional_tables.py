"""The tables of ``regions.py``: scores by family, the gain of having regions, grades, and bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import stored
from bars_tables import FAMILIES
from battery_tables import CLAIMED
from regional_bars import BARS, CHECK, ratio_of
from regional_sets import MERIDIAN, WORLDS
from scoring import score
from verdict_bars import Measured
from verdict_scores import LEAST, is_warned, paired
from verdict_tables import change_of, number

REGIONAL, NATIONAL = "regional", "national"
NAMES = {REGIONAL: "**regions**", NATIONAL: "their sum", MERIDIAN: "Meridian, geo model"}
#: Columns: name, sum above, sum below, scale, digits.
SHOWN = (
    ("error %", "error", "one", 1, 0),
    ("log error", "log_error", "one", 1, 3),
    ("rank", "rank", "one", 1, 2),
    ("coverage %", "coverage", "one", 100, 0),
    ("interval score", "interval_score", "one", 1, 2),
    ("width %", "width", "one", 1, 0),
    ("plan's share of the possible gain %", "gain", "possible", 100, 0),
    ("CPU s", "cpu_seconds", "one", 1, 1),
    ("MB", "peak_mb", "one", 1, 0),
)


def scores_of(rows: stored.Rows) -> pd.DataFrame:
    """Return the scores of each answer, indexed by model, family, seed and number of regions.

    Parameters
    ----------
    rows : list of dict
        Stored rows.
    """
    lines = [line_of(row) for row in rows if "failed" not in row]
    keys = ["model", "set", "seed", "regions"]
    return pd.DataFrame(lines).set_index(keys) if lines else pd.DataFrame()


def line_of(row: dict[str, Any]) -> dict[str, Any]:
    """Score one answer.

    Parameters
    ----------
    row : dict
        A stored row.

    Returns
    -------
    dict
        Scores of ROI as in :mod:`scoring`, the plan's true gain and the possible one, costs, and
        what grades and checks there are.
    """
    channels = row["channels"]
    low, middle, high = np.maximum([c["roi"] for c in channels], LEAST).T
    shares = np.array([c["spend_share"] for c in channels])
    line = {name: row[name] for name in ("model", "set", "seed", "regions")} | {"one": 1.0}
    line |= score([c["truth"] for c in channels], low, middle, high, shares)
    line |= {name: row.get(name, np.nan) for name in ("cpu_seconds", "peak_mb")}
    line |= {name: row["plan"][name] for name in ("gain", "possible")}
    line["rhat"] = row.get("fit", {}).get("rhat", np.nan)
    if "checks" in row:
        claimed = np.array([c.get("grade", "") in CLAIMED for c in channels])
        line |= {"warned": float(is_warned(row | {"model": row["checks"]}))}
        line |= {"claimed_spend": float(shares @ claimed), "claimed": float(claimed.any())}
    found = [row.get("checks", {}), *(c.get("checks", {}) for c in channels)]
    known = [checks[CHECK] for checks in found if CHECK in checks]
    line["misled"] = float(any(s != "PASS" for s in known)) if known else np.nan
    return line


def compared(rows: stored.Rows) -> dict[str, Any]:
    """Return all tables.

    Parameters
    ----------
    rows : list of dict
        Stored rows.
    """
    own = [row for row in rows if not row.get("beside")]
    every, scores = scores_of(rows), scores_of(own)
    regional, national = of_model(scores, REGIONAL), of_model(scores, NATIONAL)
    both = regional.index.intersection(national.index)
    told = (regional.loc[both], national.loc[both])
    return {
        "scores": score_table(scores),
        "gains": gain_table(*told),
        "grades": grade_table(scores),
        "peer": peer_table(every),
        "bars": bar_table(*told, every),
        "sets": str(scores.index.droplevel("model").nunique()) if len(scores) else "0",
        "failed": str(sum("failed" in row for row in rows)),
    }


def of_model(scores: pd.DataFrame, model: str) -> pd.DataFrame:
    """Return the scores of one model by data set; none if it has not answered.

    Parameters
    ----------
    scores : DataFrame
        Result of :func:`scores_of`.
    model : str
        The model.
    """
    if scores.empty or model not in scores.index.unique("model"):
        index = pd.MultiIndex.from_arrays([[], [], []], names=["set", "seed", "regions"])
        return pd.DataFrame(index=index)
    return scores.loc[model]


def groups_of(scores: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the data sets of each family, of the five of the national bench, and all.

    Parameters
    ----------
    scores : DataFrame
        Scores by data set.
    """
    names = scores.index.get_level_values("set")
    groups = [(f"`{name}`", scores[names == name]) for name in WORLDS]
    groups += [("**first five**", scores[names.isin(FAMILIES)]), ("**all**", scores)]
    return [(name, group) for name, group in groups if len(group)]


def score_table(scores: pd.DataFrame) -> stored.Rows:
    """Return the scores by model and family.

    Parameters
    ----------
    scores : DataFrame
        Result of :func:`scores_of`.
    """
    lines = []
    for model in (REGIONAL, NATIONAL):
        for family, group in groups_of(of_model(scores, model)):
            line: dict[str, Any] = {"family": family, "model": NAMES[model], "sets": len(group)}
            for name, top, bottom, scale, digits in SHOWN:
                line[name] = number(scale * ratio_of(group, top, bottom), digits)
            lines.append(line)
    return lines


def gain_table(regional: pd.DataFrame, national: pd.DataFrame) -> stored.Rows:
    """Return what regions change, on the same data sets, with standard errors.

    Parameters
    ----------
    regional, national : DataFrame
        Scores by data set.
    """
    lines = []
    for family, group in groups_of(national):
        line: dict[str, Any] = {"regions less their sum": family, "sets": len(group)}
        for name, top, bottom, scale, digits in SHOWN:
            line[name] = change(group, regional.loc[group.index], top, bottom, scale, digits)
        lines.append(line)
    return lines


def change(
    before: pd.DataFrame,
    after: pd.DataFrame,
    top: str,
    bottom: str = "one",
    scale: float = 1,
    digits: int = 1,
) -> str:
    """Write a paired difference with its standard error.

    Parameters
    ----------
    before, after : DataFrame
        Scores by data set.
    top, bottom : str
        Columns whose sums are divided.
    scale : float
        From their units to those of the table.
    digits : int
        Digits behind the point.
    """
    *values, n = paired(before, after, top, bottom)
    return change_of(Measured(*(scale * v for v in values), n), digits)


def grade_table(scores: pd.DataFrame) -> stored.Rows:
    """Return what checks warn of and what grades claim, by model and family.

    Parameters
    ----------
    scores : DataFrame
        Result of :func:`scores_of`; rows without grades are left out.
    """
    if "warned" not in scores:
        return []
    lines = []
    for model in (REGIONAL, NATIONAL):
        graded = of_model(scores, model)
        graded = graded[graded["warned"].notna()] if len(graded) else graded
        for family, group in groups_of(graded):
            line: dict[str, Any] = {"family": family, "model": NAMES[model], "sets": len(group)}
            for name, column in (
                ("any warning %", "warned"),
                ("regions may mislead %", "misled"),
                ("spend graded A or B %", "claimed_spend"),
                ("sets with A or B %", "claimed"),
            ):
                line[name] = number(100 * group[column].mean(), 0)
            lines.append(line)
    return lines


def peer_table(scores: pd.DataFrame) -> stored.Rows:
    """Return each model less Meridian's geo model, on exactly the data sets it has answered.

    Parameters
    ----------
    scores : DataFrame
        Result of :func:`scores_of`.
    """
    peer = of_model(scores, MERIDIAN)
    lines = [peer_line(MERIDIAN, peer)] if len(peer) else []
    for model in (REGIONAL, NATIONAL):
        own = of_model(scores, model)
        both = peer.index.intersection(own.index)
        if not len(both):
            continue
        lines.append(peer_line(model, own.loc[both]))
        line = {"model": f"{NAMES[model]} less Meridian", "sets": len(both)}
        for name, top, bottom, scale, digits in SHOWN:
            line[name] = change(peer.loc[both], own.loc[both], top, bottom, scale, digits)
        lines.append(line)
    return lines


def peer_line(model: str, group: pd.DataFrame) -> dict[str, Any]:
    """Return the scores of one model as a line.

    Parameters
    ----------
    model : str
        The model.
    group : DataFrame
        Its scores by data set.
    """
    line: dict[str, Any] = {"model": NAMES[model], "sets": len(group)}
    for name, top, bottom, scale, digits in SHOWN:
        line[name] = number(scale * ratio_of(group, top, bottom), digits)
    return line


def bar_table(regional: pd.DataFrame, national: pd.DataFrame, every: pd.DataFrame) -> stored.Rows:
    """Return the bars, what was measured, and whether they are met.

    Parameters
    ----------
    regional, national : DataFrame
        Scores of the same data sets.
    every : DataFrame
        Result of :func:`scores_of`, with Meridian's data sets.
    """
    peer, own = of_model(every, MERIDIAN), of_model(every, REGIONAL)
    cells = peer.index.intersection(own.index)
    pools = {
        "": (national, regional),
        MERIDIAN: (peer.loc[cells], own.loc[cells]),
    }
    lines = []
    for bar in BARS:
        before, after = pools[bar.against]
        names = after.index.get_level_values("set")
        chosen = after.index[names.isin(bar.sets)]
        line = bar.line(before.loc[chosen], after.loc[chosen]) if len(chosen) else None
        lines += [line] if line else []
    return lines
