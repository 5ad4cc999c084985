"""What a column is, judged by its name and its values, before its neighbors are asked."""

from __future__ import annotations

from collections.abc import Callable

from mmm.data.demand import measures_demand
from mmm.data.facts import KPI, MONEY, PAID, Facts, Role, ask, is_ratio, is_share
from mmm.data.kpi import is_amount_paid
from mmm.data.words import Name, fold

DRIVERS = ("price", "weather", "macro", "distribution", "promotion")
OUTCOME = "another outcome: left out, because advertising moves it as it moves the KPI"


def _identity(name: Name, facts: Facts) -> Role | None:
    """Leave numbers out that only name a row, a campaign or an account."""
    if not (facts.whole and name.says("identifier")) or name.says(*MONEY, *KPI, "exposure"):
        return None
    if name.says("promotion"):
        return None
    return Role("ignored", "a number that only names something: left out")


def _noticed(name: Name, _facts: Facts) -> Role | None:
    if name.says("engagement") and not name.says(*MONEY):
        return Role("ignored", "what the audience did: left out, advertising moves it")
    return None


def _declared(name: Name, _facts: Facts) -> Role | None:
    if name.says("control") and not name.says(*MONEY, "derived", "lagged"):
        return Role("control", "its name says control")
    if name.says("rival"):
        return Role("control", "of rivals or the market: a driver, not our media")
    return None


def _people(name: Name, _facts: Facts) -> Role | None:
    if name.says("population") and not name.says(*MONEY, *KPI):
        return Role("population", "its name says population")
    return None


def _occasion(name: Name, facts: Facts) -> Role | None:
    if name.says(*MONEY):
        return None
    if name.says("holiday") and facts.binary:
        return Role("event", "0/1, its name says a holiday")
    if name.says("holiday") and not name.says(*KPI, *PAID, "exposure"):
        return Role("control", "its name says holidays")
    if name.says("promotion") and facts.binary:
        return Role("control", "0/1, its name says a promotion")
    if name.says("event") and (facts.binary or not name.says(*KPI, *PAID)):
        return Role("event" if facts.binary else "control", "its name says an event")
    return None


def _made(name: Name, _facts: Facts) -> Role | None:
    if name.says("derived") and not name.says("spend"):
        return Role("ignored", "derived from the KPI or by a model: left out")
    if name.says("lagged"):
        return Role("ignored", "of an earlier week or year: left out, carryover is the model's")
    if name.says("planned") and not (name.says("spend") and name.says(*PAID)):
        return Role("ignored", "a target, plan or forecast: left out, nothing that happened")
    if name.says("planned"):
        return ask("planned or actual spend?")
    return None


def _running_cost(name: Name, _facts: Facts) -> Role | None:
    if name.says("goods") and not name.says("medium"):
        return Role("ignored", "cost of what is sold, not of media: left out")
    if name.says(*MONEY) and name.says("unit cost"):
        if not name.says(*PAID):
            return Role("ignored", "cost of running the business, not of media: left out")
        return ask("cost of media, or of running the business?")
    return None


def _ratio(name: Name, facts: Facts) -> Role | None:
    """Leave out what is computed from spend, exposure and outcome."""
    left_out = Role("ignored", "a ratio, reach or frequency, computed from others: left out")
    amounts = (*MONEY, "exposure", "visits", *KPI)
    if name.says("share") and name.says(*amounts) and not facts.binary:
        return left_out
    if name.says("price") and not name.says("ratio", *PAID, "exposure", "late kpi"):
        return None
    if is_ratio(name) and name.says("price", *amounts):
        return left_out
    if name.says("average") and name.says(*KPI, "visits") and not name.says("price"):
        return left_out
    if name.says("price") and name.says("late kpi"):
        return left_out
    if not name.says("ratio"):
        return None
    if {fold(word) for word in name.words} & {"cpc", "cpm"} and name.says("spend"):
        return ask("spend on ads by the click, or the price of one?")
    return left_out


def _unpaid(name: Name, facts: Facts) -> Role | None:
    if name.says(*MONEY):
        return None
    if name.says("interest"):
        if name.says("brand"):
            return Role("ignored", "search for the brand: left out, advertising moves it")
        return Role("control", "how much people search: demand, not our media")
    if measures_demand(name) and facts.numeric and not name.says(*KPI, *PAID, "exposure"):
        return Role("control", "its name says demand: a driver, not our media", "likely")
    if name.says("organic"):
        if name.says(*KPI):
            return Role("ignored", OUTCOME)
        return Role("control", "not paid for, so no channel", "likely")
    return None


def _money(name: Name, facts: Facts) -> Role | None:
    if not name.says(*MONEY):
        return None
    if is_share(facts):
        return ask("its name says spend, its values are shares or percentages")
    if facts.binary:
        return ask("its name says spend, its values are 0 and 1")
    if name.says("promotion", "price") and not name.says(*PAID):
        return ask("spend on media, or on discounts?")
    if name.says(*KPI) and not name.says(*PAID):
        return Role("ignored", "a cost of sales or of customers, not of media: left out")
    if name.says("total") and not name.says("medium"):
        return ask("the total of the other spend columns?", "total")
    if name.only(*MONEY, "advertising", "total", "date", "channel"):
        return ask("spend, but its name says no medium", "total")
    if name.says("spend") or name.says(*PAID, "owned", "exposure"):
        sure = name.says("medium", "advertising", "owned") or not name.unknown
        return Role("spend", "its name says spend", "certain" if sure else "likely")
    if name.says(*DRIVERS, "visits", "brand", "region"):
        return ask("a cost, but its name says no medium")
    return ask("a cost, but its name says no medium", "cost")


