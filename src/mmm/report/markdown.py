"""Markdown of notebooks -> HTML for the report: headings with ids, MathML, nothing live.

Raw HTML is shown as text, images and links that would leave the page are not followed: prose is
built from labels that users type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Any

import latex2mathml.converter
from mistune import BlockState, HTMLRenderer, Markdown, import_plugin
from nbconvert.filters.markdown_mistune import MathBlockParser, MathInlineParser

PLUGINS = ("table", "strikethrough", "task_lists", "def_list")
CHAPTER_LEVEL = 3  # under the title of the page and the title of the part


@dataclass
class Names:
    """Names given out once each: a repeated name gets a number."""

    taken: set[str] = field(default_factory=set)
    joint: str = "-{}"

    def unique(self, name: str) -> str:
        """Return the name, or the name with the first free number.

        Examples
        --------
        >>> names = Names()
        >>> names.unique("roi"), names.unique("roi")
        ('roi', 'roi-2')
        """
        number, candidate = 1, name
        while candidate in self.taken:
            number += 1
            candidate = name + self.joint.format(number)
        self.taken.add(candidate)
        return candidate


@dataclass(frozen=True)
class Heading:
    """An entry of the table of contents."""

    id: str
    title: str


def slug(text: str) -> str:
    """Turn a text into the lower-case letters, digits and hyphens of an id.

    Examples
    --------
    >>> slug("What does TV earn?")
    'what-does-tv-earn'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"


def plain(html: str) -> str:
    """Return the text of a piece of HTML."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def mathml(latex: str, display: str) -> str:
    """Typeset a formula as MathML, or show its source where that fails."""
    safe = latex.strip().replace("<", r"\lt ").replace(">", r"\gt ")  # never a tag
    try:
        math = latex2mathml.converter.convert(safe, display=display)
    except Exception:  # the converter raises many types; the source is still readable
        return f"<code>{escape(latex)}</code>"
    return math.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")


class ChapterRenderer(HTMLRenderer):
    """Render the Markdown of one notebook, collecting its title and headings.

    Parameters
    ----------
    chapter : str
        Id of the chapter, the prefix of its headings' ids.
    ids : Names
        Ids of the whole page.
    labels : Names
        Accessible names of the scroll boxes of the whole page.
    chapters : dict of str to str
        Chapter id by notebook file name, for links between notebooks.
    """

    def __init__(
        self, chapter: str, *, ids: Names, labels: Names, chapters: dict[str, str]
    ) -> None:
        super().__init__(escape=True)
        self.chapter, self.ids, self.labels, self.chapters = chapter, ids, labels, chapters
        self.title = ""
        self.headings: list[Heading] = []
        self._level, self._section = CHAPTER_LEVEL, ""

    def text(self, text: str) -> str:
        """Escape text; entities that are already there stay what they are."""
        return escape(unescape(text))

    def heading(self, text: str, level: int, **attrs: Any) -> str:  # noqa: ARG002
        """Take the first H1 as title; give every other heading an id and an unbroken level."""
        if level == 1 and not self.title:
            self.title = text
            return ""
        self._level = min(max(level, 2) + CHAPTER_LEVEL - 1, self._level + 1, 6)
        self._section = plain(text)
        name = self.ids.unique(f"{self.chapter}-{slug(self._section)}")
        if self._level == CHAPTER_LEVEL + 1:
            self.headings.append(Heading(name, self._section))
        return f'<h{self._level} id="{name}">{text}</h{self._level}>\n'

    def table(self, text: str) -> str:
        """Put a table into a box that scrolls by itself."""
        label = self.labels.unique(f"Table: {self._section or plain(self.title) or self.chapter}")
        return scroll_box(f"<table>\n{text}</table>", label)

    def table_head(self, text: str) -> str:
        """Leave out a header row without words: Markdown demands one, readers do not."""
        return f"<thead>\n<tr>\n{text}</tr>\n</thead>\n" if plain(text) else ""

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """Render a cell; an empty corner is no header."""
        tag = "th" if head and text else "td"
        style = f' style="text-align:{align}"' if align else ""
        return f"<{tag}{style}>{text}</{tag}>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        """Keep links between chapters; print the address of any other."""
        target = self.chapters.get(url.rpartition("/")[2].partition("#")[0])
        if target:
            return f'<a href="#{target}">{text}</a>'
        address = re.sub(r"^[a-z]+:(//)?", "", url)
        shown = plain(text)
        return (
            text if shown.endswith(address) or "://" not in url else f"{text} ({escape(address)})"
        )

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        """Show the description: figures come from the cells' outputs, not from files."""
        return f"<em>{text}</em>"

    def inline_math(self, body: str) -> str:
        """Typeset a formula within a line; amounts such as $5 or $6 are no formula."""
        if body != body.strip():
            return f"${escape(body)}$"
        return mathml(body, "inline")

    def block_math(self, body: str) -> str:
        """Typeset a formula on a line of its own."""
        box = '<span class="formula" tabindex="0" role="group" aria-label="Formula">'
        return f"{box}{mathml(body, 'block')}</span>"

    def latex_environment(self, name: str, body: str) -> str:
        """Typeset a LaTeX environment such as align."""
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")


def scroll_box(html: str, label: str) -> str:
    """Wrap wide content into a focusable box that scrolls sideways by itself."""
    name = escape(label)
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">{html}</div>\n'


def to_html(source: str, renderer: ChapterRenderer, *, math: bool) -> str:
    """Render Markdown."""
    block, inline = (MathBlockParser(), MathInlineParser()) if math else (None, None)
    plugins = [import_plugin(name) for name in PLUGINS]
    return str(Markdown(renderer, block, inline, plugins)(source))


def inline_html(text: str) -> str:
    """Render one line of inline Markdown such as **bold**; HTML and blocks stay text.

    No-break spaces stay: they keep a number and its unit on one line.
    """
    renderer = ChapterRenderer("summary", ids=Names(), labels=Names(), chapters={})
    markdown = Markdown(renderer)
    tokens = markdown.inline(re.sub(r"[ \t\r\n]+", " ", text).strip(" "), {})
    return str(renderer.render_tokens(tokens, BlockState()))
