"""What the page shows: chapters and figures out of notebooks, the summary, the provenance."""

from __future__ import annotations

import base64
import json
import platform
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbformat import NotebookNode

from mmm.errors import ReportError
from mmm.report.markdown import Heading, Names, inline_html, plain, scroll_box, slug
from mmm.show import graded
from mmm.show.checks import stop_line
from mmm.store import NUMERIC_PACKAGES, Store, sha256
from mmm.study.study import Study

ACRONYMS = {"ols", "vif", "roi", "mroi", "mmm", "kpi", "eda"}
HIDDEN_TAGS = {"parameters", "injected-parameters", "hide-report"}
SUMMARY = "reports/summary.json"
TRUST = "reports/trust.json"
SVG, PNG = "image/svg+xml", "image/png"
PIXELS_PER_POINT = 96 / 72
SAFE = " !$()*+,/:;=?@[]"  # need no escape within the quotes of an attribute
SUMMARY_PARTS: dict[str, type] = {
    "headline": str,
    "recommendations": list,
    "tiles": list,
    "distrust": list,
    "notes": list,
}
#: How the lines under *What to distrust* begin, most important first; how many are not folded.
DISTRUST_ORDER = ("**FAIL", "**Units", "**Margin", "**Question", "**REVIEW", "**Grade")
MOST_SHOWN = 4
SUMMARY_ITEMS = {"recommendations": ("title", "text"), "tiles": ("label", "value", "note")}


@dataclass
class Chapter:
    """One notebook on the page; `label` is made of its file name, `title` is its H1."""

    id: str
    number: str
    label: str
    title: str = ""
    headings: list[Heading] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True)
class Figure:
    """An image with its words; `source` is a data URL, `width` and `height` are pixels or 0."""

    id: str
    name: str
    chapter: str
    title: str
    caption: str
    alt: str
    source: str
    width: int
    height: int


@dataclass(frozen=True)
class Page:
    """Everything around and between the cells."""

    title: str
    question: str
    summary: dict[str, Any] | None
    headline: Figure | None
    results: list[Any]
    sliders: dict[str, Any] | None
    chapters: list[Chapter]
    glossary: dict[str, str]
    formulas: list[tuple[str, str, str]]
    provenance: list[tuple[str, str]]


def new_chapter(stem: str, position: int, title: str = "") -> Chapter:
    """Name the chapter of a notebook.

    Examples
    --------
    >>> new_chapter("03_ols_vif", 1)
    Chapter(id='ch03', number='3', label='OLS VIF', title='', headings=[], error='')
    """
    match = re.match(r"(\d+)[_-]+(.+)", stem)
    number, name = (match[1], match[2]) if match else (f"{position:02d}", stem)
    words = [word.upper() if word in ACRONYMS else word for word in re.split(r"[_-]+", name)]
    label = title or " ".join(words)
    return Chapter(f"ch{number}", str(int(number)), label[:1].upper() + label[1:])


def is_shown(cell: NotebookNode) -> bool:
    """Tell whether a cell belongs on the page: parameters and hidden cells do not."""
    return not HIDDEN_TAGS & set(cell.metadata.get("tags", []))


def image_size(mime: str, content: bytes) -> tuple[int, int]:
    """Read the size of an image, so that the page can keep its place free."""
    if mime == PNG:
        return _png_size(content)
    match = re.search(rb'viewBox="[\d.]+ [\d.]+ ([\d.]+) ([\d.]+)"', content)
    if not match:
        return 0, 0
    return round(float(match[1]) * PIXELS_PER_POINT), round(float(match[2]) * PIXELS_PER_POINT)


def _png_size(content: bytes) -> tuple[int, int]:
    """Read IHDR, and pHYs where the image says how dense its pixels are."""
    if len(content) < 24:
        return 0, 0
    width, height = struct.unpack(">II", content[16:24])
    start = content.find(b"pHYs", 0, 4096)
    per_metre = struct.unpack(">I", content[start + 4 : start + 8])[0] if start > 0 else 0
    scale = 96 / (per_metre * 0.0254) if per_metre else 1
    return round(width * scale), round(height * scale)


def read_figure(output: NotebookNode, mime: str, *, ids: Names, where: Chapter) -> Figure:
    """Take a figure and its words out of a cell's output."""
    words = output.get("metadata", {}).get(mime, {})
    data = output.data[mime]
    content = data.encode() if mime == SVG else base64.b64decode(data)
    name = str(words.get("name") or "")
    alt = words.get("alt") or output.data.get("text/plain") or f"Figure of chapter {where.number}"
    place = f"chapter {where.number}"
    number = ids.unique(f"fig-{_id_of(name) if name else slug(place)}")
    return make_figure(
        mime, content, id=number, name=name, words={**words, "alt": alt}, chapter=where.id
    )


def make_figure(
    mime: str, content: bytes, *, id: str, name: str, words: dict[str, Any], chapter: str = ""
) -> Figure:
    """Join an image and its words."""
    width, height = image_size(mime, content)
    return Figure(
        id=id,
        name=name,
        chapter=chapter,
        title=str(words.get("title") or ""),
        caption=str(words.get("caption") or ""),
        alt=str(words["alt"]),
        source=data_url(mime, content),
        width=width,
        height=height,
    )