def _seen(name: Name, facts: Facts) -> Role | None:
    if not name.says("exposure"):
        return None
    if name.says("visits") and not name.says(*PAID):
        return Role("ignored", "visits: left out, advertising moves them")
    if name.says("price"):
        return ask("what was seen, or what it cost?")
    if name.says("brand"):
        return ask("of bought media, or of people who look for the brand?")
    if name.says("total") and not name.says("medium"):
        return Role("ignored", "a sum of exposures: left out")
    if name.says("owned") and not name.says("medium", "advertising"):
        return Role("control", "owned media without spend: a plain control")
    if is_share(facts):
        return Role("ignored", "a share or rate of exposure: left out")
    return Role("exposure", "its name says what was seen")


def _driver(name: Name, facts: Facts) -> Role | None:
    found = [concept for concept in DRIVERS if name.says(concept)]
    if not found:
        return None
    if name.says("medium", "visits") or (name.says("advertising") and not facts.binary):
        return ask(f"of media, or {found[0]}?")
    if "price" in found and is_amount_paid(name):
        return Role("ignored", OUTCOME)
    if {fold(word) for word in name.words} == {"cpi"}:
        return ask("consumer prices, or the cost of an install?")
    if found == ["promotion"] and name.says(*KPI) and not is_share(facts):
        return ask("how strong the promotion was, or what it sold?")
    if name.says(*KPI) and not {"price", "macro", "promotion"} & set(found):
        return Role("ignored", OUTCOME)
    return Role("control", f"its name says {found[0]}")


def _mediator(name: Name, _facts: Facts) -> Role | None:
    if name.says("visits") and not name.says(*KPI):
        return Role("ignored", "visits: left out, advertising moves them")
    if name.says("brand") and not name.says(*KPI):
        if name.says("medium"):
            return ask("media for the brand, or what people think of it?", "bare")
        return Role("ignored", "brand or audience: left out, advertising moves it")
    return None


def _other_outcome(name: Name, facts: Facts) -> Role | None:
    if not name.says(*KPI):
        return None
    if facts.binary:
        return Role("control", "0/1: on or off, no amount", "likely")
    return Role("ignored", OUTCOME)


def _clock(name: Name, facts: Facts) -> Role | None:
    if (
        name.only("calendar", "date", "ending", "identity", "identifier", "count")
        and not facts.binary
    ):
        return Role("ignored", "calendar or counter: the baseline has its own season")
    return None


#: Names of owned media that may as well be channels with a spend.
MAYBE_PAID = frozenset(
    [
        *("email", "e", "mail", "sms", "push", "crm", "dem"),
        *("メール", "邮件", "短信", "이메일", "메일", "문자"),
    ]
)


def is_sent(name: Name) -> bool:
    """Tell a number of letters or posts from a channel."""
    return not all(fold(word) in MAYBE_PAID for word in name.words)


def _bare(name: Name, facts: Facts) -> Role | None:
    if name.says("owned") and not name.says("medium") and facts.whole and is_sent(name):
        return Role("control", "owned media without spend: a plain control", "likely")
    if not name.says(*PAID, "owned"):
        return None
    if is_share(facts) or facts.binary or facts.negative or name.says("share"):
        return ask("its name says media, its values are no amounts of money")
    return ask("its name says media, but not whether it is spend", "bare")


def _flag(_name: Name, facts: Facts) -> Role | None:
    return Role("control", "0/1: on or off", "likely") if facts.binary else None


RULES: tuple[Callable[[Name, Facts], Role | None], ...] = (
    _identity,
    _declared,
    _people,
    _occasion,
    _made,
    _running_cost,
    _ratio,
    _noticed,
    _unpaid,
    _money,
    _seen,
    _driver,
    _mediator,
    _other_outcome,
    _clock,
    _bare,
    _flag,
)


def number_role(name: Name, facts: Facts) -> Role:
    """Judge a numeric column by its name and values."""
    if facts.constant and not name.says("population"):
        return Role("ignored", "never varies" if facts.levels else "empty")
    found = next(filter(None, (rule(name, facts) for rule in RULES)), None)
    return found or ask("numbers, but no word of its name says of what", "unknown")


def text_role(name: Name, facts: Facts) -> Role:
    """Judge a text column that tells no rows of a date apart."""
    if facts.constant:
        return Role("ignored", "never varies" if facts.levels else "empty")
    if facts.levels > 12 and not name.says("holiday", "event"):
        return Role("ignored", f"text with {facts.levels} levels")
    if name.says("holiday", "event"):
        return Role("event", f"text with {facts.levels} levels, its name says events")
    if name.says("promotion", *DRIVERS, "rival", "control"):
        return Role("control", f"text with {facts.levels} levels")
    if name.says("calendar", "date", "identity", "identifier"):
        return Role("ignored", "calendar or name: the baseline has its own season")
    return ask(f"text with {facts.levels} levels: a driver of sales?")
