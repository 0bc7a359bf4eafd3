"""Verdicts: of a check, of a budget, of a run, and the exit code that follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from costctl.budgets.model import BudgetFile, Waiver
from costctl.errors import ExitCode
from costctl.forecast import Projection
from costctl.table import Warn
from costctl.vocabulary import Window


class Status(Enum):
    """How a check ended, as the word that every output shows."""

    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    WARN = "WARN"
    PASS = "PASS"  # noqa: S105 - a verdict, no password
    SKIP = "SKIP"

    @property
    def rank(self) -> int:
        """Return its place: a lower one outweighs a higher one."""
        return list(Status).index(self)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the status that outweighs the others; SKIP where there is none."""
    return min(statuses, key=lambda status: status.rank, default=Status.SKIP)


def judged(
    value: Decimal | None, warn: Decimal | None, fail: Decimal | None, *, least: bool = False
) -> Status:
    """Return the status of a figure: strictly beyond a threshold is a breach, equal passes."""
    if value is None:
        return Status.SKIP
    for threshold, status in ((fail, Status.FAIL), (warn, Status.WARN)):
        if threshold is not None and (value < threshold if least else value > threshold):
            return status
    return Status.PASS


@dataclass(frozen=True)
class Driver:
    """A part of a budget's money.

    Attributes:
        key: dimension -> value; `line` for a fixed line of the price table.
        cost_usd: what it cost in the period so far.
        delta_usd: the change against the same stretch of the period before; None without one.
    """

    key: tuple[tuple[str, object], ...]
    cost_usd: Decimal
    delta_usd: Decimal | None = None


@dataclass(frozen=True)
class Change:
    """One group of a comparison with a baseline.

    Attributes:
        label: `new`, `removed` or `changed`.
        rel: None where the base is 0 or absent.
        price_effect: the part that comes from other prices; None where nothing was priced again.
    """

    key: tuple[tuple[str, object], ...]
    label: str
    status: Status
    base: Decimal | None
    value: Decimal | None
    delta: Decimal
    rel: Decimal | None
    price_effect: Decimal | None = None


@dataclass(frozen=True)
class Outcome:
    """One check of one budget, judged.

    Attributes:
        basis: actual, forecast, unit, compare or simulate.
        value: exact, unrounded.
        limit: what 100 % is; the fail threshold of a unit check.
        warn_at, fail_at: the thresholds that applied.
        unit: what the figures are counted in: `USD`, `tokens` or `share`.
        least: whether less is worse.
        reasons: short sentences that say why; empty for a plain pass.
        hints: what to do where a figure cannot be trusted.
        line: of the check in the budget file.
        detail: what tells checks of one basis apart, such as `month p90`; empty where the metric does.
    """

    budget: str
    basis: str
    metric: str
    status: Status
    line: int
    value: Decimal | None = None
    limit: Decimal | None = None
    warn_at: Decimal | None = None
    fail_at: Decimal | None = None
    unit: str = "USD"
    least: bool = False
    window: Window = field(default_factory=Window)
    reasons: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    definition: str = ""
    drivers: tuple[Driver, ...] = ()
    changes: tuple[Change, ...] = ()
    forecast: Projection | None = None
    crossed_on: date | None = None
    days_left: int | None = None
    waiver: Waiver | None = None
    detail: str = ""

    @property
    def check(self) -> str:
        """Return the name of the check, unique within its budget."""
        return f"{self.basis} {self.detail or self.metric}"

    @property
    def pct(self) -> Decimal | None:
        """Return the value in percent of the limit; None where there is nothing to divide by."""
        if self.value is None or not self.limit:
            return None
        return self.value / self.limit * 100


@dataclass(frozen=True)
class Run:
    """All outcomes of a budget file, in its order."""

    file: BudgetFile
    outcomes: tuple[Outcome, ...]
    warnings: tuple[Warn, ...] = ()

    @property
    def status(self) -> Status:
        """Return the verdict of the run."""
        return worst(outcome.status for outcome in self.outcomes)

    def of(self, *statuses: Status) -> list[Outcome]:
        """Return the outcomes that ended so."""
        return [outcome for outcome in self.outcomes if outcome.status in statuses]

    def exit_code(
        self, *, fail_on: str = "fail", exit_zero: bool = False, allow_inconclusive: bool = False
    ) -> ExitCode:
        """Return the exit code: any fail is 1, else any inconclusive is 3, else 0."""
        failing = {Status.FAIL, Status.WARN} if fail_on == "warn" else {Status.FAIL}
        if exit_zero:
            return ExitCode.OK
        if self.of(*failing):
            return ExitCode.OVER_BUDGET
        if self.of(Status.INCONCLUSIVE) and not allow_inconclusive:
            return ExitCode.INCONCLUSIVE
        return ExitCode.OK


def tally(outcomes: Sequence[Outcome]) -> str:
    """Return `1 FAIL, 2 PASS`, the gravest first."""
    found = [(status, sum(o.status is status for o in outcomes)) for status in Status]
    return ", ".join(f"{count} {status.value}" for status, count in found if count)
