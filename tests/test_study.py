"""A wrong study file is refused with the line, the value and what would be right."""

import re
from textwrap import dedent

import pytest
from pydantic import ValidationError
from studies import make_study, simulated_study

from mmm import paths
from mmm.errors import StudyError
from mmm.study.load import line_of, load_study

GOOD = dedent("""\
    schema = 1
    title = "Shop"
    question = "Which channels pay?"
    seed = 1

    [data]
    file = "shop.csv"
    date = "week"
    kpi = "sales"

    [channels.tv]
    label = "TV"
    spend = "tv_spend"

    [channels.search]
    label = "Search"
    spend = "search_spend"
    bounds = [0.5, 1.5]

    [baseline]
    season_harmonics = 2

    [controls]
    columns = ["promo"]

    [[scenarios]]
    kind = "multiply"
    name = "More search"
    channel = "search"
    factor = 1.2

    [[scenarios]]
    kind = "shift"
    name = "Move"
    from = "tv"
    to = ["search"]
    share = 0.1
    """)


@pytest.fixture
def load(tmp_path):
    def _load(text):
        path = tmp_path / "shop" / "study.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_study(path)

    return _load


@pytest.fixture
def refused(load):
    def _refused(old, new, *parts):
        """Replace one line of the good study and insist on a message with all parts."""
        assert GOOD.count(old) == 1
        text = GOOD.replace(old, new)
        with pytest.raises(StudyError) as caught:
            load(text)
        message = str(caught.value)
        assert re.search(".*".join(map(re.escape, parts)), message, re.DOTALL), message
        return message

    return _refused


def test_a_good_study_loads_with_its_defaults(load):
    study = load(GOOD)
    assert study.name == "shop"
    assert study.data_file == study.folder / "shop.csv"
    assert study.channel_names == ["tv", "search"]
    assert study.labels == {"tv": "TV", "search": "Search"}
    assert (study.interval, study.margin, study.window_weeks) == (0.90, None, 52)
    assert (study.profit_margin, study.break_even, study.outcome_currency) == (1.0, 1.0, "USD")
    assert (study.holdout.weeks, study.channels["tv"].max_lag) == (13, 12)
    assert study.channels["tv"].adstock == "weibull"
    assert study.scenarios[1].source == "tv"
    assert study.pairs == []


def test_a_study_is_frozen(load):
    with pytest.raises(ValidationError, match="frozen"):
        load(GOOD).seed = 2


@pytest.mark.parametrize("study", sorted(paths.data_folder().glob("*/study.toml")), ids=str)
def test_every_committed_study_loads(study):
    assert load_study(study).name == study.parent.name


def test_a_study_saved_on_windows_loads(load):
    assert load(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()) == load(GOOD)


def test_missing_study_names_the_commands_that_help(tmp_path):
    with pytest.raises(StudyError, match=r"no study file shop/study.toml.*--list.*--init"):
        load_study(tmp_path / "shop" / "study.toml")


def test_invalid_toml_names_the_line(refused):
    refused("seed = 1", "seed = = 1", "study.toml", "not valid TOML", "line 4", "Mend that line")


def test_a_key_written_twice_is_invalid_toml(refused):
    refused("seed = 1", "seed = 1\nseed = 2", "not valid TOML", "line 5")


def test_text_that_is_not_utf8_is_refused(load):
    with pytest.raises(StudyError, match=r"not UTF-8.*Save it as UTF-8"):
        load(GOOD.replace("Shop", "Café").encode("latin-1"))


