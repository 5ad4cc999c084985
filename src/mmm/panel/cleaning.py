"""Many daily series in one table: clean it, derive features, aggregate to weeks.

Money stays in the currency of its series; nothing here adds up two currencies.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from mmm.data.dates import mondays
from mmm.errors import DataError, StudyError
from mmm.panel.schema import (
    BRAND,
    CHANNELS,
    CURRENCY,
    DATE,
    DISCOUNT,
    MEDIATORS,
    PRICE,
    ROLL_UP,
    SERIES,
    TERRITORY,
    VERTICALS,
)
from mmm.study.panel import PanelSpec
from mmm.study.study import Study

DERIVED = ("revenue", "total_spend", "blended_roi", "year", "month", "week", "day_of_week")


@dataclass(frozen=True)
class Panel:
    """A clean panel."""

    #: One row per series and day, sorted; the derived columns are in :data:`DERIVED`.
    frame: pd.DataFrame
    channels: tuple[str, ...]  #: Channels whose columns were kept.
    steps: pd.DataFrame  #: Columns step, effect, why: what the cleaning did, in order.
    #: Per series, the share of its spend that sits in the dropped channels.
    dropped_share: pd.Series
    date_format: str  #: The format the dates were read with.

    @property
    def spend_columns(self) -> list[str]:
        """Names of the kept spend columns."""
        return [f"{channel}_SPEND" for channel in self.channels]


def panel_spec(study: Study) -> PanelSpec:
    """Return the ``[panel]`` table of a study that has one.

    Raises
    ------
    StudyError
        If it has none, or does not declare its date format.
    """
    spec = study.panel
    if spec is None:
        raise StudyError(f"study {study.name!r} has no [panel] table.")
    if study.data.date_format is None:
        raise StudyError(
            f"{study.name}: a panel needs [data] date_format. Copies of the file exist with ISO "
            f"and with day-first dates, and a guess could swap day and month. Declare it, e.g. "
            f'date_format = "%Y-%m-%d".'
        )
    return spec


def clean_panel(raw: pd.DataFrame, spec: PanelSpec, *, date_format: str) -> Panel:
    """Clean a panel and derive its features as the classic workflow does.

    Raises
    ------
    DataError
        If an unknown channel is to be dropped, or price or discount is empty.
    """
    unknown = [name for name in spec.drop if name not in CHANNELS]
    if unknown:
        raise DataError(f"[panel] drop: unknown channel {unknown[0]!r}. Known: {CHANNELS}.")
    kept = tuple(channel for channel in CHANNELS if channel not in spec.drop)
    gone = [f"{c}_{kind}" for c in spec.drop for kind in ("SPEND", "CLICKS", "IMPRESSIONS")]
    filled = [c for c in raw if c.endswith(("_SPEND", "_CLICKS")) and c not in gone]
    frame = raw.drop(columns=[*gone, *VERTICALS])
    _require_kpi(frame)
    steps = _cleaning_steps(raw, gone, filled, spec, date_format)
    frame[filled] = frame[filled].fillna(0.0)
    frame = frame.assign(**_features(frame, [f"{c}_SPEND" for c in kept]))
    return Panel(frame, kept, steps, _dropped_share(raw, spec), date_format)


def _require_kpi(frame: pd.DataFrame) -> None:
    for column in (PRICE, DISCOUNT):
        empty = frame[column].isna()
        if empty.any():
            raise DataError(
                f"{column} is empty in {int(empty.sum())} rows, first on "
                f"{frame[DATE][empty].iloc[0]:%Y-%m-%d} of {frame[SERIES][empty].iloc[0]}. "
                f"Revenue cannot be guessed: fill or remove these rows."
            )


def _features(frame: pd.DataFrame, spend: list[str]) -> dict[str, pd.Series]:
    days = frame[DATE].dt
    revenue, total = frame[PRICE] - frame[DISCOUNT], frame[spend].sum(axis=1)
    return {
        "revenue": revenue,
        "total_spend": total,
        "blended_roi": revenue / (total + 1),
        "year": days.year,
        "month": days.month,
        "week": days.isocalendar().week.astype("int32"),
        "day_of_week": days.day_of_week,
    }


def _dropped_share(raw: pd.DataFrame, spec: PanelSpec) -> pd.Series:
    sums = raw.groupby(SERIES, observed=True)[[f"{c}_SPEND" for c in CHANNELS]].sum()
    return sums[[f"{c}_SPEND" for c in spec.drop]].sum(axis=1) / sums.sum(axis=1)


def _cleaning_steps(
    raw: pd.DataFrame, gone: list[str], filled: list[str], spec: PanelSpec, date_format: str
) -> pd.DataFrame:
    dropped = raw[[f"{c}_SPEND" for c in spec.drop]].isna().mean()
    spend = [name for name in filled if name.endswith("_SPEND")]
    clicks = [name for name in filled if name.endswith("_CLICKS")]
    cells = len(raw)
    rows = [
        (
            "read",
            f"{len(raw):,} rows, {raw.shape[1]} columns, {raw[SERIES].nunique()} series",
            f"dates read as {date_format}, the declared format",
        ),
        (
            "drop channels",
            f"{len(gone)} columns of {', '.join(spec.drop)}",
            f"spend is empty in {dropped.min():.0%} to {dropped.max():.0%} of the rows",
        ),
        ("drop verticals", f"{len(VERTICALS)} columns", "labels of the brand, no driver of sales"),
        (
            "fill spend with 0",
            f"{raw[spend].isna().to_numpy().sum():,} of {cells * len(spend):,} values",
            "empty spend means that the channel was not used",
        ),
        (
            "fill clicks with 0",
            f"{raw[clicks].isna().to_numpy().sum():,} of {cells * len(clicks):,} values",
            "no visits were recorded",
        ),
        ("revenue", f"{PRICE} − {DISCOUNT}", "what customers paid, before returns"),
        ("total spend", f"sum of {len(spend)} spend columns", "in the currency of the series"),
        ("blended ROI", "revenue / (total spend + 1)", "describes; it is not incremental"),
        ("calendar", "year, month, week, day of week", "features of the pooled regression"),
    ]
    return pd.DataFrame(rows, columns=["step", "effect", "why"])


def series_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Describe each series of a panel.

    Columns series, brand, territory, currency, first, last, days, roll_up; a roll-up is an "All
    Territories" series whose brand also has country series.
    """
    table = (
        frame.groupby(SERIES, observed=True)
        .agg(
            brand=(BRAND, "first"),
            territory=(TERRITORY, "first"),
            currency=(CURRENCY, "first"),
            first=(DATE, "min"),
            last=(DATE, "max"),
            days=(DATE, "size"),
        )
        .reset_index(names="series")
    )
    text = ["series", "brand", "territory", "currency"]
    table[text] = table[text].astype(object)
    countries = set(table.loc[table["territory"] != ROLL_UP, "brand"])
    table["roll_up"] = (table["territory"] == ROLL_UP) & table["brand"].isin(countries)
    return table


