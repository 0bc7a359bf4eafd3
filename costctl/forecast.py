"""What a period will cost: daily sums, a weekday profile, a level, a slope; and how wrong that was before.

Everything here is a projection, so it is floating point, and depends on nothing but the days handed in.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import fmean, median

Days = Mapping[date, float]
"""Totals of complete days; a day that is missing is unknown, not zero."""

METHODS = ("run-rate", "trailing7", "seasonal")
DAY = timedelta(days=1)
LEAST_DAYS = 3
ROUGH_DAYS = 14
FIRST_ORIGIN = 21
LEAST_ORIGINS = 8
PROFILE_DAYS = 56
LEVEL_DAYS = 14
SLOPE_DAYS = 28
LEAST_SLOPE_DAYS = 21
PAIR_DISTANCE = 5
STEEPEST = 0.03


@dataclass(frozen=True)
class Question:
    """What is to be projected.

    Attributes:
        first, after: first day of the period and the day after its last.
        today: the day of the as-of moment; days from it on are not complete.
        so_far: spent so far on days that are not complete: today, and a day whose log is cut off.
    """

    first: date
    after: date
    today: date
    so_far: Days = field(default_factory=dict)


@dataclass(frozen=True)
class Projection:
    """A projected period.

    Attributes:
        method: how the days ahead were predicted; `trailing mean` where history is short.
        rough: made from less than two weeks.
        history_days: complete days with a known total that were used.
        period_days: those of them that lie in the period.
        gap_days: days of the period that have passed without any usage: unknown, so predicted too.
        spent_usd: known spend in the period so far, today included.
        p50_usd: the point forecast.
        p10_usd, p90_usd: where 80 % of past errors of this forecast would put the total; None without enough of them.
        origins: how many past forecasts the band and the error rest on.
        error_share: their mean absolute error; None without any.
        run_rate_usd: spend so far, divided by the days so far, times the days of the period.
        ahead: the total of every day of the period, known or predicted.
    """

    method: str
    rough: bool
    history_days: int
    period_days: int
    gap_days: int
    spent_usd: float
    p50_usd: float
    p10_usd: float | None
    p90_usd: float | None
    origins: int
    error_share: float | None
    run_rate_usd: float | None
    ahead: tuple[tuple[date, float], ...]

    def crossed_on(self, limit: float) -> date | None:
        """Return the first day at whose end the total is above a limit; None within it."""
        total = 0.0
        for day, usd in self.ahead:
            total += usd
            if total > limit:
                return day
        return None


def project(days: Days, question: Question, method: str = "auto") -> Projection | None:
    """Return the projection of a period; None with fewer than three complete days of history."""
    partial = question.so_far
    known = {d: usd for d, usd in days.items() if d < question.today and d not in partial}
    if len(known) < LEAST_DAYS:
        return None
    if len(known) < ROUGH_DAYS:
        recent = [known[day] for day in sorted(known)[-7:]]
        return _projection(known, question, "trailing mean", lambda _: fmean(recent), [])
    elapsed = max((question.today - question.first).days, 0)
    chosen = _best(known, question, elapsed) if method == "auto" else method
    ratios = _backtest(chosen, known, _horizon(question), elapsed)
    return _projection(known, question, chosen, _fit(chosen, known, elapsed), ratios)


def _horizon(question: Question) -> int:
    return max((question.after - max(question.today, question.first)).days, 1)


def _best(known: Days, question: Question, elapsed: int) -> str:
    """Return the method with the lowest error in the past, the seasonal one where none is known."""
    horizon = _horizon(question)
    errors = {}
    for method in METHODS:
        ratios = _backtest(method, known, horizon, elapsed)
        if len(ratios) >= LEAST_ORIGINS:
            errors[method] = _error(ratios)
    return min(errors, key=lambda name: (errors[name], -METHODS.index(name)), default="seasonal")


def _projection(
    known: Days,
    question: Question,
    method: str,
    predict: Callable[[date], float],
    ratios: Sequence[float],
) -> Projection:
    days = [question.first + DAY * n for n in range((question.after - question.first).days)]
    complete = math.fsum(known[day] for day in days if day in known)
    spent = complete + math.fsum(question.so_far.get(day, 0.0) for day in days)
    ahead = {
        day: max(question.so_far.get(day, 0.0), predict(day)) for day in days if day not in known
    }
    every = tuple((day, known[day] if day in known else ahead[day]) for day in days)
    total, ahead_usd = complete + math.fsum(ahead.values()), math.fsum(ahead.values())
    low, high = _band(ratios)
    return Projection(
        method=method,
        rough=len(known) < ROUGH_DAYS,
        history_days=len(known),
        period_days=sum(day in known for day in days),
        gap_days=sum(day < question.today and day not in question.so_far for day in ahead),
        spent_usd=spent,
        p50_usd=total,
        p10_usd=None if low is None else max(spent, min(total, total - ahead_usd * (1 - low))),
        p90_usd=None if high is None else max(total, total - ahead_usd * (1 - high)),
        origins=len(ratios),
        error_share=_error(ratios) if ratios else None,
        run_rate_usd=_run_rate(question, complete),
        ahead=every,
    )


def _run_rate(question: Question, complete_usd: float) -> float | None:
    elapsed = (min(question.today, question.after) - question.first).days
    if elapsed <= 0:
        return None
    return complete_usd / elapsed * (question.after - question.first).days


def _fit(method: str, known: Days, elapsed: int) -> Callable[[date], float]:
    """Return what a method predicts for a day, from the days before it."""
    if method == "seasonal":
        return _seasonal(known) or _mean_of_last(known, 7)
    return _mean_of_last(known, max(elapsed, 1) if method == "run-rate" and elapsed else 7)


def _mean_of_last(known: Days, count: int) -> Callable[[date], float]:
    last = max(known)
    recent = [known[day] for day in known if (last - day).days < count]
    mean = fmean(recent)
    return lambda _: mean


def _seasonal(known: Days) -> Callable[[date], float] | None:
    profile = _profile(known)
    if profile is None:
        return None
    last = max(known)
    level_days = [
        (day, known[day] / profile[day.weekday()])
        for day in sorted(known)
        if profile[day.weekday()] > 0
    ]
    slope = _slope([pair for pair in level_days if pair[1] > 0][-SLOPE_DAYS:])
    moved = [usd * math.exp(slope * (last - day).days) for day, usd in level_days[-LEVEL_DAYS:]]
    level = median(moved) if moved else 0.0
    return lambda day: level * profile[day.weekday()] * math.exp(slope * (day - last).days)


def _profile(known: Days) -> list[float] | None:
    """Return the factor of each weekday, Monday first; None where one of them is unknown."""
    last = max(known)
    ratios: list[list[float]] = [[] for _ in range(7)]
    for day, usd in known.items():
        if (last - day).days >= PROFILE_DAYS:
            continue
        around = [known.get(day + DAY * offset) for offset in range(-3, 4)]
        week = [value for value in around if value is not None]
        if len(week) == len(around) and sum(week) > 0:
            ratios[day.weekday()].append(usd / fmean(week))
    if not all(ratios):
        return None
    factors = [median(found) for found in ratios]
    mean = fmean(factors)
    return [factor / mean for factor in factors] if mean > 0 else None


def _slope(points: Sequence[tuple[date, float]]) -> float:
    """Return the median growth per day between pairs of days, damped where its sign is in doubt."""
    if len(points) < LEAST_SLOPE_DAYS:
        return 0.0
    logs = [(day.toordinal(), math.log(usd)) for day, usd in points]
    slopes = sorted(
        (y1 - y0) / (x1 - x0)
        for index, (x0, y0) in enumerate(logs)
        for x1, y1 in logs[index + 1 :]
        if x1 - x0 >= PAIR_DISTANCE
    )
    slope = median(slopes)
    if quantile(slopes, 0.1) * quantile(slopes, 0.9) < 0:
        slope /= 2
    return min(max(slope, -STEEPEST), STEEPEST)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of sorted figures, between two of them by straight line."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _backtest(method: str, known: Days, horizon: int, elapsed: int) -> list[float]:
    """Return actual / predicted of the same forecast made on earlier days, as if it were then."""
    first, last = min(known), max(known)
    ratios = []
    for index in range(FIRST_ORIGIN, (last - first).days - horizon + 2):
        origin = first + DAY * index
        past = {day: usd for day, usd in known.items() if day < origin}
        ahead = [origin + DAY * step for step in range(horizon)]
        seen = [day for day in ahead if day in known]
        if len(past) < ROUGH_DAYS or len(seen) * 2 < horizon:
            continue
        predict = _fit(method, past, elapsed)
        predicted = math.fsum(predict(day) for day in seen)
        if predicted > 0:
            ratios.append(math.fsum(known[day] for day in seen) / predicted)
    return ratios


def _error(ratios: Sequence[float]) -> float:
    """Return the mean absolute error, as a share of what then came."""
    shares = [abs(1 - 1 / ratio) if ratio else 1.0 for ratio in ratios]
    return fmean(shares)


def _band(ratios: Sequence[float]) -> tuple[float | None, float | None]:
    """Return factors on the prediction that hold 80 % of past errors, wider where these are few."""
    if len(ratios) < LEAST_ORIGINS:
        return None, None
    ordered = sorted(ratios)
    middle = median(ordered)
    wider = 1 + 4 / len(ordered)
    low = middle - (middle - quantile(ordered, 0.1)) * wider
    high = middle + (quantile(ordered, 0.9) - middle) * wider
    return max(low, 0.0), high
