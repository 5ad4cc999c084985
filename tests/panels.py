"""A small panel and the studies that go with it."""

from __future__ import annotations

from pathlib import Path

from mmm import paths
from mmm.panel.cleaning import clean_panel
from mmm.panel.schema import read_panel
from mmm.study.load import load_study
from mmm.study.panel import TwinSpec

ISO = "%Y-%m-%d"
FOCUS = "914d30e0b36698c15ee12f513f387c98"


def panel_study(folder=None, **changes):
    """Return the committed panel study, in another folder and with another ``[panel]``."""
    study = load_study(paths.data_folder() / "ecommerce_panel" / "study.toml")
    update = {"panel": study.panel.model_copy(update=changes)}
    if folder is not None:
        update["folder"] = Path(folder)
    return study.model_copy(update=update)


def small_study(folder=None):
    """Return a panel study whose twin has 20 series."""
    return panel_study(folder, twin=TwinSpec(series=20, rows=16_000))


def load(path, study, date_format=ISO):
    """Read and clean a panel file."""
    return clean_panel(
        read_panel(path, date_format=date_format), study.panel, date_format=date_format
    )
