"""What stands out against the same weekday of the weeks before."""

from datetime import date, timedelta

import pytest

from costctl.budgets.anomalies import anomalies

DAY = date(2026, 11, 20)
KNOWN = [DAY - timedelta(days=n) for n in range(60)]
WEEKS = [DAY - timedelta(weeks=n) for n in range(1, 9)]
NOISE = (9, 10, 11, 9, 10, 11, 10, 10)


def found(today, past=NOISE, known=KNOWN):
    days = dict(zip(WEEKS, (float(usd) for usd in past), strict=False))
    if today is not None:
        days[DAY] = float(today)
    return [(a.label, a.usual_usd) for a in anomalies({("rag", "gpt-4o"): days}, DAY, known)]


@pytest.mark.parametrize(
    ("today", "label"),
    [
        (10, None),
        (12.4, None),
        (13.0, "changed"),
        (30, "changed"),
        (6.5, "changed"),
        (None, "removed"),
    ],
)
def test_a_day_far_from_its_weekday_stands_out(today, label):
    assert found(today) == ([(label, 10.0)] if label else [])


def test_a_wide_spread_forgives_more():
    assert found(20, past=(2, 18, 5, 15, 10, 10, 3, 17)) == []


def test_small_money_never_stands_out():
    assert found(2.9, past=(1,) * 8) == []
    assert found(3.1, past=(1,) * 8) == [("changed", 1.0)]


def test_without_any_spread_the_percentage_decides():
    assert found(12.4, past=(10,) * 8) == []
    assert found(12.6, past=(10,) * 8) == [("changed", 10.0)]


def test_a_group_that_never_was_is_new():
    assert found(5, past=()) == [("new", 0.0)]
    assert found(1.5, past=()) == []


def test_too_few_weeks_say_nothing():
    assert found(500, known=[DAY, *WEEKS[:2]]) == []
    assert found(500, known=[DAY, *WEEKS[:3]])


def test_the_largest_change_comes_first():
    groups = {("a",): {DAY: 20.0}, ("b",): {DAY: 50.0}, ("c",): {WEEKS[0]: 1.0}}
    assert [a.key for a in anomalies(groups, DAY, KNOWN)] == [("b",), ("a",)]
    assert anomalies(groups, DAY, KNOWN)[0].delta_usd == 50
