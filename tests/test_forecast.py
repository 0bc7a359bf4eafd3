"""A projection: right on known answers, no worse than its table on noisy ones, silent with little."""

import math
import random
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from statistics import fmean

import pytest

from costctl.forecast import METHODS, Question, project, quantile

WEEKDAYS = (1.0, 1.05, 1.1, 1.08, 0.95, 0.45, 0.4)
DAY = timedelta(days=1)
MONDAY = date(2026, 1, 5)
DOCUMENT = Path(__file__).parents[1] / "docs" / "budgets.md"


def weekly(days, start=MONDAY, growth=0.0, level=100.0):
    """Return a series without noise."""
    return {
        start + DAY * n: level * WEEKDAYS[(start + DAY * n).weekday()] * math.exp(growth * n)
        for n in range(days)
    }


def noisy(rng, days, start, growth, spikes):
    series = weekly(days, start, growth)
    for day in series:
        series[day] *= rng.lognormvariate(0, 0.12)
        if spikes and rng.random() < spikes:
            series[day] *= 4
    return series


@lru_cache
def months(growth, spikes, history, count, seed):
    """Return series with the first day of the month that is to be projected, and what it came to."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        start = MONDAY + DAY * rng.randrange(7)
        series = noisy(rng, history + 30, start, growth, spikes)
        first = start + DAY * history
        found.append((series, first, math.fsum(usd for d, usd in series.items() if d >= first)))
    return found


def mean_error(method, day, *, growth=0.0, spikes=0.0, history=28, seed=3):
    """Return the mean absolute error of a 30-day month, in percent, as seen on its given day.

    Over as many series as the table: 300, and 120 of those that grow.
    """
    errors = []
    for series, first, actual in months(growth, spikes, history, 120 if growth else 300, seed):
        question = Question(first, first + DAY * 30, first + DAY * day)
        projection = project(series, question, method)
        errors.append(abs(projection.p50_usd - actual) / actual)
    return 100 * fmean(errors)


SAMPLING = 1.1
"""Error of a mean over this many series, as a factor."""


@pytest.mark.parametrize(
    ("method", "series", "at_day_3", "at_day_10", "at_day_20"),
    [
        ("run-rate", {}, 19, 5, 2.5),
        ("trailing7", {}, 4, 3, 2.5),
        ("seasonal", {}, 2.4 + 2, 2 + 2, 1.2 + 2),
        ("run-rate", {"growth": 0.01}, 18, 10, 5),
        ("trailing7", {"growth": 0.01}, 14.5, 9, 3.7),
        ("seasonal", {"growth": 0.01}, 10, 6.5, 2.9),
        ("run-rate", {"spikes": 0.02}, 22, 9, 4.5),
        ("trailing7", {"spikes": 0.02}, 11, 8, 4.9),
        ("seasonal", {"spikes": 0.02}, 6 + 2, 5 + 2, 2.8 + 2),
        ("auto", {"growth": 0.01}, 10, 6.5, 2.9),
    ],
)
def test_errors_are_no_worse_than_published(method, series, at_day_3, at_day_10, at_day_20):
    errors = {day: mean_error(method, day, **series) for day in (3, 10, 20)}
    for day, most in ((3, at_day_3), (10, at_day_10), (20, at_day_20)):
        assert errors[day] <= most * SAMPLING + 0.3, (day, errors[day], most)
    if method != "auto":
        assert documented(method, series) == pytest.approx(list(errors.values()), abs=0.1)


def documented(method, series):
    """Return the errors that the documentation tells of a method."""
    kind = "growth 1 %" if "growth" in series else "2 % of days" if series else "flat"
    head = f"| {method} | {kind}"
    (line,) = (line for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith(head))
    return [float(cell) for cell in line.strip("| ").split("|")[2:]]


def test_the_band_holds_most_of_what_then_comes():
    rng = random.Random(5)
    held = []
    for _ in range(60):
        series = noisy(rng, 120, MONDAY, 0.0, 0.0)
        first = MONDAY + DAY * 90
        projection = project(series, Question(first, first + DAY * 30, first + DAY * 10))
        actual = math.fsum(usd for day, usd in series.items() if day >= first)
        assert projection.p10_usd <= projection.p50_usd <= projection.p90_usd
        held.append(projection.p10_usd <= actual <= projection.p90_usd)
    assert fmean(held) >= 0.7


def test_a_plain_week_is_continued_exactly():
    series = weekly(60)
    first = MONDAY + DAY * 49
    question = Question(first, first + DAY * 30, MONDAY + DAY * 60)
    projection = project(series, question, "seasonal")
    whole = math.fsum(weekly(79)[first + DAY * n] for n in range(30))
    assert projection.p50_usd == pytest.approx(whole, rel=1e-9)
    assert projection.p10_usd == pytest.approx(whole, rel=1e-9)
    assert projection.error_share == pytest.approx(0, abs=1e-9)
    assert projection.method == "seasonal"
    assert (projection.history_days, projection.period_days) == (60, 11)


def test_the_run_rate_is_what_one_computes_by_hand():
    series = {MONDAY + DAY * n: 10.0 + n for n in range(20)}
    first = MONDAY + DAY * 10
    projection = project(series, Question(first, first + DAY * 31, first + DAY * 10))
    assert projection.run_rate_usd == pytest.approx((20 + 29) / 2 * 31)
    assert projection.spent_usd == pytest.approx(245)


def test_steady_growth_is_seen_and_clamped():
    first = MONDAY + DAY * 42
    question = Question(first, first + DAY * 30, first + DAY * 7)
    grown = project(weekly(49, growth=0.02), question, "seasonal").p50_usd
    exact = math.fsum(weekly(72, growth=0.02)[first + DAY * n] for n in range(30))
    assert grown == pytest.approx(exact, rel=0.01)
    steep = project(weekly(49, growth=0.06), question, "seasonal").p50_usd
    assert steep < math.fsum(weekly(72, growth=0.06)[first + DAY * n] for n in range(30)) * 0.8


@pytest.mark.parametrize("days", [0, 1, 2])
def test_fewer_than_three_days_are_refused(days):
    question = Question(MONDAY, MONDAY + DAY * 30, MONDAY + DAY * days)
    assert project(weekly(days), question) is None


def test_less_than_two_weeks_give_a_rough_mean_without_a_band():
    series = weekly(9)
    projection = project(series, Question(MONDAY, MONDAY + DAY * 30, MONDAY + DAY * 9))
    mean = fmean([series[MONDAY + DAY * n] for n in range(2, 9)])
    assert projection.rough
    assert projection.method == "trailing mean"
    assert projection.p50_usd == pytest.approx(math.fsum(series.values()) + 21 * mean)
    assert projection.p90_usd is None


def test_nothing_from_today_on_is_read():
    series = weekly(60)
    today = MONDAY + DAY * 40
    question = Question(MONDAY + DAY * 28, MONDAY + DAY * 58, today)
    past = {day: usd for day, usd in series.items() if day < today}
    future = {day: usd * 9 for day, usd in series.items() if day >= today}
    assert project(past | future, question) == project(past, question)


def test_today_counts_with_the_larger_of_spend_and_prediction():
    today = MONDAY + DAY * 40
    first = MONDAY + DAY * 28
    quiet = project(weekly(40), Question(first, first + DAY * 30, today, {today: 1.0}), "seasonal")
    wild = project(weekly(40), Question(first, first + DAY * 30, today, {today: 900.0}), "seasonal")
    plain = project(weekly(40), Question(first, first + DAY * 30, today), "seasonal")
    assert quiet.p50_usd == pytest.approx(plain.p50_usd)
    assert wild.p50_usd == pytest.approx(plain.p50_usd + 900 - weekly(41)[today])
    assert quiet.spent_usd == pytest.approx(plain.spent_usd + 1)
    assert wild.run_rate_usd == pytest.approx(plain.run_rate_usd)


def test_a_projection_is_never_below_the_spend():
    today = MONDAY + DAY * 57
    question = Question(MONDAY + DAY * 28, MONDAY + DAY * 58, today, {today: 1e6})
    projection = project(weekly(57), question)
    assert projection.p50_usd >= projection.p10_usd >= projection.spent_usd


def test_missing_days_are_unknown_and_not_zero():
    series = weekly(63)
    first = MONDAY + DAY * 35
    question = Question(first, first + DAY * 30, MONDAY + DAY * 63)
    whole = project(series, question, "seasonal")
    holed = {day: usd for day, usd in series.items() if (day - first).days not in {3, 4}}
    projection = project(holed, question, "seasonal")
    assert projection.p50_usd == pytest.approx(whole.p50_usd, rel=1e-6)
    assert projection.spent_usd < whole.spent_usd
    assert projection.period_days == 26


def test_idle_weekends_are_predicted_as_zero():
    series = {d: usd if d.weekday() < 5 else 0.0 for d, usd in weekly(56).items()}
    first = MONDAY + DAY * 42
    projection = project(series, Question(first, first + DAY * 28, MONDAY + DAY * 56), "seasonal")
    ahead = dict(projection.ahead)
    assert [round(ahead[MONDAY + DAY * n]) for n in range(56, 63)] == [100, 105, 110, 108, 95, 0, 0]


def test_a_scope_that_costs_nothing_is_projected_as_nothing():
    series = dict.fromkeys(weekly(40), 0.0)
    first = MONDAY + DAY * 28
    for method in (*METHODS, "auto"):
        question = Question(first, first + DAY * 30, first + DAY * 12)
        assert project(series, question, method).p50_usd == 0


def test_a_weekday_without_a_ratio_falls_back_to_the_last_week():
    series = {day: 7.0 for day in weekly(40) if day.weekday() != 6}
    first = MONDAY + DAY * 28
    projection = project(series, Question(first, first + DAY * 30, first + DAY * 12), "seasonal")
    assert dict(projection.ahead)[first + DAY * 20] == pytest.approx(7)


def test_the_day_of_crossing_is_told():
    projection = project(
        dict.fromkeys(weekly(28), 10.0),
        Question(MONDAY + DAY * 14, MONDAY + DAY * 44, MONDAY + DAY * 28),
    )
    assert projection.crossed_on(99.0) == MONDAY + DAY * 23
    assert projection.crossed_on(150.0) == MONDAY + DAY * 29
    assert projection.crossed_on(300.5) is None


def test_a_finished_period_is_its_spend():
    series = weekly(60)
    first = MONDAY + DAY * 28
    projection = project(series, Question(first, first + DAY * 10, MONDAY + DAY * 60))
    assert projection.p50_usd == projection.spent_usd
    assert projection.run_rate_usd == pytest.approx(projection.spent_usd)


def test_a_period_that_has_not_begun_has_no_run_rate():
    first = MONDAY + DAY * 40
    assert project(weekly(40), Question(first, first + DAY * 7, first)).run_rate_usd is None


def test_auto_takes_what_erred_least():
    rng = random.Random(2)
    jumpy = {MONDAY + DAY * n: 100 * rng.lognormvariate(0, 0.02) for n in range(90)}
    first = MONDAY + DAY * 80
    question = Question(first, first + DAY * 30, first + DAY * 10)
    errors = {m: project(jumpy, question, m).error_share for m in METHODS}
    chosen = project(jumpy, question)
    assert chosen.error_share == min(errors.values())
    assert errors[chosen.method] == chosen.error_share


def test_quantiles_lie_on_straight_lines():
    assert quantile([1.0, 2.0, 3.0, 4.0, 5.0], 0.1) == pytest.approx(1.4)
    assert quantile([7.0], 0.9) == 7.0
