"""What is printed of a simulation adds up, and lies no more than a cent or two from what was computed."""

from datetime import datetime
from decimal import Decimal

from hypothesis import given, settings

from costctl.reports._simulate_cents import allotted, cents, percent, printed, usd
from costctl.simulate.attribution import attribute
from costctl.simulate.basis import Basis, Span
from costctl.simulate.bind import bind
from costctl.simulate.outcome import GroupLine, LeverLine, Outcome
from tests.simulate.test_properties import PRICES, plans, usages

NOW = datetime.fromisoformat("2026-11-23")
BASIS = Basis(Span(None, None, None), 1.0, "30d", NOW, Decimal(0), Decimal(0), Decimal(0), 0)
TWO_CENTS = Decimal("0.02")


def near(shown, exact):
    return abs(shown - Decimal(repr(exact))) <= TWO_CENTS


@settings(deadline=None, max_examples=40)
@given(usages(), plans())
def test_whatever_the_plan_the_printed_cents_add_up(usage, plan):
    problem = bind(usage, PRICES, plan)
    found = attribute(problem)
    lines = tuple(LeverLine(p, found.levers[p.name], {}) for p in problem.planned)
    groups = tuple(GroupLine((i,), *bills) for i, bills in enumerate(found.groups))
    shown = printed(Outcome("", BASIS, found, lines, ("group",), groups))
    assert shown.before - shown.saving == shown.after
    assert shown.naive + shown.interaction == shown.saving
    for column in ("waterfall_usd", "shapley_usd"):
        assert sum(shown.levers[column], Decimal(0)) == shown.saving
    assert sum(shown.levers["standalone_usd"], Decimal(0)) == shown.naive
    assert sum(shown.levers["overhead_usd"], Decimal(0)) == shown.overhead
    for column in ("before_usd", "after_usd"):
        *rows, total = shown.groups[column]
        assert sum(rows, Decimal(0)) == total
    assert shown.groups["before_usd"][-1] == shown.before
    assert near(shown.after, found.after)
    assert near(shown.saving, found.combined)
    for i, line in enumerate(lines):
        assert near(shown.levers["waterfall_usd"][i], line.saving.waterfall)
        assert near(shown.levers["shapley_usd"][i], line.saving.shapley)
        assert near(shown.levers["standalone_usd"][i], line.saving.standalone)
        assert near(shown.levers["last_in_usd"][i], line.saving.last_in)
    for i, line in enumerate(groups):
        assert near(shown.groups["after_usd"][i], line.after)


def test_left_over_cents_go_to_the_largest_remainders():
    assert allotted([1.004, 2.004, 3.002], Decimal("6.01")) == [
        Decimal("1.01"), Decimal("2.00"), Decimal("3.00"),
    ]  # fmt: skip
    assert allotted([], Decimal(0)) == []


def test_money_and_shares_are_rounded_half_to_even_as_tables_do():
    assert (cents(0.125), cents(0.135), cents(-0.001)) == (Decimal("0.12"), Decimal("0.14"), 0)
    assert (usd(-1234.5), usd(0.004), usd(-0.004)) == ("-$1,234.50", "$0.00", "$0.00")
    assert (percent(0.8145), percent(0.8155)) == ("81.4%", "81.6%")
