"""What names say in many languages, and what values and neighbors add to it."""

import numpy as np
import pandas as pd
import pytest

from mmm.data.channels import find_channels
from mmm.data.draft import Market, Told
from mmm.data.facts import Role
from mmm.data.guess import guess_roles
from mmm.data.names import core
from mmm.data.outcomes import determined, proportional
from mmm.data.row_keys import RowKeys
from mmm.data.words import read_name
from mmm.errors import DataError

WEEKS = 120


@pytest.fixture
def guess(tmp_path, rng):
    """Return the guess of a table with a KPI, two spends, and columns with amounts."""

    def _guess(*names, kpi="revenue", base=("tv_spend", "search_spend"), told=None, **columns):
        table = pd.DataFrame({"week": pd.date_range("2022-01-03", periods=WEEKS, freq="7D")})
        for name in base:
            table[name] = rng.gamma(2, 5000, WEEKS).round(2)
        table[kpi] = rng.normal(500_000, 40_000, WEEKS).round(2)
        for name in names:
            table[name] = rng.gamma(2, 4000, WEEKS).round(2)
        table = table.assign(**columns)
        table.to_csv(tmp_path / "own.csv", index=False)
        return guess_roles(tmp_path / "own.csv", told)

    return _guess


def roles(found):
    return {column.column: column.role for column in found.columns}


@pytest.mark.parametrize(
    "kpi",
    [
        *("revenue", "Net Revenue", "sales", "conversion", "order", "installs", "sign-ups"),
        *("bookings", "customers", "volume", "Absatz", "Umsatz", "Chiffre d'affaires", "ventes"),
        *("ventas", "faturamento", "fatturato", "omzet", "försäljning", "myynti", "sprzedaż"),
        *("tržby", "ciro", "выручка", "売上", "销售额", "매출", "uriage", "Leads", "profit"),
    ],
)
def test_the_outcome_is_found_in_many_languages(guess, kpi):
    found = guess(kpi=kpi)
    assert (found.kpi, found.problems) == (kpi, [])


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["Kosten_TV", "Kosten_Prospekt"], ["TV", "Prospekt"]),
        (["Dépenses radio", "Dépenses presse"], ["Radio", "Presse"]),
        (["Gasto TV", "Inversión prensa"], ["TV", "Prensa"]),
        (["TVSpend", "tvspend_online"], ["TV", "TV Online"]),
        (["GoogleAds spend", "LinkedIn Cost"], ["GoogleAds", "LinkedIn"]),
        (["Расходы ТВ", "Расходы радио"], ["ТВ", "Радио"]),
        (["テレビ広告費", "ラジオ広告費"], ["テレビ", "ラジオ"]),
        (["google_uac_spend", "apple_search_ads_spend"], ["Google UAC", "Apple Search Ads"]),
    ],
)
def test_labels_keep_their_capitals_and_lose_what_all_share(guess, names, labels):
    found = guess(*names, base=())
    assert [medium.label for medium in found.channels] == labels


@pytest.mark.parametrize(
    "names",
    [
        ["Linear TV", "CTV", "Programmatic", "Influencers", "Billboards", "Podcast"],
        ["DirectMail", "OpenTV", "PayTV", "Banners", "Leaflets", "Cinema"],
        ["LinkedIn", "Bing", "Amazon", "Criteo", "AppLovin", "Unity", "Apple Search Ads"],
        ["x1_TV", "x2_Radio", "x8_Ganzneu"],
        ["Plakat", "Zeitung", "Kino", "Prospekte"],
    ],
)
def test_amounts_named_after_media_are_spend_where_nothing_says_spend(guess, names):
    found = guess(*names, base=())
    assert [column.column for column in found.of("spend")] == names
    assert {column.certainty for column in found.of("spend")} == {"likely"}


