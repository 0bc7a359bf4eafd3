"""What a budget file says, once read and found sound."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from costctl.vocabulary import Condition

PERIODS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Level:
    """A threshold as written: money, or a share of the budget's limit.

    Attributes:
        amount: 1400.00 as money, 0.8 as a share.
        of_limit: whether `amount` is a share of the limit.
        line: where it stands in the file.
    """

    amount: Decimal
    of_limit: bool
    line: int

    def of(self, limit: Decimal) -> Decimal:
        """Return the threshold as money."""
        return self.amount * limit if self.of_limit else self.amount


@dataclass(frozen=True)
class Period:
    """A calendar period by name, or one stretch between two moments of the file's zone.

    Attributes:
        name: one of `PERIODS`, or `from-to`.
        since, until: local times without a zone; only for `from-to`.
    """

    name: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class SpendCheck:
    """One judgement on the money of a period.

    Attributes:
        basis: `actual` or `forecast`.
        use: `p50` or `p90` of a forecast.
        min_days: complete days of the period that a forecast needs.
        on_too_early: `skip`, `warn` or `inconclusive` where there are fewer.
    """

    basis: str
    line: int
    warn: Level | None = None
    fail: Level | None = None
    use: str = "p50"
    min_days: int = 7
    on_too_early: str = "skip"


@dataclass(frozen=True)
class Spend:
    """A limit on money per period."""

    limit: Decimal
    period: Period
    checks: tuple[SpendCheck, ...]


@dataclass(frozen=True)
class Unit:
    """A limit on a ratio, such as the cost per 1,000 requests, over the last days.

    Attributes:
        direction: `max`: more is worse; `min`: less is worse.
        min_requests: below it the ratio says nothing and is not judged.
    """

    metric: str
    window: timedelta
    warn: Decimal | None
    fail: Decimal | None
    direction: str = "max"
    min_requests: int = 0


@dataclass(frozen=True)
class Step:
    """A relative and an absolute change, at least one of them given."""

    rel: Decimal | None = None
    abs: Decimal | None = None


@dataclass(frozen=True)
class Regression:
    """A limit on the change of a metric against a saved baseline, group by group.

    Attributes:
        baseline: the file, already relative to the working directory.
        window: how far back the current side reaches; None takes the baseline's own length.
        require: `all` given thresholds must be exceeded, or `any`.
        ignore_below: groups that cost less than this on both sides are left out.
        on_missing: what a missing baseline means: `warn`, `inconclusive` or `pass`.
        fail_on_drop: judge decreases by the same thresholds.
    """

    baseline: Path
    metric: str
    by: tuple[str, ...]
    warn: Step | None
    fail: Step | None
    window: timedelta | None = None
    require: str = "all"
    ignore_below: Decimal = Decimal(0)
    on_missing: str = "warn"
    fail_on_drop: bool = False


@dataclass(frozen=True)
class Plan:
    """A limit on the month that a scenario projects."""

    scenario: Path
    limit: Decimal
    use: str = "p50"


@dataclass(frozen=True)
class Policy:
    """What to say when a figure cannot be trusted.

    Attributes:
        on_unpriced: `inconclusive`, `fail`, `warn` or `ignore`.
        unpriced_tolerance: share of the requests in scope that may lack a price.
        on_no_data: `inconclusive` or `pass`.
        max_data_age: how old the newest row may be.
    """

    on_unpriced: str = "inconclusive"
    unpriced_tolerance: Decimal = Decimal("0.005")
    on_no_data: str = "inconclusive"
    max_data_age: timedelta = timedelta(days=2)


@dataclass(frozen=True)
class Budget:
    """One named budget: a scope and a rule."""

    name: str
    line: int
    rule: Spend | Unit | Regression | Plan
    match: tuple[Condition, ...] = ()
    policy: Policy = Policy()


@dataclass(frozen=True)
class Waiver:
    """Turns a budget's fail into a warning for a while.

    Attributes:
        until: the first moment at which it no longer holds, naive UTC.
        until_text: the date as written.
    """

    budget: str
    until: datetime
    until_text: str
    reason: str
    line: int


@dataclass(frozen=True)
class BudgetFile:
    """A whole file.

    Attributes:
        path: as given by the user; annotations point to it.
        timezone: zone of period borders; None where the file does not say.
        notes: things worth a word that are no error.
    """

    path: str
    currency: str
    timezone: str | None
    budgets: tuple[Budget, ...]
    waivers: tuple[Waiver, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)
