"""What trust decides from its tables: what helps, what may do nothing, what a move rests on."""

import numpy as np
import pandas as pd
import pytest

from mmm.trust.confounding import overturned_by_season
from mmm.trust.experiments import best_design
from mmm.trust.grades import weak_moves
from mmm.trust.no_effect import may_do_nothing


@pytest.mark.parametrize(
    ("narrower", "helps", "halves"),
    [((0.0, 0.04), False, False), ((0.05, 0.01), True, False), ((0.2, 0.5), True, True)],
)
def test_the_best_design_helps_where_the_interval_shrinks(narrower, helps, halves):
    names = {"channel": "tv", "design": ["pause it", "vary it"]}
    best = best_design(pd.DataFrame(names | {"narrower": narrower}), "tv")
    assert best.narrower == max(narrower)
    assert best.design == names["design"][int(np.argmax(narrower))]
    assert (best.helps, best.halves) == (helps, halves)


def test_a_channel_that_was_not_simulated_has_no_design():
    designs = pd.DataFrame({"channel": ["tv"], "design": ["pause it"], "narrower": [0.3]})
    assert best_design(designs, "search") is None


def test_nothing_is_a_serious_possibility_where_the_interval_begins_at_zero():
    assert may_do_nothing(0.06, interval=0.9)
    assert not may_do_nothing(0.06, interval=0.8)
    assert not may_do_nothing(np.nan, interval=0.9)


def test_a_move_rests_on_what_weak_channels_give_and_take():
    moves = {"tv": -900.0, "search": 600.0, "mail": 300.0, "radio": 0.0}
    grades = {"tv": "C", "search": "B", "mail": "D", "radio": "D"}
    found = weak_moves(moves, grades)
    assert (found.given, found.taken) == (900.0, 300.0)
    assert found.channels == ["tv", "mail"]
    strong = weak_moves(moves, dict.fromkeys(moves, "A"))
    assert (strong.given, strong.taken, strong.channels) == (0.0, 0.0, [])
    assert weak_moves(moves, {}).channels == []  # not graded yet


def test_a_season_overturns_what_needs_no_more_than_it():
    table = pd.DataFrame({"channel": ["tv", "search", "mail"], "needed": [0.1, 0.3, np.nan]})
    assert overturned_by_season(table) == []
    season = table.assign(bias_like_season=[0.1, 0.2, 0.2])
    assert overturned_by_season(season) == ["tv"]
