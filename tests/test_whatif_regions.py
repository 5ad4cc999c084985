"""The sliders of a regional model in headless Chromium: the numbers of Python, draw by draw."""

from types import SimpleNamespace

import numpy as np
import pytest
from browser import chromium, visit
from live_run import expected, hostile_study, shown, write_live_run
from regional import split_model, split_weeks
from studies import mixed_model

from mmm.formatting import money
from mmm.report import render
from mmm.store import Store


@pytest.fixture(scope="module", params=["country", "regions"])
def live(request, tmp_path_factory, study, weekly):
    """A report of draws of several forms: of one market, or of three live."""
    rng = np.random.default_rng(5)
    plain = study.model_copy(update={"pre_history": "average"})
    if request.param == "regions":  # synergy is for one market alone
        plain = plain.model_copy(update={"synergy": ()})
    model = mixed_model(weekly, plain, rng, n_draws=60)
    if request.param == "regions":
        weekly = split_weeks(weekly)
        model = split_model(model, weekly, rng.uniform(0.5, 1.5, (model.n_draws, 3)))
    hostile = hostile_study(plain)
    run = write_live_run(tmp_path_factory.mktemp("live") / "small", hostile, weekly, model)
    return SimpleNamespace(**run, study=hostile, page=render(run["store"], hostile))


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


#: Gains of a plan as the page's script computes them, one per draw.
CHANGES = """factors => {
  const content = JSON.parse(document.getElementById("whatif-data").textContent);
  return [...whatifModel(content).evaluate(factors, 1).change];
}"""


def test_every_draw_of_the_page_is_that_of_python(browser, live):
    today = live.plan.revenue(np.ones(3))
    with visit(browser, live.page) as seen:
        for factors in ([0.0, 0.0, 0.0], [1.3, 0.2, 4.0], [1.0, 1.0, 0.999]):
            wanted = live.plan.revenue(factors) - today
            got = seen.page.evaluate(CHANGES, factors)
            size = float(np.abs(today).max())
            np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-11 * size)


def test_the_page_shows_the_numbers_of_the_notebooks(browser, live):
    with visit(browser, live.page) as seen:
        for name, (multipliers, change) in live.offers.items():
            seen.page.locator(".whatif-offers button", has_text=name.strip()).click()
            wanted = expected(live, multipliers)
            assert {part: shown(seen.page, part) for part in wanted} == wanted, name
            middle = money(float(np.median(change)), live.study.currency, signed=True)
            assert wanted["change"] == middle
        assert seen.page.locator("#whatif input[type=range]").count() == 4  # three and the margin
        assert "draws of the model" not in seen.page.locator("#whatif").text_content()
        assert seen.complaints == []


def test_a_page_with_fewer_draws_says_so(browser, live, tmp_path):
    store = Store(tmp_path / "thinned")
    for name in live.store.files():
        store.write_bytes(name, live.store.path(name).read_bytes())
    sliders = store.read_json("reports/whatif.json")
    store.write_json("reports/whatif.json", sliders | {"all_draws": 400})
    with visit(browser, render(store, live.study)) as seen:
        text = seen.page.locator("#whatif").text_content()
        assert f"have {sliders['draws']} of the 400 draws of the model" in text
        assert seen.violations() == []
