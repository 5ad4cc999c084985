"""Words of the report that no number enters: how to read each part, glossary, formulas."""

from __future__ import annotations

#: How to read each part of the results.
HOW_TO_READ = {
    "revenue": "The bars add up to the fitted outcome of the window. The baseline is what would "
    "have sold without any advertising; a channel's bar is what its pressure added, including "
    "what earlier spend still did in these weeks.",
    "returns": "**ROI** looks back: what a unit of the money spent brought. **mROI** looks "
    "forward: what one more unit would bring. A channel can have a high ROI and a low mROI when "
    "it is close to saturated; budgets follow the mROI. With synergy single returns overlap and "
    "do not add up.",
    "curves": "The dot is today's spend. Where a curve flattens, further money earns less; where "
    "it is dashed, it leaves the range of weekly spend that was ever tried and rests on its form "
    "alone. The band is the interval.",
    "plan": "The plan is the best one found at today's total, within the limits; unless the study "
    "says otherwise, best is the largest mean gain over the draws, with more weight on the worse "
    "ones. The certificate lists what was checked: a plan that fails a line is no optimum.",
    "what-if": "Every figure here is computed in this page from the same draws of the model that "
    "the notebooks use, so a stored scenario gives the same numbers as its table. The weekly "
    "pattern of each channel is kept; the slider scales it.",
    "trust": "A model always gives a number. These checks say how far the data can carry it. "
    "REVIEW asks for care, FAIL for a stop; the remedy says what to do.",
}

#: The same of returns where the value of a unit of the KPI is not known.
HOW_TO_READ_COSTS = (
    "The **cost of a {unit}** looks back: spend over what it added. The **cost of the next "
    "{unit}** looks forward: what one more would cost at today's spend. A channel can be cheap so "
    "far and dear from here on when it is close to saturated; budgets follow the next one. With "
    "synergy single figures overlap and do not add up."
)

#: What the ends of the scale of grades mean, and what a grade cannot see.
GRADE_SCALE = (
    "A: recoverable from these data, if the model's form holds and nothing hidden drives spend; "
    "D: not recoverable even then"
)

#: Term and meaning, in alphabetical order.
GLOSSARY = {
    "Adstock": "Advertising pressure with carryover: a weighted sum of this week's and earlier "
    "weeks' spend.",
    "Baseline": "Outcome without advertising: level, trend, season, holidays, controls, events, "
    "and demand that moves several channels at once.",
    "Break-even": "ROI at which the profit on the extra revenue equals the spend: one over the "
    "margin.",
    "Carryover": "Effect of advertising in the weeks after it ran.",
    "Certificate": "List of checks that a recommended plan must pass, each PASS or FAIL.",
    "Chance of nothing": "How likely it is that the channel does nothing at all, which the model "
    "itself rules out.",
    "Contribution": "Outcome of the window's weeks that is due to a channel, carry-in included. "
    "Contributions, baseline and synergy add up to the fitted outcome.",
    "CPIK": "Cost per incremental KPI: spend over the extra units it brought.",
    "Draw": "One of the many sets of parameters that agree with the data; all intervals are "
    "taken over the same fixed draws.",
    "Extrapolation": "Spend above the highest week ever seen, where only the form of the curve "
    "speaks.",
    "Grade": "A to D: how well a known truth comes back from data like these, if the model's form "
    "holds and nothing hidden drives spend. Otherwise intervals hold less often than they say; "
    "how often, by grade and world, is in the project's benchmarks/RESULTS.md.",
    "Half-saturation": "Adstocked spend at which half of the possible effect is reached.",
    "Holdout": "Last weeks, kept away from the fit to test the forecast.",
    "Incremental revenue": "Revenue that would be lost had the channel not spent in the window, "
    "later weeks included.",
    "Interval": "Range that holds the stated share of the draws, as much left out above as below.",
    "mROI": "Marginal return: incremental revenue of one more unit of spend.",
    "Regular baseline": "One that trend, smooth season, controls and events draw alone. How "
    "likely it is, and what else the baseline holds, stands in notebook 04.",
    "REVIEW": "A check that asks for care: the finding and its remedy stand beside it.",
    "ROI": "Incremental revenue of the window's spend, divided by that spend.",
    "Saturation": "Further spend earns less and less.",
    "Synergy": "Effect that two channels have only together.",
    "Window": "The weeks that returns, scenarios and plans are about.",
}

#: Terms that mean nothing where the value of a unit of the KPI is not known.
OF_MONEY = ("Break-even", "Incremental revenue", "mROI", "ROI")

#: Name, LaTeX and reading of the formulas behind the numbers.
FORMULAS = (
    (
        "Model",
        r"y_t = b_t + \sum_c \beta_c f_c(a_{tc}) + \sum_{(i,j)} \gamma_{ij} f_i(a_{ti}) "
        r"f_j(a_{tj}) + \varepsilon_t",
        "Outcome of week t: baseline, channels, synergy of pairs, noise.",
    ),
    (
        "Carryover",
        r"a_t = \sum_{l=0}^{L} w_l\, x_{t-l}, \quad \sum_l w_l = 1",
        "Spend x of this and earlier weeks, by lag weights that sum to one.",
    ),
    (
        "Saturation",
        r"f(a) = \frac{a^s}{a^s + k^s}",
        "Hill curve with half-saturation k and slope s; other forms where the study says so.",
    ),
    (
        "Incremental revenue",
        r"R_c = \sum_t v_t \left( \mu_t(x) - \mu_t(x : x_c = 0) \right)",
        "Fitted outcome minus the one with the channel switched off in the window, in money.",
    ),
    (
        "Returns",
        r"\mathrm{ROI}_c = \frac{R_c}{\sum_t x_{tc}}, \quad "
        r"\mathrm{mROI}_c = \frac{\partial \sum_t v_t \mu_t}{\partial \sum_t x_{tc}}",
        "Average and marginal return; the extra unit is spread over the weeks as today's spend "
        "is.",
    ),
)