def test_whole_numbers_named_after_media_are_asked_about_where_money_has_cents(guess, rng):
    counts = rng.integers(1, 9000, WEEKS)
    found = guess("TV", base=(), Radio=counts)
    assert (roles(found)["TV"], roles(found)["Radio"]) == ("spend", None)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        *((n, "control") for n in ("competitor_tv_spend", "industry_spend", "google_trends")),
        *((n, "control") for n in ("Wettbewerber Ausgaben", "concurrence", "競合出稿量")),
        *(
            (n, "control")
            for n in ("organic_search", "price", "Preis", "気温", "unemployment_rate")
        ),
        *((n, "ignored") for n in ("orders", "leads", "new_customers", "units_sold", "sessions")),
        *((n, "ignored") for n in ("gross_profit", "revenue_lag1", "revenue_last_year")),
        *((n, "ignored") for n in ("sales_target", "forecast", "Umsatz Vorjahr", "前年売上")),
        *((n, "ignored") for n in ("brand_awareness", "direct_traffic", "email_subscribers")),
        *((n, "ignored") for n in ("shipping_cost", "unit_cost", "cost_of_goods", "cogs")),
        *((n, "ignored") for n in ("cost_per_click", "cpc", "ROAS", "share_of_voice", "reach")),
        *((n, "ignored") for n in ("frequency", "conversion_rate", "revenue_per_visit")),
        *((n, "exposure") for n in ("tv_grps", "youtube_views", "Klicks", "показы")),
        *((n, None) for n in ("foo", "agency_fees", "promo_spend", "sonstiges")),
    ],
)
def test_what_is_no_media_is_told_apart(guess, name, role):
    assert roles(guess(name))[name] == role


@pytest.mark.parametrize(
    ("column", "values", "role"),
    [
        ("Feiertag", [0, 1], "event"),
        ("promo", [0, 1], "control"),
        ("x_flag", [0, 1], "event"),
        ("whatever", [0, 1], "control"),
        ("radio_spend", [0.2, 0.7], None),
        ("emails_sent", [1200, 900], "control"),
        ("events", ["na", "launch"], "event"),
    ],
)
def test_values_decide_with_the_name(guess, column, values, role):
    found = guess(**{column: np.resize(values, WEEKS)})
    assert roles(found)[column] == role


def test_sums_of_spends_are_left_out_whatever_their_name(guess, rng):
    parts = {f"{name}_spend": rng.gamma(2, 900, WEEKS).round(2) for name in ("radio", "print")}
    found = guess(**parts, offline_spend=sum(parts.values()) + 3, spend_total=np.arange(WEEKS) + 7)
    assert roles(found)["offline_spend"] == roles(found)["spend_total"] == "ignored"
    assert [m.key for m in found.channels] == ["tv", "search", "radio", "print"]


def test_a_lone_spend_is_the_channel(guess):
    assert [m.spend for m in guess("ad_spend", base=()).channels] == ["ad_spend"]


def test_of_several_outcomes_the_best_named_wins_and_the_others_are_told(guess):
    found = guess("orders", "new_customers")
    assert found.kpi == "revenue"
    (column,) = found.of("kpi")
    assert column.why.endswith("other outcomes: 'orders', 'new_customers'")
    assert roles(found)["orders"] == "ignored"


def test_an_app_with_installs_and_revenue_is_asked_for_its_outcome(guess):
    found = guess("installs")
    assert found.kpi is None
    assert {roles(found)["installs"], roles(found)["revenue"]} == {None}
    assert any("--kpi installs" in question.remedy for question in found.questions)


def test_a_control_that_is_the_outcome_in_disguise_is_left_out(guess, rng):
    kpi = rng.normal(5000, 400, WEEKS)
    price = rng.uniform(8, 12, WEEKS)
    found = guess(revenue=kpi * price, price=price, stock_level=kpi, temperature=kpi * price * 3)
    assert roles(found)["temperature"] == "ignored"
    assert roles(found)["stock_level"] == roles(found)["price"] == "ignored"


def test_exposure_finds_its_channel_or_asks_for_its_price(guess):
    found = guess("tv_grps", "radio_spots")
    assert next(m for m in found.channels if m.key == "tv").exposure == "tv_grps"
    (question,) = found.questions
    assert question.column == "radio_spots"
    assert "what did it cost" in question.text


def test_units_without_a_value_ask_for_it(guess):
    assert "worth" in guess(kpi="orders").questions[0].text
    told = guess(kpi="orders", told=Told(value_per_unit=20.0))
    assert (told.kpi_type, told.questions) == ("units", [])
    beside = guess("revenue_per_order", kpi="orders")
    assert (beside.value_column, beside.questions) == ("revenue_per_order", [])


def test_money_has_no_value_of_a_unit(guess):
    assert guess("revenue_per_visit").value_column == ""


