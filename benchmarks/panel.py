"""Time and weigh the e-commerce panel: making the twin, then reading, cleaning and pooling it.

The bars: the twin within 10 s; reading, cleaning and both pooled fits within 10 s and 1.5 GB, on
two cores. Each part runs in a process of its own, so that its peak memory is its own:
``python benchmarks/panel.py``. Numbers depend on the machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import stored

from mmm import paths

LIMIT_SECONDS, LIMIT_GIGABYTES = 10.0, 1.5
LIMIT_SPEED_UP = 1.6


def make_twin(folder: Path) -> dict[str, Any]:
    """Simulate the twin into a folder.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    from mmm.panel.source import make_panel
    from mmm.store import Store
    from mmm.study.load import load_study

    study = load_study(paths.study_file("ecommerce_panel"))
    make_panel(study, Store(folder))
    return {"simulated": not study.data_file.is_file()}


def pool(folder: Path) -> dict[str, Any]:
    """Read, clean and pool the panel of a folder.

    Parameters
    ----------
    folder : Path
        Holds the twin.
    """
    from mmm.panel.corrected import fit_corrected
    from mmm.panel.pooled import fit_as_published
    from mmm.panel.source import open_panel
    from mmm.store import Store
    from mmm.study.load import load_study

    study = load_study(paths.study_file("ecommerce_panel"))
    panel = open_panel(study, Store(folder))
    fits = [fit_as_published(panel, study.panel), fit_corrected(panel, study.panel)]
    literal, honest = (float(fit.scores["test_r2"].iloc[0]) for fit in fits)
    return {"rows": len(panel.frame), "test_r2_literal": literal, "test_r2_honest": honest}


def model_series(folder: Path) -> dict[str, Any]:
    """Fit one model per series of a folder's panel.

    Parameters
    ----------
    folder : Path
        Holds the twin.
    """
    from mmm.panel.series import series_returns
    from mmm.panel.source import open_panel
    from mmm.store import Store
    from mmm.study.load import load_study

    study = load_study(paths.study_file("ecommerce_panel"))
    result = series_returns(open_panel(study, Store(folder)), study)
    found = int((result.channels["grade"] != "").sum())
    return {"series": len(result.fits), "rois": found}


def speed_up(folder: Path) -> dict[str, Any]:
    """Fit the series in one worker process and in two, each pool once cold and once warm.

    Parameters
    ----------
    folder : Path
        Holds the twin.
    """
    from loky import get_reusable_executor

    from mmm.panel.series import series_returns
    from mmm.panel.source import open_panel
    from mmm.store import Store
    from mmm.study.load import load_study

    study = load_study(paths.study_file("ecommerce_panel"))
    panel = open_panel(study, Store(folder))
    start = time.perf_counter()
    series_returns(panel, study, jobs=1)
    one = time.perf_counter() - start
    two = []
    for _ in range(2):
        start = time.perf_counter()
        series_returns(panel, study, jobs=2)
        two.append(time.perf_counter() - start)
    get_reusable_executor().shutdown()
    return {"one": one, "two_with_start": two[0], "two": two[1]}


PARTS = {
    "twin": (make_twin, "simulate and write the twin"),
    "pool": (pool, "read, clean, both pooled fits"),
    "series": (model_series, "one model per series, one process"),
    "workers": (speed_up, "the same, one worker against two"),
}


def measure(part: str, folder: str) -> dict[str, Any]:
    """Run one part in a fresh process and return its figures.

    Parameters
    ----------
    part : str
        Name of the part.
    folder : str
        Folder of the twin.
    """
    command = [sys.executable, __file__, "--part", part, "--folder", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(done.stderr)
    return {"part": part, **json.loads(done.stdout)}


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: seconds and memory, and what a second process is worth.

    Parameters
    ----------
    rows : list of dict
        Results of :func:`measure`.
    """
    parts = {row["part"]: row for row in rows}
    lines = []
    for name, (_, label) in PARTS.items():
        row, has_bar = parts[name], name in ("twin", "pool")
        met = row["seconds"] <= LIMIT_SECONDS and row["gigabytes"] <= LIMIT_GIGABYTES
        lines.append(
            {
                "what": label,
                "seconds": f"{row['seconds']:.1f}",
                "largest memory, GB": f"{row['gigabytes']:.2f}",
                "bar": f"{LIMIT_SECONDS:g} s, {LIMIT_GIGABYTES:g} GB" if has_bar else "",
                "met": ("yes" if met else "**no**") if has_bar else "",
            }
        )
    workers = parts["workers"]
    one, started, two = workers["one"], workers["two_with_start"], workers["two"]
    return {
        "parts": lines,
        "rows": f"{parts['pool']['rows']:,}",
        "series": str(parts["series"]["series"]),
        "one": f"{one:.1f}",
        "two": f"{two:.1f}",
        "two_with_start": f"{started:.1f}",
        "speed_up": f"{one / two:.2f}",
        "speed_up_with_start": f"{one / started:.2f}",
        "speed_up_bar": f"{LIMIT_SPEED_UP:g}",
        "speed_up_met": "met" if one / two >= LIMIT_SPEED_UP else "**missed**",
    }


@click.command()
@click.option("--part", type=click.Choice(list(PARTS)), hidden=True)
@click.option("--folder", hidden=True)
@stored.store_option
def main(part: str | None, folder: str | None, store: bool) -> None:
    """Print seconds (imports included) and peak memory of each part."""
    if part and folder:
        import resource  # there is none on Windows, which only reads the stored rows

        start = time.perf_counter()
        figures = PARTS[part][0](Path(folder))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        figures |= {"seconds": time.perf_counter() - start, "gigabytes": peak}
        click.echo(json.dumps(figures))
        return
    with tempfile.TemporaryDirectory() as target:
        rows = [measure(name, target) for name in PARTS]
    for row in rows:
        label = PARTS[row["part"]][1]
        click.echo(f"{label:34} {row['seconds']:6.1f} s {row['gigabytes']:6.2f} GB   {row}")
    if store:
        stored.store("panel", rows)


if __name__ == "__main__":
    main()
