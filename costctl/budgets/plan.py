"""Judges a plan: the month that a scenario projects over the budget's scope."""

from dataclasses import replace
from decimal import Decimal

from costctl.budgets.evidence import Case
from costctl.budgets.model import Budget, Plan
from costctl.budgets.spend import doubted
from costctl.budgets.trust import NO_USAGE, doubts
from costctl.budgets.verdict import Outcome, Status, judged
from costctl.vocabulary import Window


def judge_plan(case: Case, budget: Budget, rule: Plan) -> Outcome:
    """Return whether the projected bill stays within the limit."""
    window = Window(None, case.as_of)
    found = doubts(case, budget, window, case.spent(window, budget.match))
    base = Outcome(
        budget.name,
        "simulate",
        "projected_month",
        Status.INCONCLUSIVE,
        budget.line,
        limit=rule.limit,
        fail_at=rule.limit,
        window=window,
        detail=rule.use,
        definition=f"the projected month of {rule.scenario.name}, {rule.use}",
    )
    if any(doubt.reason == NO_USAGE for doubt in found):
        return doubted(base, found)
    bill = case.evidence.projected(rule, budget)
    usd = bill.p90_usd if rule.use == "p90" and bill.p90_usd is not None else bill.p50_usd
    value = Decimal(str(usd))
    status = judged(value, None, rule.limit)
    over = ("the projected bill is above the limit",) if status is Status.FAIL else ()
    reasons = (*over, *bill.notes)
    return doubted(replace(base, value=value, status=status, reasons=reasons), found)
