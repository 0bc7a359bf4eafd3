"""The meeting point: a budget file and the evidence become a run of verdicts."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from costctl.budgets.evidence import Case
from costctl.budgets.model import Budget, BudgetFile, Regression, Spend, Unit, Waiver
from costctl.budgets.plan import judge_plan
from costctl.budgets.regression import judge_regression
from costctl.budgets.spend import judge_spend
from costctl.budgets.unit import judge_unit
from costctl.budgets.verdict import Outcome, Run, Status
from costctl.errors import nearest
from costctl.table import Warn
from costctl.vocabulary import Condition, Window


def judge(file: BudgetFile, budgets: Sequence[Budget], case: Case) -> Run:
    """Return the verdicts of the chosen budgets at a moment."""
    waivers = {waiver.budget: waiver for waiver in file.waivers}
    outcomes: list[Outcome] = []
    for budget in budgets:
        waiver = waivers.get(budget.name)
        outcomes += [_waived(outcome, waiver) for outcome in _outcomes(case, budget)]
    notes = tuple(Warn("limit_of_zero", note) for note in file.notes)
    return Run(file, tuple(outcomes), (*notes, *_unmatched(case, budgets)))


def _outcomes(case: Case, budget: Budget) -> list[Outcome]:
    rule = budget.rule
    if isinstance(rule, Spend):
        return judge_spend(case, budget, rule)
    if isinstance(rule, Unit):
        return [judge_unit(case, budget, rule)]
    if isinstance(rule, Regression):
        return [judge_regression(case, budget, rule)]
    return [judge_plan(case, budget, rule)]


def _waived(outcome: Outcome, waiver: Waiver | None) -> Outcome:
    if waiver is None:
        return outcome
    if outcome.status is not Status.FAIL:
        return replace(outcome, waiver=waiver)
    words = f"waived until {waiver.until_text}: {waiver.reason}"
    return replace(outcome, status=Status.WARN, reasons=(*outcome.reasons, words), waiver=waiver)


def _unmatched(case: Case, budgets: Sequence[Budget]) -> list[Warn]:
    """Return a warning for every pattern that no usage ever had."""
    seen: dict[str, list[str]] = {}
    found = []
    for budget in budgets:
        for condition in budget.match:
            for pattern in condition.patterns:
                if pattern.startswith("!") or pattern == "*":
                    continue
                values = _values(case, condition, seen)
                if not any(fnmatchcase(value, pattern) for value in values):
                    near = nearest(pattern, values)
                    none = "" if values else f": no usage has any {condition.dimension}"
                    what = f"match {condition.dimension}: {pattern!r} matches nothing{none or near}"
                    found.append(Warn("matches_nothing", f"budget {budget.name}: {what}"))
    return found


def _values(case: Case, condition: Condition, seen: dict[str, list[str]]) -> list[str]:
    name = condition.dimension
    if name not in seen:
        groups = case.spent(Window(), (), (name,))
        seen[name] = sorted(str(s.key[0]) for s in groups if s.key[0] is not None)
    return seen[name]
