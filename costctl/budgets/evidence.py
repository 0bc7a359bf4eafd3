"""What a judgement may ask for: usage, baselines, scenarios, fixed lines. Values come back, never a store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from costctl.baseline import Baseline
from costctl.budgets.model import Budget, Plan
from costctl.vocabulary import Condition, Query, Spent, Window

GROUPS = ("endpoint", "model")
UNDATED = "undated"
"""Why usage without a time has no price, in the words of a rollup."""


@dataclass(frozen=True)
class Projected:
    """The bill that a scenario projects.

    Attributes:
        p50_usd, p90_usd: of the month; `p90_usd` is None where no setting is a range.
        notes: what the reader must know, such as levers that do not apply.
    """

    p50_usd: float
    p90_usd: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FixedCost:
    """A line of the price table that costs money without any usage.

    Attributes:
        tops_up: it is what is missing to a minimum, so usage to come takes its place.
    """

    title: str
    usd: Decimal
    tops_up: bool = False


@dataclass(frozen=True)
class Evidence:
    """Where figures come from.

    Attributes:
        spent: answers a question about usage.
        baseline: reads a baseline; None where the file is missing.
        repriced: the same usage at the prices of the as-of moment; None where it cannot be priced.
        projected: the bill of a scenario over the scope of a budget.
        fixed: lines of the price table that cost money without any usage, pro rata in a window.
        pricing: `version` and `sha256` of the price table in use.
    """

    spent: Callable[[Query], Sequence[Spent]]
    projected: Callable[[Plan, Budget], Projected]
    baseline: Callable[[Path], Baseline | None] = lambda _: None
    repriced: Callable[[Baseline], Baseline | None] = lambda _: None
    fixed: Callable[[Window], Sequence[FixedCost]] = lambda _: ()
    pricing: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """The moment and the zone of a judgement, and where its figures come from."""

    evidence: Evidence
    as_of: datetime
    zone: ZoneInfo

    @property
    def tz(self) -> str:
        """Return the name of the zone."""
        return self.zone.key

    def spent(
        self, window: Window, where: tuple[Condition, ...], by: tuple[str, ...] = GROUPS
    ) -> Sequence[Spent]:
        """Return the usage of a window before the as-of moment."""
        until = self.as_of if window.until is None else min(window.until, self.as_of)
        since = window.since
        if since is not None and since >= until:
            return ()
        query = Query(by=by, window=Window(since, until), where=where, tz=self.tz)
        return self.evidence.spent(query)

    def undated(self, where: tuple[Condition, ...]) -> int:
        """Return how many requests of a scope have no time: they are in no period, and may belong to any."""
        # Most logs have none at all, and that question is asked once for all budgets.
        return self._without_time(where) if self._without_time(()) else 0

    def _without_time(self, where: tuple[Condition, ...]) -> int:
        spent = self.evidence.spent(Query(where=where, tz=self.tz))
        return sum(n for s in spent for reason, n in s.unpriced_reasons if reason == UNDATED)

    def last(self, length: timedelta) -> Window:
        """Return the stretch of time that ends at the as-of moment."""
        return Window(self.as_of - length, self.as_of)
