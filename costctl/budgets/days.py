"""Daily sums for a forecast: which days are complete, which are cut off, which are unknown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median

from costctl.budgets.evidence import Case
from costctl.budgets.periods import midnight, to_local
from costctl.vocabulary import Condition, Spent, Window

HISTORY = timedelta(days=120)
SURE = timedelta(hours=1)
"""A log that ends within this before midnight has its whole day."""


@dataclass(frozen=True)
class Known:
    """What is known of each day.

    Attributes:
        complete: totals of complete days; days without any usage in the whole log are left out as unknown.
        so_far: totals of days that are not complete: today, and the last day where its log is cut off.
        cut_off: that last day, or None.
    """

    complete: dict[date, float]
    so_far: dict[date, float]
    cut_off: date | None = None


def history(case: Case, where: tuple[Condition, ...], *, since: date | None = None) -> Known:
    """Return the days of a scope, from some months back or from the start of a longer period."""
    return histories(case, where, (), since=since).get((), Known({}, {}))


def histories(
    case: Case, where: tuple[Condition, ...], by: tuple[str, ...], *, since: date | None = None
) -> dict[tuple[object, ...], Known]:
    """Return the days of each group of a scope."""
    today = to_local(case.as_of, case.zone).date()
    start = min(today - HISTORY, since or today)
    window = Window(midnight(start, case.zone), case.as_of)
    everything = case.spent(window, (), ("day",))
    scope = case.spent(window, where, (*by, "day")) if where or by else everything
    groups: dict[tuple[object, ...], list[Spent]] = {}
    for s in scope:
        groups.setdefault(s.key[:-1], []).append(replace(s, key=s.key[-1:]))
    return {key: known_days(case, everything, rows, today) for key, rows in groups.items()}


def known_days(
    case: Case, everything: Sequence[Spent], scope: Sequence[Spent], today: date
) -> Known:
    """Return complete and partial days; a day that others used but the scope did not is a zero."""
    cut_off = cut_off_day(case, everything, today)
    partial = {today} | ({cut_off} if cut_off else set())
    costs = {as_day(s.key[0]): float(s.cost_usd or 0) for s in scope if s.key[0] is not None}
    seen = sorted(as_day(s.key[0]) for s in everything if s.key[0] is not None)
    # Before its first day a scope did not exist; that is no run of zeros to learn from.
    first = min(costs, default=today)
    complete = {d: costs.get(d, 0.0) for d in seen if d not in partial and first <= d < today}
    return Known(complete, {d: costs.get(d, 0.0) for d in partial}, cut_off)


def cut_off_day(case: Case, everything: Sequence[Spent], today: date) -> date | None:
    """Return yesterday where its log ends much earlier than the logs of other days do.

    `everything` has the day last in its keys, and may be split by more.
    """
    gaps: dict[date, timedelta] = {}
    for s in everything:
        if s.key[-1] is not None and s.last is not None:
            day = as_day(s.key[-1])
            gap = midnight(day + timedelta(days=1), case.zone) - s.last
            gaps[day] = min(gap, gaps.get(day, gap))
    yesterday = today - timedelta(days=1)
    if today in gaps or yesterday not in gaps:
        return None
    usual = [gap for day, gap in gaps.items() if day < yesterday]
    typical = median(gap.total_seconds() for gap in usual) if usual else 0
    most = max(SURE, timedelta(seconds=3 * typical))
    return yesterday if gaps[yesterday] > most else None


def as_day(value: object) -> date:
    """Return the day of a group, whether it came as a date, a moment or text."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
