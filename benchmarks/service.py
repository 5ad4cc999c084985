"""Load, attack and time the prediction service and batch scoring.

The bars: 500 requests a second of one record on one core with a 99th percentile of 20 ms (by ab);
no failure in 5,000 random requests made from the service's own document (by schemathesis);
1,000,000 rows of the pooled model within 20 s and 500 MB. Both studies must have been run:
``python benchmarks/service.py``. Server and load share the machine; the server is pinned to one
core where the system can do that.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import requests
import stored

from mmm import paths

BARS = {"requests": 500.0, "p99": 20.0, "attacks": 5_000, "seconds": 20.0, "megabytes": 500.0}
ROWS = 1_000_000
POOLED = "ecommerce_panel"
THREADS = 4


@contextlib.contextmanager
def server(study: str, output: Path) -> Iterator[str]:
    """Run the service of a study on one core; yield its URL.

    Parameters
    ----------
    study : str
        Name of the study.
    output : Path
        Folder of the results.
    """
    command = [sys.executable, "-m", "mmm", "serve", "--study", study, "--output", str(output)]
    command += ["--port", "0", "--threads", str(THREADS)]
    if shutil.which("taskset"):
        command = ["taskset", "-c", "0", *command]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+:\d+", process.stdout.readline())
        if found is None:
            raise click.ClickException(f"no service: run the study {study} first.")
        try:
            yield found.group(0)
        finally:
            process.terminate()


def load(url: str, n_requests: int, connections: int, *, keep: bool) -> dict[str, float]:
    """Send one record again and again with ab.

    Parameters
    ----------
    url : str
        Where the service is.
    n_requests, connections : int
        How often, and how many at a time.
    keep : bool
        Keep connections open.
    """
    example = requests.get(f"{url}/model", timeout=10).json()["example"]
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "record.json"
        body.write_text(json.dumps(example))
        command = ["ab", "-q", "-n", str(n_requests), "-c", str(connections), "-p", str(body)]
        command += ["-T", "application/json", *(["-k"] if keep else []), f"{url}/predict"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    values = {
        "requests": r"Requests per second:\s+([\d.]+)",
        "p50": r"50%\s+(\d+)",
        "p99": r"99%\s+(\d+)",
        "failed": r"Failed requests:\s+(\d+)",
    }
    return {name: float(re.search(form, told).group(1)) for name, form in values.items()}


def attack(url: str, examples: int, seed: int) -> tuple[int, bool]:
    """Send random requests made from the service's document; count them.

    Parameters
    ----------
    url : str
        Where the service is.
    examples : int
        Examples per operation.
    seed : int
        Seed of the requests.
    """
    tool = Path(sys.executable).with_name("schemathesis")
    command = [str(tool), "--no-color", "run", f"{url}/openapi.json", "--seed", str(seed)]
    command += ["--max-examples", str(examples), "--suppress-health-check", "all"]
    command += ["--request-timeout", "60"]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    found = re.search(r"Test cases:\n\s+(\d+) generated", run.stdout)
    if found is None or run.returncode:
        print(run.stdout[-3000:])
    return int(found.group(1)) if found else 0, run.returncode == 0


def write_rows(path: Path, example: dict[str, float]) -> None:
    """Write a file of random rows around an example.

    Parameters
    ----------
    path : Path
        Target file.
    example : dict
        A record of the pooled model.
    """
    rng = np.random.default_rng(0)
    columns: dict[str, object] = {"id": np.arange(ROWS)}
    ranges = {"year": (2019, 2026), "month": (1, 13), "day_of_week": (0, 7)}
    for name, value in example.items():
        if name in ranges:
            columns[name] = rng.integers(*ranges[name], ROWS)
        else:
            columns[name] = rng.gamma(2, value / 2 + 1, ROWS).round(2)
    pd.DataFrame(columns).to_csv(path, index=False)


def score(study: str, output: Path, example: dict[str, float]) -> tuple[float, float]:
    """Score a million rows in a process of its own; return seconds and megabytes.

    Parameters
    ----------
    study : str
        A panel study.
    output : Path
        Folder of the results.
    example : dict
        A record of its pooled model.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        write_rows(source, example)
        command = [sys.executable, "-m", "mmm", "predict", str(source), str(target), "--quiet"]
        command += ["--study", study, "--output", str(output)]
        before = time.perf_counter()
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - before
        if status or sum(1 for _ in target.open()) != ROWS + 1:
            raise click.ClickException("batch scoring failed")
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss / unit


