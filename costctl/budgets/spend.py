"""Judges money: what a period has cost so far, and what it is on its way to cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from costctl.budgets import days as daily
from costctl.budgets.drivers import drivers, fixed_costs, fixed_drivers
from costctl.budgets.evidence import Case, FixedCost
from costctl.budgets.model import Budget, Spend, SpendCheck
from costctl.budgets.periods import before, local_days, to_local, window_of
from costctl.budgets.trust import Doubt, doubts
from costctl.budgets.verdict import Driver, Outcome, Status, judged, worst
from costctl.forecast import ROUGH_DAYS, Projection, Question, project
from costctl.vocabulary import Condition, Spent, Window
from costctl.words import money, percent

EARLY = {"skip": Status.SKIP, "warn": Status.WARN, "inconclusive": Status.INCONCLUSIVE}
ZERO = Decimal(0)


@dataclass(frozen=True)
class _Facts:
    """The figures that all checks of one budget share."""

    window: Window
    actual: Decimal
    drivers: tuple[Driver, ...]
    doubts: tuple[Doubt, ...]
    fixed_ahead: tuple[FixedCost, ...]
    projection: Projection | None


def judge_spend(case: Case, budget: Budget, rule: Spend) -> list[Outcome]:
    """Return an outcome per check of a budget on money."""
    facts = _facts(case, budget, rule)
    _, after = local_days(facts.window, case.zone)
    left = max((after - to_local(case.as_of, case.zone).date()).days, 0)
    outcomes = []
    for check in rule.checks:
        base = Outcome(
            budget.name,
            check.basis,
            "cost",
            Status.PASS,
            check.line,
            limit=rule.limit,
            warn_at=check.warn.of(rule.limit) if check.warn else None,
            fail_at=check.fail.of(rule.limit) if check.fail else None,
            window=facts.window,
            drivers=facts.drivers,
            days_left=left,
            detail=_detail(rule, check),
        )
        judge = _actual if check.basis == "actual" else _forecast
        outcomes.append(judge(base, check, facts))
    return outcomes


def _detail(rule: Spend, check: SpendCheck) -> str:
    use = f" {check.use}" if check.basis == "forecast" else ""
    return f"{rule.period.name}{use}"


def _facts(case: Case, budget: Budget, rule: Spend) -> _Facts:
    window = window_of(rule.period, case.as_of, case.zone)
    spent = case.spent(window, budget.match)
    until = min(case.as_of, window.until or case.as_of)
    fixed = fixed_costs(case, budget, Window(window.since, until))
    past = before(rule.period, window, case.zone)
    forecasts = any(check.basis == "forecast" for check in rule.checks)
    return _Facts(
        window,
        _sum(spent) + sum((line.usd for line in fixed), ZERO),
        (*fixed_drivers(fixed), *drivers(case, budget, window, past, spent)),
        tuple(doubts(case, budget, window, spent)),
        fixed_costs(case, budget, window) if forecasts else (),
        projected(case, budget.match, window) if forecasts else None,
    )


def _sum(spent: Sequence[Spent]) -> Decimal:
    return sum((s.cost_usd or ZERO for s in spent), ZERO)


def _fixed_ahead(lines: Sequence[FixedCost], projection: Projection) -> Decimal:
    """Return the fixed costs of the whole period; what is still to be used fills up a minimum first."""
    to_come = Decimal(str(projection.p50_usd - projection.spent_usd))
    return sum(
        (max(line.usd - to_come, ZERO) if line.tops_up else line.usd for line in lines), ZERO
    )


def projected(
    case: Case, where: tuple[Condition, ...], window: Window, method: str = "auto"
) -> Projection | None:
    """Return the projection of a scope in a window; None with too little history."""
    first, _ = local_days(window, case.zone)
    return project_known(case, daily.history(case, where, since=first), window, method)


def project_known(
    case: Case, known: daily.Known, window: Window, method: str = "auto"
) -> Projection | None:
    """Return the projection of known days in a window; None with too little history."""
    first, after = local_days(window, case.zone)
    question = Question(first, after, to_local(case.as_of, case.zone).date(), known.so_far)
    return project(known.complete, question, method)


def _actual(base: Outcome, check: SpendCheck, facts: _Facts) -> Outcome:
    status = judged(facts.actual, base.warn_at, base.fail_at)
    reasons = _breached(status, check, base)
    return doubted(replace(base, value=facts.actual, status=status, reasons=reasons), facts.doubts)


def _forecast(base: Outcome, check: SpendCheck, facts: _Facts) -> Outcome:
    projection = facts.projection
    early = _too_early(check, projection)
    if early or projection is None:
        status = EARLY[check.on_too_early]
        base = replace(base, status=status, reasons=(early,), forecast=projection)
        # Too early to project is neutral; no usage at all, or usage nobody can price, is not.
        return doubted(base, facts.doubts)
    p90 = projection.p90_usd if check.use == "p90" else None
    fixed = _fixed_ahead(facts.fixed_ahead, projection)
    value = Decimal(str(projection.p50_usd if p90 is None else p90)) + fixed
    status = judged(value, base.warn_at, base.fail_at)
    outcome = replace(
        base,
        value=value,
        status=status,
        reasons=_breached(status, check, base),
        forecast=projection,
        crossed_on=projection.crossed_on(float((base.limit or ZERO) - fixed)),
    )
    return doubted(outcome, facts.doubts)


def _too_early(check: SpendCheck, projection: Projection | None) -> str:
    """Return why a forecast says nothing yet; empty where it does."""
    if projection is None:
        return "too early: fewer than 3 complete days of history"
    if projection.history_days < ROUGH_DAYS:
        return f"too early: {projection.history_days} days of history, {ROUGH_DAYS} needed"
    if projection.period_days < check.min_days:
        days = projection.period_days
        return f"too early: {days} complete days of the period, {check.min_days} needed"
    if check.use == "p90" and projection.p90_usd is None:
        return "too early: not enough past forecasts for a p90"
    return ""


def _breached(status: Status, check: SpendCheck, base: Outcome) -> tuple[str, ...]:
    level = {Status.FAIL: check.fail, Status.WARN: check.warn}.get(status)
    if level is None or base.limit is None:
        return ()
    if level.of_limit:
        return (f"above {percent(level.amount)} of the limit",)
    return (f"above {money(level.amount)}",)


def doubted(outcome: Outcome, found: Sequence[Doubt]) -> Outcome:
    """Return the outcome with the doubts about its figures added to its verdict."""
    status = worst([outcome.status, *(doubt.status for doubt in found)])
    reasons = (*outcome.reasons, *(doubt.reason for doubt in found))
    hints = (*outcome.hints, *(doubt.hint for doubt in found if doubt.hint))
    return replace(outcome, status=status, reasons=reasons, hints=hints)