def without_roll_ups(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out "All Territories" rows of brands whose countries are there as well."""
    table = series_table(frame)
    return frame[~frame[SERIES].isin(table.loc[table["roll_up"], "series"])]


def require_one_currency(frame: pd.DataFrame, what: str) -> str:
    """Return the currency of rows whose money is about to be added up.

    Raises
    ------
    DataError
        If the rows are in several currencies.
    """
    codes = sorted(frame[CURRENCY].astype(str).unique())
    if len(codes) != 1:
        raise DataError(
            f"{what}: {len(codes)} currencies ({', '.join(codes[:5])}"
            f"{', ...' if len(codes) > 5 else ''}) cannot be added up. Convert them, or work per "
            f"currency or per series."
        )
    return codes[0]


def used_channels(panel: Panel) -> pd.DataFrame:
    """Tell which series used which channel: one row a series, one boolean column a channel."""
    sums = panel.frame.groupby(SERIES, observed=True)[panel.spend_columns].sum()
    return (sums > 0).set_axis(list(panel.channels), axis=1)


def weekly_panel(panel: Panel) -> pd.DataFrame:
    """Add up days to weeks that start on Monday; partial weeks are left out.

    Columns of the series, ``DATE_DAY`` (the Monday), revenue, spend and clicks of the kept
    channels, and ``EMAIL_CLICKS``. Discounts and mediators are not among them.
    """
    frame = panel.frame
    paid = [f"{c}_{kind}" for kind in ("SPEND", "CLICKS") for c in panel.channels]
    dated = frame.assign(**{DATE: mondays(frame[DATE])})
    groups = dated.groupby([SERIES, DATE], observed=True, sort=True)
    weeks = groups[["revenue", *paid, "EMAIL_CLICKS"]].sum()
    return weeks[groups.size() == 7].reset_index()


def focus_table(panel: Panel, study: Study) -> pd.DataFrame:
    """Return the weekly table of the focus series, as a study's raw table.

    Raises
    ------
    DataError
        If the series is not in the panel, or is in another currency than the study.
    StudyError
        If a control is only known after the purchase or is itself an effect of media.
    """
    spec = panel_spec(study)
    for name in (*study.controls.columns, *study.controls.categorical):
        if name.endswith("_DISCOUNT") or name in MEDIATORS:
            raise StudyError(
                f"[controls] {name!r}: discounts are known only after the purchase, and organic, "
                f"direct and branded-search visits are partly caused by media. As controls they "
                f"take credit that belongs to channels. Remove it."
            )
    rows = panel.frame[panel.frame[SERIES] == spec.focus]
    if rows.empty:
        raise DataError(
            f"[panel] focus {spec.focus!r} is not in the file. Name one of its "
            f"{panel.frame[SERIES].nunique()} series, e.g. {panel.frame[SERIES].iloc[0]!r}."
        )
    currency = require_one_currency(rows, "focus series")
    if currency != study.currency:
        raise DataError(
            f"focus series {spec.focus} is in {currency}, the study says {study.currency}. "
            f"Set currency = {currency!r} in study.toml."
        )
    weeks = weekly_panel(panel)
    table = weeks[weeks[SERIES] == spec.focus].drop(columns=SERIES).reset_index(drop=True)
    table[DATE] = table[DATE].dt.strftime(panel.date_format)
    return table
