"""ARCHITECTURE.md and the other pages: the flow as the code has it, no dead link."""

import re
from pathlib import Path

from offenders import each_of

from mmm.run.pipeline import STAGES

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def test_the_diagram_shows_the_notebooks_and_what_they_write():
    """Artefacts stand below the notebooks that write them, in their order."""
    diagram = re.search(r"^```\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1].splitlines()
    row = next(line for line in diagram if "01 " in line)
    numbers = [int(n) for n in re.findall(r"\b(0\d) ", row)]
    assert numbers == [stage.number for stage in STAGES]
    shown = re.findall(r"\S+\.(?:csv|json)", diagram[diagram.index(row) + 1])
    assert len(shown) == 6
    makers = [
        stage.number
        for artefact in shown
        for stage in STAGES
        if artefact in {Path(name).name for name in stage.outputs}
    ]
    assert makers == [1, 3, 4, 5, 6, 7]


@each_of(
    [
        "ARCHITECTURE.md",
        "README.md",
        "CONTRIBUTING.md",
        *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")),
    ]
)
def test_links_between_pages_lead_somewhere(page):
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\((?!https?://|#)([^)#]+)[^)]*\)", text)
    missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []
