"""Brings the two sides of a comparison together: periods of a store, or baselines from files."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from costctl.baseline import DIMENSIONS, Baseline, BaselineRow, ends
from costctl.budgets.regression import in_scope
from costctl.cli import _engines
from costctl.cli._baselines import read_baseline
from costctl.cli._dimensions import condition_of
from costctl.cli._judging import case_of, left_out
from costctl.cli._options import MomentOptions, PriceOptions, ScopeOptions
from costctl.cli._session import (
    Moment,
    Session,
    moment_in,
    settings_of,
    usage_session,
)
from costctl.cli._source_options import SourceOptions
from costctl.cli._when import period_of
from costctl.compare import Group, explain
from costctl.errors import CostctlError, nearest
from costctl.reports.compare import Side, compare_report
from costctl.table import Envelope, Report
from costctl.vocabulary import TOKEN_CLASSES, Condition, Query, Window

ZERO = Decimal(0)
INSTANT = timedelta(microseconds=1)
DAY = 86_400
Key = tuple[object, ...]


@dataclass(frozen=True)
class Asked:
    """What is to be compared."""

    before: str
    after: str
    by: tuple[str, ...]
    where: Sequence[str] = ()


@dataclass(frozen=True)
class _Period:
    """A side read from a store."""

    window: Window


_Source = Baseline | _Period


def compared(
    asked: Asked, source: SourceOptions, moment: MomentOptions, prices: PriceOptions
) -> tuple[Report, Envelope, int]:
    """Return the explained difference, what surrounds it, and how many requests it is about."""
    now = moment_in(settings_of(source, moment, prices))
    found = [_source(text, now) for text in (asked.before, asked.after)]
    where = tuple(condition_of(text) for text in asked.where)
    with ExitStack() as stack:
        session = None
        if any(isinstance(side, _Period) for side in found):
            opened = usage_session(
                source=source, moment=moment, prices=prices, scope=ScopeOptions()
            )
            session = stack.enter_context(opened)
        before = _groups(session, found[0], asked.by, where)
        after = _groups(session, found[1], asked.by, where)
        if session is not None:
            before = _with_rates(session, found, (asked.by, where), before, after)
        sides = (
            _side(asked.before, found[0], before, (session, now), where),
            _side(asked.after, found[1], after, (session, now), where),
        )
        envelope = session.envelope() if session else Envelope(now.as_of, now.tz)
        warnings = left_out(case_of(session), where) if session else []
    report = compare_report(sides, asked.by, explain(before, after), warnings)
    return report, envelope, sides[0].requests + sides[1].requests


def _source(text: str, now: Moment) -> _Source:
    path = Path(text)
    if path.is_file():
        found = read_baseline(path)
        if found is not None:
            return found
    try:
        return _Period(period_of(text, now.as_of, now.zone))
    except CostctlError as error:
        raise CostctlError(f"{text!r} is neither a file nor a period", error.hint) from error


def _groups(
    session: Session | None, source: _Source, by: tuple[str, ...], where: tuple[Condition, ...]
) -> dict[Key, Group]:
    if isinstance(source, Baseline) or session is None:
        return _of_baseline(source, by, where) if isinstance(source, Baseline) else {}
    query = _query(session, source.window, by, where)
    sums = _engines.classes().class_sums(session.store, query)
    return {
        s.key: Group(
            s.billable_requests,
            {name: getattr(s.tokens, name) for name in TOKEN_CLASSES},
            s.cost_usd or ZERO,
            dict(s.class_cost_usd),
            priced=s.cost_usd is not None,
        )
        for s in sums
    }


def _query(
    session: Session, window: Window, by: tuple[str, ...], where: tuple[Condition, ...]
) -> Query:
    return replace(session.query, by=by, window=window, where=where)


def _of_baseline(
    baseline: Baseline, by: tuple[str, ...], where: tuple[Condition, ...]
) -> dict[Key, Group]:
    for name in (*by, *(condition.dimension for condition in where)):
        if name not in DIMENSIONS:
            known = ", ".join(DIMENSIONS)
            near = nearest(name, DIMENSIONS)
            raise CostctlError(f"a baseline knows no {name}{near}", f"it knows {known}")
    places = [DIMENSIONS.index(name) for name in by]
    groups: dict[Key, list[BaselineRow]] = {}
    for row in baseline.rows:
        if in_scope(row, where):
            groups.setdefault(tuple(row.key[place] for place in places), []).append(row)
    return {key: _sum(rows) for key, rows in groups.items()}


def _sum(rows: Sequence[BaselineRow]) -> Group:
    requests, cost = 0, ZERO
    tokens = dict.fromkeys(TOKEN_CLASSES, 0)
    costs: dict[str, Decimal] = {}
    for row in rows:
        requests += row.billable_requests
        cost += row.cost_usd or ZERO
        for name in TOKEN_CLASSES:
            tokens[name] += getattr(row.tokens, name)
        for name, usd in row.class_cost_usd:
            costs[name] = costs.get(name, ZERO) + usd
    return Group(requests, tokens, cost, costs, priced=any(r.cost_usd is not None for r in rows))


def _with_rates(
    session: Session,
    sides: Sequence[_Source],
    scope: tuple[tuple[str, ...], tuple[Condition, ...]],
    before: Mapping[Key, Group],
    after: Mapping[Key, Group],
) -> dict[Key, Group]:
    """Return the earlier side with the table prices of classes that the later side alone uses."""
    later = sides[1]
    lacking = [
        key
        for key, group in before.items()
        if key in after
        and any(n and not group.tokens.get(name) for name, n in after[key].tokens.items())
    ]
    if not lacking or not isinstance(later, _Period):
        return dict(before)
    end = min(_end(sides[0]), session.as_of) - INSTANT
    query = replace(_query(session, later.window, *scope), prices_at=end)
    rates = {
        s.key: {n: usd / getattr(s.tokens, n) for n, usd in s.class_cost_usd.items()}
        for s in _engines.classes().class_sums(session.store, query)
    }
    found = {key: replace(before[key], rates=rates.get(key, {})) for key in lacking}
    return {**before, **found}


def _end(source: _Source) -> datetime:
    _, until = ends(source.window)
    return until


def _side(
    name: str,
    source: _Source,
    groups: Mapping[Key, Group],
    at: tuple[Session | None, Moment],
    where: tuple[Condition, ...],
) -> Side:
    session, now = at
    since, until = ends(source.window)
    days = max((min(until, now.as_of) - since).total_seconds(), 0) / DAY
    cost = sum((group.cost_usd for group in groups.values()), ZERO)
    requests = sum(group.requests for group in groups.values())
    if isinstance(source, Baseline) or session is None:
        rows = source.rows if isinstance(source, Baseline) else ()
        unpriced = sum(row.unpriced_requests for row in rows if in_scope(row, where))
    else:
        total = session.total(_query(session, source.window, (), where))
        unpriced = total.unpriced_requests
    return Side(name, source.window, cost, requests, days, unpriced)
