"""Whether a figure can be trusted: a check that cannot be computed is never green."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from costctl.budgets.evidence import Case
from costctl.budgets.model import Budget
from costctl.budgets.verdict import Status
from costctl.vocabulary import Spent, Window
from costctl.words import length, moment, percent

UNPRICED = {
    "inconclusive": Status.INCONCLUSIVE,
    "fail": Status.FAIL,
    "warn": Status.WARN,
}
NAMED = 3
NO_USAGE = "no usage in scope"


@dataclass(frozen=True)
class Doubt:
    """A reason to distrust a figure, the least status that it leaves, and what to do about it."""

    status: Status
    reason: str
    hint: str = ""


def doubts(
    case: Case, budget: Budget, window: Window, spent: Sequence[Spent], *, priced: bool = True
) -> list[Doubt]:
    """Return what speaks against the figures of a window; `priced` where they are money."""
    found = _undated(case, budget, spent)
    if not sum(s.rows for s in spent):
        return found + _no_data(budget)
    found += _unpriced(budget, spent) if priced else []
    return found + _stale(case, budget, window, spent)


def _undated(case: Case, budget: Budget, spent: Sequence[Spent]) -> list[Doubt]:
    """Usage without a time is in no period: too much of it, and no period's figure is known."""
    undated = case.undated(budget.match)
    status = UNPRICED.get(budget.policy.on_unpriced)
    if not undated or status is None:
        return []
    share = Decimal(undated) / Decimal(undated + sum(s.requests or 0 for s in spent))
    if share <= budget.policy.unpriced_tolerance:
        return []
    reason = f"{percent(share)} of requests have no time and are in no period"
    return [Doubt(status, reason, "`costctl formats explain FILE` shows what is read as the time")]


def _no_data(budget: Budget) -> list[Doubt]:
    if budget.policy.on_no_data == "pass":
        return []
    return [Doubt(Status.INCONCLUSIVE, NO_USAGE, "`on_no_data: pass` is for what may rest")]


def unpriced_share(spent: Sequence[Spent]) -> Decimal:
    """Return the share of requests without a price; of tokens where a source counts no requests."""
    requests = sum(s.requests or 0 for s in spent)
    unpriced = sum(s.unpriced_requests for s in spent)
    if requests:
        return Decimal(unpriced) / Decimal(requests)
    tokens = sum(s.tokens.total for s in spent)
    missing = sum(s.unpriced_tokens for s in spent)
    return Decimal(missing) / Decimal(tokens) if tokens else Decimal(0)


def _unpriced(budget: Budget, spent: Sequence[Spent]) -> list[Doubt]:
    share = unpriced_share(spent)
    status = UNPRICED.get(budget.policy.on_unpriced)
    if status is None or share <= budget.policy.unpriced_tolerance:
        return []
    names: dict[str, int] = {}
    for s in spent:
        for name, count in s.unpriced_names:
            names[name] = names.get(name, 0) + count
    listed = sorted(names, key=lambda name: (-names[name], name))
    more = f" and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
    what = f": {', '.join(listed[:NAMED])}{more}" if listed else ""
    reason = f"{percent(share)} of requests have no price{what}"
    return [Doubt(status, reason, "`costctl pricing explain MODEL` says why a price is missing")]


def _stale(case: Case, budget: Budget, window: Window, spent: Sequence[Spent]) -> list[Doubt]:
    """Compare the newest row with the as-of moment, or with the period's end once that is past."""
    until = case.as_of if window.until is None else min(window.until, case.as_of)
    # A seasonal scope may rest for long; only the whole log can be late for it.
    seasonal = budget.policy.on_no_data == "pass" and budget.match
    rows = case.spent(Window(None, until), (), ()) if seasonal else spent
    newest = [s.last for s in rows if s.last is not None]
    if newest and until - max(newest) > budget.policy.max_data_age:
        age, most = length(until - max(newest)), length(budget.policy.max_data_age)
        return [
            Doubt(
                Status.INCONCLUSIVE,
                f"the newest usage is of {moment(max(newest))}, {age} old (at most {most})",
                "read newer logs, or allow more with `max_data_age`",
            )
        ]
    return []
