"""The what-if form: the exported draws with what people see around them."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from mmm.decide.whatif import WHATIF_SCHEMA
from mmm.errors import ReportError
from mmm.formatting import SYMBOLS, money, percent
from mmm.report.results import read_grades
from mmm.show.measures import average_name
from mmm.show.style import channel_colors
from mmm.show.words import outcome
from mmm.store import Store
from mmm.study.study import Study

WHATIF = "reports/whatif.json"
MODEL_SCRIPT = Path(__file__).parent / "templates" / "portfolio" / "whatif_model.js"
STEPS = 100  # about as many steps from nothing to today's spend


def read_sliders(store: Store, study: Study) -> dict[str, Any] | None:
    """Read the export and add names, colors, units and ranges; None when there is none yet.

    Raises
    ------
    ReportError
        If another version of the project wrote the export, or the page cannot draw a saturation.
    """
    if not store.path(WHATIF).exists():
        return None
    content = store.read_json(WHATIF)
    if content.get("schema") != WHATIF_SCHEMA:
        raise ReportError(
            f"{WHATIF} has schema {content.get('schema')!r}, the page reads {WHATIF_SCHEMA}. "
            f"Run its notebook again: `python run_all.py --from 7`."
        )
    curves = [curve for channel in content["channels"] for curve in channel["curves"]]
    unknown = sorted({curve["saturation"] for curve in curves} - drawn_saturations())
    if unknown:
        raise ReportError(
            f"The report's sliders do not know the saturation {unknown[0]!r}: add its formula to "
            f"CURVES in {MODEL_SCRIPT.name}, or choose another form for these channels."
        )
    colors, returns = channel_colors(list(study.channels)), _returns(store)
    table = read_grades(store)
    grades = {} if table is None else table.set_index("channel")["grade_mroi"].dropna().to_dict()
    most = [max(o["multipliers"][c] for o in _offers(content)) for c in _positions(content)]
    for channel, highest in zip(content["channels"], most, strict=True):
        channel |= {
            "label": study.labels[channel["name"]],
            "grade": grades.get(channel["name"], ""),
            "roi": returns.get(channel["name"]),
            "color": colors[channel["name"]],
            "today": money(channel["spend"], study.currency),
            "step": nice_step(channel["spend"] / STEPS),
        }
        reach = max(channel["spend"] * max(2.0, highest), channel["step"])  # silent: a step
        channel["most"] = _range(reach, channel["step"])
    return content | {
        "currency": study.currency,
        "unit": _unit(study.currency),
        "interval": study.interval,
        "outcome_unit": _unit(study.outcome_currency),
        "margin": study.profit_margin,
        "margin_step": margin_step(study),
        "is_assumed": study.margin is None,
        "outcome": outcome(study),
        "after_cost": after_cost(study),
        "returned": _capital(average_name(study)),
    }


def _capital(name: str) -> str:
    return f"{name[:1].upper()}{name[1:]}"


def _unit(currency: str) -> dict[str, str]:
    return {"symbol": SYMBOLS.get(currency, ""), "code": currency}


def _returns(store: Store) -> dict[str, list[float | None]]:
    """Return low, median and high of the ROI of each channel that was bought."""
    if not store.path("tables/returns.csv").exists():
        return {}
    table = store.read_table("tables/returns.csv")
    columns = table[["roi_low", "roi", "roi_high"]].to_numpy(float)
    return {
        name: [None if math.isnan(value) else float(value) for value in ends]
        for name, ends in zip(table["channel"], columns, strict=True)
        if math.isfinite(ends[1])
    }


def margin_step(study: Study) -> float:
    """Return the step of the margin's slider, in percent: whole ones where the margin is one."""
    margin = 100 * (study.profit_margin or 1.0)
    return 1.0 if margin >= 5 and abs(margin - round(margin)) < 1e-9 else 0.01


def drawn_saturations() -> set[str]:
    """Return the saturations that the page's script has a formula for."""
    script = MODEL_SCRIPT.read_text("utf-8")
    table = script[script.index("const CURVES = {") :]
    return set(re.findall(r"^    (\w+): ", table[: table.index("};")], re.MULTILINE))


def after_cost(study: Study) -> str:
    """Return what the sliders' result is: profit, or units where their value is not known."""
    margin = study.profit_margin
    if margin is None:
        return outcome(study)
    return "after its cost" + ("" if margin == 1 else f", at a margin of {percent(margin)}")


def _positions(content: dict[str, Any]) -> range:
    return range(len(content["channels"]))


def _offers(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"multipliers": [1.0] * len(content["channels"])}, *content["offers"]]


def _range(most: float, step: float) -> float:
    return math.ceil(most / step - 1e-9) * step


def nice_step(amount: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that does not exceed an amount.

    Examples
    --------
    >>> nice_step(34_773.0), nice_step(0.0)
    (20000.0, 1.0)
    """
    if not amount > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(amount))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= amount * (1 + 1e-9))
