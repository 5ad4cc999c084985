"""The first screen by grade: what is not known leaves the verdict, and a test comes first."""

import json

import numpy as np
import pandas as pd

from mmm.decide.recommend import MoreMoney, Moves, Recommendation, SpendLess, channel_to_test
from mmm.formatting import percent
from mmm.show import graded, headline
from mmm.show.checks import insights
from mmm.show.summary import executive

CHANNELS = ("tv", "search", "video")
GAIN = np.linspace(100.0, 200.0, 50)


def table(**columns):
    found = {"channel": CHANNELS, "spend": [600.0, 300.0, 100.0], "p_earns": [0.99, 0.5, 0.01]}
    for name, middle in (("roi", [3.0, 2.0, 0.2]), ("mroi", [2.0, 1.0, 0.1])):
        found |= {
            f"{name}_{end}": np.multiply(f, middle) for end, f in (("low", 0.8), ("high", 1.2))
        }
        found[name] = middle
    return pd.DataFrame(found | columns)


#: By return, the highest first.
VERDICTS = {"tv": "pays back", "search": "open", "video": "does not pay back"}


def told(study, plan, returns, *, less=None, together=False, verdicts=VERDICTS):
    weekly = pd.Series({"search": 9.0, "video": -9.0})
    advice = Recommendation(
        verdicts=verdicts,
        moves=Moves(weekly, 90.0, 10, {}, GAIN),
        try_first="",
        together=together,
        more=MoreMoney(100.0, GAIN, GAIN, "pays back", pd.Series({"tv": 10.0})),
        less=less,
        test=channel_to_test(returns),
        failed=[],
    )
    totals = pd.Series({"baseline": 600.0, "tv": 400.0})
    return executive(advice, returns, plan, totals, [], study, simulated=False)


def rows(study, **grades):
    return [
        {"channel": c, "label": study.labels[c], "grade_roi": g, "grade_mroi": g}
        for c, g in grades.items()
    ]


def test_a_channel_graded_d_leaves_the_verdict(study, plan):
    returns = table()
    summary = told(study, plan, returns)
    known = graded.headline(summary, returns, rows(study, tv="A", search="B", video="B"), study)
    assert known == summary["headline"]
    both = told(study, plan, returns, verdicts=dict.fromkeys(VERDICTS, "pays back"))
    stored = json.loads(json.dumps(both["parts"], sort_keys=True))
    again = graded.headline({"parts": stored}, returns, rows(study, tv="A"), study)
    assert again == both["headline"]  # files sort by name, sentences by return
    some = graded.headline(summary, returns, rows(study, tv="D", search="B", video="A"), study)
    tv, video = study.labels["tv"], study.labels["video"]
    assert f"{video} does not earn back" in some
    assert f"not known (grade D): {tv};" in some
    assert f"{tv} earns back" not in some
    none = graded.headline(summary, returns, rows(study, tv="D", search="D", video="D"), study)
    assert none.startswith("What the next unit of spend on ")
    assert "might add" in none


def test_a_channel_graded_c_is_marked_in_the_verdict(study, plan):
    returns = table()
    summary = told(study, plan, returns)
    said = graded.headline(summary, returns, rows(study, tv="A", search="C", video="B"), study)
    assert f"{study.labels['search']} (grade C) may or may not" in said
    assert said.count("(grade C)") == 1


def test_a_test_is_urgent_only_where_something_is_not_known(study, plan):
    returns = table(p_earns=[0.99, 0.98, 0.01])
    items = told(study, plan, returns)["recommendations"]
    strong = graded.advice(items, rows(study, tv="A", search="B", video="A"))[2]
    assert strong["title"] == f"No test is urgent; if any, test {study.labels['tv']}"
    assert "if_known" not in strong
    weak = graded.advice(items, rows(study, tv="A", search="C", video="A"))
    assert f"Put {study.labels['tv']} to the test" in [item["title"] for item in weak]
    still_open = told(study, plan, table())["recommendations"]
    known = graded.advice(still_open, rows(study, tv="A", search="A", video="A"))[2]
    assert known["title"].startswith("Put ")


def test_a_cut_is_not_added_to_a_move_of_the_same_money(study, plan):
    less = SpendLess(pd.Series({"video": -5.0}), 50.0, GAIN / 100, GAIN)
    cut = told(study, plan, table(), less=less)["recommendations"][1]
    assert "an alternative to moving the money" in cut["text"]
    other = SpendLess(pd.Series({"tv": -5.0}), 50.0, GAIN / 100, GAIN)
    alone = told(study, plan, table(), less=other)["recommendations"][1]
    assert "alternative" not in alone["text"]


def test_media_is_said_to_hold_synergy_only_where_there_is_one(study, plan):
    (tile,) = [t for t in told(study, plan, table())["tiles"] if t["label"] == "Due to media"]
    assert tile["note"] == "channels; the rest is baseline"