def measure(study: str, results: Path, examples: int) -> Iterator[dict[str, Any]]:
    """Load the service of a study, and attack it; yield one row a measurement.

    Parameters
    ----------
    study : str
        Name of the study.
    results : Path
        Folder of the results.
    examples : int
        Random requests per operation; 0 for none.
    """
    with server(study, results) as url:
        for keep in (True, False):
            row = {"study": study, "kind": "load", "kept_open": keep}
            yield row | load(url, 5_000, THREADS, keep=keep)
        if examples:
            sent, passed = attack(url, examples, seed=1)
            yield {"study": study, "kind": "attack", "requests": sent, "failed": not passed}
        example = requests.get(f"{url}/model", timeout=10).json()["example"]
    if study == POOLED:
        seconds, megabytes = score(study, results, example)
        row = {"study": study, "kind": "batch", "rows": ROWS}
        yield row | {"seconds": seconds, "megabytes": megabytes}


def told(row: dict[str, Any]) -> dict[str, str]:
    """Return a row of the table of RESULTS.md.

    Parameters
    ----------
    row : dict
        A row of :func:`measure`.
    """
    if row["kind"] == "batch":
        met = row["seconds"] <= BARS["seconds"] and row["megabytes"] <= BARS["megabytes"]
        what = f"{row['rows']:,} rows in a file"
        result = f"{row['seconds']:.1f} s, {row['megabytes']:.0f} MB"
        bar = f"{BARS['seconds']:g} s, {BARS['megabytes']:g} MB"
    elif row["kind"] == "load":
        met = row["requests"] >= BARS["requests"] and row["p99"] <= BARS["p99"]
        what = "connections kept open" if row["kept_open"] else "one connection per request"
        result = f"{row['requests']:,.0f} requests/s, 99 % within {row['p99']:.0f} ms"
        bar = f"{BARS['requests']:g}/s, {BARS['p99']:g} ms"
    else:
        met, what = not row["failed"], "random requests"
        result = f"{row['requests']:,}, {'with' if row['failed'] else 'without'} a failure"
        bar = "no failure"
    verdict = "yes" if met else "**no**"
    return {"study": row["study"], "what": what, "measured": result, "bar": bar, "met": verdict}


def tables(rows: stored.Rows) -> dict[str, Any]:
    """Return what RESULTS.md tells: one line a measurement.

    Parameters
    ----------
    rows : list of dict
        Rows of :func:`measure`.
    """
    attacks = sum(row["requests"] for row in rows if row["kind"] == "attack")
    every = {"study": "both", "what": "random requests in all", "measured": f"{attacks:,}"}
    every |= {"bar": f"{BARS['attacks']:,}"}
    every |= {"met": "yes" if attacks >= BARS["attacks"] else "**no**"}
    return {"measures": [*map(told, rows), every]}


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=None, help="Results folder.")
@click.option(
    "--examples", default=1_000, show_default=True, help="Per operation of schemathesis; 0: none."
)
@stored.store_option
def main(output: Path | None, examples: int, store: bool) -> None:
    """Print one line per measurement, and whether each bar is met."""
    results, rows = output or paths.outputs_folder(), []
    for study in (POOLED, paths.DEFAULT_STUDY):
        for row in measure(study, results, examples):
            rows.append(row)
            click.echo(", ".join(told(row).values()))
    if store:
        stored.store("service", rows)


if __name__ == "__main__":
    main()
