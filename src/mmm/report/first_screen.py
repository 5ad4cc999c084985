"""The figure of the first screen: ROI with intervals, colored by how sure it is."""

from __future__ import annotations

from importlib.resources import files

import matplotlib as mpl
import matplotlib.pyplot as plt

from mmm.report.content import SVG, Figure, make_figure
from mmm.report.results import read_grades
from mmm.show import headline, style
from mmm.store import Store
from mmm.study.study import Study


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
        picture = headline.roi(returns, study, basis=same.caption, grades=grades)
        drawing = picture.axes.get_figure(root=True)
        assert drawing is not None
        content = style.render(drawing)
        plt.close(drawing)
    store.write_bytes(f"figures/{picture.name}.svg", content)
    words = {"title": picture.title, "caption": picture.caption, "alt": picture.alt}
    return make_figure(SVG, content, id=f"fig-{picture.name}", name=picture.name, words=words)
