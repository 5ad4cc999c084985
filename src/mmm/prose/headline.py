"""Words around the figure of the first screen."""

from __future__ import annotations

import pandas as pd

from mmm.formatting import between, ratio
from mmm.prose.reference import GRADE_SCALE
from mmm.prose.words import FigureWords, plural
from mmm.study import Study


def headline_figure(
    returns: pd.DataFrame,
    verdicts: list[str],
    study: Study,
    *,
    basis: str,
    grades: dict[str, str] | None = None,
) -> FigureWords:
    """Words around the ROI figure that is coloured by how sure it is."""
    top = returns.loc[returns["roi"].idxmax()]
    best = f"{study.labels[top['channel']]} earned most ({ratio(top['roi'])})"
    paid = verdicts.count("paid back")
    count = f"{paid} of {plural(len(returns), 'channel')} very likely paid back; "
    said = []
    for row, verdict in zip(returns.itertuples(), verdicts, strict=True):
        grade = f", grade {grades.get(row.channel, 'D')}" if grades else ""
        interval = between(row.roi_low, row.roi_high, ratio)
        words = f"{interval}, {verdict}" if interval else verdict
        said.append(f"{study.labels[row.channel]} {ratio(row.roi)} ({words}{grade})")
    colour = (
        f"Colour: grade of the ROI. {GRADE_SCALE}."
        if grades
        else "Colour: the whole interval lies above break-even, below it, or neither."
    )
    return FigureWords(
        title=(count if returns["roi_low"].notna().any() else "") + best,
        caption=f"{basis} {colour} Diamond: return on the next unit of spend.",
        alt=f"ROI per channel against break-even at {ratio(1 / study.margin)}: {', '.join(said)}.",
    )
