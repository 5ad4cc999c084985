"""Labels and colors of the sources that contributions add up from."""

from __future__ import annotations

from mmm.show.style import BASELINE_COLOR, SYNERGY_COLOR, channel_colors


def source_colors(sources: list[str], channels: list[str]) -> list[str]:
    """Return the color of each source: baseline gray, channels their own, synergy purple."""
    colors = {"baseline": BASELINE_COLOR, **channel_colors(channels)}
    return [colors.get(source, SYNERGY_COLOR) for source in sources]


def source_label(source: str, labels: dict[str, str]) -> str:
    """Return the label of a source; a synergy pair is written ``A × B``."""
    if source == "baseline":
        return "Baseline"
    parts = source.split(" x ") if source not in labels else [source]
    return " × ".join(labels.get(part, part) for part in parts)
