"""What people read: sentences per channel, what is repeated elsewhere, a simulated test."""

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studies import make_frame, make_study

from mmm import show, trust
from mmm.data.weekly import weekly_data
from mmm.decide.plan import current_plan
from mmm.findings import Finding
from mmm.formatting import percent, ratio
from mmm.model.bayes.fit import fit_bayes
from mmm.report import content
from mmm.report.index import read_card
from mmm.run.cli import command
from mmm.show.checks import TROUBLE, failures, failures_in_words, open_lines, stop_line
from mmm.show.graded import rests_on
from mmm.show.grades import CONDITION, MEANING, WHERE_WRONG
from mmm.store import Store
from mmm.trust import (
    Units,
    channels_to_help,
    confounding_findings,
    grade_table,
    make_twins,
    no_effect_table,
    plausible_findings,
    recover,
    recovery_table,
    robustness_table,
    simulate_lift_test,
)
from mmm.trust.experiments import hypothetical_test

SUMMARY = {"headline": "h", "recommendations": [], "tiles": [], "notes": [], "key_figures": []}


def graded(**grades):
    """Return a table of grades with the caps given as ``(grade, cap)``."""
    rows = [
        {
            "channel": name,
            "grade_roi": grade,
            "grade_mroi": grade,
            "error": 0.3,
            "error_median": 0.2,
            "slope": 0.9,
            "coverage": 0.9,
            "estimate_at_zero": 0.4,
            "lower_bound_at_zero": 0.1,
            "probability_of_no_effect": 0.001,
            "caps": cap,
            "mroi_caps": "",
        }
        for name, (grade, cap) in grades.items()
    ]
    return pd.DataFrame(rows)


def test_a_sentence_says_what_the_grade_means_and_why_it_is_capped():
    study = make_study()
    table = graded(tv=("A", ""), search=("C", "demand capture without a lift test"))
    first, second = show.grades.sentences(table, study)
    assert first.startswith(f"TV: {MEANING['A']}.")
    assert CONDITION in first
    assert all(number in first for number in (ratio(0.9), percent(0.2), percent(0.3)))
    assert second.startswith(f"SEARCH: {MEANING['C']}.")
    assert "No better than C: demand capture without a lift test." in second
    assert "demand capture" not in first


def test_a_sentence_says_what_a_lift_test_does_not_answer_for():
    table = graded(tv=("A", "")).assign(grade_mroi="C", mroi_caps="demand capture")
    (said,) = show.grades.sentences(table, make_study())
    assert "No test measured its next unit: no better than C (demand capture)." in said


