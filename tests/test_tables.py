"""Tables are escaped, aligned and written in the units of their columns."""

import pandas as pd
import pytest

from mmm.formatting import ratio
from mmm.show.tables import column_formats, table_html

FORMATS = column_formats("USD", "USD")


def test_writes_money_shares_and_ratios_by_column_name():
    table = pd.DataFrame(
        {
            "channel": ["tv"],
            "spend": [1_234_567.0],
            "spend_share": [0.25],
            "empty": [float("nan")],
            "roi": [1.5],
        }
    )
    html = table_html(table, caption="Returns", formats=FORMATS, labels={"tv": "TV"})
    for text in ("$1.23M", "25.0\xa0%", ">1.50<", ">TV<", "<caption>Returns</caption>"):
        assert text in html
    assert "empty" not in html


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.99, "9.99"), (999.4, "999"), (999.5, "1,000"), (-4_871.2, "−4,871"), (1.2e6, "1,200,000")],
)
def test_large_returns_are_written_in_full_with_separators(value, text):
    assert ratio(value) == text


def test_escapes_names_captions_and_values():
    hostile = '<script>alert("x")</script>'
    table = pd.DataFrame({hostile: [hostile], "note": ['"><img src=x onerror=y>']})
    html = table_html(table, caption=hostile, formats={}, labels={})
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


def test_marks_row_headers_numbers_and_statuses():
    table = pd.DataFrame({"check": ["dates"], "status": ["REVIEW"], "value": [12_345.6]})
    html = table_html(table, caption="c", formats={}, labels={})
    assert '<th scope="row">dates</th>' in html
    assert '<td class="status-review">REVIEW</td>' in html
    assert '<td class="number">12,346</td>' in html


def test_writes_missing_numbers_as_a_dash_and_pairs_with_their_labels():
    gap = float("nan")
    table = pd.DataFrame({"source": ["tv x search", "tv"], "roi": [gap, 1.5], "p": [gap, 0.5]})
    html = table_html(
        table, caption="c", formats=FORMATS, labels={"tv": "TV", "search": "Paid search"}
    )
    assert "TV × Paid search" in html
    assert html.count(">–<") == 2
