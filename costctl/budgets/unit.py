"""Judges unit costs: ratios over the last days."""

from costctl.budgets.evidence import Case
from costctl.budgets.model import Budget, Unit
from costctl.budgets.spend import doubted
from costctl.budgets.trust import doubts
from costctl.budgets.units import METRICS, Metric, totals
from costctl.budgets.verdict import Outcome, Status, judged
from costctl.words import counted, figure


def judge_unit(case: Case, budget: Budget, rule: Unit) -> Outcome:
    """Return the outcome of a ratio; a sample that is too small is not judged."""
    metric = METRICS[rule.metric]
    window = case.last(rule.window)
    spent = case.spent(window, budget.match)
    users = case.spent(window, budget.match, ("user",)) if rule.metric == "cost_per_user" else ()
    sums = totals(spent, users)
    found = doubts(case, budget, window, spent, priced=metric.priced)
    value = metric.value(sums)
    status = judged(value, rule.warn, rule.fail, least=rule.direction == "min")
    reasons = _reasons(rule, metric, status)
    if metric.sample(sums) < rule.min_requests and any(s.rows for s in spent):
        count = metric.sample(sums)
        status = Status.SKIP
        reasons = (f"not evaluated: {counted(count, 'request')}, {rule.min_requests:,} needed",)
        # Too few to judge is neutral; too few because the log has stopped is not.
        found = doubts(case, budget, window, spent, priced=False)
    elif value is None and not found:
        status, reasons = (
            Status.SKIP,
            (f"not evaluated: nothing to divide by ({metric.definition})",),
        )
    outcome = Outcome(
        budget.name,
        "unit",
        rule.metric,
        status,
        budget.line,
        value=value,
        limit=rule.fail if rule.fail is not None else rule.warn,
        warn_at=rule.warn,
        fail_at=rule.fail,
        unit=metric.unit,
        least=rule.direction == "min",
        window=window,
        reasons=reasons,
        definition=metric.definition,
    )
    return doubted(outcome, found)


def _reasons(rule: Unit, metric: Metric, status: Status) -> tuple[str, ...]:
    threshold = {Status.FAIL: rule.fail, Status.WARN: rule.warn}.get(status)
    if threshold is None:
        return ()
    side = "below" if rule.direction == "min" else "above"
    return (f"{side} {figure(threshold, metric.unit)}",)
