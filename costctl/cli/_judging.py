"""Brings a session's usage and prices to the budgets, and their verdicts to a report."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from costctl.budgets.anomalies import newest
from costctl.budgets.evidence import Case, Evidence, FixedCost, Projected
from costctl.budgets.judge import judge
from costctl.budgets.model import Budget, BudgetFile, Plan
from costctl.budgets.read import read_budgets, select
from costctl.budgets.verdict import Run
from costctl.cli import _engines
from costctl.cli._session import Moment, Session
from costctl.config import FLAGS, Config
from costctl.errors import CostctlError
from costctl.reports.check import check_report, hints, verdict_line
from costctl.table import Envelope, Report, Warn
from costctl.vocabulary import Condition, Query, Spent, Window
from costctl.words import counted

__all__ = [
    "case_of",
    "evidence_of",
    "hints",
    "judged",
    "left_out",
    "read",
    "select",
    "verdict_line",
]


def read(path: Path, config: Config, now: Moment) -> BudgetFile:
    """Return the budgets of a file; a zone on the command line outweighs the file's."""
    file = read_budgets(path, as_of=now.as_of, tz=now.tz)
    by_flag = config.settings["timezone"].origin == FLAGS["timezone"]
    return replace(file, timezone=now.tz) if by_flag else file


def judged(
    session: Session, file: BudgetFile, budgets: Sequence[Budget]
) -> tuple[Run, Report, Envelope]:
    """Return the verdicts at the session's moment, and what surrounds them."""
    _require_scenarios(file, budgets)
    tz = file.timezone or session.moment.tz
    case = Case(evidence_of(session), session.as_of, ZoneInfo(tz))
    run = judge(file, budgets, case)
    envelope = replace(session.envelope(), tz=tz)
    return run, check_report(run, newest(case)), envelope


def _require_scenarios(file: BudgetFile, budgets: Sequence[Budget]) -> None:
    for budget in budgets:
        if isinstance(budget.rule, Plan) and not budget.rule.scenario.exists():
            raise CostctlError(
                f"{file.path}:{budget.line}: simulate: no scenario at {budget.rule.scenario}",
                "its path is relative to the budget file; `costctl measure -o FILE.yaml` writes one",
                "missing_file",
            )


def evidence_of(session: Session) -> Evidence:
    """Return where the figures of a session come from; a question asked twice is answered once."""

    @cache
    def spent(query: Query) -> Sequence[Spent]:
        return session.spent(replace(query, fallback_model=session.query.fallback_model))

    @cache
    def fixed(window: Window) -> Sequence[FixedCost]:
        module = _engines.fixed_lines()
        if not module.has_fixed_lines(session.store):
            return ()
        query = Query(window=window, tz=session.moment.tz)
        session.spent(query)
        lines = module.fixed_lines(session.store, query)
        return [FixedCost(n.title, n.amount_usd, n.kind == "minimum") for n in lines]

    def projected(plan: Plan, budget: Budget) -> Projected:
        found: Projected = _engines.simulating().projected(session, plan.scenario, budget.match)
        return found

    baselines = _engines.baselines()
    return Evidence(
        spent,
        projected,
        baseline=baselines.read_baseline,
        repriced=lambda baseline: baselines.repriced(session, baseline),
        fixed=fixed,
        pricing=dict(session.pricing),
    )


def left_out(case: Case, where: tuple[Condition, ...]) -> list[Warn]:
    """Return a warning where usage has no time: a question about periods does not see it."""
    undated = case.undated(where)
    if not undated:
        return []
    return [
        Warn(
            "undated_excluded",
            f"{counted(undated, 'request')} without a time: in no period, left out",
        )
    ]


def case_of(session: Session) -> Case:
    """Return the session's figures with its moment and its zone."""
    return Case(evidence_of(session), session.as_of, session.moment.zone)