def test_an_a_is_no_surer_than_in_worlds_where_the_model_is_wrong():
    study, table = make_study(), graded(tv=("A", ""), search=("B", ""))
    first, _ = show.grades.sentences(table, study)
    assert first.endswith("nothing hidden drives its spend; otherwise it is too sure.")
    assert f"`{WHERE_WRONG}`" in show.grades.method(24, table, study, is_point=False)
    page, _, heading = WHERE_WRONG.partition("#")
    text = (Path(__file__).parents[1] / page).read_text("utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert heading in [re.sub("[^a-z ]", "", h.lower()).replace(" ", "-") for h in headings]


def test_a_vague_return_does_not_speak_for_the_next_unit_of_money():
    table = graded(tv=("C", "never having been off"), search=("C", ""))
    table["grade_mroi"] = ["B", "D"]
    first, second = show.grades.sentences(table, make_study())
    assert first.endswith("Its past return is vague; its mROI is graded B.")
    assert second.endswith("do not rest a budget on it.")


def test_a_channel_that_may_do_nothing_is_named():
    study, table = make_study(), graded(tv=("A", ""), search=("D", ""))
    table["probability_of_no_effect"] = [0.01, 0.12]
    first, second = show.grades.sentences(table, study)
    assert percent(0.12) not in first
    assert percent(0.12) in second
    idle = pd.DataFrame({"channel": ["tv", "search"], "chance": [0.01, 0.12]})
    told = show.grades.no_effect(idle, study)
    assert f"SEARCH ({percent(0.12)})" in told
    assert "TV" not in told
    assert "no channel" in show.grades.no_effect(idle.assign(chance=0.01), study)
    assert "best guess" in show.grades.no_effect(idle.assign(chance=np.nan), study)


def test_a_channel_without_spend_is_not_given_a_meaning():
    table = graded(tv=("D", ""), search=("A", "")).assign(error=[np.nan, 0.1])
    assert "not bought in these 52 weeks" in show.grades.sentences(table, make_study())[0]


def test_few_twins_pool_their_coverage_and_many_tell_it_by_channel():
    study, table = make_study(), graded(tv=("A", ""), search=("B", ""))
    assert "Over all channels" in show.grades.method(24, table, study, is_point=True)
    many = show.grades.method(120, table, study, is_point=False)
    assert "Over all channels" not in many
    assert f"TV {percent(0.9)} and SEARCH {percent(0.9)}" in many


def test_every_fail_is_repeated_and_a_channel_that_cannot_be_told_is_named():
    table = graded(tv=("A", ""), search=("D", "")).assign(sentence="s", helps="h")
    findings = [Finding("one", "FAIL", "f", "r"), Finding("two", "REVIEW", "g", "r")]
    told = show.grades.summary(table, findings, make_study())
    assert told["status"] == "FAIL"
    assert told["distrust"] == [
        "**FAIL: one**: f. r",
        "**REVIEW: two**: g. r",
        "**Grade D**: these data cannot tell what SEARCH earns.",
    ]
    assert told["failed"] == [("one", "")]
    assert [row["label"] for row in told["grades"]] == ["TV", "SEARCH"]
    assert show.grades.summary(table[:1], [], make_study())["status"] == "PASS"


def test_an_open_check_says_what_is_wrong_and_where():
    study = make_study(("tv", "search", "social", "mail", "radio"))
    check, found = "the plan stays where data are", "1.80 times its highest week so far"
    findings = [Finding("dates", "PASS", "fine")]
    findings += [Finding(f"{x}: {check}", "REVIEW", found, "Go slowly.") for x in ("TV", "SEARCH")]
    findings += [Finding("explained variation", "FAIL", "the fit explains 5 %.", "Look.")]
    assert open_lines(findings, study.labels.values()) == [
        "**FAIL: the fit explains too little**: the fit explains 5 %. Look.",
        f"**REVIEW: the plan goes beyond the data**: TV ({found}) and SEARCH ({found}). "
        "Go slowly.",
    ]
    many = [Finding(f"{x}: other", "REVIEW", "f") for x in study.labels.values()]
    (line,) = open_lines(many, study.labels.values())
    assert line == "**REVIEW: other**: TV (f), SEARCH (f), SOCIAL (f) and 2 others."
    failed = [Finding("chains agree", "FAIL", ""), Finding("every bound holds", "FAIL", "")]
    said = failures_in_words([*failed, *failed])
    assert said == "the sampler's chains disagree and 'every bound holds' does not hold"


def test_every_check_of_a_channel_has_words_for_not_passing():
    package = Path(trust.__file__).parents[1]
    trees = {path: ast.parse(path.read_text("utf-8")) for path in package.rglob("*.py")}
    named = set()
    for path, tree in trees.items():
        if path.parent.name != "trust" or path.stem == "diagnostics":  # not of a channel
            continue
        for node in ast.walk(tree):  # check = "..."; graded("...", ...); _dissent("...", ...)
            if isinstance(node, ast.Assign):
                names, values = (getattr(n, "elts", [n]) for n in (node.targets[0], node.value))
                pairs = zip(map(ast.unparse, names), values, strict=False)
                named |= {value.value for name, value in pairs if name == "check"}
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("graded", "_dissent"):
                named |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    assert len(named) > 10
    assert named <= set(TROUBLE)
    literals = {
        node.value
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and path.stem != "checks"
    }
    assert set(TROUBLE) <= literals


def test_the_first_screen_repeats_what_is_distrusted(tmp_path):
    store = Store(tmp_path)
    store.write_json("reports/summary.json", SUMMARY | {"distrust": ["before"]})
    assert content.read_summary(store)["distrust"] == ["before"]
    store.write_json("reports/trust.json", {"distrust": ["**FAIL: x**"], "status": "FAIL"})
    first, second = content.read_summary(store)["distrust"]
    assert "FAIL: x" in first
    assert second == "before"


def test_failed_checks_of_all_notebooks_are_counted_under_the_headline(tmp_path):
    study, store = make_study(), Store(tmp_path)
    summary = SUMMARY | {"distrust": []}
    store.write_json("reports/summary.json", summary)
    assert content.read_summary(store)["stop"] == ""
    found = [Finding(f"{x}: ROI is plausible", "FAIL", "99") for x in ("TV", "SEARCH")]
    found.append(Finding("dates", "REVIEW", "odd"))
    trust = show.grades.summary(
        graded(tv=("A", ""))[:0].assign(sentence="", helps=""), found, study
    )
    store.write_json("reports/trust.json", trust)
    assert content.read_summary(store)["stop"] == (
        "Stop: 2 checks failed (the ROI is not plausible: TV and SEARCH). "
        "Explain them before you act on these figures."
    )
    failed = failures([Finding("sign of the baseline", "FAIL", "negative")])
    store.write_json("reports/summary.json", summary | {"failed": failed})
    stop = content.read_summary(store)["stop"]
    assert stop.startswith("Stop: 3 checks failed (the ROI is not plausible: TV and SEARCH; the ")
    assert "the baseline turns negative)" in stop
    many = [Finding(f"check {i}", "FAIL", "") for i in range(6)]
    assert stop_line(failures(many)).startswith(
        "Stop: 6 checks failed (check 0; check 1; check 2; 3 others)."
    )


def test_advice_says_what_of_it_rests_on_weak_grades(tmp_path):
    study, store = make_study(("tv", "search", "mail")), Store(tmp_path)
    moves = {"tv": -900.0, "search": 600.0, "mail": 300.0}
    item = {"title": "Move", "text": "Move it.", "moves": moves}
    store.write_json("reports/summary.json", SUMMARY | {"distrust": [], "recommendations": [item]})
    (advice,) = content.read_summary(store)["recommendations"]
    assert advice == {"title": "Move", "text": "Move it."}  # no grades yet
    table = graded(tv=("C", ""), search=("A", ""), mail=("D", "")).assign(sentence="", helps="")
    trust = show.grades.summary(table, [], study)
    trust["grades"][2]["label"] = "<b>Mail</b>"
    store.write_json("reports/trust.json", trust)
    (advice,) = content.read_summary(store)["recommendations"]
    assert advice["text"] == (
        f"Move it. {percent(1.0)} of the move comes from and {percent(1 / 3)} goes to channels "
        "whose mROI is graded C or D (TV and &lt;b&gt;Mail&lt;/b&gt;)."
    )
    strong = graded(tv=("A", ""), search=("D", ""), mail=("B", ""))
    rows = show.grades.summary(strong.assign(sentence="", helps=""), [], study)["grades"]
    assert rests_on(moves, rows).startswith(f"{percent(2 / 3)} of the move goes to channels")
    assert rests_on({"tv": 5.0}, rows) == ""
    assert rests_on({"tv": 95.0, "search": 5.0}, rows) == ""  # a trifle is no finding
    both = {"tv": -95.0, "search": -5.0, "mail": 100.0}
    weak = [row | {"grade_mroi": "A" if row["channel"] == "tv" else "C"} for row in rows]
    assert rests_on(both, weak).startswith(f"{percent(1.0)} of the move goes to")
    assert rests_on(both, weak).endswith(f"({study.labels['mail']}).")


def test_the_card_shows_the_worst_status(tmp_path):
    store = Store(tmp_path)
    card = dict.fromkeys(("title", "question", "headline", "fit", "alt"), "x")
    store.write_json("reports/card.json", card | {"status": "PASS", "figure": "f"})
    store.write_text("figures/f.svg", "<svg/>")
    assert read_card(tmp_path).status == "PASS"
    store.write_json("reports/trust.json", {"distrust": [], "status": "REVIEW"})
    assert read_card(tmp_path).status == "REVIEW"


def test_the_headline_by_grade_takes_the_place_of_the_first_one(tmp_path):
    store = Store(tmp_path)
    store.write_json("reports/summary.json", SUMMARY | {"distrust": []})
    card = dict.fromkeys(("title", "question", "headline", "fit", "alt"), "x")
    store.write_json("reports/card.json", card | {"status": "PASS", "figure": "f"})
    store.write_text("figures/f.svg", "<svg/>")
    assert content.read_summary(store)["headline"] == "h"
    told = {"distrust": [], "status": "PASS", "headline": "by grade"}
    store.write_json("reports/trust.json", told)
    assert content.read_summary(store)["headline"] == "by grade"
    assert read_card(tmp_path).headline == "by grade"


def test_what_would_help_is_said_only_where_something_does():
    study, table = make_study(), graded(tv=("D", ""), search=("A", ""))
    designs = pd.DataFrame({"channel": "tv", "design": ["pause it", "vary it"], "narrower": 0.0})
    tried, graded_well = show.grades.helps(table, designs, study)
    assert graded_well == ""
    assert "TV" in tried
    assert "vary it" not in tried
    designs["narrower"] = [0.2, 0.55]
    told = show.grades.helps(table, designs, study)[0]
    assert f"vary it. Simulated, its interval shrinks by {percent(0.55)}" in told


def test_the_command_line_knows_a_thorough_run():
    (option,) = [o for o in command.params if o.name == "thorough"]
    assert option.is_flag


@pytest.fixture(scope="module")
def noisy():
    """Return a study whose channels are lost in noise."""
    study = make_study()
    frame = make_frame(seed=3)
    frame["sales"] += np.random.default_rng(5).normal(0, 60, len(frame)).round(2)
    weekly = weekly_data(frame, study)
    fit = fit_bayes(
        weekly, study, seed=1, draws=150, warmup=80, chains=1, insist=False, forms="own"
    )
    return study, weekly, fit.model


def test_a_lift_test_raises_the_grade_of_a_channel_that_had_a_d(noisy):
    study, weekly, model = noisy
    twins = make_twins(model, weekly, study, n_twins=12, seed=1)
    units = Units.of(model.channels)
    table = grade_table(recovery_table(recover(twins, study, units, seed=1)), model.channels)
    channel = channels_to_help(table)[0]
    assert table.loc[channel, "grade_roi"] == "D"
    tested = simulate_lift_test(model, weekly, study, channel, truth=None, seed=1)
    assert tested.grade["grade_roi"] < "D"
    (low, _, high), (before_low, _, before_high) = tested.after, tested.before
    assert high / low < before_high / before_low
    assert not tested.from_truth
    told = show.grades.lift_test(tested, table, study)
    assert f"from D to {tested.grade['grade_roi']}" in told
    assert f"in past weeks, those in which it ran most ({tested.test.start:%Y-%m-%d} to" in told
    assert "a real one runs in weeks to come" in told
    assert ratio(low) in told
    assert json.dumps(told)


def test_a_lift_test_of_a_channel_without_effect_is_not_infinitely_precise(noisy):
    _, weekly, model = noisy
    none = replace(model.responses[0], beta=np.zeros(model.n_draws))
    silent = replace(model, responses=(none, *model.responses[1:]))
    test = hypothetical_test(silent, weekly, 0)
    assert test.incremental_kpi == 0
    assert test.standard_error > 0.005 * weekly.spend["tv"].mean()


def test_a_channel_that_is_dark_in_the_window_goes_through_every_step(noisy):
    study, weekly, _ = noisy
    spend = weekly.spend.copy()
    spend.iloc[-52:, 1] = 0.0
    dark = replace(weekly, spend=spend, media=spend)
    fit = fit_bayes(dark, study, seed=1, draws=60, warmup=40, chains=1, insist=False, forms="own")
    plan = current_plan(fit.model, dark, window_weeks=study.window_weeks)
    units = Units.of(fit.model.channels)
    twins = make_twins(fit.model, dark, study, n_twins=6, seed=1)
    robust = robustness_table(fit.model, dark, plan, margin=1.0)
    checks = confounding_findings(fit.model, dark, study, robust)
    recovery = recovery_table(recover(twins, study, units, seed=1))
    table = grade_table(recovery, fit.model.channels, checks + plausible_findings(plan, study))
    idle = no_effect_table(fit.model, weekly, plan, study)
    table["probability_of_no_effect"] = idle["chance"]
    assert idle["chance"].between(0, 1).all()
    assert list(table["grade_roi"])[1] == "D"
    assert "not bought in these" in show.grades.sentences(table, study)[1]
    assert "SEARCH" not in show.grades.at_zero(table, study)
    assert channels_to_help(table) == [0]
