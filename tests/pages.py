"""Executed notebooks as they come out of a run, with hostile text in them."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from mmm.store import Store
from mmm.study.load import load_study
from mmm.study.study import Study

HOSTILE = "<script>alert(1)</script>"
BREAKOUT = '"><img src=x onerror=alert(1)>'
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="600pt" height="300pt" viewBox="0 0 600 300">'
    '<rect width="600" height="300" fill="white"/><path d="M0 300 L600 0" stroke="black"/></svg>'
)
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
SUMMARY = {
    "headline": f"Moving **480k USD** adds $1.1M ($0.3M to $1.9M) {HOSTILE}",
    "recommendations": [
        {
            "title": f"Shift {BREAKOUT}",
            "money": "+$1.1M",
            "certainty": "90 %: $0.3M to $1.9M",
            "text": "The next dollar earns **2.70**.",
        },
        {"title": "Wait", "text": "No money here."},
    ],
    "tiles": [
        {"label": "Return of all media", "value": "2.45", "note": "1.98 to 2.94"},
        {"label": "Best next dollar", "value": "A & B", "note": HOSTILE},
    ],
    "distrust": ["TV and Digital Video cannot be told apart."],
    "failed": [["the ROI is not plausible", HOSTILE]],
    "notes": ["Simulated study."],
}
STUDY = """
schema = 1
title = '<script>alert(1)</script> & Co'
question = 'Which channels "earn" money?'
seed = 7
[data]
file = "weekly.csv"
date = "week"
kpi = "revenue"
[channels.tv]
label = "TV"
spend = "tv"
"""


def figure(name: str, mime: str = "image/svg+xml", **words: str) -> NotebookNode:
    words = {"title": "Search earns most", "caption": "Median.", "alt": "Bars: 4.1, 0.8"} | words
    image = SVG if mime == "image/svg+xml" else PNG
    data = {mime: image, "text/plain": words["alt"]}
    return new_output("display_data", data=data, metadata={mime: {"name": name, **words}})


def table(caption: str, columns: int = 3) -> NotebookNode:
    head = "".join(f'<th scope="col">column number {i}</th>' for i in range(columns))
    number = '<td class="number">1,234,567</td>'
    body = '<th scope="row">TV</th><td class="status-pass">PASS</td>' + number * (columns - 2)
    html = (
        f'<table class="data"><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody><tr>{body}</tr></tbody></table>"
    )
    return new_output("display_data", data={"text/html": html, "text/plain": caption})


def prose(text: str) -> NotebookNode:
    return new_output("display_data", data={"text/markdown": text, "text/plain": text})


def code(source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def first_notebook() -> NotebookNode:
    return new_notebook(
        cells=[
            new_markdown_cell(
                "# What does each channel earn?\n\nCarryover is $a_t = \\sum_l w_l x_{t-l}$.\n\n"
                "$$f(a) = \\frac{a^s}{a^s + k^s}$$\n\nNext: [what if](02_what_if.ipynb), "
                "[a paper](https://example.org/paper) ![chart](https://example.org/x.png) "
                f"{HOSTILE}"
            ),
            code("SECRET_PARAMETER = 1", tags=("parameters",)),
            code('study = "SECRET_INJECTED"\ntwins = 12', tags=("injected-parameters",)),
            code("SECRET_HIDDEN = 3", prose("secret prose"), tags=("hide-report",)),
            new_markdown_cell("| Reads | Writes |\n|---|--:|\n| a | b |"),
            code("import numpy as np"),
            code("ax = draw(1 < 2)", figure("roi_intervals")),
            new_markdown_cell("## Takeaways"),
            code("say()", prose(f"**Search** earned $4.10 or $3 {HOSTILE}\n\n{BREAKOUT}")),
            code("show()", table("Return by channel", columns=14)),
            code("1 + 1", new_output("execute_result", data={"text/plain": "two"})),
        ]
    )


def second_notebook() -> NotebookNode:
    hostile = figure(BREAKOUT, "image/png", title=HOSTILE, caption=HOSTILE, alt=BREAKOUT)
    return new_notebook(
        cells=[
            new_markdown_cell("# What if 10 % of TV moves?\n\n#### A heading too deep"),
            code("draw()", hostile, figure("roi_intervals")),
            new_markdown_cell("## Takeaways\n\n## Takeaways"),
            code("show()", table("Return by channel"), table("")),
            code(
                "boom()",
                new_output("stream", name="stdout", text=f"a \x1b[31mred\x1b[0m {HOSTILE}\n"),
                new_output("stream", name="stderr", text="UserWarning: mind\n"),
                new_output("error", ename="ValueError", evalue=HOSTILE, traceback=["line 3"]),
            ),
        ]
    )


def write_run(folder: Path, *, summary: dict | None = SUMMARY) -> tuple[Store, Study]:
    store = Store(folder / "outputs" / "halo")
    notebooks = {"01_roi": first_notebook(), "02_what_if": second_notebook()}
    for stem, notebook in notebooks.items():
        for position, cell in enumerate(notebook.cells):
            cell.id = f"cell-{position}"  # the same ids in both notebooks
        store.write_text(f"notebooks/{stem}.ipynb", nbformat.writes(notebook))
    if summary is not None:
        store.write_text("reports/summary.json", json.dumps(summary))
    (folder / "halo").mkdir(exist_ok=True)
    (folder / "halo" / "study.toml").write_text(STUDY, "utf-8")
    (folder / "halo" / "weekly.csv").write_text("week,revenue,tv\n", "utf-8")
    return store, load_study(folder / "halo" / "study.toml")