def test_unknown_keys_name_their_line_and_the_nearest_known_key(refused):
    message = refused("seed = 1", "sede = 1", "line 4: sede: unknown key; did you mean 'seed'?")
    assert "line 1: seed: required, but missing" in message
    refused('label = "TV"', 'label = "TV"\ncolour = "red"', "line 13: channels.tv.colour: unknown")
    refused(
        "factor = 1.2",
        "faktor = 1.2",
        "line 30: scenarios.0.faktor: unknown key; did you mean 'factor'?",
    )
    priors = "[priors]\nnoise_shar = 0.4\n\n[baseline]\n"
    refused("bounds = [0.5, 1.5]", "bounds = [1e5, 4e5]", "multiples of today's spend, not money")
    refused("[baseline]\n", "[optimize]\nbounds = 1\n\n[baseline]\n", "[channels.NAME] bounds")
    refused("seed = 1", "seed = 1\nmargin = '0.4'", "(got '0.4'; write it without quotes)")
    refused("[baseline]\n", priors, "noise_shar: unknown key; did you mean 'noise_share'?")
    refused("[baseline]\n", "[baseline]\nholliday = 'US'\n", "line 21", "did you mean 'holidays'")


def test_a_budget_for_the_optimizer_is_answered_with_the_key_that_exists(refused):
    message = refused("[baseline]\n", "[optimize]\nbudget = -100\n[baseline]\n", "line 21")
    assert "optimize.budget: unknown key; extra money is `add`, the total is today's" in message


def test_unknown_tables_name_their_line(refused):
    refused("[baseline]", "[baselines]", "line 20: baselines: unknown key", "'baseline'")


def test_keys_that_the_loader_sets_are_unknown_in_the_file(refused):
    refused('title = "Shop"', 'title = "Shop"\nfolder = "/"', "line 3: folder: unknown key")


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "value"),
    [
        ("seed = 1", 'seed = "one"', 4, "seed", "'one'"),
        ("seed = 1", 'seed = "1"', 4, "seed", "'1'"),
        ("seed = 1", "seed = -1", 4, "seed", "-1"),
        ('kpi = "sales"', "kpi = 3", 9, "data.kpi", "3"),
        ('label = "TV"', "label = true", 12, "channels.tv.label", "True"),
        ("season_harmonics = 2", "season_harmonics = 2.5", 21, "baseline.season_harmonics", "2.5"),
        ("season_harmonics = 2", "trend = 1", 21, "baseline.trend", "1"),
        ("factor = 1.2", "factor = -1.0", 30, "scenarios.0.factor", "-1.0"),
        ("factor = 1.2", "factor = inf", 30, "scenarios.0.factor", "inf"),
        ("share = 0.1", "share = 1.5", 37, "scenarios.1.share", "1.5"),
        ("bounds = [0.5, 1.5]", 'bounds = [0.5, "x"]', 18, "channels.search.bounds.1", "'x'"),
    ],
)
def test_wrong_types_and_ranges_name_line_key_and_value(refused, old, new, line, key, value):
    refused(old, new, f"line {line}: {key}:", value)


def test_missing_keys_name_the_table_they_belong_to(refused):
    refused('title = "Shop"\n', "", "title: required, but missing")
    refused('kpi = "sales"\n', "", "line 6: data.kpi: required, but missing")
    refused('label = "TV"\n', "", "line 11: channels.tv.label: required, but missing")
    refused('channel = "search"\n', "", "line 26: scenarios.0.channel: required, but missing")


def test_another_schema_is_refused(refused):
    refused("schema = 1", "schema = 2", "line 1: schema", "schema 2: this version reads 1")


def test_bounds_in_the_wrong_order_are_refused(refused):
    refused("bounds = [0.5, 1.5]", "bounds = [1.5, 0.5]", "line 15", "need 0 <= low <= high")


def test_unknown_channels_in_scenarios_name_the_line_and_the_nearest_name(refused):
    refused(
        'channel = "search"', 'channel = "serch"', "line 29", "'serch'; did you mean 'search'?"
    )
    refused('from = "tv"', 'from = "radio"', "line 35", "unknown channel 'radio' (known: tv, sea")
    refused('to = ["search"]', 'to = ["radio"]', "line 36", "unknown channel 'radio'")


def test_an_unknown_channel_in_a_synergy_names_the_line(refused):
    synergy = '[[synergy]]\nchannels = ["tv", "radio"]\n\n[baseline]'
    refused("[baseline]", synergy, "line 21", "unknown channel 'radio'")


def test_a_scenario_of_an_unknown_kind_is_refused(refused):
    refused(
        'kind = "multiply"', 'kind = "double"', "scenarios.0", "'multiply'", "'shift'", "'add'"
    )


