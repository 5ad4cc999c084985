"""What the parts of the results are called, and how to read them."""

from __future__ import annotations

from mmm.show.glossary import HOW_TO_READ, HOW_TO_READ_COSTS
from mmm.show.measures import unit_name
from mmm.show.words import outcome
from mmm.study.study import Study

#: Title of each part, and its name in the contents.
TITLES = {
    "revenue": ("Where the revenue came from", "Revenue"),
    "returns": ("What each channel earns", "Returns"),
    "curves": ("How returns fall as spend grows", "Response"),
    "plan": ("The plan, and how it was checked", "The plan"),
    "what-if": ("What if? Try a plan of your own", "What if"),
    "trust": ("How far to trust it", "Trust"),
}


def title_of(title: str, study: Study) -> str:
    """Name the outcome in a title: revenue, or the units that are counted."""
    if study.data.value_is_known:
        return title
    name = outcome(study)
    titles = {
        "Revenue": name[:1].upper() + name[1:],
        "Returns": "Costs",
        "What each channel earns": f"What a {unit_name(study)} costs by channel",
        "How returns fall as spend grows": "How the response falls as spend grows",
    }
    return titles.get(title, title.replace("revenue", name))


def how_to_read(part: str, study: Study) -> str:
    """Return how to read a part, in Markdown: of costs where units have no value."""
    if part == "returns" and not study.data.value_is_known:
        return HOW_TO_READ_COSTS.format(unit=unit_name(study))
    return HOW_TO_READ[part]