def test_where_most_of_a_move_rests_on_weak_grades_the_test_comes_first(study, plan):
    summary = told(study, plan, table())
    strong, weak = (
        rows(study, tv="A", search="A", video="B"),
        rows(study, tv="A", search="C", video="D"),
    )
    first = [item["title"] for item in graded.advice(summary["recommendations"], strong)]
    assert first[0] == "Reallocate the budget"
    then = graded.advice(summary["recommendations"], weak)
    assert then[0]["title"] == first[2]
    assert then[1]["title"] == "Test before you move this money"
    assert f"{percent(1.0)} of the move comes from" in then[1]["text"]
    assert not set(graded.FOR_GRADES) & set(then[0]) | set(graded.FOR_GRADES) & set(then[1])
    said = graded.headline(summary, table(), weak, study)
    assert "might add +$150" in said
    assert said.endswith("mostly on channels graded C or D.")


def test_a_cut_passes_the_same_gates_as_a_move(study, plan):
    less = SpendLess(pd.Series({"video": -5.0}), 50.0, GAIN / 100, GAIN)
    summary = told(study, plan, table(), less=less)
    cut = graded.advice(summary["recommendations"], rows(study, tv="A", search="A", video="A"))[1]
    assert cut["title"] == f"Spend less on {study.labels['video']}"
    advice = graded.advice(summary["recommendations"], rows(study, tv="A", search="A", video="C"))
    (cut,) = [item for item in advice if "less" in item["title"]]
    assert cut["title"] == f"Test before you spend less on {study.labels['video']}"
    said = f"{percent(1.0)} of the cut comes from channels whose mROI is graded C or D"
    assert said in cut["text"]
    together = told(study, plan, table(), less=less, together=True)["recommendations"][1]
    assert together["title"].startswith("Try this first: spend less on")
    assert "in some regions" in together["text"]


def test_a_cut_on_a_channel_that_is_not_known_is_tested_first(study, plan):
    less = SpendLess(pd.Series({"tv": -6.0, "video": -5.0}), 50.0, GAIN / 100, GAIN)
    items = told(study, plan, table(), less=less)["recommendations"]
    advice = graded.advice(items, rows(study, tv="A", search="A", video="D"))
    assert any(item["title"].startswith("Test before you spend less") for item in advice)


def test_the_test_card_does_not_say_that_every_answer_is_told(study):
    known = "Every channel's side of break-even is told"
    item = {"is_test": True, "title": "Test", "text": f"{known}.", "if_unknown": "Hold it out."}
    (said,) = graded.advice([item], rows(study, tv="D"))
    assert said == {"title": "Test", "text": "Hold it out."}
    (said,) = graded.advice([item], rows(study, tv="A"))
    assert known in said["text"]


def test_a_move_whose_money_all_goes_to_a_weak_channel_is_weak(study):
    grades = rows(study, tv="A", search="B", video="D")
    assert graded.mostly_weak({"tv": -500.0, "video": 500.0}, grades)
    assert graded.mostly_weak({"tv": 500.0, "video": -500.0}, grades)
    assert not graded.mostly_weak({"tv": -500.0, "search": 400.0, "video": 100.0}, grades)


def test_more_money_for_a_weak_channel_is_open(study, plan):
    items = told(study, plan, table())["recommendations"]
    assert graded.advice(items, rows(study, tv="B"))[1]["title"].endswith("more pays back")
    weak = graded.advice(items, rows(study, tv="D"))[1]
    assert weak["title"].endswith("more may or may not pay back")
    assert f"{percent(1.0)} of it goes to" in weak["text"]


def test_the_figure_counts_and_praises_only_what_is_known(study):
    titles = [
        headline.roi(
            table(), study, basis="", grades=dict(zip(CHANNELS, grades, strict=True))
        ).title
        for grades in ("AAA", "DAA", "DDD")
    ]
    tv, search = study.labels["tv"], study.labels["search"]
    assert titles[0] == f"2 of 3 channels very likely paid back; {tv} earned most (3.00)"
    assert titles[1] == (
        f"1 of 3 channels very likely paid back; {search} earned most (2.00); "
        f"not known (grade D): {tv}"
    )
    assert titles[2].startswith("not known (grade D): ")


def test_an_order_that_the_intervals_do_not_settle_is_not_asserted(study):
    wide = table().assign(roi_low=0.1, roi_high=9.0)
    title = headline.roi(wide, study, basis="", grades=None).title
    assert f"{study.labels['tv']} has the highest estimate (3.00)" in title
    assert "earned most" not in title


def test_the_plain_text_says_what_is_not_known():
    trust = {"failed": [], "distrust": ["**Grade D**: these data cannot tell what TV earns."]}
    text = insights({"failed": [], "insights": "Top channel: TV."}, trust)
    assert text.splitlines()[-1] == "Grade D: these data cannot tell what TV earns."
