"""Time and weigh the e-commerce panel: making the twin, then reading, cleaning and pooling it.

The bars: the twin within 10 s; reading, cleaning and both pooled fits within 10 s and 1.5 GB, on
two cores. Each part runs in a process of its own, so that its peak memory is its own. Run by hand:
``python benchmarks/panel.py``. Numbers depend on the machine.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from mmm import paths

LIMIT_SECONDS, LIMIT_GIGABYTES = 10.0, 1.5
LIMIT_SPEED_UP = 1.6


def make_twin(folder: Path) -> str:
    """Simulate the twin into a folder.

    Parameters
    ----------
    folder : Path
        Where to.
    """
    from mmm.panel.source import make_panel
    from mmm.store import Store
    from mmm.study import load_study

    study = load_study(paths.study_file("ecommerce_panel"))
    make_panel(study, Store(folder))
    return "the published file is in the folder" if study.data_file.is_file() else "simulated"


def pool(folder: Path) -> str:
    """Read, clean and pool the panel of a folder.

    Parameters
    ----------
    folder : Path
        Holds the twin.
    """
    from mmm.panel.honest import fit_honest
    from mmm.panel.pooled import fit_literal
    from mmm.panel.source import open_panel
    from mmm.store import Store
    from mmm.study import load_study

    study = load_study(paths.study_file("ecommerce_panel"))
    panel = open_panel(study, Store(folder))
    fits = [fit_literal(panel, study.panel), fit_honest(panel, study.panel)]
    r2 = [fit.scores["test_r2"].iloc[0] for fit in fits]
    return f"{len(panel.frame):,} rows, test R2 {r2[0]:.2f} literal, {r2[1]:.2f} honest"


def model_series(folder: Path) -> str:
    """Fit one model per series of a folder's panel.

    Parameters
    ----------
    folder : Path
        Holds the twin.
    """
    from mmm.panel.series import series_returns
    from mmm.panel.source import open_panel
    from mmm.store import Store
    from mmm.study import load_study

    study = load_study(paths.study_file("ecommerce_panel"))
    result = series_returns(open_panel(study, Store(folder)), study)
    return f"{(result.channels['reason'] == '').sum()} ROIs of {len(result.fits)} series"


def speed_up(folder: Path) -> str:
    """Fit the series in one worker process and in two, each pool once cold and once warm.

    Parameters
    ----------
    folder : Path
        Holds the twin.
    """
    from joblib.externals.loky import get_reusable_executor

    from mmm.panel.series import series_returns
    from mmm.panel.source import open_panel
    from mmm.store import Store
    from mmm.study import load_study

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
    return (
        f"one process {one:.1f} s; two {two[0]:.1f} s with their start ({one / two[0]:.2f} x), "
        f"{two[1]:.1f} s once started ({one / two[1]:.2f} x, the bar is {LIMIT_SPEED_UP} x)"
    )


PARTS = {
    "twin": (make_twin, "simulate and write the twin"),
    "pool": (pool, "read, clean, both pooled fits"),
    "series": (model_series, "one model per series, one process"),
    "workers": (speed_up, "the same, one worker against two"),
}


def measure(part: str, folder: str) -> dict[str, float | str]:
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
    figures: dict[str, float | str] = json.loads(done.stdout)
    return figures


@click.command()
@click.option("--part", type=click.Choice(list(PARTS)), hidden=True)
@click.option("--folder", hidden=True)
def main(part: str | None, folder: str | None) -> None:
    """Print seconds (imports included) and peak memory of each part."""
    if part and folder:
        start = time.perf_counter()
        text = PARTS[part][0](Path(folder))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        seconds = time.perf_counter() - start
        click.echo(json.dumps({"seconds": seconds, "gigabytes": peak, "text": text}))
        return
    with tempfile.TemporaryDirectory() as target:
        for name, (_, label) in PARTS.items():
            figures = measure(name, target)
            click.echo(
                f"{label:34} {figures['seconds']:6.1f} s {figures['gigabytes']:6.2f} GB   "
                f"{figures['text']}"
            )
    click.echo(f"bars for the first two: {LIMIT_SECONDS:g} s, {LIMIT_GIGABYTES:g} GB")


if __name__ == "__main__":
    main()
