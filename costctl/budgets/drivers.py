"""What drives a budget: its largest groups, and how they changed since the period before."""

from collections.abc import Sequence
from decimal import Decimal

from costctl.budgets.evidence import GROUPS, Case, FixedCost
from costctl.budgets.model import Budget
from costctl.budgets.periods import bounds
from costctl.budgets.verdict import Driver
from costctl.vocabulary import Spent, Window

SHOWN = 5


def drivers(
    case: Case, budget: Budget, window: Window, past: Window, spent: Sequence[Spent]
) -> tuple[Driver, ...]:
    """Return the groups that grew most against the same stretch of the period before."""
    earlier = case.spent(_same_stretch(case, window, past), budget.match)
    base = {s.key: s.cost_usd or Decimal(0) for s in earlier}
    found = []
    for s in spent:
        cost = s.cost_usd or Decimal(0)
        # Without any earlier usage a change would be "+100 %" of nothing.
        delta = cost - base.get(s.key, Decimal(0)) if base else None
        found.append(Driver(tuple(zip(GROUPS, s.key, strict=True)), cost, delta))
    grew = any(d.delta_usd is not None and d.delta_usd > 0 for d in found)
    ranked = sorted(found, key=lambda d: (-_weight(d, grew=grew), -d.cost_usd, str(d.key)))
    return tuple(ranked[:SHOWN])


def _weight(driver: Driver, *, grew: bool) -> Decimal:
    """Return what a group ranks by: its growth, or its cost where nothing grew or nothing was before."""
    return driver.delta_usd if grew and driver.delta_usd is not None else driver.cost_usd


def _same_stretch(case: Case, window: Window, past: Window) -> Window:
    (since, until), (first, last) = bounds(window), bounds(past)
    elapsed = min(case.as_of, until) - since
    return Window(first, min(first + elapsed, last))


def fixed_costs(case: Case, budget: Budget, window: Window) -> tuple[FixedCost, ...]:
    """Return what costs money without usage in a window; a scoped budget has none."""
    if budget.match:
        return ()
    return tuple(line for line in case.evidence.fixed(window) if line.usd)


def fixed_drivers(lines: Sequence[FixedCost]) -> tuple[Driver, ...]:
    """Return fixed costs as drivers of their own."""
    return tuple(Driver((("line", line.title),), line.usd) for line in lines)