def test_what_the_user_says_goes_before_every_guess(guess):
    told = Told(kpi="foo", spend=("price",), control=("tv_spend",), ignore=("search_spend",))
    found = guess("foo", "price", told=told)
    assert found.kpi == "foo"
    assert roles(found)["price"] == "spend"
    assert roles(found)["tv_spend"] == "control"
    assert roles(found)["search_spend"] == "ignored"
    named = [column for column in found.columns if column.why == "you said so"]
    assert {column.certainty for column in named} == {"certain"}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (Told(kpi="revenu"), "--kpi 'revenu': own.csv has no such column; did you mean 'revenue'"),
        (Told(ignore=("x9",)), "--ignore 'x9': own.csv has no such column; It has: week,"),
        (Told(market=Market("region", "North")), "--market 'region'"),
    ],
)
def test_columns_that_are_not_there_are_refused_with_the_nearest(guess, told, message):
    with pytest.raises(DataError) as caught:
        guess(told=told)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("FacebookHolidayImpressions", {"medium", "holiday", "exposure"}),
        ("Fernsehkosten", {"medium", "cost"}),
        ("Werbeausgaben", {"spend"}),
        ("ПродажиТВ", {"sales kpi", "medium"}),
        ("cost_of_goods", {"goods"}),
        ("search_volume", {"interest"}),
        ("blob", set()),
    ],
)
def test_names_are_read_as_words(name, words):
    assert set(read_name(name).concepts) == words


@pytest.mark.parametrize(
    ("name", "kept"),
    [("TV Spend (USD)", ["TV"]), ("mdsp_dm", ["dm"]), ("spend", ["spend"]), ("Meta $", ["Meta"])],
)
def test_the_core_of_a_name_is_its_channel(name, kept):
    assert core(name) == kept


def test_labels_and_keys_are_unique_also_in_small_letters():
    names = ["ß_spend", "ss_spend", "SS cost", "TV_spend", "tv spend"]
    made = find_channels(pd.DataFrame(), {n: Role("spend", "") for n in names}, RowKeys({}, {}))
    assert len({medium.key for medium in made}) == len(names)
    assert len({medium.label.casefold() for medium in made}) == len(names)


def test_outcomes_are_found_alone_after_season_as_product_and_as_sum(rng):
    season = 10 * np.sin(np.arange(WEEKS) / 8.3)
    kpi = pd.Series(100 + season + rng.normal(0, 3, WEEKS))
    price = rng.uniform(1, 2, WEEKS)
    online = kpi * rng.uniform(0.2, 0.8, WEEKS)
    table = {"copy": kpi * 2 + rng.normal(0, 0.2, WEEKS), "noise": rng.normal(5, 1, WEEKS)}
    table |= {"deseasoned": kpi - season + rng.normal(0, 0.3, WEEKS)}
    found = determined(kpi, pd.DataFrame(table))
    assert set(found) == {"copy", "deseasoned"}
    assert set(determined(kpi, pd.DataFrame({"p": price, "q": kpi / price}))) == {"p", "q"}
    parts = pd.DataFrame({"online": online, "shop": kpi - online, "noise": table["noise"]})
    assert set(determined(kpi, parts)) == {"online", "shop"}


def test_drivers_determine_nothing(rng):
    price, warmth = rng.uniform(1, 2, WEEKS), rng.normal(0, 1, WEEKS)
    kpi = pd.Series(100 - 30 * price + 4 * warmth + rng.normal(0, 2, WEEKS))
    assert determined(kpi, pd.DataFrame({"price": price, "warmth": warmth})) == {}


def test_equal_and_proportional_spends_are_named(rng):
    spend = rng.gamma(2, 100, WEEKS)
    table = pd.DataFrame({"a": spend, "b": spend, "c": 2 * spend, "d": rng.gamma(2, 9, WEEKS)})
    assert proportional(table) == [("a", "b"), ("a", "c"), ("b", "c")]


@pytest.mark.parametrize(
    ("value", "why"), [(0, "never varies"), (7, "never varies"), (None, "empty")]
)
def test_spend_that_never_varies_is_left_out_and_said(guess, value, why):
    found = guess(radio_spend=value)
    assert [m.key for m in found.channels] == ["tv", "search"]
    assert next(c.why for c in found.columns if c.column == "radio_spend") == why


@pytest.mark.parametrize(("value", "state"), [(5, "never varies"), (None, "is empty")])
def test_an_outcome_that_never_varies_is_a_problem(guess, value, state):
    (problem,) = guess(revenue=value).problems
    assert (problem.column, problem.text) == ("revenue", f"The outcome {state}.")