def test_money_cannot_be_given_to_its_source_or_twice_to_one_channel(refused):
    refused('to = ["search"]', 'to = ["tv"]', "line 32", "'tv' cannot give money to itself")
    refused('to = ["search"]', 'to = ["search", "search"]', "line 32", "'search' is listed twice")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"search_spend"', '"tv_spend"', "line 17: channels.search.spend: column 'tv_spend'"),
        ('["promo"]', '["tv_spend"]', "line 24: controls.columns: column 'tv_spend'"),
        ('["promo"]', '["promo", "promo"]', "line 24: controls.columns: column 'promo'"),
        ('"Search"', '"TV"', "line 16: channels.search.label: channel label 'TV'"),
        ('"Move"', '"More search"', "line 34: scenarios.1.name: scenario name 'More search'"),
    ],
)
def test_columns_labels_and_names_used_twice_name_the_second_place(refused, old, new, message):
    refused(old, new, message, "is used twice")


def test_all_problems_are_told_at_once(load):
    text = GOOD.replace("seed = 1", "seed = true").replace('spend = "tv_spend"', "spend = 4")
    with pytest.raises(StudyError, match=r"has 2 problem") as caught:
        load(text)
    assert "line 4: seed" in str(caught.value)
    assert "line 13: channels.tv.spend" in str(caught.value)


def test_many_problems_are_cut_off_and_counted(load):
    text = GOOD + "".join(f"extra{n} = 1\n" for n in range(12))
    with pytest.raises(StudyError, match=r"(?s)has 12 problem.*and 4 more"):
        load(text)


def test_empty_names_are_refused(refused):
    refused('label = "TV"', 'label = " "', "line 12: channels.tv.label: must not be empty")
    refused('name = "Move"', 'name = ""', "line 34: scenarios.1.name: must not be empty")
    refused("[channels.tv]", '[channels.""]', "line 11: channels.: must not be empty")


def test_names_with_another_meaning_are_refused(refused):
    refused("[channels.search]", "[channels.baseline]", "'baseline' means something else")
    refused('name = "Move"', 'name = "Today"', "line 34", "'Today' is taken")


def test_an_unknown_holiday_country_names_the_line(refused, load):
    old, new = "season_harmonics = 2", "holidays = "
    refused(old, new + '"Atlantis"', "line 21: baseline.holidays", "'US'", "(got 'Atlantis')")
    assert load(GOOD.replace(old, new + '"DE"')).baseline.holidays == "DE"


def test_a_value_per_unit_needs_a_kpi_in_units(refused):
    refused('kpi = "sales"', 'kpi = "sales"\nvalue_per_unit = 2.0', "line 6", "kpi_type = 'units'")
    both = 'kpi = "sales"\nkpi_type = "units"\nvalue_per_unit = 2.0\nvalue_column = "v"'
    refused('kpi = "sales"', both, "line 6: data", "not both")


def test_an_event_that_ends_before_it_starts_is_refused(refused):
    event = '[[events]]\nname = "x"\nstart = 2024-02-01\nend = 2024-01-01\n\n[controls]'
    refused("[controls]", event, "line 23", "end 2024-01-01 is before start 2024-02-01")


def test_a_channel_may_be_called_like_a_kind_of_scenario(load):
    text = GOOD.replace("tv]", "shift]").replace('from = "tv"', 'from = "shift"')
    assert load(text).channel_names == ["shift", "search"]
    with pytest.raises(StudyError, match=r"line 12: channels\.shift\.label"):
        load(text.replace('label = "TV"', "label = 3"))


def test_quoted_and_dotted_keys_are_found():
    text = 'data.file = 3\n[channels."a.b"]\nlabel = 1\n["x y"]\n"k = 1" = 2\n'
    assert line_of(text, ("data", "file")) == 1
    assert line_of(text, ("channels", "a.b", "label")) == 3
    assert line_of(text, ("channels", "a.b", "spend")) == 2
    assert line_of(text, ("x y", "k = 1")) == 5
    assert line_of(text, ("nothing",)) == 1


