"""The prediction service: a persisted model behind HTTP.

``create_app`` makes the Flask application; ``serve`` runs it. Neither Flask nor waitress is
imported before one of them is used.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """Import ``create_app`` on first use: batch scoring needs no web server."""
    if name == "create_app":
        return importlib.import_module("mmm.serve.app").create_app
    raise AttributeError(f"module 'mmm.serve' has no attribute {name!r}")