def data_url(mime: str, content: bytes) -> str:
    """Return an image as a data URL; SVG is text and is a seventh smaller as such."""
    if mime == SVG:
        return f"data:{mime},{quote(content, safe=SAFE)}"
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def _id_of(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else slug(name)


def boxed_tables(html: str, *, labels: Names, where: str) -> str:
    """Put each table of an HTML output into a scroll box named by its caption."""

    def box(match: re.Match[str]) -> str:
        caption = re.search(r"<caption[^>]*>(.*?)</caption>", match[0], re.DOTALL)
        label = plain(caption[1]) if caption else ""
        return scroll_box(match[0], labels.unique(label or f"Table of {where}"))

    return re.sub(r"<table\b.*?</table>", box, html, flags=re.DOTALL)


def _with_trust(summary: Any, store: Store) -> Any:
    """Put what notebook 08 distrusts before what notebook 07 does, and what failed in either."""
    if not isinstance(summary, dict):
        return summary
    trust = store.read_json(TRUST) if store.path(TRUST).exists() else {}
    lines, known = trust.get("distrust", []), summary.get("distrust")
    stop = stop_line([*trust.get("failed", []), *summary.get("failed", [])])
    shown, folded = folded_lines([*lines, *known]) if isinstance(known, list) else (known, [])
    advice = summary.get("recommendations")
    if isinstance(advice, list):
        advice = graded.advice(advice, trust.get("grades", []))
    told = {"headline": trust["headline"]} if "headline" in trust else {}
    return (
        summary
        | told
        | {
            "distrust": shown,
            "folded": folded,
            "stop": stop,
            "recommendations": advice,
        }
    )


def folded_lines(lines: list[Any]) -> tuple[list[Any], list[Any]]:
    """Sort what is to be distrusted; return what is shown, and the rest, which holds no FAIL.

    Examples
    --------
    >>> folded_lines(["**REVIEW: x**", "a", "b", "c", "**Question**: y", "**FAIL: z**"])
    (['**FAIL: z**', '**Question**: y', '**REVIEW: x**', 'a'], ['b', 'c'])
    """
    ranked = sorted(lines, key=lambda line: _rank(str(line)))
    count = max(MOST_SHOWN, sum(_rank(str(line)) == 0 for line in ranked))
    return ranked[:count], ranked[count:]


def _rank(line: str) -> int:
    fits = (i for i, start in enumerate(DISTRUST_ORDER) if line.startswith(start))
    return next(fits, len(DISTRUST_ORDER))


def read_summary(store: Store, settings: Sequence[str] = ()) -> dict[str, Any] | None:
    """Read the executive summary and render its inline Markdown; None when there is none yet.

    Raises
    ------
    ReportError
        If the file is not JSON or a part is missing or of the wrong type.
    """
    if not store.path(SUMMARY).exists():
        return None
    try:
        summary = _with_trust(store.read_json(SUMMARY), store)
    except json.JSONDecodeError as error:
        raise _summary_error(f"is not JSON ({error})") from None
    _check_summary(summary)
    if settings:
        summary["notes"].append(f"Made with settings of its own: {'; '.join(settings)}.")
    return {part: _rendered(summary[part]) for part in (*SUMMARY_PARTS, "folded", "stop")}


def _check_summary(summary: Any) -> None:
    for part, kind in SUMMARY_PARTS.items():
        if not isinstance(summary, dict) or not isinstance(summary.get(part), kind):
            raise _summary_error(f"has no {part!r} of type {kind.__name__}")
    for part, keys in SUMMARY_ITEMS.items():
        for item in summary[part]:
            if not isinstance(item, dict) or not set(keys) <= item.keys():
                raise _summary_error(f"has an entry of {part!r} without {', '.join(keys)}")


def _summary_error(problem: str) -> ReportError:
    return ReportError(
        f"{SUMMARY} {problem}. The report's first screen is made of it. "
        "Run notebook 07 again: `python run_all.py --from 7`."
    )


def _rendered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rendered(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rendered(item) for item in value]
    return inline_html(str(value))


def changed_settings(notebooks: Iterable[NotebookNode]) -> list[str]:
    """List the parameters that a run has set itself, each once, as ``name = value``."""
    cells = [cell for notebook in notebooks for cell in notebook.cells]
    injected = [c.source for c in cells if "injected-parameters" in c.metadata.get("tags", [])]
    lines = [line for source in injected for line in source.splitlines() if " = " in line]
    return list(dict.fromkeys(line for line in lines if not line.startswith("study = ")))


def provenance(store: Store, study: Study, settings: Sequence[str]) -> list[tuple[str, str]]:
    """List what the numbers depend on: seed, inputs and package versions, but no clock or path."""
    facts = [("Study", study.name), ("Seed", str(study.seed))]
    facts += [("Settings of this run", "; ".join(settings))] if settings else []
    inputs = {
        "study.toml": (study.folder / "study.toml",),
        study.data.file: (study.data_file, store.path(f"data/{Path(study.data.file).name}")),
        "model.json": (store.path("models/model.json"),),
    }
    for name, places in inputs.items():
        found = [path for path in places if path.is_file()]
        if found:
            facts.append((f"{name}, SHA-256", sha256(found[0])[:12]))
    facts.append(("Python", platform.python_version()))
    return facts + [(name, version(name)) for name in (*NUMERIC_PACKAGES, "matplotlib")]
