"""The figure of the first screen: nothing is cut off, wherever break-even lies."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from studies import make_study

from mmm.show import headline, style

MARGINS = {0.1: 1.0, 1.0: 1.0, 4.0: 0.25, 20.0: 0.05}


def table_of(roi, names):
    columns = {"channel": names, "spend": 1.0, "roi": roi, "mroi": 0.7 * np.array(roi)}
    table = pd.DataFrame(columns)
    return table.assign(roi_low=0.6 * table["roi"], roi_high=1.5 * table["roi"])


def study_of(names, margin):
    channels = {name: {"label": f"{name} " + "W" * 28, "spend": f"{name}_spend"} for name in names}
    return make_study(names, channels=channels, margin=margin)


@pytest.mark.parametrize("size", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("break_even", [0.1, 1.0, 4.0, 20.0])
def test_no_text_leaves_the_canvas(size, break_even):
    style.use_style()
    names = ("a", "b", "c")
    roi = [size / max(break_even, 1.0) * f for f in (1.2, 1.0, 0.4)]
    if break_even < 1:  # a margin is at most one: the same figure with returns ten times as high
        roi = [10 * value for value in roi]
    study = study_of(names, 1 / max(break_even, 1.0))
    picture = headline.roi(table_of(roi, names), study, basis="Basis.")
    figure = picture.axes.figure
    figure.canvas.draw()
    edge = figure.bbox
    texts = [t for t in figure.findobj(plt.Text) if t.get_text().strip() and t.get_visible()]
    boxes = {t.get_text(): t.get_window_extent() for t in texts}
    outside = {
        text: box
        for text, box in boxes.items()
        if box.x0 < edge.x0 - 1 or box.x1 > edge.x1 + 1 or box.y0 < edge.y0 - 1
    }
    assert outside == {}
    assert any("break-even" in text for text in boxes)


def test_break_even_far_away_is_an_arrow_and_near_by_a_line():
    names = ("a", "b")
    far = headline.roi(table_of([0.5, 0.2], names), study_of(names, 0.05), basis="")
    texts = [text.get_text() for text in far.axes.texts]
    assert "break-even 20.0 →" in texts
    assert far.axes.get_xlim()[1] < 2
    near = headline.roi(table_of([2.0, 0.2], names), study_of(names, 0.25), basis="")
    assert near.axes.get_xlim()[1] >= 4.0
    assert [line.get_xdata()[0] for line in near.axes.lines if line.get_linestyle() == "--"] == [
        4.0
    ]


def test_a_channel_that_was_not_bought_is_neither_drawn_nor_counted():
    names = ("a", "b", "c")
    table = table_of([2.0, 1.5, np.nan], names)
    picture = headline.roi(table, study_of(names, 1.0), basis="")
    assert "of 2 channels" in picture.title
    assert len(picture.axes.get_yticklabels()) == 2
    assert "c W" not in picture.alt
