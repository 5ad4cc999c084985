"""The figure of the first screen: ROI with intervals, coloured by how sure it is."""

from __future__ import annotations

from importlib.resources import files

import matplotlib as mpl
import matplotlib.pyplot as plt

from mmm.report.content import SVG, Figure, make_figure
from mmm.report.results import read_grades
from mmm.show import style
from mmm.show.headline import headline_figure, plot_headline, verdicts
from mmm.store import Store
from mmm.study.study import Study

NAME = "headline"


def draw_headline(store: Store, study: Study, figures: list[Figure]) -> Figure | None:
    """Draw, store and describe the headline figure; None where returns are not known yet."""
    same = next((figure for figure in figures if figure.name == "returns"), None)
    if same is None or not store.path("tables/returns.csv").exists():
        return None
    returns = store.read_table("tables/returns.csv")
    table = read_grades(store)
    grades = (
        None if table is None else dict(zip(table["channel"], table["grade_roi"], strict=True))
    )
    plt.switch_backend("agg")
    with mpl.rc_context(fname=str(files("mmm") / "matplotlibrc")):
        ax = plot_headline(returns, study.labels, 1 / study.margin, grades)
        drawing = ax.get_figure(root=True)
        assert drawing is not None
        content = style.render(drawing)
        plt.close(drawing)
    store.write_bytes(f"figures/{NAME}.svg", content)
    words = headline_figure(
        returns,
        verdicts(returns, 1 / study.margin),
        study,
        basis=same.caption,
        grades=grades,
    )
    return make_figure(SVG, content, id="fig-headline", name=NAME, words=dict(words))