def test_a_simulated_study_needs_a_process_for_each_column(load):
    base = simulated_study().model_dump(by_alias=True, exclude_none=True)
    for change, message in (
        ({"controls": {"columns": []}}, "'strike' must be both a shock"),
        ({"controls": {"columns": ["strike", "fair"]}}, "'fair' must be both a shock"),
    ):
        with pytest.raises(StudyError, match=message):
            make_study(**{**base, **change})
    without = {
        **base["simulate"],
        "channels": dict(list(base["simulate"]["channels"].items())[1:]),
    }
    with pytest.raises(StudyError, match=r"simulate.channels: channel 'tv' is missing"):
        make_study(**{**base, "simulate": without})


SYNERGY = '[[synergy]]\nchannels = ["tv", "search"]\n'


@pytest.mark.parametrize("name", ["tv x search", "search x tv"])
def test_a_channel_with_the_name_of_a_synergy_is_refused(load, name):
    own = f'[channels."{name}"]\nlabel = "Both"\nspend = "both"\n'
    with pytest.raises(
        StudyError, match=f"(?s)has 1 problem.*channels.{name}: .*is the name of the synergy"
    ):
        load(f"{GOOD}{SYNERGY}{own}")
    assert name in load(f"{GOOD}{own}").channels  # without the synergy it is a name like others


@pytest.mark.parametrize("label", ["TV × Search", "search x tv", "Baseline", "fitted  revenue"])
def test_a_label_of_another_source_is_refused(load, label):
    own = f'[channels.more]\nlabel = "{label}"\nspend = "both"\n'
    with pytest.raises(StudyError, match=r"channels\.more\.label: .*is the name of"):
        load(f"{GOOD}{SYNERGY}{own}")


@pytest.mark.parametrize("label", ["tv", "Tv", " TV", "\N{FULLWIDTH LATIN CAPITAL LETTER T}v"])
def test_labels_that_people_read_as_one_are_refused(load, label):
    own = f'[channels.more]\nlabel = "{label}"\nspend = "both"\n'
    with pytest.raises(StudyError, match=r"is used twice \(the other is 'TV'\)"):
        load(GOOD + own)


@pytest.mark.parametrize(
    "text",
    [
        "a" + ".a" * 5_000 + " = 1\n",
        "[optimize]\nx" + ".a" * 5_000 + " = 1\n",
        "[x" + ".a" * 5_000 + "]\n",
    ],
)
def test_keys_nested_without_end_are_refused_by_name(load, text):
    with pytest.raises(StudyError, match="keys nested too deep"):
        load(text if text.startswith("a") else GOOD + text)


def test_thousands_of_unknown_keys_are_counted(load):
    text = "".join(f"k{n}.b = 1\n" for n in range(4_000)) + GOOD
    with pytest.raises(StudyError, match=r"(?s)has 4000 problem.*and 3992 more"):
        load(text)


def test_units_without_a_value_have_no_break_even(load):
    units = load(GOOD.replace('kpi = "sales"', 'kpi = "sales"\nkpi_type = "units"'))
    assert not units.data.value_is_known
    assert (units.outcome_currency, units.profit_margin, units.break_even) == ("", None, None)
    known = load(
        GOOD.replace('kpi = "sales"', 'kpi = "sales"\nkpi_type = "units"\nvalue_per_unit = 2.0')
    )
    assert (known.outcome_currency, known.profit_margin) == ("USD", 1.0)


def test_a_target_return_needs_the_value_of_a_unit(load):
    text = GOOD.replace('kpi = "sales"', 'kpi = "sales"\nkpi_type = "units"')
    with pytest.raises(StudyError, match=r"optimize\.target_mroi: a return needs value_per_unit"):
        load(f"{text}[optimize]\ntarget_mroi = 2.0\n")


def test_a_margin_that_nobody_set_is_told_from_one_of_a_hundred_percent(load):
    assert load(GOOD).margin is None
    given = load(GOOD.replace("seed = 1", "seed = 1\nmargin = 0.3"))
    assert given.break_even == pytest.approx(1 / 0.3)
