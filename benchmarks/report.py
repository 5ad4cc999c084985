"""Measure the report: CPU seconds to render, bytes, elements, seconds to load, answer of a slider.

Needs a completed run and Chromium: ``python benchmarks/report.py``. Times depend on the machine.
"""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import click
import stored
from playwright.sync_api import Page, sync_playwright

from mmm import paths
from mmm.report import render
from mmm.store import Store
from mmm.study.load import load_study
from mmm.study.study import Study

LOAD = (
    "(() => { const n = performance.getEntriesByType('navigation')[0]; return n.loadEventEnd; })()"
)
SLIDE = """(() => {
  const slider = document.querySelector("#whatif input[type=range]");
  const start = performance.now();
  for (let turn = 1; turn <= 20; turn++) {
    slider.value = (slider.max * turn) / 20;
    slider.dispatchEvent(new Event("input"));
  }
  return (performance.now() - start) / 20;
})()"""


def load(page: Page, report: Path) -> float:
    """Open the report and return the milliseconds until its load event ended.

    Parameters
    ----------
    page : Page
        A page of the browser.
    report : Path
        The report.
    """
    page.goto(report.as_uri())
    page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    return float(page.evaluate(LOAD))


def measure(store: Store, definition: Study, repeat: int) -> dict[str, Any]:
    """Render and open the report of a completed run.

    Parameters
    ----------
    store : Store
        The run's results.
    definition : Study
        Its study.
    repeat : int
        How often.
    """
    times = []
    for _ in range(repeat):
        start = time.process_time()
        report = render(store, definition)
        times.append(time.process_time() - start)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        loads = [load(page, report) / 1e3 for _ in range(repeat)]
        elements = page.evaluate("document.querySelectorAll('*').length")
        answer = page.evaluate(SLIDE)
        browser.close()
    return {
        "render_cpu_seconds": times,
        "megabytes": report.stat().st_size / 1e6,
        "elements": elements,
        "load_seconds": loads,
        "slider_milliseconds": answer,
    }


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: one line a measure.

    Parameters
    ----------
    rows : list of dict
        The result of :func:`measure`.
    """
    row = rows[0]
    first, *again = row["render_cpu_seconds"]
    loads = row["load_seconds"]
    measures = {
        "render from executed notebooks, imports included": f"{first:.1f} CPU s",
        "render again, median": f"{statistics.median(again or [first]):.1f} CPU s",
        "size": f"{row['megabytes']:.1f} MB",
        "elements": f"{row['elements']:,}",
        "load in Chromium": f"{min(loads):.2f} to {max(loads):.2f} s",
        "a slider's answer, charts included": f"{row['slider_milliseconds']:.0f} ms",
    }
    return {"measures": [{"what": name, "measured": text} for name, text in measures.items()]}


@click.command()
@click.option("--study", default=paths.DEFAULT_STUDY, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), default=None, help="default: outputs/")
@click.option("--repeat", type=click.IntRange(min=1), default=5, show_default=True)
@stored.store_option
def main(study: str, output: Path | None, repeat: int, store: bool) -> None:
    """Print one line per measure."""
    results = Store((output or paths.outputs_folder()) / study)
    definition = load_study(paths.data_folder() / study / "study.toml")
    rows = [measure(results, definition, repeat)]
    for line in tables(rows)["measures"]:
        click.echo(f"{line['what']:50} {line['measured']}")
    if store:
        stored.store("report", rows)


if __name__ == "__main__":
    main()
