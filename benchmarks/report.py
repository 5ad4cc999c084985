"""Measure the report: CPU seconds to render, bytes, elements, seconds to load, answer of a slider.

Needs a completed run and Chromium. Run by hand: ``python benchmarks/report.py``. Times depend on
the machine.
"""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path

import click
from playwright.sync_api import Page, sync_playwright

from mmm import paths
from mmm.report import render
from mmm.store import Store
from mmm.study import load_study

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


@click.command()
@click.option("--study", default=paths.DEFAULT_STUDY, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), default=None, help="default: outputs/")
@click.option("--repeat", type=click.IntRange(min=1), default=5, show_default=True)
def main(study: str, output: Path | None, repeat: int) -> None:
    """Print one line per measure."""
    store = Store((output or paths.outputs_folder()) / study)
    definition = load_study(paths.data_folder() / study / "study.toml")
    times = []
    for _ in range(repeat):
        start = time.process_time()
        report = render(store, definition)
        times.append(time.process_time() - start)
    click.echo(f"render, imports included     {times[0]:8.2f} CPU s")
    click.echo(f"render again, median         {statistics.median(times):8.2f} CPU s")
    click.echo(f"size                         {report.stat().st_size / 1e6:8.2f} MB")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        loads = [load(page, report) for _ in range(repeat)]
        elements = page.evaluate("document.querySelectorAll('*').length")
        click.echo(f"elements                     {elements:8d}")
        click.echo(f"load, median                 {statistics.median(loads) / 1e3:8.2f} s")
        click.echo(f"a slider's answer            {page.evaluate(SLIDE):8.1f} ms")
        browser.close()


if __name__ == "__main__":
    main()
