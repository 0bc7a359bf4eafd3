"""Days that do not look like the same weekday of the weeks before: warned about, never a failure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from costctl.budgets.days import as_day, cut_off_day
from costctl.budgets.evidence import GROUPS, Case
from costctl.budgets.periods import midnight, to_local
from costctl.vocabulary import Window

WEEKS = 8
SCORE = 3.5
SCALE = 1.4826
"""Makes the median absolute deviation comparable to a standard deviation."""
LEAST_CHANGE = 0.25
LEAST_USD = 2.0
LEAST_WEEKS = 3

Days = Mapping[date, float]


@dataclass(frozen=True)
class Anomaly:
    """A group on a day that stands out.

    Attributes:
        label: `new`, `removed` or `changed`.
        usual_usd: median of the same weekday; 0 for a new group.
        score: distance in robust deviations; None where the days before did not vary.
    """

    key: tuple[object, ...]
    day: date
    label: str
    usd: float
    usual_usd: float
    score: float | None

    @property
    def delta_usd(self) -> float:
        """Return how much more than usual it cost."""
        return self.usd - self.usual_usd


def newest(case: Case) -> list[Anomaly]:
    """Return what stands out on the last complete day."""
    today = to_local(case.as_of, case.zone).date()
    first = today - timedelta(weeks=WEEKS, days=2)
    spent = case.spent(Window(midnight(first, case.zone)), (), (*GROUPS, "day"))
    groups: dict[tuple[object, ...], dict[date, float]] = {}
    for s in spent:
        if s.key[-1] is not None:
            groups.setdefault(s.key[:-1], {})[as_day(s.key[-1])] = float(s.cost_usd or 0)
    known = sorted({day for days in groups.values() for day in days})
    day = today - timedelta(days=1)
    if cut_off_day(case, spent, today) == day:
        day -= timedelta(days=1)
    # A day without any usage is a gap in the log, not a day on which every group vanished.
    return anomalies(groups, day, known) if day in known else []


def anomalies(
    groups: Mapping[tuple[object, ...], Days], day: date, known: Sequence[date]
) -> list[Anomaly]:
    """Return what stands out on a day, the largest change first; `known` are the days with any usage."""
    before = [day - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    weeks = [d for d in before if d in set(known)]
    if len(weeks) < LEAST_WEEKS:
        return []
    found = [_judged(key, day, days, weeks) for key, days in groups.items()]
    kept = [anomaly for anomaly in found if anomaly is not None]
    return sorted(kept, key=lambda a: (-abs(a.delta_usd), str(a.key)))


def _judged(
    key: tuple[object, ...], day: date, days: Days, weeks: Sequence[date]
) -> Anomaly | None:
    usd = days.get(day, 0.0)
    past = [days.get(week, 0.0) for week in weeks]
    usual = median(past)
    delta = abs(usd - usual)
    if delta <= LEAST_USD or delta <= LEAST_CHANGE * usual:
        return None
    spread = SCALE * median(abs(value - usual) for value in past)
    score = delta / spread if spread else None
    if score is not None and score <= SCORE:
        return None
    label = "new" if not any(past) else "removed" if not usd else "changed"
    return Anomaly(key, day, label, usd, usual, score)
