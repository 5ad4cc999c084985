"""Marketing mix modeling: what each channel earns, how sure that is, and what to do next.

Notebooks start with ``open_study``. The packages are the flow: study -> data -> model -> decide ->
trust -> panel -> show -> report -> run, and serve beside show.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["open_study"]


def __getattr__(name: str) -> Any:
    """Import ``open_study`` on first use, so that ``import mmm.errors`` stays cheap."""
    if name == "open_study":
        return importlib.import_module("mmm.show.workbook").open_study
    raise AttributeError(f"module 'mmm' has no attribute {name!r}")
