"""Brings a session's days to the forecast."""

from dataclasses import replace
from decimal import Decimal

from costctl.budgets.days import Known, histories
from costctl.budgets.evidence import Case
from costctl.budgets.model import Period
from costctl.budgets.periods import local_days, window_of
from costctl.budgets.spend import project_known
from costctl.cli._judging import case_of, left_out
from costctl.cli._session import Session
from costctl.errors import CostctlError
from costctl.reports.forecast import Asked, Line, forecast_report
from costctl.table import Envelope, Report, Warn
from costctl.vocabulary import Window
from costctl.words import counted
from costctl.yaml_file import NUMBER


def target_of(text: str | None) -> Decimal | None:
    """Return the money that `--target` names."""
    if text is None:
        return None
    if not NUMBER.fullmatch(text):
        raise CostctlError(f"--target: {text!r} is no amount", "write one such as 3200 or 3200.50")
    return Decimal(text)


def forecast(
    session: Session, *, by: tuple[str, ...], method: str, target: Decimal | None
) -> tuple[Report, Envelope, bool]:
    """Return the projection, what surrounds it, and whether there was enough history."""
    case = case_of(session)
    window = _window(session, case)
    first, after = local_days(window, case.zone)
    total = _lines(session, case, window, (), method)
    whole = total[0] if total else Line((), Decimal(0), None)
    groups = _lines(session, case, window, by, method) if by else []
    asked = Asked(first, after, by, target)
    envelope = session.envelope(session.total(replace(session.query, window=window)))
    report = forecast_report(asked, whole, groups, _warnings(envelope, case, session))
    return report, envelope, whole.projection is not None


def _window(session: Session, case: Case) -> Window:
    window = session.query.window
    if window.since is None and window.until is None:
        return window_of(Period("month"), case.as_of, case.zone)
    if window.since is None or window.until is None:
        raise CostctlError("a projected period needs both ends", "give --since and --until")
    return window


def _lines(
    session: Session, case: Case, window: Window, by: tuple[str, ...], method: str
) -> list[Line]:
    where = session.query.where
    first, _ = local_days(window, case.zone)
    spent = {s.key: s.cost_usd or Decimal(0) for s in case.spent(window, where, by)}
    known = histories(case, where, by, since=first)
    lines = []
    for key in {**spent, **known}:
        days = known.get(key, Known({}, {}))
        lines.append(
            Line(key, spent.get(key, Decimal(0)), project_known(case, days, window, method))
        )
    return sorted(lines, key=lambda line: (-line.spent_usd, str(line.key)))


def _warnings(envelope: Envelope, case: Case, session: Session) -> list[Warn]:
    found = left_out(case, session.query.where)
    unpriced = envelope.data.get("unpriced_requests")
    if unpriced:
        count = counted(int(str(unpriced)), "request")
        what = f"{count} of the period without a price: not in the projection"
        found.append(Warn("unpriced", what))
    known = histories(case, session.query.where, ()).get(())
    if known is not None and known.cut_off is not None:
        what = f"the log of {known.cut_off} ends early: that day is projected, not counted"
        found.append(Warn("partial_day_excluded", what))
    return found
